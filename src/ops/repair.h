// Repair: make the numbers of a store agree again, and bring back what is left
// of torn files.
//
// First a plan, then exactly that plan, or nothing when one of its inputs has
// changed meanwhile; then a diagnosis.  The leaves of the master database are
// the truth; what was replaced stays in the undo store.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "ops/diagnose.h"
#include "ops/repair_plan.h"
#include "store/store.h"
#include "store/store_lock.h"

namespace benchkeep::ops {

struct RepairOptions {
  // Code of the findings to cure; empty: all but lost updates, which are wanted
  // when somebody lowered the counts on purpose.
  std::string only;
  std::uint64_t memory_bytes = 0;  // 0: the default.
};

struct PlannedRepair {
  RepairPlan plan;
  std::optional<store::MasterAudit> before;
};

// Changes nothing.  kInvalidArgument when `only` is a code that no repair
// cures, kCorruption when the master database cannot be used and not be
// salvaged ("refused": nested too deep, a key twice).
Result<PlannedRepair> PlanRepair(const store::Store& store,
                                 const RepairOptions& options,
                                 Progress& progress);

struct RepairReport {
  RepairPlan plan;
  std::string txn;       // Empty: nothing was to be done.
  DiagnoseReport after;  // Its findings with what the plan could not cure.
};

// kBusy when an input is no longer what the plan was made from: then nothing
// has changed.
Result<RepairReport> ApplyRepair(const store::Store& store,
                                 const store::StoreLock& lock,
                                 const RepairPlan& plan,
                                 const RepairOptions& options,
                                 Progress& progress);

// A plan in a file.  The file must not be one of the store's own.
Status WritePlanFile(const store::Store& store, const fs::Path& file,
                     const RepairPlan& plan);
Result<RepairPlan> ReadPlanFile(fs::FileSystem& file_system,
                                const fs::Path& file);

// Every code that --only takes.
const std::vector<std::string>& RepairableCodes();

}  // namespace benchkeep::ops
