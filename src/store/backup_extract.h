// Taking a backup out of its files again, with every byte checked.
//
// Nothing in an archive is believed: members must be listed in the manifest
// with their size and SHA-256, are regular files, and are created as new files
// in a private folder.  Links, devices and names that lead out cannot occur.

#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "fs/tar.h"
#include "store/backup_manifest.h"
#include "store/store.h"

namespace benchkeep::store {

struct Parts {
  bool master = true;
  bool data = true;
  bool config = true;
  bool settings = true;
  [[nodiscard]] bool Has(Part part) const;
};

// One thing that is wrong with a backup.
struct Damage {
  std::string file;  // Of the backup: "parquet_data.tar.gz".
  Message what;
};

// Reads the files of the backup in `folder` that hold `parts`, compares all
// sums with the manifest, and writes the members below `root`, at their paths
// (synced, with their modes and times).  An empty `root`: only reads.  Returns
// all damage found; what is damaged is not written.  An error is one of the
// machine, not of the backup.
Result<std::vector<Damage>> ExtractBackup(fs::FileSystem& file_system,
                                          const fs::Path& folder,
                                          const BackupManifest& manifest,
                                          const Parts& parts,
                                          const fs::Path& root,
                                          Progress& progress);

// Unpacks an archive that nobody has a manifest of (made by the guide's script)
// into the new folder `root`.  Entries are limited in number, size, and to 200
// times the size of the archive.  Returns what was unpacked.
Result<std::vector<fs::TarEntry>> ExtractForeignArchive(
    fs::FileSystem& file_system, const fs::Path& archive, const fs::Path& root,
    Progress& progress);

}  // namespace benchkeep::store
