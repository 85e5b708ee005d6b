// Copies by descriptor, under a read lease.

#include "fs/held_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "fs/posix_file_system.h"

namespace benchkeep::fs {
namespace {

constexpr mode_t kPrivate = 0600;

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

Status CopyBytes(int from, int to, const Path& path) {
  constexpr std::size_t kBlock = std::size_t{256} << 10;
  std::vector<char> block(kBlock);
  off_t offset = 0;
  while (true) {
    const ssize_t got = ::pread(from, block.data(), block.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailSys(errno, N_("reading {0}: {1}"), path);
    if (got == 0) return {};
    ssize_t done = 0;
    while (done < got) {
      const ssize_t put = ::write(to, block.data() + done,
                                  static_cast<std::size_t>(got - done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return FailSys(errno, N_("writing {0}: {1}"), path);
      done += put;
    }
    offset += got;
  }
}

Status FillCopy(int from, int to, const struct stat& source, Durable durable,
                const Path& path) {
  if (::ioctl(to, FICLONE, from) != 0) {
    BENCHKEEP_TRY(CopyBytes(from, to, path));
  }
  // It may take the place of the original some day.
  if (::fchmod(to, source.st_mode & 07777U) != 0) {
    return FailSys(errno, N_("setting the mode of {0}: {1}"), path);
  }
  [[maybe_unused]] const int given =  // Only root may give files away.
      ::fchown(to, source.st_uid, source.st_gid);
  const std::array<timespec, 2> times = {source.st_mtim, source.st_mtim};
  if (::futimens(to, times.data()) != 0 ||
      (durable == Durable::kYes && ::fsync(to) != 0)) {
    return FailSys(errno, N_("writing {0}: {1}"), path);
  }
  return {};
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

Result<FileInfo> HeldFile::CopyTo(const Path& to, Durable durable) const {
  const auto busy = [&] {
    return Fail(Code::kBusy, Say(N_("{0} is being written"), path_),
                Say(N_("wait until it has finished, then try again")), path_);
  };
  const Lease lease(fd_.get());
  if (lease.refused()) return busy();
  struct stat source {};
  if (::fstat(fd_.get(), &source) != 0) {
    return FailSys(errno, N_("examining {0}: {1}"), path_);
  }
  const Fd target(::open(to.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                         kPrivate));
  if (!target.valid()) return FailSys(errno, N_("creating {0}: {1}"), to);
  const Status copied = FillCopy(fd_.get(), target.get(), source, durable, to);
  const Result<FileInfo> after = Info();
  const bool same = after.ok() && after->SameState(InfoOf(source));
  if (copied.ok() && lease.Held() && same) return *after;
  ::unlink(to.c_str());
  if (!copied.ok()) return Unexpected(copied.error());
  return busy();
}

Result<std::unique_ptr<ReadableFile>> HeldFile::Read() const {
  return ReadDescriptor(fd_.get(), path_);
}

}  // namespace benchkeep::fs
