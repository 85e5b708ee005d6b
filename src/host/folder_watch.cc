// inotify(7).

#include "host/folder_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace benchkeep::host {
namespace {

constexpr std::uint32_t kEvents = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO |
                                  IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF |
                                  IN_MOVE_SELF | IN_ONLYDIR;

std::optional<FolderWatch::What> WhatOf(std::uint32_t mask) {
  using What = FolderWatch::What;
  if ((mask & IN_Q_OVERFLOW) != 0) return What::kOverflow;
  if ((mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0) {
    return What::kGone;
  }
  if ((mask & IN_CREATE) != 0) return What::kCreated;
  if ((mask & IN_CLOSE_WRITE) != 0) return What::kWritten;
  if ((mask & IN_MOVED_TO) != 0) return What::kMovedIn;
  if ((mask & IN_MOVED_FROM) != 0) return What::kMovedOut;
  if ((mask & IN_DELETE) != 0) return What::kDeleted;
  return std::nullopt;
}

}  // namespace

Status FolderWatch::Open() {
  fd_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd_ < 0) return FailSys(errno, N_("watching {0}: {1}"), "");
  return {};
}

FolderWatch::~FolderWatch() {
  if (fd_ >= 0) ::close(fd_);
}

Result<int> FolderWatch::Add(const std::filesystem::path& folder) {
  const int watch = ::inotify_add_watch(fd_, folder.c_str(), kEvents);
  if (watch < 0) return FailSys(errno, N_("watching {0}: {1}"), folder);
  return watch;
}

Result<std::vector<FolderWatch::Event>> FolderWatch::Wait(
    std::chrono::milliseconds timeout, int wake) {
  std::array<pollfd, 2> polls{};
  polls[0] = {.fd = fd_, .events = POLLIN, .revents = 0};
  polls[1] = {.fd = wake, .events = POLLIN, .revents = 0};
  std::vector<Event> events;
  const int ready =
      ::poll(polls.data(), polls.size(), static_cast<int>(timeout.count()));
  if (ready < 0 && errno != EINTR) {
    return FailSys(errno, N_("watching {0}: {1}"), "");
  }
  if (ready <= 0 || (polls[0].revents & POLLIN) == 0) return events;
  constexpr std::size_t kBytes = std::size_t{64} << 10;
  std::vector<char> buffer(kBytes);
  const ssize_t size = ::read(fd_, buffer.data(), buffer.size());
  if (size < 0 && errno != EAGAIN && errno != EINTR) {
    return FailSys(errno, N_("watching {0}: {1}"), "");
  }
  std::size_t at = 0;
  while (size > 0 &&
         at + sizeof(inotify_event) <= static_cast<std::size_t>(size)) {
    inotify_event event{};
    std::memcpy(&event, buffer.data() + at, sizeof(event));
    const char* name = buffer.data() + at + sizeof(event);
    at += sizeof(event) + event.len;
    if ((event.mask & IN_ISDIR) != 0 && event.len > 0) continue;
    const auto what = WhatOf(event.mask);
    if (!what) continue;
    events.push_back(
        {event.wd, *what, event.len > 0 ? std::string(name) : std::string()});
  }
  return events;
}

}  // namespace benchkeep::host
