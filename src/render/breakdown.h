// The breakdown as JSON and as tables.

#pragma once

#include "ops/breakdown.h"
#include "render/document.h"

namespace benchkeep::render {

Document BreakdownDocument(const ops::BreakdownReport& report,
                           const Face& face);

}  // namespace benchkeep::render
