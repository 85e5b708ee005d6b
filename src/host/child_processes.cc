// fork(2), waitpid(2) and prctl(2).

#include "host/child_processes.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace benchkeep::host {
namespace {

[[noreturn]] void RunTask(const std::function<Status()>& task) {
  const Status done = task();
  // 0 is success, hence the 1.  Nothing of the parent's is flushed or freed.
  ::_exit(done.ok() ? 0 : static_cast<int>(done.error().code) + 1);
}

Status Wait(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return FailSys(errno, N_("waiting for {0}: {1}"), "");
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (WIFEXITED(status)) {
    return Fail(static_cast<Code>(WEXITSTATUS(status) - 1),
                Say(N_("process {0} could not do its work"), child));
  }
  return Fail(Code::kInternal, Say(N_("process {0} was killed"), child));
}

}  // namespace

Status RunInChildren(const std::vector<std::function<Status()>>& tasks) {
  if (HasOtherThreads()) {
    return Fail(Code::kInternal,
                Say(N_("processes cannot be split off once threads run")));
  }
  std::vector<pid_t> children;
  Status result;
  for (const std::function<Status()>& task : tasks) {
    const pid_t child = ::fork();
    if (child == 0) RunTask(task);
    if (child < 0) {
      result = FailSys(errno, N_("starting process {0}: {1}"),
                       std::to_string(children.size() + 1));
      break;
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    Status done = Wait(child);
    if (result.ok() && !done.ok()) result = std::move(done);
  }
  return result;
}

bool HasOtherThreads() {
  std::error_code error;
  const std::filesystem::directory_iterator tasks("/proc/self/task", error);
  return !error && std::distance(begin(tasks), end(tasks)) > 1;
}

bool EndWithParent(int parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // It may have ended before that.
  return ::getppid() == parent;
}

int ProcessId() { return ::getpid(); }

bool IsRoot() { return ::geteuid() == 0; }

}  // namespace benchkeep::host
