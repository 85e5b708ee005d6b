// fork(2), pipes, poll(2) and a deadline.

#include "host/guarded.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>

#include "host/child_processes.h"

namespace benchkeep::host {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTick{100};
constexpr int kReapTries = 20;  // Ticks of 10 ms.
// So that an empty answer is not taken for a crash.
constexpr char kDoneMark = '+';

struct Child {
  pid_t pid = -1;
  int fd = -1;
  bool open = false;
  std::string output;
};

[[noreturn]] void RunChild(const std::function<std::string()>& work, int fd,
                           pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  std::string output;
  try {
    output = work();
  } catch (const std::exception&) {
    ::_exit(1);
  }
  output += kDoneMark;
  std::size_t at = 0;
  while (at < output.size()) {
    const ssize_t put = ::write(fd, output.data() + at, output.size() - at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) ::_exit(1);
    at += static_cast<std::size_t>(put);
  }
  // Nothing of the parent's is flushed or freed.
  ::_exit(0);
}

Child Start(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    RunChild(work, ends[1], parent);
  }
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    return {};
  }
  return {.pid = pid, .fd = ends[0], .open = true, .output = {}};
}

// Takes what there is; closes at the end.
void Drain(Child& child) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(child.fd, buffer.data(), buffer.size());
  if (got > 0) {
    child.output.append(buffer.data(), static_cast<std::size_t>(got));
  } else if (got == 0 || errno != EINTR) {
    child.open = false;
  }
}

// A child that waits for a dead disk cannot be ended: init takes it over.
void Reap(const Child& child) {
  for (int i = 0; i < kReapTries; ++i) {
    const pid_t done = ::waitpid(child.pid, nullptr, WNOHANG);
    if (done == child.pid || (done < 0 && errno != EINTR)) return;
    ::usleep(10'000);
  }
}

void WaitForAll(std::vector<Child>& children, SteadyClock::time_point end,
                const std::function<bool()>& cancelled, bool& stopped) {
  while (true) {
    std::vector<pollfd> polled;
    std::vector<Child*> open;
    for (Child& child : children) {
      if (!child.open) continue;
      polled.push_back({child.fd, POLLIN, 0});
      open.push_back(&child);
    }
    if (open.empty()) return;
    stopped = cancelled && cancelled();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - SteadyClock::now());
    if (stopped || left.count() <= 0) return;
    const int ready =
        ::poll(polled.data(), polled.size(),
               static_cast<int>(std::min(left, kTick).count()) + 1);
    if (ready <= 0) continue;
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents != 0) Drain(*open[i]);
    }
  }
}

}  // namespace

std::vector<GuardedResult> RunGuarded(
    const std::vector<std::function<std::string()>>& work,
    std::chrono::milliseconds deadline,
    const std::function<bool()>& cancelled) {
  std::vector<GuardedResult> results(work.size());
  if (HasOtherThreads()) {
    for (std::size_t i = 0; i < work.size(); ++i) {
      results[i] = {GuardedEnd::kDone, work[i]()};
    }
    return results;
  }
  std::vector<Child> children;
  children.reserve(work.size());
  for (const auto& each : work) children.push_back(Start(each));
  bool stopped = false;
  WaitForAll(children, SteadyClock::now() + deadline, cancelled, stopped);
  for (std::size_t i = 0; i < children.size(); ++i) {
    Child& child = children[i];
    if (child.pid < 0) continue;
    GuardedResult& result = results[i];
    if (child.open) {
      ::kill(child.pid, SIGKILL);
      result.end = stopped ? GuardedEnd::kCancelled : GuardedEnd::kTimedOut;
    } else if (child.output.ends_with(kDoneMark)) {
      child.output.pop_back();
      result = {GuardedEnd::kDone, std::move(child.output)};
    }
    ::close(child.fd);
    Reap(child);
  }
  return results;
}

}  // namespace benchkeep::host
