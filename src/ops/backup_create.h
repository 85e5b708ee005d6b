// Making a backup: cut, pack, restore for a test, judge, publish.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "store/backup_manifest.h"
#include "store/store.h"
#include "store/store_lock.h"

namespace benchkeep::ops {

struct BackupCreateOptions {
  std::string label = {};    // A few words of the user's.
  std::string version = {};  // Of this benchkeep.
  // What is there is what is meant: fewer tests than before are no reason for
  // suspicion.
  bool accept_smaller = false;
  std::uint64_t memory_bytes = 0;
};

struct BackupCreateReport {
  std::string id;  // Empty in a dry run.
  fs::Path folder;
  store::BackupState state = store::BackupState::kGood;
  std::vector<Message> reasons;    // Why it is not good.
  std::uint64_t files = 0;         // Of the store.
  std::uint64_t bytes = 0;         // Of the files of the backup.
  std::uint64_t live_bytes = 0;    // What the files of the store take.
  std::uint64_t shared_bytes = 0;  // Of files shared with the one before.
  store::StoreCounts counts;
  bool dry_run = false;
  std::string txn;
  Findings findings;
};

// With `lock` == nullptr only says what would be backed up.  A store that holds
// damage is backed up all the same, and the state says so.  kNotFound when
// there is nothing to back up, kNoSpace before anything is written.
Result<BackupCreateReport> CreateBackup(const store::Store& store,
                                        const store::StoreLock* lock,
                                        const BackupCreateOptions& options,
                                        Progress& progress);

}  // namespace benchkeep::ops
