// Counting what a store (or a restored copy of one) holds, by reading it.

#pragma once

#include <cstdint>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "store/backup_manifest.h"
#include "store/results.h"
#include "store/store.h"

namespace benchkeep::ops {

struct CountedStore {
  store::StoreCounts counts;
  // Why the master database or the results count for nothing: codes
  // "master_unreadable", "results_unreadable".
  std::vector<store::BackupReason> problems;
};

// Parts that are missing are absent, parts that cannot be read are problems.
// Errors are those of the machine, and kBusy when somebody writes.
Result<CountedStore> CountStore(const store::Store& store,
                                std::uint64_t memory_bytes, Progress& progress);

// The increments that have a complete footer, in the order of keep-last.
Result<std::vector<store::IncrementFile>> UsableIncrements(
    const store::Store& store);

}  // namespace benchkeep::ops
