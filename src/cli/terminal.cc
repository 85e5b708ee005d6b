// Standard streams and signals by POSIX.

#include "cli/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace benchkeep::cli {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;

// The signal that came last; 0: none.
std::atomic<int> interrupted_by{0};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void OnInterrupt(int signal) { interrupted_by = signal; }

// Returns 0 or the errno of the failure.
int WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return 0;
}

}  // namespace

Status PosixTerminal::Write(std::string_view bytes) {
  buffer_ += bytes;
  return buffer_.size() < kBufferBytes ? Status() : Flush();
}

Status PosixTerminal::Flush() {
  const int failure = WriteAll(STDOUT_FILENO, buffer_);
  buffer_.clear();
  if (failure != 0) {
    return FailSys(failure, N_("writing {0}: {1}"), "stdout");
  }
  return {};
}

void PosixTerminal::WriteError(std::string_view text) {
  WriteAll(STDERR_FILENO, text);
}

std::optional<std::string> PosixTerminal::ReadLine(
    const std::function<bool()>& interrupted) {
  std::string line;
  while (!interrupted()) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    // Unlike read(), poll() returns after a signal.
    if (::poll(&input, 1, -1) < 0) continue;
    char c = '\0';
    const ssize_t got = ::read(STDIN_FILENO, &c, 1);
    if (got < 0 || (got == 0 && line.empty())) return std::nullopt;
    if (got == 0) return line;  // The last one lacks its newline.
    if (c == '\n') return line;
    line += c;
  }
  return std::nullopt;
}

bool PosixTerminal::InputIsTerminal() const {
  return ::isatty(STDIN_FILENO) == 1;
}
bool PosixTerminal::OutputIsTerminal() const {
  return ::isatty(STDOUT_FILENO) == 1;
}
bool PosixTerminal::ErrorIsTerminal() const {
  return ::isatty(STDERR_FILENO) == 1;
}

std::size_t PosixTerminal::Columns() const {
  constexpr std::size_t kUsual = 80;
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
      return size.ws_col;
    }
  }
  return kUsual;
}

void CatchSignals() {
  struct sigaction action {};
  action.sa_handler = OnInterrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);
}

bool Interrupted() { return interrupted_by != 0; }

bool ForgetInterrupt() {
  int interrupt = SIGINT;
  if (!interrupted_by.compare_exchange_strong(interrupt, 0) && interrupt != 0) {
    return false;
  }
  CatchSignals();
  return true;
}

}  // namespace benchkeep::cli
