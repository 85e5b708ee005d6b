// The default jobs, and the table of their keys.

#include "store/job_settings.h"

#include <algorithm>
#include <cctype>

#include "base/message.h"

namespace benchkeep::store {

std::vector<JobSettings> DefaultJobs() {
  return {
      {.name = "consolidate",
       .commands = {{"consolidate"}},
       .schedule = "0 * * * *"},
      {.name = "backup",
       .commands = {{"backup", "create"}},
       .schedule = "0 2 * * *"},
      {.name = "logs",
       .commands = {{"logs", "compress"}, {"logs", "prune"}},
       .schedule = "0 3 * * *"},
      {.name = "report",
       .commands = {{"report", "weekly", "--keep"}},
       .schedule = "0 4 * * 1"},
      {.name = "health",
       .commands = {{"notify", "health"}},
       .schedule = "0 9 * * *"},
      {.name = "alerts",
       .commands = {{"notify", "alerts"}},
       .schedule = "*/10 * * * *",
       .timeout_seconds = 540,
       .retries = 0},
  };
}

const std::vector<JobKey>& JobKeys() {
  using J = JobSettings;
  static const std::vector<JobKey> keys = {
      {"schedule", &J::schedule,
       N_("when it is due, as in crontab: minute, hour, day, month, day of the "
          "week; or \"@daily\" and the like")},
      {"command", &J::commands,
       N_("a command of benchkeep as a list of words, or a list of such lists "
          "to run in turn")},
      {"timezone", &J::timezone,
       N_("the time zone of the schedule, such as \"Europe/Berlin\"; empty is "
          "that of the machine")},
      {"enabled", &J::enabled, N_("false: the job is never due")},
      {"timeout_seconds", &J::timeout_seconds,
       N_("a run that takes longer is ended"), 1},
      {"retries", &J::retries, N_("how often a failed run is tried again")},
      {"retry_seconds", &J::retry_seconds,
       N_("how long to wait before the first retry; doubled each time"), 1},
      {"jitter_seconds", &J::jitter_seconds,
       N_("starts up to this much later, always by the same amount, so that "
          "many stores do not start at once")},
  };
  return keys;
}

bool IsJobName(const std::string& name) {
  constexpr std::size_t kMostBytes = 40;
  const auto usual = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= kMostBytes && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), usual);
}

}  // namespace benchkeep::store
