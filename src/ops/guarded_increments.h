// Increments that somebody deleted before they were merged: the guard has kept
// them (store/guard.h), and the next consolidate takes them in.

#pragma once

#include <string>
#include <vector>

#include "base/finding.h"
#include "base/result.h"
#include "ops/increment_claims.h"
#include "store/guard.h"
#include "store/results.h"
#include "store/store.h"
#include "store/transaction.h"

namespace benchkeep::ops {

// Adds the kept versions whose increment is gone to the usable claims.  Moves
// them into the transaction (nullptr: a rehearsal reads them where they are);
// when that is rolled back they come to lie among the increments.
//
// A version that was closed after all that was merged so far counts like any
// increment (ops/past_looks.h); of another one, which may have been merged in a
// later form, only the rows whose key is not in the results count.  A copy that
// is not what was kept goes to the broken claims.
Result<std::vector<store::KeptIncrement>> TakeGuarded(const store::Store& store,
                                                      store::Transaction* txn,
                                                      Claims& claims);

// Says which of the files taken in brought rows back.  `files` are the ones
// that were merged.
Findings GuardFindings(const std::vector<store::KeptIncrement>& taken,
                       const std::vector<store::IncrementFile>& files,
                       const store::MergeOutcome& outcome,
                       const store::Layout& layout);

}  // namespace benchkeep::ops
