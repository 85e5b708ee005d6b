// What the two ways of restoring share.

#pragma once

#include <optional>
#include <string>

#include "ops/backup_restore.h"

namespace benchkeep::ops {

// Where a member of a backup belongs in the store of today.  kInvalidArgument
// when the settings name other folders than the backup was made with.
Result<fs::Path> HomeOf(const store::Store& store,
                        const store::BackupMember& member);

// What is at `path` now; nullopt without anything.
Result<std::optional<fs::FileInfo>> InfoIfAny(fs::FileSystem& file_system,
                                              const fs::Path& path);

// Takes `parts` of the backup out into the new folder `root`, each member at
// the place where today's settings want it.  kCorruption names the damage.
Status TakeOut(const store::Store& store, const store::BackupEntry& backup,
               const store::Parts& parts, const fs::Path& root,
               Progress& progress);

// Rows and keys of the results of `store`; nothing where there are none.
Result<store::RowCount> CountRows(const store::Store& store,
                                  std::uint64_t memory_bytes,
                                  Progress& progress);

// Tests merged into the store of today (restore_tests.cc).
Status StageTests(const store::Store& store, const store::BackupEntry& backup,
                  const RestoreOptions& options, store::Transaction& txn,
                  RestoreReport& report, Progress& progress);

// The same without a transaction: only counts.
Status CountTests(const store::Store& store, const store::BackupEntry& backup,
                  const RestoreOptions& options, RestoreReport& report,
                  Progress& progress);

}  // namespace benchkeep::ops
