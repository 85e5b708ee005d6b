// Consolidate: merge the waiting increments into the results file.
//
// The protocol of DESIGN 4.  Writers may go on while it runs: their locks are
// held only while increments are claimed and while the new version is renamed
// into place.
//   1. List the increments; leave alone what a writer has open and what is
//      unreadable but young.
//   2. Claim the rest by renaming them into the transaction, each under a read
//      lease, and hash them.
//   3. Merge into a new version, synced and read back (store::Results).
//   4. Hash the claimed files again: their bytes are the ones that were merged.
//   5. Under the writers' locks, make sure that nobody touched the results, and
//      commit.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "store/results.h"
#include "store/store.h"
#include "store/store_lock.h"

namespace benchkeep::ops {

struct ConsolidateOptions {
  std::uint64_t memory_bytes = 0;  // 0: the default.
};

struct ConsolidateReport {
  bool dry_run = false;
  std::string txn;  // What `undo` takes; empty when nothing was changed.
  std::uint64_t files_merged = 0;
  std::uint64_t files_skipped = 0;
  std::uint64_t files_quarantined = 0;
  // Deleted by others before they were merged, and taken in from kept copies.
  std::uint64_t files_brought_back = 0;
  std::uint64_t rows_seen = 0;  // In the merged files.
  store::MergeOutcome outcome;
  Findings findings;
};

// With `lock` == nullptr it is a rehearsal: everything is counted, nothing is
// changed.  Otherwise the store lock is held and recovery is done.
Result<ConsolidateReport> Consolidate(const store::Store& store,
                                      const store::StoreLock* lock,
                                      const ConsolidateOptions& options,
                                      Progress& progress);

}  // namespace benchkeep::ops
