// benchkeep schedule: what the jobs are, how they went, and when they are due.

#include <algorithm>

#include "cli/commands.h"
#include "cli/jobs_setup.h"
#include "cli/schedule_install.h"
#include "jobs/fire_times.h"
#include "jobs/overview.h"
#include "jobs/scheduler.h"
#include "render/schedule.h"

namespace benchkeep::cli {
namespace {

using store::JobHistory;
using store::JobRun;

class ListAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    const auto jobs = JobsOfStore(context, context.store().settings());
    if (!jobs.ok()) return context.Fail(jobs.error());
    const auto overview = jobs::Look(context.store(), *jobs);
    if (!overview.ok()) return context.Fail(overview.error());
    return context.Emit(render::ScheduleListDocument(
        *overview, context.clock().Now(), context.face()));
  }
};

class RunAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Argument("name", N_("the job"), &name_).Required();
  }

  ExitCode Run(Context& context) override {
    const Result<JobRun> run = RunJob(context);
    if (!run.ok()) return context.Fail(run.error());
    render::Document document = render::JobRunDocument(
        context.command(), *run, LocalZone(context), context.face());
    if (!store::IsGood(run->status)) {
      document.status = render::Outcome::kFailed;
      document.findings.push_back(
          {"job_failed", Severity::kCritical, "",
           Say(N_("the last run of the job {0} ended as '{1}'"), run->job,
               store::RunStatusName(run->status)),
           Say(N_("`benchkeep schedule history {0}` shows what it said"),
               run->job)});
    } else if (run->status == store::RunStatus::kFindings) {
      document.status = render::Outcome::kWarning;
    }
    return context.Emit(document);
  }

 private:
  Result<JobRun> RunJob(Context& context) {
    const store::Store& store = context.store();
    BENCHKEEP_ASSIGN(const auto jobs, JobsOfStore(context, store.settings()));
    BENCHKEEP_ASSIGN(const std::size_t index, jobs::FindJob(jobs, name_));
    const jobs::Job& job = jobs[index];
    if (!job.available) {
      return benchkeep::Fail(
          Code::kInvalidArgument,
          Say(N_("this benchkeep has no command that the job {0} wants to run"),
              name_),
          Say(N_("correct 'command' in [jobs.{0}]"), name_));
    }
    JobRun run;
    run.job = job.name;
    run.trigger = jobs::TriggerName(jobs::Trigger::kManual);
    run.started = context.clock().Now();
    if (context.dry_run()) {
      run.status = store::RunStatus::kOk;
      return run;
    }
    BENCHKEEP_ASSIGN(const fs::FileLock lock, jobs::LockJob(store, job.name));
    BENCHKEEP_ASSIGN(JobHistory history,
                     JobHistory::Open(store.layout().state_db()));
    BENCHKEEP_ASSIGN([[maybe_unused]] const std::vector<JobRun> lost,
                     history.CloseOpenRuns(job.name, run.started));
    BENCHKEEP_ASSIGN(run.id, history.Begin(run));
    Progress& progress = context.progress();
    jobs::RunCommands(
        job, ThisProgram(context), [&] { return progress.Cancelled(); }, run);
    run.ended = context.clock().Now();
    BENCHKEEP_TRY(history.Finish(run));
    return run;
  }

  std::string name_;
};

// pause and resume.
template <bool kPause>
class PauseAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Argument("name", N_("the job"), &name_).Required();
  }

  ExitCode Run(Context& context) override {
    const Status done = Set(context);
    if (!done.ok()) return context.Fail(done.error());
    render::Document document{.command = context.command()};
    document.data.Set("job", Json::String(name_));
    document.data.Set("paused", Json::Bool(kPause));
    document.data.Set("dry_run", Json::Bool(context.dry_run()));
    document.text =
        context.translator().Tr(
            Say(kPause ? N_("{0} is paused: it runs by hand only")
                       : N_("{0} goes on; what it missed is not made up"),
                name_)) +
        "\n";
    return context.Emit(document);
  }

 private:
  Status Set(Context& context) const {
    const store::Store& store = context.store();
    BENCHKEEP_ASSIGN(const auto jobs, JobsOfStore(context, store.settings()));
    BENCHKEEP_TRY(jobs::FindJob(jobs, name_));
    if (context.dry_run()) return {};
    BENCHKEEP_TRY(store.file_system().MakeDirs(store.layout().state(), 0700));
    BENCHKEEP_ASSIGN(JobHistory history,
                     JobHistory::Open(store.layout().state_db()));
    const TimePoint now = context.clock().Now();
    if (!kPause) {
      BENCHKEEP_ASSIGN(const auto marks, history.Marks());
      const auto mark = marks.find(name_);
      const bool paused = mark != marks.end() && mark->second.paused;
      if (paused) BENCHKEEP_TRY(history.SetWatermark(name_, now));
    }
    return history.SetPaused(name_, kPause ? std::optional(now) : std::nullopt);
  }

  std::string name_;
};

class HistoryAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Argument("name", N_("only this job"), &name_);
    flags.Int("limit", N_("the most runs to list"), &limit_).Short('n');
    flags.Int("run", N_("show one run with all that it said"), &run_);
  }

  ExitCode Run(Context& context) override {
    Result<JobHistory> history =
        JobHistory::OpenToRead(context.store().layout());
    if (!history.ok() && history.error().code != Code::kNotFound) {
      return context.Fail(history.error());
    }
    if (run_) return ShowOne(context, history.ok() ? &*history : nullptr);
    std::vector<JobRun> runs;
    if (history.ok()) {
      auto found = history->Runs({.job = name_, .most = limit_});
      if (!found.ok()) return context.Fail(found.error());
      runs = std::move(*found);
    }
    return context.Emit(
        render::JobHistoryDocument(runs, LocalZone(context), context.face()));
  }

 private:
  ExitCode ShowOne(Context& context, JobHistory* history) const {
    Result<std::optional<JobRun>> run = std::optional<JobRun>();
    if (history != nullptr) run = history->Find(*run_);
    if (!run.ok()) return context.Fail(run.error());
    if (!*run) {
      return context.Fail(
          benchkeep::Fail(Code::kNotFound,
                          Say(N_("there is no run {0}"), *run_),
                          Say(N_("`benchkeep schedule history` lists them")))
              .value());
    }
    return context.Emit(render::JobRunDocument(
        context.command(), **run, LocalZone(context), context.face()));
  }

  std::string name_;
  std::int64_t limit_ = 20;
  std::optional<std::int64_t> run_;
};

class NextAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags
        .Argument("schedule", N_("five fields in quotes, or @daily and such"),
                  &schedule_)
        .Required();
    flags
        .Text("timezone", N_("the time zone; otherwise that of the machine"),
              &zone_)
        .Value("ZONE");
    flags
        .Text("from",
              N_("begin after this time, such as "
                 "2026-03-28T12:00:00Z; otherwise now"),
              &from_)
        .Value("TIME");
    flags.Int("count", N_("how many times to show"), &count_).Short('n');
  }

  ExitCode Run(Context& context) override {
    const Result<render::Document> document = Answer(context);
    if (!document.ok()) return context.Fail(document.error());
    return context.Emit(*document);
  }

 private:
  Result<render::Document> Answer(Context& context) const {
    constexpr std::int64_t kMost = 10'000;
    BENCHKEEP_ASSIGN(const CronSchedule schedule,
                     CronSchedule::Parse(schedule_));
    jobs::TimeZone zone = LocalZone(context);
    if (!zone_.empty()) {
      BENCHKEEP_ASSIGN(zone, jobs::TimeZone::Load(zone_));
    }
    TimePoint from = context.clock().Now();
    if (!from_.empty()) {
      const std::optional<TimePoint> parsed = ParseIso(from_);
      if (!parsed) {
        return benchkeep::Fail(
            Code::kInvalidArgument,
            Say(N_("'{0}' is no time like 2026-03-28T12:00:00Z"), from_));
      }
      from = *parsed;
    }
    std::vector<jobs::SysSeconds> times;
    auto at = std::chrono::floor<std::chrono::seconds>(from);
    while (static_cast<std::int64_t>(times.size()) < std::min(count_, kMost)) {
      const auto next = jobs::NextFire(schedule, zone, at);
      if (!next) break;
      times.push_back(*next);
      at = *next;
    }
    return render::FireTimesDocument(schedule, zone, times, context.face());
  }

  std::string schedule_;
  std::string zone_;
  std::string from_;
  std::int64_t count_ = 5;
};

}  // namespace

const Command kScheduleCommand = {
    .name = "schedule",
    .group = Group::kOperate,
    .summary = N_("the jobs that keep the store: what, when, how it went"),
    .help = N_(
        "Jobs are commands of benchkeep that run by the clock. Some are there "
        "from the start: consolidate every hour, backup at 02:00, logs at "
        "03:00, report on Mondays at 04:00, health mail at 09:00, alerts every "
        "ten minutes. A table [jobs.NAME] in benchkeep.toml changes one of "
        "them or makes a new one. "
        "`benchkeep daemon` runs them, or the system's own scheduler does."),
    .examples = {{"benchkeep schedule list",
                  N_("What there is, how it went, when it is due:")},
                 {"benchkeep schedule run consolidate", N_("Run one now:")}},
    .subcommands =
        {{.name = "list",
          .summary = N_("show all jobs, their last run and their next one"),
          .help = N_("Times are on the clock of each job's own time zone."),
          .examples = {{"benchkeep schedule list --json | jq '.data.jobs[]'",
                        N_("For a script:")}},
          .needs = Needs::kStore,
          .action = MakeAction<ListAction>},
         {.name = "run",
          .summary = N_("run a job now and remember how it went"),
          .help = N_("The run is kept in the history like any other. It is "
                     "refused while the same job is running. Exits with 1 when "
                     "the job fails."),
          .examples = {{"benchkeep schedule run backup", N_("A backup now:")}},
          .needs = Needs::kStore,
          .action = MakeAction<RunAction>},
         {.name = "pause",
          .summary = N_("keep a job from being run by the clock"),
          .help = N_("It stays paused until it is resumed, also over a start "
                     "of the daemon or the machine."),
          .examples = {{"benchkeep schedule pause consolidate",
                        N_("Before working on the increments by hand:")}},
          .needs = Needs::kStore,
          .action = MakeAction<PauseAction<true>>},
         {.name = "resume",
          .summary = N_("let a paused job go on"),
          .help = N_("What it would have done meanwhile is not made up."),
          .examples = {{"benchkeep schedule resume consolidate",
                        N_("When you are done:")}},
          .needs = Needs::kStore,
          .action = MakeAction<PauseAction<false>>},
         {.name = "history",
          .summary = N_("list past runs, or show one with what it said"),
          .help = N_("Newest first. Every run is remembered with its times, "
                     "its exit code, what it said and its JSON document."),
          .examples = {{"benchkeep schedule history backup -n 5",
                        N_("The last five backups:")},
                       {"benchkeep schedule history --run 1234",
                        N_("What one of them said:")}},
          .needs = Needs::kStore,
          .action = MakeAction<HistoryAction>},
         {.name = "next",
          .summary = N_("show the times that a schedule means"),
          .help = N_(
              "Fields are those of crontab(5): minute, hour, day of the month, "
              "month, day of the week; lists, ranges, steps and names. On the "
              "days when the clocks change, times that are skipped run once "
              "right after the gap and times that come twice run once; "
              "schedules of every hour follow the hours as they pass."),
          .examples = {{"benchkeep schedule next '30 2 * * *' --timezone "
                        "Europe/Berlin --from 2026-03-28T12:00:00Z",
                        N_("Over the night in which an hour is missing:")}},
          .needs = Needs::kNothing,
          .action = MakeAction<NextAction>},
         ScheduleInstallCommand()},
};

}  // namespace benchkeep::cli
