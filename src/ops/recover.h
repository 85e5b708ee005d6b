// Recover: bring a store back after a disaster.
//
// DESIGN 4.  Stop the writers by pidfd; take the newest good backup that proves
// whole; merge into its results, in the order of keep-last, the increments that
// it held, those that were merged since (they lie in the trash) and those that
// wait; check what came out; then put all of it in place as one transaction.
// What was there is the old side of that transaction, and undo brings it back.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "host/stop.h"
#include "host/writers.h"
#include "ops/store_counts.h"
#include "store/backup_catalog.h"
#include "store/backup_extract.h"
#include "store/store.h"
#include "store/store_lock.h"

namespace benchkeep::ops {

struct RecoverOptions {
  std::string backup = "latest";  // See store::FindBackup.
  // The settings of today stay.
  store::Parts parts = {
      .master = true, .data = true, .config = true, .settings = false};
  bool even_if_not_good = false;
  std::vector<int> also_stop = {};  // Pids of writers that are not certain.
  std::uint64_t memory_bytes = 0;
};

// What would be done, and what would be lost.  Changes nothing.
struct RecoverPlan {
  std::vector<host::Writer> writers;    // To be stopped.
  std::vector<host::Writer> uncertain;  // Perhaps of another store.
  store::BackupEntry backup;
  std::int64_t backup_age_seconds = 0;
  CountedStore before;
  std::uint64_t replay_files = 0;
  std::uint64_t replay_rows = 0;  // At least: of those with a footer.
  // Tests that are there now and not in what would be restored, by counts.
  // Without a value: nobody can tell, since it cannot be read now.
  std::optional<std::uint64_t> lost_master_tests;
  std::optional<std::uint64_t> lost_rows;
  // From the newest test that would be there to now.
  std::int64_t lost_seconds = 0;
  Findings findings;
};
Result<RecoverPlan> PlanRecovery(const store::Store& store,
                                 const RecoverOptions& options,
                                 Progress& progress);

struct RecoverReport {
  bool drill = false;
  std::vector<host::StoppedProcess> stopped;
  std::vector<host::Writer> uncertain;
  std::string saved_to;       // Where the state of before is; empty in a drill.
  std::string restored_from;  // The id of the backup.
  std::string created_at;     // Its time.
  std::vector<std::string> files;  // That were put in place, below the root.
  std::uint64_t replayed_files = 0;
  std::uint64_t replayed_rows = 0;
  store::StoreCounts before;
  store::StoreCounts after;
  std::int64_t lost_seconds = 0;
  std::chrono::nanoseconds took{0};
  std::string txn;
  Findings findings;
};

// Carries the plan out; the store lock is held.  kBusy when a writer cannot be
// stopped, kCorruption when no backup proves whole: then nothing was changed.
Result<RecoverReport> Recover(const store::Store& store,
                              const store::StoreLock& lock,
                              const RecoverPlan& plan,
                              const RecoverOptions& options,
                              Progress& progress);

// The same on a copy of the store in a scratch folder.  Stops nobody and leaves
// no trace in the store.
Result<RecoverReport> DrillRecovery(const store::Store& store,
                                    const RecoverPlan& plan,
                                    const RecoverOptions& options,
                                    Progress& progress);

}  // namespace benchkeep::ops
