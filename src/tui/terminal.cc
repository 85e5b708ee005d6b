// termios(3), signals by way of a pipe, poll(2).

#include "tui/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

namespace benchkeep::tui {
namespace {

// Alternate screen, no cursor, no wrapping at the right edge; and back.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

constexpr std::array<int, 4> kStopping = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
constexpr std::array<int, 3> kRedrawing = {SIGWINCH, SIGCONT, SIGTSTP};
constexpr std::array<int, 5> kCrashes = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE,
                                         SIGILL};

// What handlers may touch.
std::atomic<bool> stop_flag{false};
std::atomic<bool> redraw_flag{false};
std::atomic<bool> resume_flag{false};
std::atomic<bool> suspend_flag{false};
std::atomic<int> wake_end{-1};
termios original_modes{};

extern "C" void OnSignal(int number) {
  const int saved = errno;
  switch (number) {
    case SIGWINCH:
      redraw_flag = true;
      break;
    case SIGCONT:
      resume_flag = true;
      break;
    case SIGTSTP:
      suspend_flag = true;
      break;
    default:
      stop_flag = true;
  }
  // A full pipe has enough in it to wake us.
  [[maybe_unused]] const ssize_t put = ::write(wake_end, "s", 1);
  errno = saved;
}

extern "C" void OnCrash(int number) {
  [[maybe_unused]] const ssize_t put =
      ::write(STDOUT_FILENO, kLeave.data(), kLeave.size());
  ::tcsetattr(STDIN_FILENO, TCSANOW, &original_modes);
  ::signal(number, SIG_DFL);
  ::raise(number);
}

}  // namespace

// Everything that has to be put back.
class Terminal::Modes {
 public:
  Modes() = default;
  Modes(const Modes&) = delete;
  Modes& operator=(const Modes&) = delete;
  ~Modes() {
    for (const auto& [number, action] : actions_) {
      ::sigaction(number, &action, nullptr);
    }
    wake_end = -1;
    for (const int fd : wake_) {
      if (fd >= 0) ::close(fd);
    }
  }

  Status Open() {
    if (::tcgetattr(STDIN_FILENO, &original_modes) != 0) {
      return FailSys(errno, N_("setting up {0}: {1}"), "/dev/tty");
    }
    if (::pipe2(wake_.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
      return FailSys(errno, N_("setting up {0}: {1}"), "/dev/tty");
    }
    wake_end = wake_[1];
    stop_flag = false;
    redraw_flag = false;
    resume_flag = false;
    suspend_flag = false;
    // Without SA_RESTART: a write to a terminal that does not read must end.
    for (const int number : kStopping) Handle(number, OnSignal, 0);
    for (const int number : kRedrawing) Handle(number, OnSignal, 0);
    for (const int number : kCrashes) {
      Handle(number, OnCrash, static_cast<int>(SA_RESETHAND));
    }
    return {};
  }

  static void Enter() {
    termios modes = original_modes;
    // Signals from the keyboard stay: Ctrl-C and Ctrl-Z do what they always do.
    modes.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | IEXTEN);
    modes.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL | INLCR);
    modes.c_cc[VMIN] = 0;
    modes.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
    WriteAll(kEnter);
  }

  static void Leave() {
    // A terminal that has hung up or does not read shall not keep us.
    constexpr int kPatience = 500;
    pollfd output{STDOUT_FILENO, POLLOUT, 0};
    if (::poll(&output, 1, kPatience) == 1) {
      [[maybe_unused]] const ssize_t put =
          ::write(STDOUT_FILENO, kLeave.data(), kLeave.size());
    }
    ::tcsetattr(STDIN_FILENO, TCSANOW, &original_modes);
  }

  static void WriteAll(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR && !stop_flag) continue;
      if (put < 0) {
        // Nobody will see anything any more.
        if (errno == EIO || errno == EPIPE) stop_flag = true;
        return;
      }
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
  }

  [[nodiscard]] int wake_fd() const { return wake_[0]; }

 private:
  void Handle(int number, void (*handler)(int), int flags) {
    struct sigaction action {};
    struct sigaction before {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    if (::sigaction(number, &action, &before) == 0) {
      actions_.emplace_back(number, before);
    }
  }

  std::vector<std::pair<int, struct sigaction>> actions_;
  std::array<int, 2> wake_{-1, -1};
};

Terminal::Terminal(std::unique_ptr<Modes> modes) : modes_(std::move(modes)) {
  Modes::Enter();
}

Terminal::~Terminal() { GiveBack(); }

void Terminal::GiveBack() {
  if (std::exchange(taken_, false)) Modes::Leave();
}

Result<std::unique_ptr<Terminal>> Terminal::Take() {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1) {
    return Fail(Code::kInvalidArgument, Say(N_("this is not a terminal")),
                Say(N_("`benchkeep monitor --once` prints the figures")));
  }
  auto modes = std::make_unique<Modes>();
  BENCHKEEP_TRY(modes->Open());
  return std::unique_ptr<Terminal>(new Terminal(std::move(modes)));
}

Size Terminal::size() const {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 ||
      size.ws_row == 0) {
    return {};
  }
  return {size.ws_col, size.ws_row};
}

void Terminal::Suspend() {
  Modes::Leave();
  ::kill(::getpid(), SIGSTOP);
  // Here we go on once somebody continues us.
  resume_flag = true;
}

Terminal::Events Terminal::Wait(std::chrono::milliseconds timeout) {
  std::array<pollfd, 2> polled = {
      {{STDIN_FILENO, POLLIN, 0}, {modes_->wake_fd(), POLLIN, 0}}};
  // A signal makes the pipe readable, even one that came just before.
  const int ready =
      ::poll(polled.data(), polled.size(), static_cast<int>(timeout.count()));
  Events events;
  if (ready > 0 && polled[1].revents != 0) {
    std::array<char, 256> buffer;
    ssize_t got = 0;
    while ((got = ::read(modes_->wake_fd(), buffer.data(), buffer.size())) >
           0) {
    }
    events.woken = true;
  }
  if (suspend_flag.exchange(false)) Suspend();
  if (resume_flag.exchange(false)) {
    Modes::Enter();
    events.redraw = true;
  }
  if (redraw_flag.exchange(false)) events.redraw = true;
  if (ready > 0 && polled[0].revents != 0) {
    std::array<char, 1024> buffer;
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got > 0)
      events.bytes.assign(buffer.data(), static_cast<std::size_t>(got));
    const bool gone = (polled[0].revents & (POLLHUP | POLLERR)) != 0;
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN) || gone) {
      stop_flag = true;
    }
  }
  events.stop = stop_flag;
  return events;
}

void Terminal::Wake() const {
  // A full pipe has enough in it to wake us.
  [[maybe_unused]] const ssize_t put = ::write(wake_end, "w", 1);
}

void Terminal::Write(std::string_view bytes) { Modes::WriteAll(bytes); }

}  // namespace benchkeep::tui
