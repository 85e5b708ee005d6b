// Building one backup out of private copies: pack, restore for a test, judge,
// and seal.  What `create` and `adopt` share.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "store/backup_catalog.h"
#include "store/backup_manifest.h"
#include "store/snapshot.h"
#include "store/store.h"
#include "store/transaction.h"

namespace benchkeep::ops {

// Removes what killed runs left in the folder of backups; makes that folder
// when it is missing.  Under the store lock.
Status PrepareBackups(const store::Store& store);

class BackupBuilder {
 public:
  // `all` are the backups there are; it must outlive the builder.
  BackupBuilder(const store::Store& store,
                const std::vector<store::BackupEntry>& all,
                std::uint64_t memory_bytes, Progress& progress)
      : store_(store),
        all_(all),
        memory_bytes_(memory_bytes),
        progress_(progress) {}
  BackupBuilder(const BackupBuilder&) = delete;
  BackupBuilder& operator=(const BackupBuilder&) = delete;
  // Removes what was not published.
  ~BackupBuilder();

  // Chooses an id for that time and makes the folder; `head` has origin, label
  // and version.
  Status Begin(store::BackupManifest head, TimePoint time);

  // Where the copies have to lie.
  [[nodiscard]] fs::Path cut() const;

  // Makes the backup of the copies.  `before` is what the last good one held,
  // or nullptr when nothing is to be compared.
  Status Finish(store::Snapshot snapshot, const store::StoreCounts* before);

  // Plans the step that publishes it.
  Status Publish(store::Transaction& txn);

  [[nodiscard]] const store::BackupManifest& manifest() const {
    return manifest_;
  }
  [[nodiscard]] std::uint64_t shared_bytes() const { return shared_bytes_; }

 private:
  Status Pack(store::Snapshot& snapshot);
  Status Keep(store::SnapshotFile& file);
  [[nodiscard]] std::string NameOf(const store::BackupMember& member) const;
  Result<bool> Share(const store::BackupFile& file);
  Result<bool> ShareArchive(const std::vector<store::SnapshotFile>& packed);
  Status WriteManifest();

  const store::Store& store_;
  const std::vector<store::BackupEntry>& all_;
  std::uint64_t memory_bytes_;
  Progress& progress_;
  const store::BackupEntry* previous_ = nullptr;
  fs::Path staging_;  // Empty once published.
  store::BackupManifest manifest_;
  std::uint64_t shared_bytes_ = 0;
};

}  // namespace benchkeep::ops
