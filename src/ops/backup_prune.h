// Letting old backups go, by the rules of store/retention.h.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/result.h"
#include "store/backup_catalog.h"
#include "store/retention.h"
#include "store/store.h"
#include "store/store_lock.h"

namespace benchkeep::ops {

struct PruneOptions {
  // Over the settings.
  std::optional<std::int64_t> keep_days = std::nullopt;
  std::optional<std::int64_t> keep_daily = std::nullopt;
  std::optional<std::int64_t> keep_weekly = std::nullopt;
  std::optional<std::int64_t> keep_monthly = std::nullopt;
  bool adopted = false;
  // Only these, whatever their age; ids as for store::FindBackup.
  std::vector<std::string> ids = {};
};

struct PruneReport {
  struct Line {
    store::BackupEntry backup;
    bool keep = true;
    Message why;
  };
  std::vector<Line> backups;  // Newest first.
  std::uint64_t removed = 0;
  std::uint64_t kept = 0;
  std::uint64_t bytes = 0;  // Of those removed.
  bool dry_run = false;
  std::string txn;
};

// The backups that go are moved to the trash, and `undo` brings them back. With
// `lock` == nullptr only says what would go.  kInvalidArgument when too few
// good ones would remain of those named.
Result<PruneReport> PruneBackups(const store::Store& store,
                                 const store::StoreLock* lock,
                                 const PruneOptions& options);

}  // namespace benchkeep::ops
