// What this machine calls itself.

#pragma once

#include <string>

namespace benchkeep::host {

// The name of the host; "unknown" when it has none.
std::string HostName();

}  // namespace benchkeep::host
