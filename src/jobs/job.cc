// From settings to jobs.

#include "jobs/job.h"

#include <algorithm>
#include <cstdint>

#include "base/text.h"

namespace benchkeep::jobs {

std::chrono::seconds JitterOf(const std::string& name,
                              std::chrono::seconds most) {
  // FNV-1a, 64 bits: std::hash may change between libraries.
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  }
  hash ^= hash >> 32U;
  const auto range = static_cast<std::uint64_t>(most.count()) + 1;
  return std::chrono::seconds(static_cast<std::int64_t>(hash % range));
}

Result<std::vector<Job>> JobsOf(const std::vector<store::JobSettings>& settings,
                                const TimeZone& local,
                                const KnowsCommand& knows) {
  std::vector<Job> jobs;
  for (const store::JobSettings& each : settings) {
    Job job;
    job.name = each.name;
    job.commands = each.commands;
    BENCHKEEP_ASSIGN(job.schedule, CronSchedule::Parse(each.schedule));
    job.zone = local;
    if (!each.timezone.empty()) {
      Result<TimeZone> zone = TimeZone::Load(each.timezone);
      if (!zone.ok()) {
        return Fail(zone.error().code,
                    Say(N_("the job {0}: this machine knows no time zone "
                           "'{1}'"),
                        each.name, each.timezone),
                    zone.error().fix);
      }
      job.zone = std::move(*zone);
    }
    job.enabled = each.enabled;
    job.available =
        std::all_of(job.commands.begin(), job.commands.end(), knows);
    job.timeout = std::chrono::seconds(each.timeout_seconds);
    job.retries = each.retries;
    job.retry_delay = std::chrono::seconds(each.retry_seconds);
    job.jitter = JitterOf(each.name, std::chrono::seconds(each.jitter_seconds));
    jobs.push_back(std::move(job));
  }
  return jobs;
}

Result<std::size_t> FindJob(const std::vector<Job>& jobs,
                            const std::string& name) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (jobs[i].name == name) return i;
    names.push_back(jobs[i].name);
  }
  const std::string near = NearestName(name, names);
  if (near.empty()) {
    return Fail(Code::kNotFound, Say(N_("there is no job '{0}'"), name),
                Say(N_("`benchkeep schedule list` shows all of them")));
  }
  return Fail(Code::kNotFound,
              Say(N_("there is no job '{0}'; did you mean '{1}'?"), name, near),
              Say(N_("`benchkeep schedule list` shows all of them")));
}

}  // namespace benchkeep::jobs
