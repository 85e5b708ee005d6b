// Packing the copies of a snapshot into the archive of a backup.

#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "store/backup_manifest.h"
#include "store/snapshot.h"

namespace benchkeep::store {

// Writes the files as a gzipped tar archive to the new file `target`, synced.
// The bytes depend on the files alone.  kIo when a copy is not what was hashed
// before.
Result<BackupFile> WriteArchive(fs::FileSystem& file_system,
                                const std::vector<SnapshotFile>& files,
                                const fs::Path& target, int threads,
                                Progress& progress);

}  // namespace benchkeep::store
