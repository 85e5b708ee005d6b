// A file system that swallows writes: what --dry-run works on.
//
// Reads reach the file system below; changes are kept in memory, as an overlay
// of names, and later reads see them.  Nothing below is ever changed.  Names
// are compared as they are spelled (after making them absolute), so a folder
// that is reached by two spellings through a symbolic link is two folders here.

#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "fs/file_system.h"

namespace benchkeep::fs {

class DryRunFileSystem final : public FileSystem {
 public:
  // `base` must outlive this object, and this object the files it opened.
  explicit DryRunFileSystem(FileSystem& base) : base_(base) {}

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
  class OverlayReadableFile;
  class OverlayWritableFile;

  // What a name of the overlay stands for; several names may share one.
  struct Node {
    FileInfo info;
    Path real;          // Where it is in `base_`; empty for what was made here.
    std::string bytes;  // Of a file that was made here.
  };
  using NodePtr = std::shared_ptr<Node>;

  // Where a name leads: to a node, or else to a path of `base_`.
  struct Place {
    NodePtr node;
    Path real;
  };

  // All of these expect the mutex to be held, and keys instead of paths.
  Result<Place> Locate(const Path& key) const;
  Result<FileInfo> InfoAt(const Path& key) const;
  Result<NodePtr> Adopt(const Path& key);  // Gives the name a node.
  Result<FileInfo> ParentOf(const Path& key) const;
  Result<std::vector<DirEntry>> ListAt(const Path& key) const;
  Status MakeDirsAt(const Path& key, std::uint32_t mode);
  Status MoveAt(const Path& from, const Path& to);
  NodePtr MakeNode(FileType type, const FileInfo& parent, std::uint32_t mode);
  void DropBelow(const Path& key);  // Forgets the overlay below a folder.

  FileSystem& base_;
  std::mutex mutex_;
  std::map<Path, NodePtr> overlay_;  // Null: the name was removed.
  std::uint64_t made_ = 0;           // Numbers inodes and changes.
};

}  // namespace benchkeep::fs
