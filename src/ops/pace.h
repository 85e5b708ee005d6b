// How fast the campaign goes, as its increments show it.
//
// An increment tells who wrote it (the pid in its name), since when (the time
// in its name, or the increment before it), until when (its last change) and
// how many tests.  Merged ones lie in the trash for days and tell the same.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace benchkeep::ops {

struct WrittenIncrement {
  int pid = 0;
  std::optional<std::int64_t> start_ns;  // Since 1970.
  std::int64_t end_ns = 0;
  std::uint64_t tests = 0;
};

struct Pace {
  std::uint64_t increments = 0;  // Looked at: the newest ones.
  // Of one runner; the median.  None: the increments do not tell.
  std::optional<double> seconds_per_test;
  // In the last 24 hours.
  std::uint64_t tests = 0;
  double active_seconds = 0;      // From the first start to the last write.
  std::int64_t most_runners = 0;  // At one time.
};

// Changes nothing.
Result<Pace> ReadPace(const store::Store& store, std::int64_t now_ns,
                      std::chrono::seconds utc_offset);

// For ReadPace() and its tests.
Pace PaceOf(std::vector<WrittenIncrement> increments, std::int64_t now_ns);

// The time in "increment_<pid>_<time>.parquet": seconds, milliseconds, ...
// since 1970, or "20250827_003257" in local time.  Nullopt when it is none, or
// not before `end_ns`.
std::optional<std::int64_t> StartOfIncrement(std::string_view name,
                                             std::int64_t end_ns,
                                             std::chrono::seconds utc_offset);

}  // namespace benchkeep::ops
