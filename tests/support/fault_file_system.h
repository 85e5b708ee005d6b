// A file system that fails when told to: the Nth call, with any errno.
//
// Calls of opened files count as well.  A test that injects faults must look at
// fired(): a fault test that never fired proves nothing.  Thread-safe.

#pragma once

#include <memory>
#include <mutex>

#include "fs/file_system.h"

namespace benchkeep::fs {

class FaultFileSystem final : public FileSystem {
 public:
  enum class Calls {
    kMutating,  // What changes a file, a name or its durability.
    kAny,
  };
  enum class Lasting {
    kOnce,
    kFromThenOn,  // As when the process had died at that point.
  };
  struct Fault {
    std::uint64_t nth = 0;  // The first call is 1; 0: never.
    int sys_errno = 0;
    Calls calls = Calls::kMutating;
    Lasting lasting = Lasting::kOnce;
  };

  // `base` must outlive this object.
  explicit FaultFileSystem(FileSystem& base) : base_(base) {}

  // Starts counting at zero.  A struck Append leaves half of its bytes behind;
  // any other struck call has no effect.
  void Arm(const Fault& fault);

  // Since Arm(): calls of the armed kind, and how many of them failed.
  [[nodiscard]] std::uint64_t calls() const;
  [[nodiscard]] std::uint64_t fired() const;

  Result<std::unique_ptr<ReadableFile>> Open(const Path& path) override;
  Result<std::unique_ptr<WritableFile>> Create(const Path& path,
                                               std::uint32_t mode) override;
  Result<FileInfo> Info(const Path& path) override;
  Result<std::vector<DirEntry>> List(const Path& directory) override;
  Status MakeDirs(const Path& directory, std::uint32_t mode) override;
  Status Rename(const Path& from, const Path& to) override;
  Status RenameNoReplace(const Path& from, const Path& to) override;
  Status Link(const Path& existing, const Path& link) override;
  Status Remove(const Path& file) override;
  Status RemoveDir(const Path& directory) override;
  Status SetMode(const Path& path, std::uint32_t mode) override;
  Status SetOwner(const Path& path, std::uint32_t uid,
                  std::uint32_t gid) override;
  Status SetTime(const Path& path, std::int64_t mtime_ns) override;
  Status SyncFile(const Path& file) override;
  Status SyncDir(const Path& directory) override;
  Result<std::uint64_t> FreeBytes(const Path& path) override;

 private:
  class FaultReadableFile;
  class FaultWritableFile;

  // Counts a call; the error when its turn has come.
  Status Read(const Path& path) { return Count(path, false); }
  Status Mutate(const Path& path) { return Count(path, true); }
  Status Count(const Path& path, bool mutating);

  FileSystem& base_;
  mutable std::mutex mutex_;
  Fault fault_;
  std::uint64_t calls_ = 0;
  std::uint64_t fired_ = 0;
};

}  // namespace benchkeep::fs
