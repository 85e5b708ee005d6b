// Whether a backup is good, by what it holds and what came before it.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "ops/store_counts.h"
#include "store/backup_catalog.h"
#include "store/backup_manifest.h"
#include "store/store.h"

namespace benchkeep::ops {

// Adds to `manifest.reasons` what `counts` show against the last good backup:
// a part is missing, or there are fewer tests.
void CompareWithBefore(const store::StoreCounts& before,
                       store::BackupManifest& manifest);

// The newest good one of `all` that benchkeep made, or nullptr.
const store::BackupEntry* LastGood(const std::vector<store::BackupEntry>& all);

// kBad with a reason that says so, kSuspect with any other, else kGood.
store::BackupState StateOf(const std::vector<store::BackupReason>& reasons);

// Restores the files in `folder` into a scratch folder, compares every sum and
// counts what was restored.  Damage and unreadable parts become reasons.  With
// `counts` of the manifest already known (a verification), they must agree.
struct TestRestore {
  std::vector<store::BackupReason> reasons;
  store::StoreCounts counts;
};
Result<TestRestore> RestoreForTest(const store::Store& store,
                                   const fs::Path& folder,
                                   const store::BackupManifest& manifest,
                                   std::uint64_t memory_bytes,
                                   Progress& progress);

}  // namespace benchkeep::ops
