// Which increments a recovery merges into the results of a backup.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "store/backup_catalog.h"
#include "store/results.h"
#include "store/store.h"

namespace benchkeep::ops {

// Increments that were merged after the backup was made, where they lie now: in
// the trash, as long as undo can be had.
Result<std::vector<store::IncrementFile>> MergedSince(
    const store::Store& store, const store::BackupManifest& backup);

// All increments of a recovery in the order of keep-last.  Those of the backup
// are left out where a later state of the same file is at hand and counts would
// be added up twice.
std::vector<store::IncrementFile> ReplayOrder(
    std::vector<store::IncrementFile> of_backup,
    std::vector<store::IncrementFile> merged_since,
    std::vector<store::IncrementFile> waiting, store::SummaryMode mode);

// By its footer.
Result<std::uint64_t> RowsOfIncrement(const store::Store& store,
                                      const store::IncrementFile& file);

}  // namespace benchkeep::ops
