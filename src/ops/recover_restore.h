// Restoring one backup of a recovery, with all increments since, as one
// transaction.

#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "ops/recover.h"
#include "store/backup_catalog.h"
#include "store/store.h"
#include "store/store_lock.h"

namespace benchkeep::ops {

// `store` may be a copy of the real one, `home`, whose trash and backups are
// read.  Adds what it did to `report`.  kCorruption when the backup does not
// prove whole: then nothing was changed, and another one can be tried.
Status RestoreAndReplay(const store::Store& store, const store::Store& home,
                        const store::StoreLock& lock,
                        const store::BackupEntry& backup,
                        const RecoverOptions& options, RecoverReport& report,
                        Progress& progress);

}  // namespace benchkeep::ops
