// The real file system.

#pragma once

#include "fs/file_system.h"

struct stat;

namespace benchkeep::fs {

FileInfo InfoOf(const struct stat& st);

class PosixFileSystem final : public FileSystem {
 public:
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
};

// Reads through a descriptor that is already open (a copy of it is kept), so
// that the very inode a lease is held on is read.  `path` is for messages.
Result<std::unique_ptr<ReadableFile>> ReadDescriptor(int fd, const Path& path);

}  // namespace benchkeep::fs
