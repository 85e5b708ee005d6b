// Keeps the jobs of a store going.

#include "jobs/keeper.h"

#include <utility>

#include "jobs/job_runner.h"

namespace benchkeep::jobs {
namespace {

constexpr std::int64_t kKeptRuns = 1000;
constexpr std::int64_t kPruneEvery = 50;

// Exit codes that another try will not change: usage, no store, too new.
bool IsHopeless(const store::JobRun& run) {
  constexpr std::int64_t kUsage = 2;
  constexpr std::int64_t kNoStore = 10;
  constexpr std::int64_t kTooNew = 12;
  return run.status == store::RunStatus::kFailed &&
         (run.exit_code == kUsage || run.exit_code == kNoStore ||
          run.exit_code == kTooNew);
}

Ending EndingOf(const store::JobRun& run) {
  if (store::IsGood(run.status)) return Ending::kDone;
  return IsHopeless(run) ? Ending::kRefused : Ending::kFailed;
}

}  // namespace

JobKeeper::JobKeeper(const store::Store& store, Launcher& launcher,
                     store::JobHistory history, Scheduler scheduler, Log log)
    : store_(&store),
      launcher_(&launcher),
      history_(std::move(history)),
      scheduler_(std::move(scheduler)),
      log_(std::move(log)) {}

Result<JobKeeper> JobKeeper::Open(const store::Store& store,
                                  std::vector<Job> jobs, Launcher& launcher,
                                  TimePoint booted, Log log) {
  BENCHKEEP_TRY(store.file_system().MakeDirs(store.layout().state(), 0700));
  BENCHKEEP_ASSIGN(store::JobHistory history,
                   store::JobHistory::Open(store.layout().state_db()));
  JobKeeper keeper(store, launcher, std::move(history),
                   Scheduler(std::move(jobs), store.clock().Now(), booted),
                   std::move(log));
  BENCHKEEP_TRY(keeper.TakeUp());
  return keeper;
}

Status JobKeeper::TakeUp() {
  const TimePoint now = store_->clock().Now();
  BENCHKEEP_TRY(history_.Prune(kKeptRuns));
  BENCHKEEP_ASSIGN(const auto marks, history_.Marks());
  for (std::size_t i = 0; i < scheduler_.jobs().size(); ++i) {
    const Job& job = scheduler_.jobs()[i];
    const auto mark = marks.find(job.name);
    if (mark != marks.end() && mark->second.watermark) {
      scheduler_.SetWatermark(i, *mark->second.watermark);
    } else if (!job.schedule.at_reboot()) {
      // From now on it is looked after: what is missed will be made up.
      BENCHKEEP_TRY(history_.SetWatermark(job.name, now));
    }
    // Somebody may be running it by hand.
    const Result<fs::FileLock> lock = LockJob(*store_, job.name);
    if (!lock.ok()) continue;
    BENCHKEEP_TRY(history_.CloseOpenRuns(job.name, now));
    BENCHKEEP_ASSIGN(const auto newest,
                     history_.Runs({.job = job.name, .most = 1}));
    if (newest.empty() || !newest[0].planned ||
        newest[0].status != store::RunStatus::kInterrupted) {
      continue;
    }
    scheduler_.Resume(i, *newest[0].planned, newest[0].attempt, now);
    log_(Say(N_("the last run of {0} was cut short; it is tried again"),
             job.name));
  }
  return ReadMarks();
}

// `schedule pause` and `resume` write them at any time.
Status JobKeeper::ReadMarks() {
  BENCHKEEP_ASSIGN(const auto marks, history_.Marks());
  const TimePoint now = store_->clock().Now();
  for (std::size_t i = 0; i < scheduler_.jobs().size(); ++i) {
    const auto mark = marks.find(scheduler_.jobs()[i].name);
    const bool paused = mark != marks.end() && mark->second.paused;
    if (paused == scheduler_.IsPaused(i)) continue;
    scheduler_.SetPaused(i, paused, now);
    log_(Say(paused ? N_("{0} is paused") : N_("{0} goes on"),
             scheduler_.jobs()[i].name));
  }
  return {};
}

void JobKeeper::BookEnds() {
  for (const store::JobRun& run : launcher_->Collect()) {
    Book(run, store_->clock().Now());
  }
}

void JobKeeper::Tick() {
  BookEnds();
  const TimePoint now = store_->clock().Now();
  if (const Status read = ReadMarks(); !read.ok()) log_(read.error().message);
  for (const jobs::Start& start : scheduler_.Due(now)) Start(start, now);
}

void JobKeeper::Start(const jobs::Start& start, TimePoint now) {
  const Job& job = scheduler_.jobs()[start.job];
  store::JobRun run;
  run.job = job.name;
  run.trigger = TriggerName(start.trigger);
  run.planned = start.planned;
  run.attempt = start.attempt;
  run.started = now;
  const Result<std::int64_t> id = history_.Begin(run);
  if (!id.ok()) {
    // Not booked is not started: it is due again in a while.
    log_(id.error().message);
    scheduler_.Ended(start.job, Ending::kFailed, now);
    return;
  }
  run.id = *id;
  ++started_;
  log_(Say(N_("{0} started (run {1})"), job.name, run.id));
  launcher_->Launch(job, run);
}

void JobKeeper::Book(const store::JobRun& run, TimePoint now) {
  if (const Status booked = history_.Finish(run); !booked.ok()) {
    log_(booked.error().message);
  }
  if (run.id % kPruneEvery == 0) {
    if (const Status pruned = history_.Prune(kKeptRuns); !pruned.ok()) {
      log_(pruned.error().message);
    }
  }
  if (!store::IsGood(run.status)) ++failed_;
  log_(Say(N_("{0} ended (run {1}): {2}"), run.job, run.id,
           store::RunStatusName(run.status)));
  const Result<std::size_t> job = FindJob(scheduler_.jobs(), run.job);
  // It may be gone from the settings meanwhile.
  if (!job.ok()) return;
  scheduler_.Ended(*job, EndingOf(run), now);
  if (const auto retry = scheduler_.NextRetry(*job)) {
    log_(Say(N_("{0} is tried again at {1}"), run.job, FormatIso(*retry)));
  }
}

void JobKeeper::RunSoon(const std::string& name) {
  const std::vector<Job>& jobs = scheduler_.jobs();
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (jobs[i].name == name) scheduler_.Want(i);
  }
}

void JobKeeper::Replace(std::vector<Job> jobs) {
  scheduler_.Replace(std::move(jobs), store_->clock().Now());
}

}  // namespace benchkeep::jobs
