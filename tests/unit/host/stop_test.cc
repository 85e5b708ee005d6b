// StopProcesses: on children of this test, and on a pid that was given again.

#include "host/stop.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <thread>

namespace benchkeep::host {
namespace {

using namespace std::chrono_literals;

// A child that does nothing until it is ended; it says when it is ready.
class Child {
 public:
  enum class Term { kObeys, kIgnores };
  explicit Child(Term term) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      if (term == Term::kIgnores) ::signal(SIGTERM, SIG_IGN);
      if (::write(ready[1], "y", 1) != 1) ::_exit(1);
      while (true) ::pause();
    }
    char ok = 'n';
    EXPECT_EQ(::read(ready[0], &ok, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      Reap();
    }
  }
  // The signal that ended it.
  int Reap() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }
  [[nodiscard]] bool Lives() const {
    return ::waitpid(pid_, nullptr, WNOHANG) == 0;
  }
  [[nodiscard]] int pid() const { return pid_; }
  [[nodiscard]] Process Look() const {
    return ProcessTable().Find(pid_).value();
  }

 private:
  int pid_ = 0;
};

TEST(StopProcesses, AsksFirstAndKillsThoseThatDoNotListen) {
  Child polite(Child::Term::kObeys);
  Child deaf(Child::Term::kIgnores);
  Child bystander(Child::Term::kObeys);
  Child gone(Child::Term::kObeys);
  const Process past = gone.Look();
  ::kill(gone.pid(), SIGKILL);
  gone.Reap();
  const auto reports =
      StopProcesses(ProcessTable(), {deaf.Look(), polite.Look(), past}, 200ms);
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[0].outcome, StopOutcome::kKilled);
  EXPECT_EQ(reports[0].process.pid, deaf.pid());
  EXPECT_EQ(reports[1].outcome, StopOutcome::kEnded);
  EXPECT_EQ(reports[2].outcome, StopOutcome::kGone);
  EXPECT_EQ(deaf.Reap(), SIGKILL);
  EXPECT_EQ(polite.Reap(), SIGTERM);
  EXPECT_TRUE(bystander.Lives());
}

TEST(StopProcesses, KillsNobodyOnceItIsCancelled) {
  Child deaf(Child::Term::kIgnores);
  int asked = 0;
  const auto reports = StopProcesses(ProcessTable(), {deaf.Look()}, 1h,
                                     [&] { return ++asked > 2; });
  EXPECT_EQ(reports.at(0).outcome, StopOutcome::kAlive);
  EXPECT_TRUE(deaf.Lives());
}

TEST(StopProcesses, SparesTheOneThatGotThePid) {
  Child other(Child::Term::kObeys);
  Process meant = other.Look();
  meant.start_ticks -= 1;  // As if this pid had been another's.
  EXPECT_EQ(StopProcesses(ProcessTable(), {meant}, 200ms).at(0).outcome,
            StopOutcome::kGone);
  EXPECT_TRUE(other.Lives());
  meant = other.Look();
  meant.exe = "/usr/bin/python3";
  EXPECT_EQ(StopProcesses(ProcessTable(), {meant}, 200ms).at(0).outcome,
            StopOutcome::kGone);
  EXPECT_TRUE(other.Lives());
}

TEST(StopProcesses, TakesAZombieForGone) {
  Child zombie(Child::Term::kObeys);
  const Process past = zombie.Look();
  ::kill(zombie.pid(), SIGKILL);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(zombie.pid()), &info, WEXITED | WNOWAIT);
  EXPECT_EQ(StopProcesses(ProcessTable(), {past}, 200ms).at(0).outcome,
            StopOutcome::kGone);
}

// Codes of the process below.
constexpr int kFine = 0;
constexpr int kNotAllowed = 77;

// The first process of a namespace of its own: whoever it starts next gets the
// pid that it wishes.
int ReusePids(int rounds) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("proc", "/proc", "proc", 0, nullptr) != 0) {
    return kNotAllowed;
  }
  constexpr int kPid = 1001;
  const auto start = [&]() -> int {
    if (!(std::ofstream("/proc/sys/kernel/ns_last_pid") << kPid - 1)) return -1;
    const pid_t pid = ::fork();
    if (pid == 0) {
      while (true) ::pause();
    }
    return pid;
  };
  const ProcessTable table;
  for (int round = 0; round < rounds; ++round) {
    if (start() != kPid) return kNotAllowed;
    const Process past = table.Find(kPid).value();
    ::kill(kPid, SIGKILL);
    ::waitpid(kPid, nullptr, 0);
    // Times are told apart by clock ticks: 10 ms at most.
    std::this_thread::sleep_for(12ms);
    if (start() != kPid) return 2;
    const auto reports = StopProcesses(table, {past}, 50ms);
    const bool lives = ::waitpid(kPid, nullptr, WNOHANG) == 0;
    ::kill(kPid, SIGKILL);
    ::waitpid(kPid, nullptr, 0);
    if (!lives || reports[0].outcome != StopOutcome::kGone) return 3;
  }
  return kFine;
}

TEST(StopProcesses, SparesWhoeverReallyGotThePid) {
  const bool long_run = std::getenv("BENCHKEEP_LONG") != nullptr;
  const pid_t outside = ::fork();
  if (outside == 0) {
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) ::_exit(kNotAllowed);
    const pid_t first = ::fork();
    if (first == 0) ::_exit(ReusePids(long_run ? 200 : 40));
    int status = 0;
    ::waitpid(first, &status, 0);
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 4);
  }
  int status = 0;
  ::waitpid(outside, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotAllowed) {
    GTEST_SKIP() << "this machine does not allow a namespace of processes";
  }
  EXPECT_EQ(WEXITSTATUS(status), kFine);
}

}  // namespace
}  // namespace benchkeep::host
