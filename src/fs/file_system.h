// The one seam between benchkeep and the operating system's files.
//
// Everything that benchkeep itself reads or writes in a store goes through this
// interface (DuckDB does its own I/O, in staging folders only).
// Implementations: PosixFileSystem (real), DryRunFileSystem (swallows writes),
// MemFileSystem and FaultFileSystem (tests).  tests/unit/fs/conformance_test.cc
// holds the contract as one suite over all of them.
//
// Paths are absolute or relative to the process.  The last component is never
// followed when it is a symbolic link: opening one fails with kPermission.
// All calls are thread-safe on different paths.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace benchkeep::fs {

using Path = std::filesystem::path;

enum class FileType { kRegular, kDirectory, kSymlink, kOther };

// Which file it is, and which state of it.  Two equal identities do not prove
// equal bytes (a writer can rewrite in place within one clock tick); different
// ones prove a change.
struct FileInfo {
  FileType type = FileType::kOther;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;  // Bytes.
  std::int64_t mtime_ns = 0;
  std::uint32_t mode = 0;  // Permission bits.
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t links = 1;

  [[nodiscard]] bool SameFile(const FileInfo& other) const {
    return device == other.device && inode == other.inode;
  }
  [[nodiscard]] bool SameState(const FileInfo& other) const {
    return SameFile(other) && size == other.size && mtime_ns == other.mtime_ns;
  }
};

struct DirEntry {
  std::string name;
  FileType type = FileType::kOther;
};

// An open file to read.  Closed by its destructor.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;

  // Fills `buffer` from `offset`; returns how many bytes there were, fewer than
  // asked for at the end of the file only.
  virtual Result<std::size_t> ReadAt(std::uint64_t offset,
                                     std::span<std::byte> buffer) = 0;
  virtual Result<FileInfo> Info() = 0;
};

// A new file being written.  Its destructor closes it and reports nothing: call
// Close().
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual Status Append(std::string_view bytes) = 0;

  // Takes room for a file of `bytes` without writing them, where there is a
  // disk; kNoSpace, or an error where the file system cannot do that.
  virtual Status Allocate(std::uint64_t /*bytes*/) { return {}; }

  // Makes the bytes durable.  A failure is final: the kernel may have dropped
  // the dirty pages, and a second call could report success after the loss.
  virtual Status Sync() = 0;
  virtual Status Close() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<std::unique_ptr<ReadableFile>> Open(const Path& path) = 0;

  // Creates a file that must not exist yet (kAlreadyExists otherwise).
  virtual Result<std::unique_ptr<WritableFile>> Create(const Path& path,
                                                       std::uint32_t mode) = 0;

  // About the entry itself, not what a link points to.
  virtual Result<FileInfo> Info(const Path& path) = 0;

  // Entries without "." and "..", in no particular order.
  virtual Result<std::vector<DirEntry>> List(const Path& directory) = 0;

  // Creates the folder and its missing parents (0700 below a state folder is
  // the caller's wish, hence `mode`); an existing folder is fine.
  virtual Status MakeDirs(const Path& directory, std::uint32_t mode) = 0;

  // Replaces `to` if it exists.  Durable after SyncDir of both folders.
  virtual Status Rename(const Path& from, const Path& to) = 0;

  // Fails with kAlreadyExists instead of replacing.
  virtual Status RenameNoReplace(const Path& from, const Path& to) = 0;

  // A second name for the same inode.  Only for files that nobody writes any
  // more: a link to a live file is never a copy.
  virtual Status Link(const Path& existing, const Path& link) = 0;

  virtual Status Remove(const Path& file) = 0;
  virtual Status RemoveDir(const Path& directory) = 0;

  // Sets permission bits.
  virtual Status SetMode(const Path& path, std::uint32_t mode) = 0;

  // kPermission unless privileged (or the group is one of the caller's own).
  // May clear set-id bits of the mode.
  virtual Status SetOwner(const Path& path, std::uint32_t uid,
                          std::uint32_t gid) = 0;

  // Sets the modification time (that of the last access, too).
  virtual Status SetTime(const Path& path, std::int64_t mtime_ns) = 0;

  // Removes `anchor`/`relative`: a file, or a folder with everything below it,
  // without ever following a link or leaving the file system.  The names below
  // `anchor` are walked by open folders where the system can do so: whoever
  // swaps one for a link meanwhile leads us nowhere (kPermission).  Stops at
  // the first error.  kNotFound when there is nothing of that name.
  virtual Status RemoveBelow(const Path& anchor, const Path& relative);

  // Makes the bytes of an existing file durable, whoever wrote them.  Also
  // reports what went wrong since it was closed, if nobody was told: Linux
  // keeps that for whoever opens the file next (errseq_t, since 4.16).
  virtual Status SyncFile(const Path& file) = 0;

  // Makes created, renamed and removed names in `directory` durable.
  virtual Status SyncDir(const Path& directory) = 0;

  // Bytes that an unprivileged writer could still add.
  virtual Result<std::uint64_t> FreeBytes(const Path& path) = 0;
};

// Reads a whole file of at most `limit` bytes (kInvalidArgument beyond it).
Result<std::string> ReadFile(FileSystem& file_system, const Path& path,
                             std::uint64_t limit);

// True when something has that name, whatever it is.
Result<bool> Exists(FileSystem& file_system, const Path& path);

// RemoveBelow of a folder from its parent.
Status RemoveTree(FileSystem& file_system, const Path& directory);

}  // namespace benchkeep::fs
