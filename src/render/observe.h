// What `observe init` wrote.

#pragma once

#include "ops/observe.h"
#include "render/document.h"

namespace benchkeep::render {

Document ObserveDocument(const ops::ObserveReport& report, const Face& face);

}  // namespace benchkeep::render
