// A consistent cut: private copies of all live files of a store at one moment.
//
// The writers' lock files are held while the files are copied, and every file
// is proven quiet by a read lease, so that nothing is torn even where a writer
// ignores the locks.  Compressing, hashing and counting come afterwards, on the
// copies.

#pragma once

#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "store/backup_manifest.h"
#include "store/store.h"

namespace benchkeep::store {

struct SnapshotFile {
  BackupMember member;  // `in` is not set; `sha256` is.
  fs::Path copy;
};

struct Snapshot {
  std::vector<SnapshotFile> files;  // By part, then path.
  bool locked = true;               // The writers' lock files could be had.
  // Paths of files that were written all the time: no two copies agreed.
  std::vector<std::string> busy;
  Findings findings;  // What was left out, and weaker evidence.
};

// A live file of the store.
struct LiveFile {
  std::string path;  // Below the root.
  Part part = Part::kData;
  std::uint64_t bytes = 0;
};

// All that a backup of the store has to hold, by part, then path; links, lock
// files and files in the making are left out (and, when they are unexpected,
// named in `findings`).
Result<std::vector<LiveFile>> ListLiveFiles(const Store& store,
                                            Findings& findings);

// Copies the live files into `folder`, which must be empty and ours.
Result<Snapshot> TakeSnapshot(const Store& store, const fs::Path& folder,
                              Progress& progress);

}  // namespace benchkeep::store
