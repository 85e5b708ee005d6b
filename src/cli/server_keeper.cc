// Starts the web server, again and again.

#include "cli/server_keeper.h"

#include <algorithm>
#include <utility>

#include "host/child_processes.h"

namespace benchkeep::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLook{100};
constexpr milliseconds kFirstPause{1'000};
constexpr milliseconds kLongestPause{10'000};
// Whoever ran that long could start: its end is news again.
constexpr std::chrono::minutes kGoodRun{1};

// What it said, without the name of the program; else how it ended.
std::string Reason(const Result<host::CommandResult>& result) {
  if (!result.ok()) return result.error().message.English();
  if (result->signal != 0)
    return Say(N_("signal {0}"), result->signal).English();
  std::string line = result->errors.substr(0, result->errors.find('\n'));
  const std::string prefix = "benchkeep: ";
  if (line.starts_with(prefix)) line.erase(0, prefix.size());
  if (!line.empty()) return line;
  return Say(N_("exit code {0}"), result->exit_code).English();
}

}  // namespace

ServerKeeper::ServerKeeper(jobs::Program program, std::function<void()> wake)
    : program_(std::move(program)),
      wake_(std::move(wake)),
      thread_([this] { Run(); }) {}

ServerKeeper::~ServerKeeper() {
  stop_ = true;
  thread_.join();
}

std::vector<Message> ServerKeeper::Collect() {
  const std::lock_guard guard(mutex_);
  return std::exchange(said_, {});
}

void ServerKeeper::Run() {
  milliseconds pause = kFirstPause;
  while (!stop_) {
    host::CommandOptions options;
    options.argv = {program_.path, "-C", program_.root.string(), "--no-input",
                    "serve"};
    options.environment = {std::string(kKeeperVariable) + "=" +
                           std::to_string(host::ProcessId())};
    options.cancelled = [this] { return stop_.load(); };
    const auto begin = steady_clock::now();
    const Result<host::CommandResult> result = host::RunCommand(options);
    if (stop_) return;
    if (steady_clock::now() - begin > kGoodRun) {
      last_.clear();
      pause = kFirstPause;
    }
    TellOfEnd(result);
    const auto next = steady_clock::now() + pause;
    while (!stop_ && steady_clock::now() < next) {
      std::this_thread::sleep_for(kLook);
    }
    pause = std::min(2 * pause, kLongestPause);
  }
}

void ServerKeeper::TellOfEnd(const Result<host::CommandResult>& result) {
  std::string reason = Reason(result);
  if (reason == last_) return;
  last_ = std::move(reason);
  {
    const std::lock_guard guard(mutex_);
    said_.push_back(
        Say(N_("the web server has ended: {0}; it is started again, until it "
               "stays"),
            last_));
  }
  wake_();
}

}  // namespace benchkeep::cli
