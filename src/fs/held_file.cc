// Copies by descriptor, under a read lease.

#include "fs/held_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "fs/copy_file.h"
#include "fs/posix_file_system.h"

namespace benchkeep::fs {
namespace {

// Held while the object lives; see ReadLease for the signals.
class Lease {
 public:
  explicit Lease(int fd) : fd_(fd) {
    taken_ = ::fcntl(fd, F_SETSIG, SIGURG) == 0 &&
             ::fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
    refused_ = !taken_ && errno == EAGAIN;
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() {
    if (taken_) ::fcntl(fd_, F_SETLEASE, F_UNLCK);
  }
  [[nodiscard]] bool refused() const { return refused_; }
  [[nodiscard]] bool Held() const {
    return !taken_ || ::fcntl(fd_, F_GETLEASE) == F_RDLCK;
  }

 private:
  int fd_;
  bool taken_ = false;
  bool refused_ = false;
};

Status MakeCopy(const HeldFile& from, int fd, const FileInfo& source,
                FileSystem& file_system, const Path& to, Durable durable) {
  BENCHKEEP_ASSIGN(const bool cloned, CloneFile(file_system, fd, to));
  if (!cloned) {
    BENCHKEEP_ASSIGN(const auto file, from.Read());
    BENCHKEEP_TRY(CopyBytes(file_system, *file, to, nullptr));
  }
  // It may take the place of the original some day.
  IgnoreError(file_system.SetOwner(to, source.uid, source.gid),
              "only root may give files away");
  BENCHKEEP_TRY(file_system.SetMode(to, source.mode));
  BENCHKEEP_TRY(file_system.SetTime(to, source.mtime_ns));
  return durable == Durable::kYes ? file_system.SyncFile(to) : Status();
}

}  // namespace

Result<HeldFile> HeldFile::Open(const Path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return FailSys(errno, N_("opening {0}: {1}"), path);
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) {
    return FailSys(errno, N_("examining {0}: {1}"), path);
  }
  if (!S_ISREG(st.st_mode)) {
    return Fail(Code::kInvalidArgument, Say(N_("{0} is not a file"), path),
                path);
  }
  return HeldFile(path, std::move(fd));
}

Result<FileInfo> HeldFile::Info() const {
  struct stat st {};
  if (::fstat(fd_.get(), &st) != 0) {
    return FailSys(errno, N_("examining {0}: {1}"), path_);
  }
  return InfoOf(st);
}

bool HeldFile::IsNamed() const {
  struct stat held {};
  struct stat named {};
  return ::fstat(fd_.get(), &held) == 0 &&
         ::lstat(path_.c_str(), &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

bool HeldFile::IsQuiet() const { return !Lease(fd_.get()).refused(); }

Result<FileInfo> HeldFile::CopyTo(FileSystem& file_system, const Path& to,
                                  Durable durable) const {
  const auto busy = [&] {
    return Fail(Code::kBusy, Say(N_("{0} is being written"), path_),
                Say(N_("wait until it has finished, then try again")), path_);
  };
  const Lease lease(fd_.get());
  if (lease.refused()) return busy();
  BENCHKEEP_ASSIGN(const FileInfo source, Info());
  BENCHKEEP_ASSIGN(const bool taken, Exists(file_system, to));
  if (taken) {
    return Fail(Code::kAlreadyExists, Say(N_("{0} is in the way"), to), to);
  }
  const Status copied =
      MakeCopy(*this, fd_.get(), source, file_system, to, durable);
  const Result<FileInfo> after = Info();
  const bool same = after.ok() && after->SameState(source);
  if (copied.ok() && lease.Held() && same) return *after;
  IgnoreError(file_system.Remove(to), "the first error counts");
  if (!copied.ok()) return Unexpected(copied.error());
  return busy();
}

Result<std::unique_ptr<ReadableFile>> HeldFile::Read() const {
  return ReadDescriptor(fd_.get(), path_);
}

}  // namespace benchkeep::fs
