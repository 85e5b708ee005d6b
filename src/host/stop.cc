// Ending processes by pidfd.

#include "host/stop.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

namespace benchkeep::host {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long a killed process may take to be gone.
constexpr milliseconds kKillPatience{5000};
constexpr milliseconds kGlance{100};

// By syscall(2): <sys/pidfd.h> of glibc 2.36 cannot be used from C++.
class PidFd {
 public:
  explicit PidFd(int pid)
      : fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
        errno_(errno) {}
  PidFd(PidFd&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), errno_(other.errno_) {}
  PidFd& operator=(PidFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(errno_, other.errno_);
    return *this;
  }
  ~PidFd() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int open_errno() const { return fd_ >= 0 ? 0 : errno_; }
  // 0, or the errno.
  [[nodiscard]] int Signal(int signal) const {
    return ::syscall(SYS_pidfd_send_signal, fd_, signal, nullptr, 0) == 0
               ? 0
               : errno;
  }

 private:
  int fd_;
  int errno_;
};

// One process on its way out.
struct Held {
  PidFd fd;
  StoppedProcess* report;
  bool ended = false;
};

// Waits until all have ended, until `deadline` or until `cancelled`.
void WaitFor(std::vector<Held>& all, Steady::time_point deadline,
             const std::function<bool()>& cancelled) {
  while (!cancelled()) {
    std::vector<pollfd> polls;
    std::vector<Held*> waiting;
    for (Held& held : all) {
      if (held.ended) continue;
      polls.push_back({held.fd.get(), POLLIN, 0});
      waiting.push_back(&held);
    }
    if (waiting.empty()) return;
    const auto left = std::chrono::ceil<milliseconds>(deadline - Steady::now());
    const milliseconds nap = std::clamp(left, milliseconds{0}, kGlance);
    const int ready =
        ::poll(polls.data(), polls.size(), static_cast<int>(nap.count()));
    for (std::size_t i = 0; ready > 0 && i < polls.size(); ++i) {
      waiting[i]->ended = (polls[i].revents & POLLIN) != 0;
    }
    if (ready <= 0 && left <= milliseconds{0}) return;
  }
}

// Holds the process and makes sure that it is the one that was meant.
std::optional<PidFd> Hold(const ProcessTable& table, StoppedProcess& report) {
  PidFd fd(report.process.pid);
  if (const int error = fd.open_errno(); error == ESRCH) {
    return std::nullopt;  // kGone
  } else if (error != 0) {
    report.outcome = StopOutcome::kRefused;
    report.error = FailSys(error, N_("holding process {0}: {1}"),
                           std::to_string(report.process.pid))
                       .value();
    return std::nullopt;
  }
  // While we hold it the pid cannot be given away: what is read now is about
  // this very process, if it still lives.
  const std::optional<Process> now = table.Find(report.process.pid);
  const bool same = now && now->Same(report.process) &&
                    (now->exe == report.process.exe || now->exe.empty()) &&
                    now->state != 'Z' && fd.Signal(0) != ESRCH;
  if (!same) return std::nullopt;
  return fd;
}

}  // namespace

const char* StopOutcomeName(StopOutcome outcome) {
  switch (outcome) {
    case StopOutcome::kGone:
      return "gone";
    case StopOutcome::kEnded:
      return "ended";
    case StopOutcome::kKilled:
      return "killed";
    case StopOutcome::kRefused:
      return "refused";
    case StopOutcome::kAlive:
      return "alive";
  }
  return "";
}

std::vector<StoppedProcess> StopProcesses(
    const ProcessTable& table, const std::vector<Process>& processes,
    milliseconds patience, const std::function<bool()>& cancelled) {
  std::vector<StoppedProcess> reports;
  for (const Process& process : processes) {
    reports.push_back({process, StopOutcome::kGone, {}});
  }
  std::vector<Held> all;
  for (StoppedProcess& report : reports) {
    std::optional<PidFd> fd = Hold(table, report);
    if (!fd) continue;
    if (const int error = fd->Signal(SIGTERM); error == 0) {
      report.outcome = StopOutcome::kAlive;
      all.push_back({std::move(*fd), &report});
    } else if (error != ESRCH) {
      report.outcome = StopOutcome::kRefused;
      report.error = FailSys(error, N_("ending process {0}: {1}"),
                             std::to_string(report.process.pid))
                         .value();
    }
  }
  WaitFor(all, Steady::now() + patience, cancelled);
  for (Held& held : all) {
    if (held.ended) held.report->outcome = StopOutcome::kEnded;
  }
  std::erase_if(all, [](const Held& held) { return held.ended; });
  if (all.empty() || cancelled()) return reports;
  for (const Held& held : all) {
    // ESRCH: it ended at the last moment, which the poll below sees.
    static_cast<void>(held.fd.Signal(SIGKILL));
  }
  WaitFor(all, Steady::now() + kKillPatience, [] { return false; });
  for (Held& held : all) {
    if (held.ended) held.report->outcome = StopOutcome::kKilled;
  }
  return reports;
}

}  // namespace benchkeep::host
