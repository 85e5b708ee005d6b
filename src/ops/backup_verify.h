// Reading backups again: every byte against its sum, and a test restore.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "store/backup_catalog.h"
#include "store/store.h"

namespace benchkeep::ops {

struct VerifyOptions {
  std::vector<std::string> ids = {};  // Empty: all.
  // Only about so many percent of the bytes: those that were not verified for
  // the longest time, at least one backup.
  std::optional<std::int64_t> sample_percent = std::nullopt;
  bool dry_run = false;  // Only says which would be read.
  std::uint64_t memory_bytes = 0;
};

struct VerifyReport {
  struct Line {
    store::BackupEntry backup;
    bool read = false;  // False: not in the sample, or nothing to compare with.
    bool intact = true;
    std::vector<Message> problems;
  };
  std::vector<Line> backups;  // Newest first.
  std::uint64_t verified = 0;
  std::uint64_t damaged = 0;
  std::uint64_t bytes = 0;  // Read.
  bool dry_run = false;
  Findings findings;
};

// Damage is a finding; errors are those of the machine.  Changes nothing: the
// caller lets RememberVerifications() note the outcome, under the store lock.
Result<VerifyReport> VerifyBackups(const store::Store& store,
                                   const VerifyOptions& options,
                                   Progress& progress);

Status RememberVerifications(const store::Store& store,
                             const VerifyReport& report);

}  // namespace benchkeep::ops
