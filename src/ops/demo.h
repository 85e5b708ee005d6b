// A sample campaign to play with: what PILOT-Bench leaves behind after a few
// days, with everything that goes wrong in it.
//
// The same seed makes the same campaign, but for the process ids in file names.

#pragma once

#include <cstdint>
#include <string>

#include "base/progress.h"
#include "base/result.h"
#include "fs/file_system.h"

namespace benchkeep::ops {

struct DemoOptions {
  fs::Path folder;  // Made when missing.
  std::uint64_t seed = 1;
  std::uint64_t tests = 20'000;
  int writers = 4;  // Processes that write increments at once.
  int files_per_writer = 10;
  bool force = false;  // Replace a demo that is there.
  bool dry_run = false;
};

struct DemoReport {
  std::string folder;
  std::uint64_t seed = 0;
  bool dry_run = false;
  std::uint64_t tests = 0;  // Different ones, all in all.
  std::uint64_t cells = 0;
  std::uint64_t models = 0;
  std::uint64_t rows_in_results = 0;
  std::uint64_t rows_in_increments = 0;
  std::uint64_t overlapping = 0;     // Rows that occur a second time.
  std::uint64_t conflicting = 0;     // Of them, with another outcome.
  std::uint64_t increments = 0;      // Files, the torn one left out.
  std::string torn;                  // Its name.
  std::uint64_t summary_claims = 0;  // Tests, by the stale summary.
  std::uint64_t files = 0;           // All in all.
};

// Refuses a folder with anything in it (kAlreadyExists), unless it is a demo of
// ours and `force` is set.  Must be called before the process has threads: it
// forks the writers.
Result<DemoReport> MakeDemo(fs::FileSystem& file_system,
                            const DemoOptions& options, Progress& progress);

}  // namespace benchkeep::ops
