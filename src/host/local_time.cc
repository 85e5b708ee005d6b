// The clock on the wall of this machine.

#include "host/local_time.h"

#include <ctime>

namespace benchkeep::host {

std::chrono::seconds UtcOffset(TimePoint time) {
  const std::time_t seconds =
      static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(time)
                                   .time_since_epoch()
                                   .count());
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) return {};
  return std::chrono::seconds(local.tm_gmtoff);
}

}  // namespace benchkeep::host
