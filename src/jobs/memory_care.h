// Watches the memory while the daemon runs, every [tune] release_minutes, and
// gives it back when it is short.
//
// Whether it is short is told by /proc and /sys, never by the store.  A child
// process (`tune`) remembers how much the runners use, for their growth, and
// with --release gives back what the store's files hold; a disk that hangs
// stops that child and nothing else.

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

enum class TuneFor { kLook, kRelease };

// The document of a run of `tune`, as text.
using TuneRun = std::function<Result<std::string>(
    TuneFor what, const std::function<bool()>& cancelled)>;
TuneRun TuneByChild(Program program);

class MemoryCare {
 public:
  // `wake` is called from another thread when there is something to say.
  MemoryCare(host::Machine machine, const store::Settings& settings,
             TuneRun tune, TimePoint now, std::function<void()> wake);
  MemoryCare(const MemoryCare&) = delete;
  MemoryCare& operator=(const MemoryCare&) = delete;
  ~MemoryCare();  // Ends what runs.

  // Looks when it is time.
  void Tick(TimePoint now);
  void Stop();
  // What has happened since the last call, for the log.
  std::vector<Message> Collect();

 private:
  void Run(TuneFor what);

  const host::Machine machine_;
  const std::chrono::minutes every_;
  const std::int64_t free_percent_;
  const TuneRun tune_;
  const std::function<void()> wake_;
  TimePoint last_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> running_ = false;
  std::thread thread_;

  std::mutex mutex_;
  std::vector<Message> said_;  // Guarded by mutex_.
};

}  // namespace benchkeep::jobs
