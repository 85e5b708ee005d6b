// Copies of the master database and of the results that lie about the store:
// backups, and what careful people made by hand.
//
// Found by name only; whether a copy is any good is for its reader to find out.
// Nothing here opens a file.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "fs/file_system.h"
#include "store/store.h"

namespace benchkeep::store {

enum class CopyKind {
  kBackup,  // In a folder of its own below [store] backups.
  kByHand,  // "master_database copy 3.json", "*.backup_before_clean" ...
};

struct CopyFile {
  CopyKind kind = CopyKind::kByHand;
  fs::Path path;
  std::string name;       // Below the root.
  std::string backup_id;  // The folder of a backup; empty for others.
  std::uint64_t bytes = 0;
  // From a date in the name ("20250817_022806"), else the modification time.
  std::int64_t time_ns = 0;
};

// Newest first.  Symbolic links and empty files are passed over; folders that
// cannot be listed are, too.
std::vector<CopyFile> MasterCopies(const Store& store);

// The same of the results file, where the copy is a plain Parquet file.
std::vector<CopyFile> ResultsCopies(const Store& store);

// The time in a name like "master_database_20250817_022806.json" or
// "20260131-235959", UTC; 0 without one.
std::int64_t TimeInName(const std::string& name);

}  // namespace benchkeep::store
