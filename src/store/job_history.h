// What the jobs did: their runs, kept in state.db.
//
// Written by whoever runs a job (the daemon, `schedule run`), read by
// `schedule`, `check` and reports.  Losing it loses no result; the daemon then
// begins anew, as on its first day.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "fs/file_system.h"
#include "store/layout.h"
#include "store/state_db.h"

namespace benchkeep::store {

enum class RunStatus {
  kRunning,
  kOk,
  kFindings,     // Done, with findings (exit code 3).
  kFailed,       // Any other exit code.
  kTimeout,      // Ended by us, since it took too long.
  kCrashed,      // Ended by a signal that was not ours.
  kInterrupted,  // Ended by us on our way out, or it was running when we died.
};
const char* RunStatusName(RunStatus status);
// True for kOk and kFindings.
bool IsGood(RunStatus status);

struct JobRun {
  std::int64_t id = 0;
  std::string job;
  std::string trigger;               // schedule, made_up, retry, reboot, manual
  std::optional<TimePoint> planned;  // When it was due; none for manual runs.
  std::int64_t attempt = 1;
  TimePoint started{};
  std::optional<TimePoint> ended;
  RunStatus status = RunStatus::kRunning;
  std::optional<std::int64_t> exit_code;  // None after a signal.
  std::string output;                     // What it said on stderr, shortened.
  std::string report;  // Its JSON documents, one a line; may be empty.
};

struct RunFilter {
  std::string job = {};  // Empty: all.
  std::int64_t most = 50;
};

// What is remembered about a job besides its runs.
struct JobMark {
  // Everything that was due up to here has been dealt with.
  std::optional<TimePoint> watermark;
  std::optional<TimePoint> paused;  // Since when.
};

class JobHistory {
 public:
  // Opens or creates it; the state folder must exist.
  static Result<JobHistory> Open(const fs::Path& state_db);
  // For looking only; kNotFound when no job ever ran here.  A run whose keeper
  // has died, which nobody has closed yet, is seen as kInterrupted; when that
  // was is not known.
  static Result<JobHistory> OpenToRead(const Layout& layout);

  // Books the start of a run, and its planned time as dealt with; returns its
  // id.
  Result<std::int64_t> Begin(const JobRun& run);
  // Books its end: ended, status, exit_code, output and report.
  Status Finish(const JobRun& run);

  // Runs that were going on when their keeper died become kInterrupted.
  // Returns them.  `job` empty: of all jobs.
  Result<std::vector<JobRun>> CloseOpenRuns(const std::string& job,
                                            TimePoint now);

  // Newest first.
  Result<std::vector<JobRun>> Runs(const RunFilter& filter);
  Result<std::optional<JobRun>> Find(std::int64_t id);
  // The newest run of every job.
  Result<std::map<std::string, JobRun>> Newest();
  // How many of the newest runs of the job failed in a row; retries count.
  Result<std::int64_t> FailuresInARow(const std::string& job);

  Result<std::map<std::string, JobMark>> Marks();
  Status SetWatermark(const std::string& job, TimePoint time);
  // Nullopt: goes on.
  Status SetPaused(const std::string& job, std::optional<TimePoint> since);

  // Forgets all but the newest `keep` runs of every job.
  Status Prune(std::int64_t keep);

 private:
  explicit JobHistory(StateDb db) : db_(std::move(db)) {}
  Result<std::vector<JobRun>> All(DbStatement statement);
  Result<bool> IsKept(const JobRun& run);
  StateDb db_;
  std::optional<Layout> layout_;  // Of the locks; none: not asked for them.
};

}  // namespace benchkeep::store
