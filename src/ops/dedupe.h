// Dedupe: of rows with equal keys, keep the last.

#pragma once

#include <cstdint>
#include <string>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "store/results.h"
#include "store/store.h"
#include "store/store_lock.h"

namespace benchkeep::ops {

struct DedupeOptions {
  std::uint64_t memory_bytes = 0;  // 0: the default.
};

struct DedupeReport {
  bool dry_run = false;
  std::string txn;  // Empty when nothing was changed.
  store::MergeOutcome outcome;
  Findings findings;
};

// With `lock` == nullptr it is a rehearsal.  The rows that go stay in the old
// version of the results, which `undo` keeps.
Result<DedupeReport> Dedupe(const store::Store& store,
                            const store::StoreLock* lock,
                            const DedupeOptions& options, Progress& progress);

}  // namespace benchkeep::ops
