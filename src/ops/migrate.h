// Migration: the master database as results, and results as a master database.
//
// Both directions build the new file in the staging folder of a transaction and
// count it by reading it back before anything of the store changes.  What is
// there already is left alone unless the options say otherwise; either way
// `undo` takes the change back.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "store/results.h"
#include "store/store.h"
#include "store/store_lock.h"

namespace benchkeep::ops {

enum class MigrateTo { kResults, kMaster };

// What becomes of a file that is there already.
enum class Existing {
  kRefuse,   // kAlreadyExists.
  kMerge,    // New rows are merged into it; kResults only.
  kReplace,  // It goes to the undo store.
};

struct MigrateOptions {
  MigrateTo to = MigrateTo::kResults;
  store::Shape shape = store::Shape::kRecords;  // Of the rows; kResults only.
  Existing existing = Existing::kRefuse;
  // kMaster only: a file outside the store to write instead.
  std::optional<fs::Path> output = std::nullopt;

  std::uint64_t memory_bytes = 0;  // 0: the default.
};

struct MigrateReport {
  MigrateTo to = MigrateTo::kResults;
  store::Shape shape = store::Shape::kRecords;
  bool replaces = false;  // Something is there that goes to the undo store.
  bool dry_run = false;
  std::string source;  // Names below the root.
  std::string target;
  std::uint64_t cells = 0;
  std::uint64_t rows = 0;  // Written, or read with kMaster.
  std::uint64_t total_tests = 0;
  std::uint64_t models = 0;  // With tests.

  // The new file was read back and holds what it must.  False in a dry run.
  bool verified = false;
  std::optional<store::MergeOutcome> merged;  // With kMerge.
  std::string txn;  // What `undo` takes; empty when the store did not change.
  Findings findings;
};

// With `lock` == nullptr it is a rehearsal: everything is counted, nothing is
// changed.  Otherwise the store lock is held and recovery is done.  Errors:
// kAlreadyExists (the fix names --merge and --replace), kNotFound (no source,
// or no tests in it), kCorruption, kInvalidArgument (shapes differ), and
// whatever the disk says.
Result<MigrateReport> Migrate(const store::Store& store,
                              const store::StoreLock* lock,
                              const MigrateOptions& options,
                              Progress& progress);

}  // namespace benchkeep::ops
