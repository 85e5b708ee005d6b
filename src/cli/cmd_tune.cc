// benchkeep tune: how many runners fit, and who uses the memory.

#include <chrono>

#include "cli/commands.h"
#include "host/child_processes.h"
#include "host/local_time.h"
#include "ops/tune.h"
#include "render/tune.h"

namespace benchkeep::cli {
namespace {

class TuneAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Bool("env", N_("print lines for the eval of a shell, nothing else"),
               &env_);
    flags.Choice<ops::Storage>(
        "storage",
        N_("how results are stored; otherwise by STORAGE_FORMAT or the store"),
        {{"parquet", ops::Storage::kParquet}, {"json", ops::Storage::kJson}},
        &options_.storage);
    flags.Int("tasks", N_("tests that are still to be done"), &tasks_)
        .Value("N");
    flags
        .Int("interval",
             N_("look at the runners twice, so many seconds apart, to see how "
                "they grow"),
             &interval_)
        .Value("SECONDS");
    flags.Bool("release",
               N_("give memory back: our own, page cache of the store's files, "
                  "and that of the control group"),
               &release_);
    flags.Bool("if-short", N_("with --release: only when memory is short"),
               &if_short_);
  }

  ExitCode Run(Context& context) override {
    if (env_ && release_) {
      return context.Usage(
          benchkeep::Fail(Code::kInvalidArgument,
                          Say(N_("--env and --release exclude each other")))
              .value());
    }
    Complete(context);
    Result<ops::TuneReport> report =
        ops::ReadTune(context.store(), options_, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    if (env_ && !context.options().json) return PrintEnv(context, *report);
    std::optional<ops::ReleaseReport> release;
    if (release_) {
      release = ops::ReleaseMemory(
          context.store(),
          {.rehearse = context.dry_run(), .only_if_short = if_short_},
          context.progress());
    }
    return context.Emit(render::TuneDocument(*report, release, context.face()));
  }

 private:
  void Complete(Context& context) {
    const std::string format = context.variable("STORAGE_FORMAT");
    if (!options_.storage && !format.empty()) {
      // As the guide has it: anything else than Parquet is JSON.
      options_.storage =
          format == "parquet" ? ops::Storage::kParquet : ops::Storage::kJson;
    }
    options_.tasks = static_cast<std::uint64_t>(tasks_);
    options_.interval = std::chrono::seconds(interval_);
    options_.remember = !context.dry_run();
    options_.utc_offset = host::UtcOffset(context.clock().Now());
    options_.self = host::ProcessId();
  }

  // Whatever else there is to say must not get into the shell.
  static ExitCode PrintEnv(Context& context, const ops::TuneReport& report) {
    for (const Finding& finding : report.findings) {
      context.Warn(finding.message);
    }
    const Status written = context.Write(render::TuneEnv(report));
    return written.ok() ? ExitCode::kOk : context.Fail(written.error());
  }

  ops::TuneOptions options_;
  std::int64_t tasks_ = 1000;
  std::int64_t interval_ = 0;
  bool env_ = false;
  bool release_ = false;
  bool if_short_ = false;
};

}  // namespace

const Command kTuneCommand = {
    .name = "tune",
    .group = Group::kOperate,
    .summary = N_("see how many runners fit, and who uses the memory"),
    .help = N_(
        "How many runners should be at work at once: the rule of the "
        "maintenance guide (Parquet: two per processor, at most 50; JSON: one, "
        "at most 10), lowered by the processors that we may use, the quotas of "
        "control groups, the memory that a runner was measured to need, and "
        "the requests that the services refused (429). Every limit is shown, "
        "and which one decides. The batch size is the guide's, so changed that "
        "results are written neither every moment nor too late.\n\n"
        "Shows who uses the memory, how fast that grows and for how long it "
        "lasts. --release gives back what can be given back, measures before "
        "and after, and says so when nothing was gained; no result is touched. "
        "The daemon does it when memory is short."),
    .examples =
        {{"benchkeep tune", N_("What fits, and why:")},
         {"eval \"$(benchkeep tune --env)\"; echo \"$workers $batch_size\"",
          N_("In the script that starts the campaign:")},
         {"benchkeep tune --interval 60",
          N_("How fast the runners grow, by two looks:")},
         {"benchkeep tune --release --dry-run",
          N_("What could be given back:")}},
    .needs = Needs::kStore,
    .action = MakeAction<TuneAction>,
};

}  // namespace benchkeep::cli
