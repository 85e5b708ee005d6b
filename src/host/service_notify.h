// Tells the service manager how we are: the protocol of sd_notify(3).

#pragma once

#include <string>
#include <string_view>

namespace benchkeep::host {

class ServiceNotifier {
 public:
  // `socket` is the variable NOTIFY_SOCKET; empty: nobody wants to know.
  explicit ServiceNotifier(std::string socket) : socket_(std::move(socket)) {}

  // "READY=1", "WATCHDOG=1", "STOPPING=1", several separated by newlines.  A
  // manager that does not listen is no reason to stop: false then.
  bool Send(std::string_view state) const;

 private:
  std::string socket_;
};

}  // namespace benchkeep::host
