// What consolidate and dedupe did, as JSON and text.

#pragma once

#include "ops/consolidate.h"
#include "ops/dedupe.h"
#include "render/document.h"

namespace benchkeep::render {

Document ConsolidateDocument(const ops::ConsolidateReport& report,
                             const Face& face);
Document DedupeDocument(const ops::DedupeReport& report, const Face& face);

// "undo this with `benchkeep undo ID`" as a line; empty without an id.
std::string UndoHint(const std::string& txn, const Face& face);

}  // namespace benchkeep::render
