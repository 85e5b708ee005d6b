// posix_spawn(3), pidfd_open(2) and poll(2).

#include "host/command_runner.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

extern char** environ;

namespace benchkeep::host {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLook{100};     // How often we ask whether to stop.
constexpr milliseconds kDying{2'000};  // Between KILL and the end.
constexpr milliseconds kDrain{200};    // For output of a process that ended.

class OwnedFd {
 public:
  explicit OwnedFd(int fd = -1) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    Reset();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  ~OwnedFd() { Reset(); }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  void Reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

struct Pipe {
  OwnedFd read;
  OwnedFd write;
};

Result<Pipe> MakePipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return FailSys(errno, N_("starting {0}: {1}"), "");
  }
  return Pipe{OwnedFd(ends[0]), OwnedFd(ends[1])};
}

std::vector<std::string> EnvironmentWith(
    const std::vector<std::string>& additions) {
  std::map<std::string, std::string> values;
  const auto add = [&](std::string_view entry) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) return;
    values[std::string(entry.substr(0, equals))] = entry.substr(equals + 1);
  };
  for (char** entry = environ; *entry != nullptr; ++entry) add(*entry);
  for (const std::string& entry : additions) add(entry);
  std::vector<std::string> all;
  for (const auto& [name, value] : values) {
    all.push_back(name);
    all.back().append("=").append(value);
  }
  return all;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Three pipes and a process at their other ends.
class Running {
 public:
  static Result<Running> Start(const CommandOptions& options) {
    Running running;
    BENCHKEEP_ASSIGN(Pipe input, MakePipe());
    BENCHKEEP_ASSIGN(Pipe output, MakePipe());
    BENCHKEEP_ASSIGN(Pipe errors, MakePipe());
    BENCHKEEP_TRY(running.Spawn(options, input.read.get(), output.write.get(),
                                errors.write.get()));
    running.input_ = std::move(input.write);
    running.output_ = std::move(output.read);
    running.errors_ = std::move(errors.read);
    for (const OwnedFd* fd :
         {&running.input_, &running.output_, &running.errors_}) {
      ::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
    }
    return running;
  }
  Running(Running&& other) noexcept
      : child_(std::exchange(other.child_, -1)),
        pidfd_(std::move(other.pidfd_)),
        input_(std::move(other.input_)),
        output_(std::move(other.output_)),
        errors_(std::move(other.errors_)) {}
  Running& operator=(Running&&) = delete;
  ~Running() {
    if (child_ < 0) return;
    Signal(SIGKILL);
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  CommandResult Finish(const CommandOptions& options) {
    CommandResult result;
    std::string_view to_write = options.input;
    if (to_write.empty()) input_.Reset();
    const auto begin = steady_clock::now();
    std::optional<steady_clock::time_point> kill_at;
    std::optional<steady_clock::time_point> ended;
    while (true) {
      Exchange(to_write, options.max_output_bytes, ended.has_value(), result);
      const auto now = steady_clock::now();
      if (!ended && HasEnded()) ended = now;
      // A grandchild may keep the pipes open: its output is not waited for.
      if (ended &&
          ((!output_.valid() && !errors_.valid()) || now - *ended > kDrain)) {
        break;
      }
      if (ended) continue;
      if (kill_at) {
        if (now >= *kill_at) Signal(SIGKILL);
        if (now >= *kill_at + kDying) {
          LeaveBehind(result);
          return result;
        }
        continue;
      }
      result.timed_out =
          options.timeout.count() > 0 && now - begin >= options.timeout;
      result.cancelled = options.cancelled && options.cancelled();
      if (result.timed_out || result.cancelled) {
        Signal(SIGTERM);
        kill_at = now + options.grace;
      }
    }
    Reap(result);
    return result;
  }

 private:
  Running() = default;

  Status Spawn(const CommandOptions& options, int input, int output,
               int errors) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    if (!options.folder.empty()) {
      ::posix_spawn_file_actions_addchdir_np(&actions, options.folder.c_str());
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
    // A group of its own: Ctrl-C reaches us, and we decide.
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
                                                POSIX_SPAWN_SETSIGDEF |
                                                POSIX_SPAWN_SETPGROUP);
    std::vector<std::string> words = options.argv;
    std::vector<std::string> variables = EnvironmentWith(options.environment);
    const std::vector<char*> argv = Pointers(words);
    const std::vector<char*> envp = Pointers(variables);
    pid_t child = -1;
    const int failed = ::posix_spawnp(&child, words[0].c_str(), &actions,
                                      &attributes, argv.data(), envp.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (failed != 0) {
      return FailSys(failed, N_("starting {0}: {1}"), words[0]);
    }
    child_ = child;
    // Nobody but us can reap it, so the number is still its own.
    pidfd_ = OwnedFd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    if (!pidfd_.valid()) {
      return FailSys(errno, N_("starting {0}: {1}"), words[0]);
    }
    return {};
  }

  void Signal(int number) const {
    if (pidfd_.valid()) {
      ::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0);
    }
  }

  [[nodiscard]] bool HasEnded() const {
    pollfd poll{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&poll, 1, 0) == 1;
  }

  // Waits a little for something to do, and does it.
  void Exchange(std::string_view& to_write, std::uint64_t limit, bool ended,
                CommandResult& result) {
    std::array<pollfd, 4> polls{};
    polls[0] = {.fd = input_.get(), .events = POLLOUT, .revents = 0};
    polls[1] = {.fd = output_.get(), .events = POLLIN, .revents = 0};
    polls[2] = {.fd = errors_.get(), .events = POLLIN, .revents = 0};
    polls[3] = {
        .fd = ended ? -1 : pidfd_.get(), .events = POLLIN, .revents = 0};
    ::poll(polls.data(), polls.size(), static_cast<int>(kLook.count()));
    if (polls[0].revents != 0) Feed(to_write);
    if (polls[1].revents != 0) Drain(output_, limit, result.output, result);
    if (polls[2].revents != 0) Drain(errors_, limit, result.errors, result);
  }

  void Feed(std::string_view& to_write) {
    const ssize_t put = ::write(input_.get(), to_write.data(), to_write.size());
    if (put < 0 && (errno == EAGAIN || errno == EINTR)) return;
    // It may well end without reading all: that is its own business.
    to_write = put < 0 ? std::string_view() : to_write.substr(put);
    if (to_write.empty()) input_.Reset();
  }

  static void Drain(OwnedFd& from, std::uint64_t limit, std::string& to,
                    CommandResult& result) {
    std::array<char, 65536> buffer{};
    const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return from.Reset();
    const std::uint64_t room =
        limit - std::min<std::uint64_t>(limit, to.size());
    const auto kept = std::min<std::uint64_t>(room, got);
    to.append(buffer.data(), kept);
    result.truncated |= kept < static_cast<std::uint64_t>(got);
  }

  // A thread waits for it in our place.
  void LeaveBehind(CommandResult& result) {
    auto gone = std::make_shared<std::atomic<bool>>(false);
    std::thread([child = std::exchange(child_, -1), gone] {
      while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
      }
      *gone = true;
    }).detach();
    result.stuck = true;
    result.gone = [gone] { return gone->load(); };
  }

  void Reap(CommandResult& result) {
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
    if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  }

  pid_t child_ = -1;
  OwnedFd pidfd_;
  OwnedFd input_;
  OwnedFd output_;
  OwnedFd errors_;
};

// A write to a program that has ended is an error, not our end.
class IgnoreSigpipe {
 public:
  IgnoreSigpipe() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &before_);
  }
  ~IgnoreSigpipe() { ::sigaction(SIGPIPE, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

}  // namespace

Result<CommandResult> RunCommand(const CommandOptions& options) {
  BENCHKEEP_CHECK(!options.argv.empty());
  const IgnoreSigpipe guard;
  BENCHKEEP_ASSIGN(Running running, Running::Start(options));
  return running.Finish(options);
}

}  // namespace benchkeep::host
