// The process that stays: runs the jobs of a store by the clock until it is
// told to stop.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/message.h"
#include "base/result.h"
#include "fs/file_lock.h"
#include "host/service_notify.h"
#include "host/waiter.h"
#include "jobs/job.h"
#include "jobs/job_runner.h"
#include "store/store.h"

namespace benchkeep::jobs {

struct DaemonOptions {
  Program program;
  TimeZone local;
  KnowsCommand knows;
  std::string notify_socket;              // NOTIFY_SOCKET
  std::chrono::microseconds watchdog{0};  // WATCHDOG_USEC; 0: none.
  // What others beside it have to say; asked whenever the waiter wakes.
  std::function<std::vector<Message>()> news;
  std::function<void(const Message&)> log;  // From the caller's thread only.
};

struct DaemonReport {
  std::string since;
  std::int64_t started = 0;  // Runs.
  std::int64_t failed = 0;
};

// One daemon per store.
class DaemonLock {
 public:
  // kLocked names the process that has it.
  static Result<DaemonLock> Acquire(const store::Store& store);

 private:
  explicit DaemonLock(fs::FileLock lock) : lock_(std::move(lock)) {}
  fs::FileLock lock_;
};

// Runs until TERM or INT; HUP reads the settings again (with a mistake in them
// the old ones stay).  What runs then is ended and waited for: it is safe to
// stop at any moment, and tried again at the next start.
Result<DaemonReport> RunDaemon(const store::Store& store,
                               const DaemonLock& lock,
                               const host::Waiter& waiter,
                               const DaemonOptions& options);

}  // namespace benchkeep::jobs
