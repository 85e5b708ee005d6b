// What is in the sample campaign, and what to try with it.

#pragma once

#include "ops/demo.h"
#include "render/document.h"

namespace benchkeep::render {

Document DemoDocument(const ops::DemoReport& report, const Face& face);

}  // namespace benchkeep::render
