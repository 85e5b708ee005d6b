// What clean removes and keeps, as text and JSON.

#pragma once

#include "ops/clean.h"
#include "render/document.h"

namespace benchkeep::render {

// A plan or a report.
Document CleanDocument(const ops::CleanReport& report, const Face& face);

}  // namespace benchkeep::render
