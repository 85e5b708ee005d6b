// The web server beside the jobs of the daemon, as a process of its own: what
// happens to it does not happen to them.

#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/message.h"
#include "host/command_runner.h"
#include "jobs/job_runner.h"

namespace benchkeep::cli {

// Tells `serve` which process it must not outlive, by its number.
inline constexpr const char* kKeeperVariable = "BENCHKEEP_KEEPER";

// Starts `serve` and starts it again when it ends, until it is destroyed.
class ServerKeeper {
 public:
  // `wake` is called, from another thread, when there is something to say.
  ServerKeeper(jobs::Program program, std::function<void()> wake);
  ServerKeeper(const ServerKeeper&) = delete;
  ServerKeeper& operator=(const ServerKeeper&) = delete;
  ~ServerKeeper();

  // What has happened since the last call, for the log.
  std::vector<Message> Collect();

 private:
  void Run();
  void TellOfEnd(const Result<host::CommandResult>& result);

  const jobs::Program program_;
  const std::function<void()> wake_;
  std::atomic<bool> stop_ = false;
  std::string last_;  // Why it ended; said once while it stays the same.
  std::mutex mutex_;
  std::vector<Message> said_;  // Guarded by mutex_.
  std::thread thread_;         // The last member: it uses the others.
};

}  // namespace benchkeep::cli
