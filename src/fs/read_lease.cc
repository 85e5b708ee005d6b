// Read leases: fcntl(2), F_SETLEASE.

#include "fs/read_lease.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "fs/posix_file_system.h"

namespace benchkeep::fs {
namespace {

// The file system knows no leases, or they are not for us (another owner).
bool MeansUnsupported(int sys_errno) {
  return sys_errno == EINVAL || sys_errno == EACCES || sys_errno == EPERM ||
         sys_errno == ENOLCK || sys_errno == EOPNOTSUPP;
}

}  // namespace

Result<ReadLease> ReadLease::Take(const Path& path) {
  // O_NONBLOCK: neither a planted FIFO nor a writer's lease may hold us up.
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
  // A broken lease raises SIGIO, whose default action kills; SIGURG's is to be
  // ignored.  Held() tells all that we need to know.
  const bool taken = ::fcntl(fd.get(), F_SETSIG, SIGURG) == 0 &&
                     ::fcntl(fd.get(), F_SETLEASE, F_RDLCK) == 0;
  if (taken) return ReadLease(path, std::move(fd), true);
  if (MeansUnsupported(errno)) return ReadLease(path, std::move(fd), false);
  if (errno == EAGAIN) {
    return Fail(Code::kBusy, Say(N_("{0} is being written"), path),
                Say(N_("wait until it has finished, then try again")), path);
  }
  return FailSys(errno, N_("taking a lease on {0}: {1}"), path);
}

Result<FileInfo> ReadLease::Info() const {
  struct stat st {};
  if (::fstat(fd_.get(), &st) != 0) {
    return FailSys(errno, N_("examining {0}: {1}"), path_);
  }
  return InfoOf(st);
}

bool ReadLease::Held() const {
  return !supported_ || ::fcntl(fd_.get(), F_GETLEASE) == F_RDLCK;
}

Path ReadLease::FdPath() const {
  return "/proc/self/fd/" + std::to_string(fd_.get());
}

}  // namespace benchkeep::fs
