// posix_spawn(3) with our own streams.

#include "host/attached_program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

extern char** environ;

namespace benchkeep::host {
namespace {

constexpr useconds_t kLookMicros = 20'000;

// Ctrl-C and Ctrl-\ are meant for whoever is in front.
class LeaveKeysToChild {
 public:
  LeaveKeysToChild() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &ignore, &interrupt_);
    ::sigaction(SIGQUIT, &ignore, &quit_);
  }
  LeaveKeysToChild(const LeaveKeysToChild&) = delete;
  LeaveKeysToChild& operator=(const LeaveKeysToChild&) = delete;
  ~LeaveKeysToChild() {
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGQUIT, &quit_, nullptr);
  }

 private:
  struct sigaction interrupt_ {};
  struct sigaction quit_ {};
};

// A program that was killed may have left the terminal without echo.
class KeepTerminal {
 public:
  KeepTerminal() : known_(::tcgetattr(STDIN_FILENO, &before_) == 0) {}
  KeepTerminal(const KeepTerminal&) = delete;
  KeepTerminal& operator=(const KeepTerminal&) = delete;
  ~KeepTerminal() {
    if (known_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }

 private:
  termios before_{};
  bool known_;
};

Result<pid_t> Spawn(const std::vector<std::string>& argv, AttachedInput input) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  if (input == AttachedInput::kNothing) {
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                       O_RDONLY, 0);
  }
  sigset_t none;
  sigset_t usual;
  ::sigemptyset(&none);
  ::sigemptyset(&usual);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) {
    ::sigaddset(&usual, number);
  }
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &usual);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> words = argv;
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t child = -1;
  const int failed = ::posix_spawn(&child, words[0].c_str(), &actions,
                                   &attributes, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0) return FailSys(failed, N_("starting {0}: {1}"), words[0]);
  return child;
}

}  // namespace

Result<AttachedResult> RunAttached(const std::vector<std::string>& argv,
                                   AttachedInput input,
                                   const std::function<bool()>& stop) {
  BENCHKEEP_CHECK(!argv.empty());
  const KeepTerminal terminal;
  const LeaveKeysToChild keys;
  BENCHKEEP_ASSIGN(const pid_t child, Spawn(argv, input));
  bool stopped = false;
  int status = 0;
  while (true) {
    // Nobody but us can reap it, so the number is its own until then.
    const pid_t done = ::waitpid(child, &status, WNOHANG);
    if (done == child) break;
    if (done < 0 && errno != EINTR) {
      return FailSys(errno, N_("waiting for {0}: {1}"), argv[0]);
    }
    if (!stopped && stop()) {
      stopped = true;
      ::kill(child, SIGTERM);
    }
    ::usleep(kLookMicros);
  }
  AttachedResult result;
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

}  // namespace benchkeep::host
