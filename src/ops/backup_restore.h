// Bringing a backup back: whole, in parts, or some tests of it.
//
// Everything is taken out of the backup into the staging folder of one
// transaction, with every sum checked, and only then put in place; what was
// there stays in the undo store.  Increments of today are never overwritten:
// they may hold rows that the backup does not know.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "fs/read_lease.h"
#include "store/backup_catalog.h"
#include "store/backup_extract.h"
#include "store/store.h"
#include "store/store_lock.h"
#include "store/transaction.h"

namespace benchkeep::ops {

// Which tests; empty lists: all.  With any, the tests are merged into the store
// of today, whose own tests of the same cell or key stand.
struct RestoreFilter {
  std::vector<std::string> models = {};
  std::vector<std::string> prompt_types = {};
  std::vector<std::string> test_ids = {};  // Results only.
  [[nodiscard]] bool empty() const {
    return models.empty() && prompt_types.empty() && test_ids.empty();
  }
};

struct RestoreOptions {
  std::string backup = "latest";  // See store::FindBackup.
  store::Parts parts = {};
  RestoreFilter filter = {};
  // Restore into this new folder instead, and leave the store alone.
  std::optional<fs::Path> to = std::nullopt;
  bool even_if_not_good = false;
  std::uint64_t memory_bytes = 0;
};

// What becomes of one file of the store.
struct RestoredFile {
  enum class Action {
    kSame,     // It is what the backup holds already.
    kCreate,   // It is not there now.
    kReplace,  // What is there goes to the undo store.
    kBeside,   // An increment of that name has changed: put beside it.
    kMerge,    // Tests are added to it.
    kKept,     // It is newer or not part of the backup, and stays.
  };
  std::string path;  // Below the root.
  Action action = Action::kSame;
  std::uint64_t bytes = 0;  // Of the file in the backup.
};

struct RestoreReport {
  std::string backup;  // Its id.
  std::string created_at;
  store::BackupState state = store::BackupState::kGood;
  fs::Path to;  // Empty: the store itself.
  std::vector<RestoredFile> files;
  std::uint64_t bytes = 0;  // Of what is created or replaced.
  // Tests as status counts them, before and after; without a value unknown.
  std::optional<std::uint64_t> master_before;
  std::optional<std::uint64_t> master_after;
  std::optional<std::uint64_t> rows_before;
  std::optional<std::uint64_t> rows_after;
  // With a filter: what was brought back.
  std::uint64_t cells_restored = 0;
  std::uint64_t tests_restored = 0;  // By the cells.
  std::uint64_t rows_restored = 0;
  bool partial = false;
  bool dry_run = false;
  std::string txn;
  Findings findings;
};

// With `lock` == nullptr a rehearsal: nothing changes.  kNotFound without such
// a backup, kInvalidArgument when it is not good (unless that is accepted),
// kCorruption when it turns out to be damaged, kBusy while a target is being
// written; in all these cases nothing was changed.
Result<RestoreReport> RestoreBackup(const store::Store& store,
                                    const store::StoreLock* lock,
                                    const RestoreOptions& options,
                                    Progress& progress);

// The middle of it, for jobs that restore as a part of their own transaction:
// plans all steps in `txn` and books the rows; the caller holds the writers'
// locks while it commits.
Status StageRestore(const store::Store& store, const store::BackupEntry& backup,
                    const store::Parts& parts, std::uint64_t memory_bytes,
                    store::Transaction& txn, RestoreReport& report,
                    Progress& progress);

// Read leases on what the report replaces: as long as they are held nobody
// writes there.  kBusy when somebody does.
Result<std::vector<fs::ReadLease>> HoldTargets(const store::Store& store,
                                               const RestoreReport& report);

}  // namespace benchkeep::ops
