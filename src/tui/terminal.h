// The terminal as a full screen: modes, signals, bytes in and out.
//
// While one of these lives the terminal is ours: no echo, the alternate screen,
// no cursor.  However the process ends, short of SIGKILL, the terminal is given
// back as it was; stopped (Ctrl-Z, SIGSTOP) and continued, it is taken again.
// After SIGKILL, `reset` or `stty sane` helps.

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tui/canvas.h"

namespace benchkeep::tui {

class Terminal {
 public:
  struct Events {
    bool stop = false;    // INT, TERM, HUP, QUIT, or the terminal has gone.
    bool redraw = false;  // Another size, or somebody else wrote on it.
    bool woken = false;   // Wake() was called.
    std::string bytes;    // Typed.
  };

  // Takes standard input and output; kInvalidArgument when they are no
  // terminal.  One at a time.
  static Result<std::unique_ptr<Terminal>> Take();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] Size size() const;

  // Until something happens, at most `timeout`.
  Events Wait(std::chrono::milliseconds timeout);

  // Gives the terminal back before its time: what follows may take a moment.
  void GiveBack();

  // Ends a Wait() that goes on, or the next one.  From any thread.
  void Wake() const;

  // Gives up when a signal asks to stop: a terminal that does not read must not
  // keep us.
  void Write(std::string_view bytes);

 private:
  class Modes;
  explicit Terminal(std::unique_ptr<Modes> modes);
  void Suspend();
  std::unique_ptr<Modes> modes_;
  bool taken_ = true;
};

}  // namespace benchkeep::tui
