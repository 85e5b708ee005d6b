// What the tests of the guard begin with: a time, and a master database.

#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"

namespace benchkeep::store {

inline const TimePoint kNoon =
    std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) +
    std::chrono::hours(12);

// One cell, with so many tests.
inline std::string Master(int total) {
  const std::string count = std::to_string(total);
  return R"({"version":"3.0","models":{"m":{"by_prompt_type":{"p":)"
         R"({"by_tool_success_rate":{"0.8":{"by_difficulty":{"easy":)"
         R"({"by_task_type":{"t":{"total":)" +
         count + R"(,"success":)" + count +
         R"(,"partial":0,"failed":0}}}}}}}}}},"summary":{}})";
}

}  // namespace benchkeep::store
