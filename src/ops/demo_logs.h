// The logs of the sample campaign: a few real causes in a flood of lines that
// only say ERROR.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace benchkeep::ops {

struct DemoLog {
  std::string name;  // "batch_test_20250827_001831.log"
  std::string text;
};

std::vector<DemoLog> MakeDemoLogs(std::uint64_t seed);

}  // namespace benchkeep::ops
