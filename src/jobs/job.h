// A job as the scheduler sees it.

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/cron.h"
#include "base/result.h"
#include "jobs/time_zone.h"
#include "store/job_settings.h"

namespace benchkeep::jobs {

struct Job {
  std::string name;
  std::vector<std::vector<std::string>> commands;  // See JobSettings.
  CronSchedule schedule;
  TimeZone zone;
  bool enabled = true;
  // False when this program has no such command: then it is never due.
  bool available = true;
  std::chrono::seconds timeout{3600};
  std::int64_t retries = 0;
  std::chrono::seconds retry_delay{60};
  std::chrono::seconds jitter{0};  // This job's own share of it.

  [[nodiscard]] bool active() const { return enabled && available; }
};

// Tells whether this program can run that argument vector.
using KnowsCommand = std::function<bool(const std::vector<std::string>&)>;

// Jobs of the settings.  kNotFound or kInvalidArgument names the job whose time
// zone cannot be used.  `local` is the zone of the machine.
Result<std::vector<Job>> JobsOf(const std::vector<store::JobSettings>& settings,
                                const TimeZone& local,
                                const KnowsCommand& knows);

// The job of that name; kNotFound names the nearest one.
Result<std::size_t> FindJob(const std::vector<Job>& jobs,
                            const std::string& name);

// The share of `most` that belongs to that name: always the same.
std::chrono::seconds JitterOf(const std::string& name,
                              std::chrono::seconds most);

}  // namespace benchkeep::jobs
