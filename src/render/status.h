// The status report as JSON and as a screen.

#pragma once

#include "ops/status.h"
#include "render/document.h"

namespace benchkeep::render {

Document StatusDocument(const ops::StatusReport& report, const Face& face);

}  // namespace benchkeep::render
