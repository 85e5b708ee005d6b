// What a process that stays waits for: signals, other threads, descriptors.

#pragma once

#include <chrono>
#include <vector>

namespace benchkeep::host {

// Makes a poll(2) of another thread return.
class WakeUp {
 public:
  WakeUp();
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;
  ~WakeUp();
  void Wake() const;
  // True when somebody has called Wake() since the last time.
  [[nodiscard]] bool Take() const;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

class Waiter {
 public:
  struct Events {
    bool stop = false;    // TERM or INT.
    bool reload = false;  // HUP.
    bool woken = false;   // Somebody called Wake().
  };

  // From here on TERM, INT and HUP come out of Wait() instead of doing anything
  // by themselves, in this thread and those it starts.
  Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter();

  // Ends a Wait() that goes on, or the next one.  From any thread.
  void Wake() const { wake_.Wake(); }

  // At most `timeout`; it is counted on a clock that nobody puts forward or
  // back, and that stands still while the machine sleeps.
  Events Wait(std::chrono::milliseconds timeout) const;

 private:
  int signals_ = -1;
  WakeUp wake_;
};

// How long ago the machine was started, its sleep included.
std::chrono::nanoseconds Uptime();

}  // namespace benchkeep::host
