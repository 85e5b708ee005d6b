// The pace of the results as JSON and as a table.

#pragma once

#include "ops/arrivals.h"
#include "render/document.h"

namespace benchkeep::render {

Document PaceDocument(const ops::ArrivalsReport& report, const Face& face);

}  // namespace benchkeep::render
