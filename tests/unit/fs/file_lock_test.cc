// FileLock: against another process, and against those who unlink lock files.

#include "fs/file_lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <utility>

#include "support/temp_dir.h"

namespace {

// Done once, after a lock file was opened and before it is locked.
std::function<void()> before_flock;

}  // namespace

// Stands before the one of the C library.
extern "C" int flock(int fd, int operation) noexcept {
  if (const auto done = std::exchange(before_flock, {})) done();
  return static_cast<int>(::syscall(SYS_flock, fd, operation));
}

namespace benchkeep::fs {
namespace {

using namespace std::chrono_literals;

// Calls `on_sleep` before each nap.
class HookedClock final : public Clock {
 public:
  explicit HookedClock(std::function<void()> on_sleep = [] {})
      : on_sleep_(std::move(on_sleep)) {}
  [[nodiscard]] TimePoint Now() const override { return TimePoint{}; }
  void SleepFor(std::chrono::nanoseconds span) override {
    ++naps;
    slept += span;
    longest = std::max(longest, span);
    on_sleep_();
  }

  int naps = 0;
  std::chrono::nanoseconds slept{0};
  std::chrono::nanoseconds longest{0};

 private:
  std::function<void()> on_sleep_;
};

// Another process that holds a flock until it is killed.
class Holder {
 public:
  explicit Holder(const Path& path) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    child_ = ::fork();
    if (child_ == 0) {
      const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
      const char ok = ::flock(fd, LOCK_EX) == 0 ? 'y' : 'n';
      if (::write(ready[1], &ok, 1) != 1) ::_exit(1);
      while (true) ::pause();
    }
    char ok = 'n';
    EXPECT_EQ(::read(ready[0], &ok, 1), 1);
    EXPECT_EQ(ok, 'y');
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Holder() { Kill(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  void Kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    EXPECT_EQ(::waitpid(child_, nullptr, 0), child_);
    child_ = -1;
  }

 private:
  pid_t child_ = -1;
};

class FileLockTest : public testing::Test {
 protected:
  // True when a stranger could take the lock right now.
  [[nodiscard]] bool IsFree() const {
    const Fd fd(::open(lock_.c_str(), O_RDWR | O_CLOEXEC));
    return fd.valid() && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
  }

  TempDir dir_;
  Path lock_ = dir_.path() / "lock";
};

TEST_F(FileLockTest, HoldsUntilItGoes) {
  HookedClock clock;
  {
    auto lock = FileLock::Acquire(lock_, clock, 0ns, 0640);
    ASSERT_TRUE(lock.ok());
    EXPECT_TRUE(lock->StillInPlace());
    EXPECT_FALSE(IsFree());
    const FileLock moved = std::move(*lock);
    EXPECT_FALSE(IsFree());
  }
  EXPECT_TRUE(IsFree());
  EXPECT_TRUE(std::filesystem::exists(lock_));  // We never unlink one.
  EXPECT_EQ(clock.naps, 0);
}

TEST_F(FileLockTest, GivesUpAfterTheWait) {
  const Holder holder(lock_);
  HookedClock clock;
  const auto lock = FileLock::Acquire(lock_, clock, 2s, 0600);
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(lock.error().code, Code::kBusy);
  EXPECT_EQ(lock.error().path, lock_);
  EXPECT_EQ(clock.slept, 2s);
  EXPECT_LE(clock.longest, 2ms);  // The lock may be free for moments only.
  EXPECT_GE(clock.naps, 1000);
}

TEST_F(FileLockTest, StopsWaitingWhenAsked) {
  const Holder holder(lock_);
  HookedClock clock;
  const auto cancelled = [&] { return clock.naps == 3; };
  const auto lock = FileLock::Acquire(lock_, clock, 2s, 0600, cancelled);
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(lock.error().code, Code::kCancelled);
  EXPECT_EQ(clock.naps, 3);
}

TEST_F(FileLockTest, AFreeLockIsTakenAllTheSame) {
  HookedClock clock;
  const auto cancelled = [] { return true; };
  EXPECT_TRUE(FileLock::Acquire(lock_, clock, 2s, 0600, cancelled).ok());
}

TEST_F(FileLockTest, WithoutAWaitItAsksOnce) {
  const Holder holder(lock_);
  HookedClock clock;
  const auto lock = FileLock::Acquire(lock_, clock, 0ns, 0600);
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(lock.error().code, Code::kBusy);
  EXPECT_EQ(clock.naps, 0);
}

TEST_F(FileLockTest, GetsTheLockOfAKilledProcess) {
  Holder holder(lock_);
  HookedClock clock([&] { holder.Kill(); });
  EXPECT_TRUE(FileLock::Acquire(lock_, clock, 2s, 0600).ok());
  EXPECT_EQ(clock.naps, 1);
}

// The holder unlinks "its" file while we wait: a lock on that inode would keep
// nobody out.
TEST_F(FileLockTest, TakesTheFileThatHasTheName) {
  Holder holder(lock_);
  HookedClock clock([&] {
    std::filesystem::remove(lock_);
    holder.Kill();
  });
  auto lock = FileLock::Acquire(lock_, clock, 2s, 0600);
  ASSERT_TRUE(lock.ok());
  EXPECT_TRUE(lock->StillInPlace());
  EXPECT_FALSE(IsFree());
}

// The same between its opening and its locking, which nobody sleeps through.
TEST_F(FileLockTest, TakesAnotherFileWhenItsOwnWasUnlinkedBeforeTheLock) {
  HookedClock clock;
  before_flock = [&] { std::filesystem::remove(lock_); };
  auto lock = FileLock::Acquire(lock_, clock, 0ns, 0600);
  ASSERT_TRUE(lock.ok());
  EXPECT_TRUE(lock->StillInPlace());
  EXPECT_FALSE(IsFree());
}

TEST_F(FileLockTest, SeesThatItsFileIsGone) {
  HookedClock clock;
  auto lock = FileLock::Acquire(lock_, clock, 0ns, 0600);
  ASSERT_TRUE(lock.ok());
  std::filesystem::remove(lock_);
  EXPECT_FALSE(lock->StillInPlace());
  const auto second = FileLock::Acquire(lock_, clock, 0ns, 0600);
  ASSERT_TRUE(second.ok());  // Another inode: both hold "the" lock now.
  EXPECT_FALSE(lock->StillInPlace());
  EXPECT_TRUE(second->StillInPlace());
}

// The race itself: processes count in a file that only the lock protects, and
// each unlinks the lock file before it lets go.  Without the second look at the
// inode, two of them get in at once and counts are lost.
TEST_F(FileLockTest, ExcludesWhileEverybodyUnlinks) {
  constexpr int kProcesses = 4;
  constexpr int kRounds = 150;
  const Path counter = dir_.path() / "counter";
  std::ofstream(counter) << 0;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    // Naps of no length make the race likely.
    HookedClock clock([] { ::sched_yield(); });
    for (int round = 0; round < kRounds; ++round) {
      const auto lock = FileLock::Acquire(lock_, clock, 24h * 365, 0600);
      if (!lock.ok()) ::_exit(1);
      int count = -1;
      std::ifstream(counter) >> count;
      std::ofstream(counter) << count + 1;
      std::filesystem::remove(lock_);
    }
    ::_exit(0);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  int count = -1;
  std::ifstream(counter) >> count;
  EXPECT_EQ(count, kProcesses * kRounds);
}

// Writers that wait in the kernel get the lock the moment it is free, and hold
// it nearly all of the time.
TEST_F(FileLockTest, MeetsTheMomentsThatGreedyWritersLeave) {
  constexpr int kWriters = 8;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < kWriters; ++i) {
    const pid_t child = ::fork();
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    while (true) {
      const Fd fd(::open(lock_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
      if (::flock(fd.get(), LOCK_EX) != 0) ::_exit(1);
      if (::write(ready[1], "", 1) != 1) ::_exit(1);
      ::usleep(10'000);
    }
  }
  // Ten rounds on average: all of them are at it.
  char turns[80];
  for (std::size_t at = 0; at < sizeof(turns); ++at) {
    ASSERT_EQ(::read(ready[0], &turns[at], 1), 1);
  }
  SystemClock clock;
  int got = 0;
  for (int i = 0; i < 5; ++i) {
    got += FileLock::Acquire(lock_, clock, 10s, 0600).ok() ? 1 : 0;
  }
  for (const pid_t child : children) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_EQ(got, 5);
}

TEST_F(FileLockTest, RefusesWhatIsNoFile) {
  HookedClock clock;
  std::filesystem::create_symlink("elsewhere", lock_);
  const auto lock = FileLock::Acquire(lock_, clock, 2s, 0600);
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(lock.error().code, Code::kPermission);
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / "elsewhere"));
  const auto none =
      FileLock::Acquire(dir_.path() / "none" / "lock", clock, 2s, 0600);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, Code::kNotFound);
  EXPECT_EQ(clock.naps, 0);
}

TEST_F(FileLockTest, ContentIsReplaced) {
  HookedClock clock;
  auto lock = FileLock::Acquire(lock_, clock, 0ns, 0600);
  ASSERT_TRUE(lock.ok());
  ASSERT_TRUE(lock->WriteContent("a long first content\n").ok());
  ASSERT_TRUE(lock->WriteContent("pid 42\n").ok());
  std::stringstream content;
  content << std::ifstream(lock_).rdbuf();
  EXPECT_EQ(content.str(), "pid 42\n");
  EXPECT_TRUE(lock->StillInPlace());
}

}  // namespace
}  // namespace benchkeep::fs
