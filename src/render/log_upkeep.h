// What became of old logs, as text and JSON.

#pragma once

#include <string>

#include "ops/log_upkeep.h"
#include "render/document.h"

namespace benchkeep::render {

Document LogsCompressDocument(const ops::LogUpkeepReport& report,
                              const Face& face);
Document LogsPruneDocument(const ops::LogUpkeepReport& report,
                           const Face& face);

}  // namespace benchkeep::render
