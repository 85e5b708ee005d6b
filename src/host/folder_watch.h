// Hears at once of what happens to the files of some folders: inotify(7).

#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace benchkeep::host {

class FolderWatch {
 public:
  enum class What {
    kCreated,   // A name is there; it may still be empty.
    kWritten,   // Somebody who had it open for writing has closed it.
    kMovedIn,   // Renamed to this name.
    kMovedOut,  // Renamed away from this name.
    kDeleted,
    kOverflow,  // Events were lost: look at everything.
    kGone,      // The folder itself is gone, or no longer what it was.
  };
  struct Event {
    int folder = -1;  // What Add() returned; -1 for kOverflow.
    What what = What::kWritten;
    std::string name;
  };

  FolderWatch() = default;
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;
  ~FolderWatch();

  // Before anything else.  Fails when the machine has no watches to give.
  Status Open();

  // Names of files in the folder are watched from now on, also after they were
  // unlinked while somebody has them open.  kNotFound without such a folder.
  Result<int> Add(const std::filesystem::path& folder);

  // Events in the order in which they happened; empty after `timeout`.  Ends at
  // once when `wake` (a descriptor, or -1) can be read.
  Result<std::vector<Event>> Wait(std::chrono::milliseconds timeout, int wake);

 private:
  int fd_ = -1;
};

}  // namespace benchkeep::host
