// A repair, planned or done, as JSON and text.

#pragma once

#include <string>

#include "ops/repair.h"
#include "render/document.h"

namespace benchkeep::render {

// What would be done.  `file` is where the plan was written; empty: nowhere.
Document RepairPlanDocument(const ops::PlannedRepair& planned,
                            const std::string& file, const Face& face);

// What a plan read from a file would do.
Document RepairPlanDocument(const ops::RepairPlan& plan, const Face& face);

// What was done, and what the diagnosis found afterwards.
Document RepairDocument(const ops::RepairReport& report, const Face& face);

}  // namespace benchkeep::render
