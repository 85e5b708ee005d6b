// What every job that merges into the results does with the outcome.

#pragma once

#include <vector>

#include "base/finding.h"
#include "base/result.h"
#include "store/results.h"
#include "store/store.h"
#include "store/transaction.h"

namespace benchkeep::ops {

// Books before, seen (per increment), superseded and after.
void BookMerge(const store::Store& store, const store::MergeOutcome& outcome,
               const std::vector<store::IncrementFile>& files,
               store::Transaction& txn);

// Under the writers' locks: the results are still what was read, then the new
// version takes their place and the transaction is committed.
Status CommitMerge(const store::Store& store, const store::Results& results,
                   const store::MergeOutcome& outcome, store::Transaction& txn);

// Findings about conflicting duplicates and new columns.
void AddOutcomeFindings(const store::MergeOutcome& outcome, Findings& findings);

}  // namespace benchkeep::ops
