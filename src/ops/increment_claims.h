// Which increments a job may take, and taking them.

#pragma once

#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "ops/past_looks.h"
#include "store/results.h"
#include "store/store.h"
#include "store/transaction.h"

namespace benchkeep::ops {

// A claimed increment: it lies in the transaction and nobody has it open.
struct Claim {
  store::IncrementFile file;
  fs::FileInfo info;
  std::string sha256;  // Empty in a rehearsal.
};

struct BrokenIncrement {
  std::string name;
  Message reason;
};

struct Claims {
  std::vector<Claim> usable;            // In keep-last order.
  std::vector<BrokenIncrement> broken;  // For the quarantine; claimed as well.
  std::uint64_t skipped = 0;
  std::vector<OpenIncrement> open;  // Of those that were skipped.
  Findings findings;                // One per file that is not usable.
};

// Looks at every entry of the increments folder.  With `txn` == nullptr nothing
// is moved.
Result<Claims> ClaimIncrements(const store::Store& store,
                               store::Transaction* txn, Progress& progress);

// Fails with kBusy when a claimed file is no longer what was hashed.
Status VerifyClaims(const Claims& claims, Progress& progress);

}  // namespace benchkeep::ops
