// A recovery, planned or done, as text and JSON.

#pragma once

#include "ops/recover.h"
#include "render/document.h"

namespace benchkeep::render {

Document RecoverPlanDocument(const ops::RecoverPlan& plan, const Face& face);
Document RecoverDocument(const ops::RecoverReport& report, const Face& face);

}  // namespace benchkeep::render
