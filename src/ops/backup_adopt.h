// Taking copies that people made by hand in as backups.
//
// Found by name (store/copies.h), by folders of the guide's scripts, and told
// apart by content: what is in a backup already is a duplicate.  Copies stay
// where they are unless they are to go to the trash.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "store/store.h"
#include "store/store_lock.h"

namespace benchkeep::ops {

struct AdoptOptions {
  // What is in a backup goes to the trash, also when it was taken in just now.
  bool trash_duplicates = false;
  std::string version;  // Of this benchkeep.
  std::uint64_t memory_bytes = 0;
};

struct AdoptedCopy {
  enum class Outcome {
    kAdopted,    // It is a backup now (would be, in a rehearsal).
    kDuplicate,  // Its content is in a backup, or in a copy before it.
    kUnusable,   // It cannot be read: left where it is.
  };
  std::string name;  // Below the root; of a file or a folder.
  Outcome outcome = Outcome::kAdopted;
  std::string backup;  // That holds it; may be empty in a rehearsal.
  std::uint64_t bytes = 0;
  bool trashed = false;
};

struct AdoptReport {
  std::vector<AdoptedCopy> copies;  // Newest first.
  std::uint64_t adopted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t unusable = 0;
  std::uint64_t trashed = 0;
  std::uint64_t trashed_bytes = 0;
  bool dry_run = false;
  std::string txn;
  Findings findings;
};

// With `lock` == nullptr only says what would be done.
Result<AdoptReport> AdoptCopies(const store::Store& store,
                                const store::StoreLock* lock,
                                const AdoptOptions& options,
                                Progress& progress);

}  // namespace benchkeep::ops
