// The settings of jobs: the tables [jobs.NAME] of benchkeep.toml.
//
// Some jobs are there by default: those of the maintenance guide, and alerts. A
// table of the same name changes one of them, another name makes a new job.

#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace benchkeep::store {

struct JobSettings {
  std::string name = {};
  // Commands of benchkeep, each an argument vector without the program, run one
  // after the other until one fails.
  std::vector<std::vector<std::string>> commands = {};
  std::string schedule = {};  // base/cron.h
  std::string timezone = {};  // Empty: that of the machine.
  bool enabled = true;
  std::int64_t timeout_seconds = 3600;
  std::int64_t retries = 2;
  std::int64_t retry_seconds = 60;  // Before the first retry; then doubled.
  std::int64_t jitter_seconds = 0;

  bool operator==(const JobSettings&) const = default;
};

// The guide's five, and the look every ten minutes that raises alerts.
std::vector<JobSettings> DefaultJobs();

// The keys of a job, in the order of the file.
using JobPlace =
    std::variant<std::string JobSettings::*, bool JobSettings::*,
                 std::int64_t JobSettings::*,
                 std::vector<std::vector<std::string>> JobSettings::*>;
struct JobKey {
  const char* key;
  JobPlace place;
  const char* about;  // msgid
  std::int64_t least = 0;
};
const std::vector<JobKey>& JobKeys();

// Letters, digits, '-' and '_': it becomes part of file names and unit names.
bool IsJobName(const std::string& name);

}  // namespace benchkeep::store
