// The part of a repair that is about Parquet files without footer.

#pragma once

#include <vector>

#include "ops/repair_plan.h"
#include "store/parquet_results.h"
#include "store/store.h"
#include "store/transaction.h"

namespace benchkeep::ops {

// Torn results and increments that nobody writes any more, with what their
// pages hold, decoded for a test; inputs are added to the plan.
Status PlanRecoveries(const store::Store& store,
                      const store::ResultsOptions& limits, RepairPlan& plan,
                      Findings& findings);

// Builds the recovered file in the staging folder, decodes every page of it,
// and plans its exchange.
Status StageRecovery(const store::Store& store, const PlannedRecovery& recovery,
                     const store::ResultsOptions& limits,
                     store::Transaction& txn);

}  // namespace benchkeep::ops
