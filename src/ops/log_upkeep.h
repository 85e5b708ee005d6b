// Old logs: packed after a day, gone after a week.
//
// A log that somebody has open for writing is left alone, however old it is.
// Packing loses nothing: the original goes only after the packed file was read
// back, and undo unpacks it again.  Pruned logs wait in the trash.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "store/store.h"
#include "store/store_lock.h"

namespace benchkeep::ops {

struct LogChange {
  std::string path;  // Below the root: the log as it was.
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;  // 0: it goes, or nobody knows yet.
};

struct LogUpkeepReport {
  bool dry_run = false;
  std::vector<LogChange> changes;
  std::uint64_t kept = 0;  // Logs that stay as they are.
  std::uint64_t open = 0;  // Of those: somebody writes them.
  // Packed: what was won.  Pruned: what went to the trash.
  std::uint64_t bytes_freed = 0;
  std::vector<std::string> txns;  // One for each folder.
  Findings findings;
};

// With `lock` == nullptr a rehearsal.
Result<LogUpkeepReport> CompressLogs(const store::Store& store,
                                     const store::StoreLock* lock,
                                     Progress& progress);
Result<LogUpkeepReport> PruneLogs(const store::Store& store,
                                  const store::StoreLock* lock,
                                  Progress& progress);

}  // namespace benchkeep::ops
