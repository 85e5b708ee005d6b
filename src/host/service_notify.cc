// A datagram to the socket of the service manager.

#include "host/service_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace benchkeep::host {

bool ServiceNotifier::Send(std::string_view state) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool usable = socket_.size() >= 2 &&
                      socket_.size() < sizeof(address.sun_path) &&
                      (socket_[0] == '/' || socket_[0] == '@');
  if (!usable) return false;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  // '@' stands for the zero byte of a name that is no file.
  if (socket_[0] == '@') address.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const ssize_t sent =
      ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), size);
  ::close(fd);
  return sent == static_cast<ssize_t>(state.size());
}

}  // namespace benchkeep::host
