// A file system in memory that knows what a power cut would take away.
//
// Bytes are durable once synced (WritableFile::Sync, SyncFile), names once
// their folder is (SyncDir).  PowerCut() drops the rest, as POSIX permits.
// There are no symbolic links.  Starts with the folder "/" alone; time is a
// counter of changes.  Thread-safe.

#pragma once

#include <memory>
#include <mutex>

#include "fs/file_system.h"

namespace benchkeep::fs {

class MemFileSystem final : public FileSystem {
 public:
  MemFileSystem();
  ~MemFileSystem() override;

  // What became of names that were not synced: both happen for real.
  enum class UnsyncedNames { kLost, kKept };

  // Unsynced bytes are lost either way.  Open files are void afterwards.
  void PowerCut(UnsyncedNames names = UnsyncedNames::kLost);

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
  class MemReadableFile;
  class MemWritableFile;
  struct Inode;
  struct Slot;
  using InodePtr = std::shared_ptr<Inode>;

  // All of these expect the mutex to be held.
  Result<InodePtr> Find(const Path& path);
  Result<Slot> FindSlot(const Path& path);
  InodePtr MakeInode(FileType type, std::uint32_t mode);
  Status Move(const Path& from, const Path& to);
  static void Revert(Inode& directory, UnsyncedNames names);

  std::mutex mutex_;
  std::uint64_t ticks_ = 0;   // Changes so far; the clock of mtimes.
  std::uint64_t inodes_ = 0;  // Made so far.
  InodePtr root_;
};

}  // namespace benchkeep::fs
