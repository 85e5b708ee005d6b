// All jobs at a glance.

#include "jobs/overview.h"

#include "base/json.h"
#include "fs/file_lock.h"
#include "jobs/fire_times.h"

namespace benchkeep::jobs {
namespace {

constexpr std::uint64_t kMaxHolderBytes = 4096;

bool IsHeld(const fs::Path& lock) {
  return fs::LockIsHeld(lock).value_or(false);
}

JobState StateOf(const store::Store& store, const Job& job,
                 const store::JobMark& mark, const JobLine& line) {
  if (IsHeld(store.layout().job_lock(job.name))) {
    return JobState::kRunning;
  }
  if (!job.enabled) return JobState::kDisabled;
  if (!job.available) return JobState::kUnavailable;
  if (mark.paused) return JobState::kPaused;
  return line.failures > 0 ? JobState::kFailing : JobState::kWaiting;
}

}  // namespace

const char* JobStateName(JobState state) {
  switch (state) {
    case JobState::kWaiting:
      return "waiting";
    case JobState::kRunning:
      return "running";
    case JobState::kPaused:
      return "paused";
    case JobState::kDisabled:
      return "disabled";
    case JobState::kUnavailable:
      return "unavailable";
    case JobState::kFailing:
      return "failing";
  }
  return "waiting";
}

DaemonInfo FindDaemon(const store::Store& store) {
  DaemonInfo info;
  const fs::Path lock = store.layout().daemon_lock();
  info.running = IsHeld(lock);
  if (!info.running) return info;
  const Result<std::string> text =
      fs::ReadFile(store.file_system(), lock, kMaxHolderBytes);
  const Result<Json> json = text.ok() ? ParseJson(*text) : Result<Json>(Json());
  if (json.ok()) {
    info.pid = json->IntAt("pid").value_or(0);
    info.since = json->StringAt("since").value_or("");
  }
  return info;
}

Result<Overview> Look(const store::Store& store, const std::vector<Job>& jobs) {
  Overview overview;
  overview.daemon = FindDaemon(store);
  std::map<std::string, store::JobRun> newest;
  std::map<std::string, store::JobMark> marks;
  Result<store::JobHistory> history =
      store::JobHistory::OpenToRead(store.layout());
  if (!history.ok() && history.error().code != Code::kNotFound) {
    return Unexpected(history.error());
  }
  if (history.ok()) {
    BENCHKEEP_ASSIGN(newest, history->Newest());
    BENCHKEEP_ASSIGN(marks, history->Marks());
  }
  const auto now =
      std::chrono::floor<std::chrono::seconds>(store.clock().Now());
  for (const Job& job : jobs) {
    JobLine line;
    line.job = &job;
    if (const auto run = newest.find(job.name); run != newest.end()) {
      line.last = run->second;
      BENCHKEEP_ASSIGN(line.failures, history->FailuresInARow(job.name));
    }
    line.state = StateOf(store, job, marks[job.name], line);
    if (job.active() && !marks[job.name].paused) {
      if (const auto next = NextFire(job.schedule, job.zone, now)) {
        line.next = *next + job.jitter;
      }
    }
    if (line.failures > 0 && line.last &&
        line.last->status != store::RunStatus::kRunning) {
      overview.findings.push_back(
          {"job_failed", Severity::kWarning, "",
           Say(N_("the last run of the job {0} ended as '{1}'"), job.name,
               store::RunStatusName(line.last->status)),
           Say(N_("`benchkeep schedule history {0}` shows what it said"),
               job.name)});
    }
    overview.jobs.push_back(std::move(line));
  }
  return overview;
}

}  // namespace benchkeep::jobs
