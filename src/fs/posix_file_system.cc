// The real file system: thin calls, every error with its path and errno.

#include "fs/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstdio>

#include "fs/fd.h"

namespace benchkeep::fs {
namespace {

FileType TypeOf(mode_t mode) {
  if (S_ISREG(mode)) return FileType::kRegular;
  if (S_ISDIR(mode)) return FileType::kDirectory;
  if (S_ISLNK(mode)) return FileType::kSymlink;
  return FileType::kOther;
}

class PosixReadableFile final : public ReadableFile {
 public:
  PosixReadableFile(Path path, Fd fd)
      : path_(std::move(path)), fd_(std::move(fd)) {}

  Result<std::size_t> ReadAt(std::uint64_t offset,
                             std::span<std::byte> buffer) override {
    std::size_t done = 0;
    while (done < buffer.size()) {
      const ssize_t got =
          ::pread(fd_.get(), buffer.data() + done, buffer.size() - done,
                  static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return FailSys(errno, N_("reading {0}: {1}"), path_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Result<FileInfo> Info() override {
    struct stat st {};
    if (::fstat(fd_.get(), &st) != 0) {
      return FailSys(errno, N_("examining {0}: {1}"), path_);
    }
    return InfoOf(st);
  }

 private:
  Path path_;
  Fd fd_;
};

class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(Path path, Fd fd)
      : path_(std::move(path)), fd_(std::move(fd)) {}

  Status Append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = ::write(fd_.get(), bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return FailSys(errno, N_("writing {0}: {1}"), path_);
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
  }

  Status Allocate(std::uint64_t bytes) override {
    if (::fallocate(fd_.get(), 0, 0, static_cast<off_t>(bytes)) != 0) {
      return FailSys(errno, N_("writing {0}: {1}"), path_);
    }
    return {};
  }

  Status Sync() override {
    if (::fsync(fd_.get()) != 0) {
      return FailSys(errno, N_("syncing {0}: {1}"), path_);
    }
    return {};
  }

  Status Close() override {
    // close() is where NFS and quotas report late write errors.
    if (::close(fd_.Release()) != 0) {
      return FailSys(errno, N_("closing {0}: {1}"), path_);
    }
    return {};
  }

 private:
  Path path_;
  Fd fd_;
};

// ELOOP where `path` is a symbolic link, since some calls report another error
// for one; errno otherwise.
int LinkErrno(const Path& path) {
  const int sys_errno = errno;
  struct stat st {};
  const bool link = ::lstat(path.c_str(), &st) == 0 && S_ISLNK(st.st_mode);
  return link ? ELOOP : sys_errno;
}

// Opens, syncs and closes what already has a name.
Status SyncByName(const Path& path, int flags) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) {
    return FailSys(LinkErrno(path), N_("opening {0}: {1}"), path);
  }
  if (::fsync(fd.get()) != 0) {
    return FailSys(errno, N_("syncing {0}: {1}"), path);
  }
  return {};
}

}  // namespace

FileInfo InfoOf(const struct stat& st) {
  constexpr std::int64_t kNanos = 1'000'000'000;
  return {.type = TypeOf(st.st_mode),
          .device = st.st_dev,
          .inode = st.st_ino,
          .size = static_cast<std::uint64_t>(st.st_size),
          .mtime_ns = st.st_mtim.tv_sec * kNanos + st.st_mtim.tv_nsec,
          .mode = st.st_mode & 07777U,
          .uid = st.st_uid,
          .gid = st.st_gid,
          .links = st.st_nlink};
}

Result<std::unique_ptr<ReadableFile>> PosixFileSystem::Open(const Path& path) {
  // O_NONBLOCK: opening a FIFO that somebody planted must not hang.
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid()) return FailSys(errno, N_("opening {0}: {1}"), path);
  auto file = std::make_unique<PosixReadableFile>(path, std::move(fd));
  BENCHKEEP_ASSIGN(const FileInfo info, file->Info());
  if (info.type != FileType::kRegular) {
    return Fail(Code::kInvalidArgument, Say(N_("{0} is not a file"), path),
                path);
  }
  return file;
}

Result<std::unique_ptr<WritableFile>> PosixFileSystem::Create(
    const Path& path, std::uint32_t mode) {
  Fd fd(::open(path.c_str(),
               O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd.valid()) return FailSys(errno, N_("creating {0}: {1}"), path);
  return std::make_unique<PosixWritableFile>(path, std::move(fd));
}

Result<FileInfo> PosixFileSystem::Info(const Path& path) {
  struct stat st {};
  if (::lstat(path.c_str(), &st) != 0) {
    return FailSys(errno, N_("examining {0}: {1}"), path);
  }
  return InfoOf(st);
}

Result<std::vector<DirEntry>> PosixFileSystem::List(const Path& directory) {
  Fd fd(::open(directory.c_str(),
               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) {
    return FailSys(LinkErrno(directory), N_("listing {0}: {1}"), directory);
  }
  DIR* dir = ::fdopendir(fd.get());
  if (dir == nullptr) return FailSys(errno, N_("listing {0}: {1}"), directory);
  fd.Release();  // closedir() closes it.
  std::vector<DirEntry> entries;
  Status status;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(dir);
    if (entry == nullptr) {
      if (errno != 0)
        status = FailSys(errno, N_("listing {0}: {1}"), directory);
      break;
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    FileType type = FileType::kOther;
    if (entry->d_type == DT_UNKNOWN) {
      const Result<FileInfo> info = Info(directory / name);
      if (info.ok()) type = info->type;
    } else {
      type = TypeOf(DTTOIF(entry->d_type));
    }
    entries.push_back({std::string(name), type});
  }
  ::closedir(dir);
  if (!status.ok()) return Unexpected(status.error());
  return entries;
}

Status PosixFileSystem::MakeDirs(const Path& directory, std::uint32_t mode) {
  if (::mkdir(directory.c_str(), mode) == 0) return {};
  if (errno == ENOENT && directory.has_relative_path()) {
    BENCHKEEP_TRY(MakeDirs(directory.parent_path(), mode));
    if (::mkdir(directory.c_str(), mode) == 0) return {};
  }
  if (errno == EEXIST) {
    struct stat st {};
    if (::stat(directory.c_str(), &st) == 0 && S_ISDIR(st.st_mode)) return {};
    errno = ENOTDIR;
  }
  return FailSys(errno, N_("creating the folder {0}: {1}"), directory);
}

Status PosixFileSystem::Rename(const Path& from, const Path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return FailSys(errno, N_("renaming {0}: {1}"), from);
  }
  return {};
}

Status PosixFileSystem::RenameNoReplace(const Path& from, const Path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                  RENAME_NOREPLACE) == 0) {
    return {};
  }
  if (errno == EEXIST) return FailSys(errno, N_("renaming {0}: {1}"), to);
  if (errno != EINVAL && errno != ENOSYS) {
    return FailSys(errno, N_("renaming {0}: {1}"), from);
  }
  // File systems without RENAME_NOREPLACE: a link refuses to replace as well.
  BENCHKEEP_TRY(Link(from, to));
  return Remove(from);
}

Status PosixFileSystem::Link(const Path& existing, const Path& link) {
  if (::link(existing.c_str(), link.c_str()) != 0) {
    return FailSys(errno, N_("linking {0}: {1}"),
                   errno == EEXIST ? link : existing);
  }
  return {};
}

Status PosixFileSystem::Remove(const Path& file) {
  if (::unlink(file.c_str()) != 0) {
    return FailSys(errno, N_("removing {0}: {1}"), file);
  }
  return {};
}

Status PosixFileSystem::RemoveDir(const Path& directory) {
  if (::rmdir(directory.c_str()) != 0) {
    return FailSys(errno, N_("removing {0}: {1}"), directory);
  }
  return {};
}

Status PosixFileSystem::SetMode(const Path& path, std::uint32_t mode) {
  if (::fchmodat(AT_FDCWD, path.c_str(), mode, AT_SYMLINK_NOFOLLOW) != 0) {
    return FailSys(LinkErrno(path), N_("changing the mode of {0}: {1}"), path);
  }
  return {};
}

Status PosixFileSystem::SetOwner(const Path& path, std::uint32_t uid,
                                 std::uint32_t gid) {
  if (::lchown(path.c_str(), uid, gid) != 0) {
    return FailSys(errno, N_("changing the owner of {0}: {1}"), path);
  }
  return {};
}

Status PosixFileSystem::SetTime(const Path& path, std::int64_t mtime_ns) {
  constexpr std::int64_t kNanos = 1'000'000'000;
  std::int64_t seconds = mtime_ns / kNanos;
  std::int64_t nanos = mtime_ns % kNanos;
  if (nanos < 0) {
    --seconds;
    nanos += kNanos;
  }
  const timespec time{.tv_sec = seconds, .tv_nsec = nanos};
  const timespec times[2] = {time, time};
  if (::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) {
    return FailSys(errno, N_("changing the time of {0}: {1}"), path);
  }
  return {};
}

Status PosixFileSystem::SyncFile(const Path& file) {
  return SyncByName(file, O_RDONLY);
}

Status PosixFileSystem::SyncDir(const Path& directory) {
  return SyncByName(directory, O_RDONLY | O_DIRECTORY);
}

Result<std::uint64_t> PosixFileSystem::FreeBytes(const Path& path) {
  struct statvfs vfs {};
  if (::statvfs(path.c_str(), &vfs) != 0) {
    return FailSys(errno, N_("examining {0}: {1}"), path);
  }
  return static_cast<std::uint64_t>(vfs.f_bavail) * vfs.f_frsize;
}

Result<std::unique_ptr<ReadableFile>> ReadDescriptor(int fd, const Path& path) {
  Fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy.valid()) return FailSys(errno, N_("opening {0}: {1}"), path);
  return std::make_unique<PosixReadableFile>(path, std::move(copy));
}

}  // namespace benchkeep::fs
