// flock(2) with a wait, and a second look at what was locked.

#include "fs/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <random>

namespace benchkeep::fs {
namespace {

using std::chrono::nanoseconds;

// Writers that take the lock again and again leave it free for moments only:
// whoever looks seldom, or in step with them, never meets one.  A look costs
// microseconds.
constexpr nanoseconds kShortestNap = std::chrono::microseconds(250);
constexpr nanoseconds kLongestNap = std::chrono::milliseconds(2);

// A lock file that was replaced under us is tried again at once, since whoever
// did that has let go; but not forever, should inode numbers be unreliable.
constexpr int kHastyTries = 100;

bool SameInode(int fd, const Path& path) {
  struct stat locked {};
  struct stat named {};
  return ::fstat(fd, &locked) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

}  // namespace

Result<FileLock> FileLock::Acquire(const Path& path, Clock& clock,
                                   nanoseconds wait, std::uint32_t mode,
                                   const std::function<bool()>& cancelled) {
  const TimePoint begin = clock.Now();
  nanoseconds waited{0};
  std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<nanoseconds::rep> naps(kShortestNap.count(),
                                                       kLongestNap.count());
  int replaced = 0;
  while (true) {
    // Opened anew each time: the name may belong to another inode by now.
    Fd fd(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!fd.valid()) return FailSys(errno, N_("opening {0}: {1}"), path);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
      if (SameInode(fd.get(), path)) return FileLock(path, std::move(fd));
      if (++replaced <= kHastyTries) continue;
    } else if (errno != EWOULDBLOCK && errno != EINTR) {
      return FailSys(errno, N_("locking {0}: {1}"), path);
    }
    if (waited >= wait) {
      return Fail(Code::kBusy,
                  Say(N_("{0} is locked by another process"), path),
                  Say(N_("wait until it has finished, then try again")), path);
    }
    if (cancelled()) return Fail(Code::kCancelled, Say(N_("interrupted")));
    // Not holding the descriptor while asleep lets an unlinked file go.
    fd.Reset();
    const nanoseconds nap = std::min(nanoseconds(naps(random)), wait - waited);
    clock.SleepFor(nap);
    // On a busy machine a nap takes longer than it should.
    waited = std::max<nanoseconds>(waited + nap, clock.Now() - begin);
  }
}

bool FileLock::StillInPlace() const { return SameInode(fd_.get(), path_); }

Status FileLock::WriteContent(std::string_view text) {
  if (::ftruncate(fd_.get(), 0) != 0) {
    return FailSys(errno, N_("writing {0}: {1}"), path_);
  }
  off_t offset = 0;
  while (!text.empty()) {
    const ssize_t put = ::pwrite(fd_.get(), text.data(), text.size(), offset);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return FailSys(errno, N_("writing {0}: {1}"), path_);
    text.remove_prefix(static_cast<std::size_t>(put));
    offset += put;
  }
  return {};
}

Result<bool> LockIsHeld(const Path& path) {
  const Fd fd(
      ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return FailSys(errno, N_("opening {0}: {1}"), path);
  // Shared, and let go at once: nobody who waits politely notices.
  if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return false;
  if (errno == EWOULDBLOCK) return true;
  return FailSys(errno, N_("locking {0}: {1}"), path);
}

}  // namespace benchkeep::fs
