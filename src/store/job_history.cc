// Runs of jobs, tables of state.db.

#include "store/job_history.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fs/file_lock.h"

namespace benchkeep::store {
namespace {

constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS job_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job TEXT NOT NULL,
  trigger TEXT NOT NULL,
  planned INTEGER,
  attempt INTEGER NOT NULL,
  started INTEGER NOT NULL,
  ended INTEGER,
  status TEXT NOT NULL,
  exit_code INTEGER,
  output TEXT NOT NULL DEFAULT '',
  report TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS job_runs_job ON job_runs (job, id);
CREATE TABLE IF NOT EXISTS job_marks (
  job TEXT PRIMARY KEY,
  watermark INTEGER,
  paused INTEGER
);
)";

constexpr const char* kManualTrigger = "manual";

constexpr const char* kColumns =
    "id, job, trigger, planned, attempt, started, ended, status, exit_code, "
    "output, report";
// The same without the long texts.
constexpr const char* kShortColumns =
    "id, job, trigger, planned, attempt, started, ended, status, exit_code, "
    "'', ''";

constexpr std::array kStatuses = {RunStatus::kRunning,    RunStatus::kOk,
                                  RunStatus::kFindings,   RunStatus::kFailed,
                                  RunStatus::kTimeout,    RunStatus::kCrashed,
                                  RunStatus::kInterrupted};

std::int64_t ToNumber(TimePoint time) {
  return time.time_since_epoch() / std::chrono::nanoseconds(1);
}

std::optional<std::int64_t> ToNumber(const std::optional<TimePoint>& time) {
  return time ? std::optional(ToNumber(*time)) : std::nullopt;
}

TimePoint ToTime(std::int64_t number) {
  return TimePoint(std::chrono::nanoseconds(number));
}

std::optional<TimePoint> MaybeTimeAt(const DbStatement& statement, int column) {
  const auto number = statement.MaybeIntAt(column);
  return number ? std::optional(ToTime(*number)) : std::nullopt;
}

RunStatus StatusOf(const std::string& name) {
  for (const RunStatus status : kStatuses) {
    if (name == RunStatusName(status)) return status;
  }
  return RunStatus::kFailed;  // Of a newer version: not good, at least.
}

JobRun RunOf(const DbStatement& row) {
  JobRun run;
  run.id = row.IntAt(0);
  run.job = row.TextAt(1);
  run.trigger = row.TextAt(2);
  run.planned = MaybeTimeAt(row, 3);
  run.attempt = row.IntAt(4);
  run.started = ToTime(row.IntAt(5));
  run.ended = MaybeTimeAt(row, 6);
  run.status = StatusOf(row.TextAt(7));
  run.exit_code = row.MaybeIntAt(8);
  run.output = row.TextAt(9);
  run.report = row.TextAt(10);
  return run;
}

}  // namespace

const char* RunStatusName(RunStatus status) {
  switch (status) {
    case RunStatus::kRunning:
      return "running";
    case RunStatus::kOk:
      return "ok";
    case RunStatus::kFindings:
      return "findings";
    case RunStatus::kFailed:
      return "failed";
    case RunStatus::kTimeout:
      return "timeout";
    case RunStatus::kCrashed:
      return "crashed";
    case RunStatus::kInterrupted:
      return "interrupted";
  }
  return "failed";
}

bool IsGood(RunStatus status) {
  return status == RunStatus::kOk || status == RunStatus::kFindings;
}

Result<JobHistory> JobHistory::Open(const fs::Path& state_db) {
  BENCHKEEP_ASSIGN(StateDb db, StateDb::Open(state_db));
  BENCHKEEP_TRY(db.Run(kSchema));
  return JobHistory(std::move(db));
}

Result<JobHistory> JobHistory::OpenToRead(const Layout& layout) {
  BENCHKEEP_ASSIGN(StateDb db, StateDb::OpenToRead(layout.state_db()));
  BENCHKEEP_ASSIGN(const bool any, db.HasTable("job_marks"));
  if (!any) {
    return Fail(Code::kNotFound, Say(N_("no job has run here yet")),
                layout.state_db());
  }
  JobHistory history(std::move(db));
  history.layout_ = layout;
  return history;
}

Result<std::vector<JobRun>> JobHistory::All(DbStatement statement) {
  std::vector<JobRun> runs;
  while (true) {
    BENCHKEEP_ASSIGN(const bool row, statement.Step());
    if (!row) break;
    runs.push_back(RunOf(statement));
  }
  if (!layout_) return runs;
  for (JobRun& run : runs) {
    if (run.status != RunStatus::kRunning) continue;
    BENCHKEEP_ASSIGN(const bool kept, IsKept(run));
    if (!kept) run.status = RunStatus::kInterrupted;
  }
  return runs;
}

// Whoever keeps a run has the lock of its job; the daemon takes that a moment
// after the begin of a run, and lets go a moment before its end is booked.
Result<bool> JobHistory::IsKept(const JobRun& run) {
  BENCHKEEP_ASSIGN(
      DbStatement newer,
      db_.Prepare("SELECT 1 FROM job_runs WHERE job = ? AND id > ? LIMIT 1"));
  newer.Bind(1, run.job);
  newer.Bind(2, run.id);
  BENCHKEEP_ASSIGN(const bool any, newer.Step());
  if (any) return false;
  const auto is_held = [](const fs::Path& lock) {
    const Result<bool> held = fs::LockIsHeld(lock);
    // Where we may not look, nothing is known to be wrong.
    return held.ok() ? *held : held.error().code != Code::kNotFound;
  };
  return is_held(layout_->job_lock(run.job)) ||
         (run.trigger != kManualTrigger && is_held(layout_->daemon_lock()));
}

Result<std::int64_t> JobHistory::Begin(const JobRun& run) {
  std::int64_t id = 0;
  const auto begin = [&]() -> Status {
    BENCHKEEP_ASSIGN(
        DbStatement insert,
        db_.Prepare("INSERT INTO job_runs (job, trigger, planned, attempt, "
                    "started, status) VALUES (?, ?, ?, ?, ?, ?) "
                    "RETURNING id"));
    insert.Bind(1, run.job);
    insert.Bind(2, run.trigger);
    insert.Bind(3, ToNumber(run.planned));
    insert.Bind(4, run.attempt);
    insert.Bind(5, ToNumber(run.started));
    insert.Bind(6, RunStatusName(RunStatus::kRunning));
    BENCHKEEP_ASSIGN(const bool row, insert.Step());
    if (row) id = insert.IntAt(0);
    BENCHKEEP_TRY(insert.Run());
    if (!run.planned) return {};
    return SetWatermark(run.job, *run.planned);
  };
  BENCHKEEP_TRY(db_.InTransaction(begin));
  return id;
}

Status JobHistory::Finish(const JobRun& run) {
  BENCHKEEP_ASSIGN(
      DbStatement update,
      db_.Prepare("UPDATE job_runs SET ended = ?, status = ?, exit_code = ?, "
                  "output = ?, report = ? WHERE id = ?"));
  update.Bind(1, ToNumber(run.ended));
  update.Bind(2, RunStatusName(run.status));
  update.Bind(3, run.exit_code);
  update.Bind(4, run.output);
  update.Bind(5, run.report);
  update.Bind(6, run.id);
  return update.Run();
}

Result<std::vector<JobRun>> JobHistory::CloseOpenRuns(const std::string& job,
                                                      TimePoint now) {
  BENCHKEEP_ASSIGN(DbStatement open,
                   db_.Prepare(std::string("SELECT ") + kColumns +
                               " FROM job_runs WHERE status = 'running' AND "
                               "(? = '' OR job = ?) ORDER BY id"));
  open.Bind(1, job);
  open.Bind(2, job);
  BENCHKEEP_ASSIGN(std::vector<JobRun> runs, All(std::move(open)));
  for (JobRun& run : runs) {
    run.ended = now;
    run.status = RunStatus::kInterrupted;
    BENCHKEEP_TRY(Finish(run));
  }
  return runs;
}

Result<std::vector<JobRun>> JobHistory::Runs(const RunFilter& filter) {
  BENCHKEEP_ASSIGN(DbStatement select,
                   db_.Prepare(std::string("SELECT ") + kColumns +
                               " FROM job_runs WHERE ? = '' OR job = ? "
                               "ORDER BY id DESC LIMIT ?"));
  select.Bind(1, filter.job);
  select.Bind(2, filter.job);
  select.Bind(3, filter.most);
  return All(std::move(select));
}

Result<std::optional<JobRun>> JobHistory::Find(std::int64_t id) {
  BENCHKEEP_ASSIGN(DbStatement select,
                   db_.Prepare(std::string("SELECT ") + kColumns +
                               " FROM job_runs WHERE id = ?"));
  select.Bind(1, id);
  BENCHKEEP_ASSIGN(std::vector<JobRun> runs, All(std::move(select)));
  return runs.empty() ? std::nullopt : std::optional(std::move(runs[0]));
}

Result<std::map<std::string, JobRun>> JobHistory::Newest() {
  BENCHKEEP_ASSIGN(DbStatement select,
                   db_.Prepare(std::string("SELECT ") + kColumns +
                               " FROM job_runs WHERE id IN "
                               "(SELECT max(id) FROM job_runs GROUP BY job)"));
  BENCHKEEP_ASSIGN(std::vector<JobRun> runs, All(std::move(select)));
  std::map<std::string, JobRun> newest;
  for (JobRun& run : runs) {
    std::string job = run.job;
    newest.emplace(std::move(job), std::move(run));
  }
  return newest;
}

Result<std::int64_t> JobHistory::FailuresInARow(const std::string& job) {
  BENCHKEEP_ASSIGN(
      DbStatement select,
      db_.Prepare(std::string("SELECT ") + kShortColumns +
                  " FROM job_runs WHERE job = ? AND id > coalesce((SELECT "
                  "max(id) FROM job_runs WHERE job = ? AND status IN ('ok', "
                  "'findings')), 0)"));
  select.Bind(1, job);
  select.Bind(2, job);
  BENCHKEEP_ASSIGN(const std::vector<JobRun> runs, All(std::move(select)));
  return std::count_if(runs.begin(), runs.end(), [](const JobRun& run) {
    return run.status != RunStatus::kRunning;
  });
}

Result<std::map<std::string, JobMark>> JobHistory::Marks() {
  BENCHKEEP_ASSIGN(DbStatement select,
                   db_.Prepare("SELECT job, watermark, paused FROM job_marks"));
  std::map<std::string, JobMark> marks;
  while (true) {
    BENCHKEEP_ASSIGN(const bool row, select.Step());
    if (!row) return marks;
    marks[select.TextAt(0)] = {MaybeTimeAt(select, 1), MaybeTimeAt(select, 2)};
  }
}

Status JobHistory::SetWatermark(const std::string& job, TimePoint time) {
  BENCHKEEP_ASSIGN(
      DbStatement upsert,
      db_.Prepare("INSERT INTO job_marks (job, watermark) VALUES (?, ?) ON "
                  "CONFLICT (job) DO UPDATE SET watermark = "
                  "excluded.watermark"));
  upsert.Bind(1, job);
  upsert.Bind(2, ToNumber(time));
  return upsert.Run();
}

Status JobHistory::SetPaused(const std::string& job,
                             std::optional<TimePoint> since) {
  BENCHKEEP_ASSIGN(
      DbStatement upsert,
      db_.Prepare("INSERT INTO job_marks (job, paused) VALUES (?, ?) ON "
                  "CONFLICT (job) DO UPDATE SET paused = excluded.paused"));
  upsert.Bind(1, job);
  upsert.Bind(2, ToNumber(since));
  return upsert.Run();
}

Status JobHistory::Prune(std::int64_t keep) {
  BENCHKEEP_ASSIGN(
      DbStatement remove,
      db_.Prepare("DELETE FROM job_runs WHERE status <> 'running' AND id IN "
                  "(SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY "
                  "job ORDER BY id DESC) AS place FROM job_runs) WHERE place > "
                  "?)"));
  remove.Bind(1, keep);
  return remove.Run();
}

}  // namespace benchkeep::store
