// All jobs at a glance: what they are, how they went, when they are due.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/finding.h"
#include "base/result.h"
#include "jobs/job.h"
#include "store/job_history.h"
#include "store/store.h"

namespace benchkeep::jobs {

enum class JobState {
  kWaiting,  // For the next time it is due.
  kRunning,
  kPaused,
  kDisabled,
  kUnavailable,  // This program has no such command.
  kFailing,      // Waiting, but the last run went wrong.
};
const char* JobStateName(JobState state);

struct JobLine {
  const Job* job = nullptr;
  JobState state = JobState::kWaiting;
  std::optional<store::JobRun> last;  // The newest run.
  std::optional<TimePoint> next;
  std::int64_t failures = 0;  // In a row.
};

struct DaemonInfo {
  bool running = false;
  std::int64_t pid = 0;
  std::string since;
};

struct Overview {
  DaemonInfo daemon;
  std::vector<JobLine> jobs;  // Of `jobs`, which must outlive it.
  Findings findings;
};

Result<Overview> Look(const store::Store& store, const std::vector<Job>& jobs);

// Who holds the daemon's lock.
DaemonInfo FindDaemon(const store::Store& store);

}  // namespace benchkeep::jobs
