// Off-site backups, as text and JSON.

#pragma once

#include "ops/offsite.h"
#include "render/document.h"

namespace benchkeep::render {

Document OffsiteDocument(const ops::OffsiteReport& report, const Face& face);

}  // namespace benchkeep::render
