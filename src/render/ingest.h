// What ingest took in, as JSON and text.

#pragma once

#include "ops/ingest.h"
#include "render/document.h"

namespace benchkeep::render {

Document IngestDocument(const ops::IngestReport& report, const Face& face);

}  // namespace benchkeep::render
