// signalfd(2), eventfd(2) and poll(2).

#include "host/waiter.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <ctime>

#include "base/result.h"

namespace benchkeep::host {

WakeUp::WakeUp() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  BENCHKEEP_CHECK(fd_ >= 0);
}

WakeUp::~WakeUp() { ::close(fd_); }

void WakeUp::Wake() const {
  const std::uint64_t one = 1;
  // It fails only when it is awake already.
  [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof(one));
}

bool WakeUp::Take() const {
  std::uint64_t count = 0;
  return ::read(fd_, &count, sizeof(count)) ==
         static_cast<ssize_t>(sizeof(count));
}

Waiter::Waiter() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, number);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  BENCHKEEP_CHECK(signals_ >= 0);
}

Waiter::~Waiter() { ::close(signals_); }

Waiter::Events Waiter::Wait(std::chrono::milliseconds timeout) const {
  std::array<pollfd, 2> polls{};
  polls[0] = {.fd = signals_, .events = POLLIN, .revents = 0};
  polls[1] = {.fd = wake_.fd(), .events = POLLIN, .revents = 0};
  Events events;
  if (::poll(polls.data(), polls.size(), static_cast<int>(timeout.count())) <=
      0) {
    return events;
  }
  signalfd_siginfo info{};
  while (::read(signals_, &info, sizeof(info)) ==
         static_cast<ssize_t>(sizeof(info))) {
    const bool reload = info.ssi_signo == static_cast<std::uint32_t>(SIGHUP);
    (reload ? events.reload : events.stop) = true;
  }
  events.woken = wake_.Take();
  return events;
}

std::chrono::nanoseconds Uptime() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace benchkeep::host
