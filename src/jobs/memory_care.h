// Gives memory back while the daemon runs: every half hour, and only when it
// helps.
//
// The look costs nothing: files of /proc and /sys, never the store.  Only when
// memory is short a child process (`tune --release --if-short`) gives back what
// the store's files hold; a disk that hangs stops that child and nothing else.

#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/message.h"
#include "base/result.h"
#include "host/machine.h"
#include "jobs/job_runner.h"

namespace benchkeep::jobs {

// The document of a run of `tune --release`, as text.
using ReleaseRun =
    std::function<Result<std::string>(const std::function<bool()>& cancelled)>;
ReleaseRun ReleaseByChild(Program program);

class MemoryCare {
 public:
  // `wake` is called from another thread when there is something to say.
  MemoryCare(host::Machine machine, ReleaseRun release, TimePoint now,
             std::function<void()> wake);
  MemoryCare(const MemoryCare&) = delete;
  MemoryCare& operator=(const MemoryCare&) = delete;
  ~MemoryCare();  // Ends what runs.

  // Looks when half an hour has passed.
  void Tick(TimePoint now);
  void Stop();
  // What has happened since the last call, for the log.
  std::vector<Message> Collect();

 private:
  void Release();

  const host::Machine machine_;
  const ReleaseRun release_;
  const std::function<void()> wake_;
  TimePoint last_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> running_ = false;
  std::thread thread_;

  std::mutex mutex_;
  std::vector<Message> said_;  // Guarded by mutex_.
};

}  // namespace benchkeep::jobs
