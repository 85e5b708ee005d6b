// The clock on the wall of this machine.

#pragma once

#include <chrono>

#include "base/clock.h"

namespace benchkeep::host {

// Local time minus UTC at that moment.
std::chrono::seconds UtcOffset(TimePoint time);

}  // namespace benchkeep::host
