// The version of benchkeep.

#pragma once

namespace benchkeep::cli {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace benchkeep::cli
