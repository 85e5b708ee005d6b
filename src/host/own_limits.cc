// setrlimit(2) and setpriority(2).

#include "host/own_limits.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace benchkeep::host {

std::size_t AllowOpenFiles(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = limit.rlim_cur;
  const rlim_t most = std::min<rlim_t>(wanted, limit.rlim_max);
  if (most > before) {
    limit.rlim_cur = most;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  }
  return std::min<rlim_t>(wanted, limit.rlim_cur);
}

void HurryThisThread() {
  constexpr int kNice = -10;
  // 0 is the calling thread here, not the process; for most people it is
  // forbidden.
  [[maybe_unused]] const int done = ::setpriority(PRIO_PROCESS, 0, kNice);
}

}  // namespace benchkeep::host
