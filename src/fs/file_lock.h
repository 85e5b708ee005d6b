// A lock file shared with other programs by flock(2).
//
// Python's fcntl.flock takes part; fcntl.lockf does not.  Some writers unlink
// their lock file on release, even after a wait that timed out: after locking,
// the file at the path must still be the locked inode, or the lock is taken
// again.  We never unlink a lock file.

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "fs/fd.h"
#include "fs/file_system.h"

namespace benchkeep::fs {

class FileLock {
 public:
  // Takes the lock exclusively, creating the file (with `mode`) but not its
  // folder.  Tries for `wait`; then kBusy.  A symlink at the path is refused.
  // `cancelled` is asked before each nap of the wait: true ends it
  // (kCancelled).
  static Result<FileLock> Acquire(
      const Path& path, Clock& clock, std::chrono::nanoseconds wait,
      std::uint32_t mode,
      const std::function<bool()>& cancelled = [] { return false; });

  // False once somebody has removed or replaced the file: others may then hold
  // "the same" lock, on another inode.
  [[nodiscard]] bool StillInPlace() const;

  // Replaces the content of the file, for others to read while we hold it.
  Status WriteContent(std::string_view text);

 private:
  FileLock(Path path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  Path path_;
  Fd fd_;  // Closing it releases the lock.
};

// True while some process holds the lock file `path` by flock(2).  Looks only;
// what it says may be old news the moment it returns.
Result<bool> LockIsHeld(const Path& path);

}  // namespace benchkeep::fs
