// The answer to a query, as a table or as JSON.

#pragma once

#include "ops/query.h"
#include "render/document.h"

namespace benchkeep::render {

// data: columns:[{name, type}], rows:[[value, ...], ...], cut.  In JSON,
// integers are exact, and NaN and infinities are null.
Document QueryDocument(const ops::QueryReport& report, const Face& face);

}  // namespace benchkeep::render
