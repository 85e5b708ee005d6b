// The right to change a store: one benchkeep at a time.

#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "fs/file_lock.h"
#include "store/store.h"

namespace benchkeep::store {

// Held while a command changes the store; the kernel releases it when the
// process dies, however it dies.
class StoreLock {
 public:
  // Makes the state folder when it is missing, then waits up to
  // [limits] lock_wait_seconds for other commands.  kLocked names the holder.
  // `command` is what others will see as the holder.
  static Result<StoreLock> Acquire(const Store& store,
                                   const std::string& command);

 private:
  explicit StoreLock(fs::FileLock lock) : lock_(std::move(lock)) {}
  fs::FileLock lock_;
};

// The lock files of the campaign's own writers ([store] locks), all of them, in
// the order of the settings.  Held for moments only: writers time out.
class WriterLocks {
 public:
  // kBusy when a writer keeps one of them for longer than
  // [limits] lock_wait_seconds.
  static Result<WriterLocks> Acquire(const Store& store);

  // False once a writer has removed one of the files under us.
  [[nodiscard]] bool StillInPlace() const;

 private:
  std::vector<fs::FileLock> locks_;
};

}  // namespace benchkeep::store
