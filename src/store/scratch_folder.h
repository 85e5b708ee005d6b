// A folder for spill files, gone when its owner is.

#pragma once

#include "base/result.h"
#include "fs/file_lock.h"
#include "store/store.h"

namespace benchkeep::store {

// Below .benchkeep/tmp, or where the store says when it must stay as it is
// (Store::SpillOutside).  A lock file inside, held for life, tells the folders
// of the living from those of the dead.
class ScratchFolder {
 public:
  // Outside of the store it also removes what dead processes left there.
  static Result<ScratchFolder> Create(const Store& store);
  ScratchFolder(ScratchFolder&& other) noexcept;
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder();

  [[nodiscard]] const fs::Path& path() const { return path_; }

 private:
  ScratchFolder(fs::FileSystem& file_system, fs::Path path, fs::FileLock lock)
      : file_system_(&file_system),
        path_(std::move(path)),
        lock_(std::move(lock)) {}
  fs::FileSystem* file_system_;
  fs::Path path_;
  fs::FileLock lock_;
};

// Removes the scratch folders of dead processes from the store.  Under the
// store lock.
Status RemoveDeadScratchFolders(const Store& store);

}  // namespace benchkeep::store
