// The right to change a store: one benchkeep at a time.

#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "fs/file_lock.h"
#include "store/store.h"

namespace benchkeep::store {

// What a command may do for room on a full disk.
enum class Room {
  kAsItIs,
  kMayUseReserve,  // It makes room, or brings data back.
};

// Held while a command changes the store; the kernel releases it when the
// process dies, however it dies.
class StoreLock {
 public:
  // Makes the state folder when it is missing, then waits up to
  // [limits] lock_wait_seconds for other commands.  kLocked names the holder.
  // `command` is what others will see as the holder.  On a full disk the
  // reserve is given up for the lock itself, and for the command if it may use
  // it; it is made again when the lock goes.  `store` must outlive the lock.
  static Result<StoreLock> Acquire(const Store& store,
                                   const std::string& command,
                                   Room room = Room::kAsItIs);
  StoreLock(StoreLock&& other) noexcept;
  StoreLock& operator=(StoreLock&&) = delete;
  ~StoreLock();

 private:
  StoreLock(const Store& store, fs::FileLock lock)
      : store_(&store), lock_(std::move(lock)) {}
  const Store* store_;
  fs::FileLock lock_;
  bool released_ = false;  // The reserve; it is to be made again.
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
