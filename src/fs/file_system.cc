// What can be built from the seam alone.

#include "fs/file_system.h"

#include <cerrno>

namespace benchkeep::fs {

Result<std::string> ReadFile(FileSystem& file_system, const Path& path,
                             std::uint64_t limit) {
  BENCHKEEP_ASSIGN(auto file, file_system.Open(path));
  BENCHKEEP_ASSIGN(const FileInfo info, file->Info());
  if (info.size > limit) {
    return Fail(Code::kInvalidArgument,
                Say(N_("{0} is too large: {1} bytes, at most {2} are read"),
                    path, info.size, limit),
                path);
  }
  std::string bytes;
  std::string buffer(std::size_t{1} << 16, '\0');
  // The file may grow while we read: go by what comes, not by the size.
  while (bytes.size() <= limit) {
    BENCHKEEP_ASSIGN(
        const std::size_t got,
        file->ReadAt(bytes.size(), std::as_writable_bytes(std::span(buffer))));
    if (got == 0) return bytes;
    bytes.append(buffer, 0, got);
  }
  return Fail(
      Code::kInvalidArgument,
      Say(N_("{0} grew beyond {1} bytes while it was read"), path, limit),
      path);
}

Result<bool> Exists(FileSystem& file_system, const Path& path) {
  const Result<FileInfo> info = file_system.Info(path);
  if (info.ok()) return true;
  if (info.error().code == Code::kNotFound) return false;
  return Unexpected(info.error());
}

Status FileSystem::RemoveBelow(const Path& anchor, const Path& relative) {
  const Path path = anchor / relative;
  BENCHKEEP_ASSIGN(const FileInfo info, Info(path));
  if (info.type != FileType::kDirectory) return Remove(path);
  BENCHKEEP_ASSIGN(const auto entries, List(path));
  for (const DirEntry& entry : entries) {
    BENCHKEEP_TRY(RemoveBelow(anchor, relative / entry.name));
  }
  return RemoveDir(path);
}

Status RemoveTree(FileSystem& file_system, const Path& directory) {
  BENCHKEEP_ASSIGN(const FileInfo info, file_system.Info(directory));
  if (info.type == FileType::kSymlink) {
    return FailSys(ELOOP, N_("removing {0}: {1}"), directory);
  }
  const Path parent =
      directory.has_parent_path() ? directory.parent_path() : Path(".");
  return file_system.RemoveBelow(parent, directory.filename());
}

}  // namespace benchkeep::fs
