// benchkeep logs errors: what went wrong, by cause.

#include "cli/logs_commands.h"
#include "host/local_time.h"
#include "host/memory.h"
#include "ops/log_errors.h"
#include "render/log_errors.h"

namespace benchkeep::cli {
namespace {

class LogsErrorsAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Bool("new",
               N_("only causes that are new since yesterday, and spikes"),
               &view_.only_new);
    flags.Bool("examples", N_("with one message of each cause"),
               &view_.examples);
    flags.Bool("all", N_("every cause, not just the most frequent ones"),
               &view_.all);
    flags.Bool("rescan", N_("forget what is remembered and read all logs anew"),
               &rescan_);
  }

  ExitCode Run(Context& context) override {
    const ops::LogErrorsOptions options{
        .recall = context.dry_run() ? ops::LogRecall::kLook
                                    : ops::LogRecall::kRemember,
        .rescan = rescan_,
        .threads = host::AllowedProcessors(),
        .utc_offset = host::UtcOffset(context.clock().Now())};
    const Result<ops::LogErrorsReport> report =
        ops::ReadLogErrors(context.store(), options, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(
        render::LogErrorsDocument(*report, view_, context.face()));
  }

 private:
  render::LogErrorsView view_;
  bool rescan_ = false;
};

}  // namespace

Command LogsErrorsCommand() {
  return {
      .name = "errors",
      .summary = N_("count the causes of errors, not the lines"),
      .help = N_(
          "Groups errors by what their messages have in common, and says of "
          "each cause how often and when it was seen, with one example. "
          "Colours "
          "and wrappers are taken off first: a line that only says ERROR "
          "because another script passed it on does not count. Keys and "
          "passwords are never shown. Compressed and rotated logs are read, "
          "too. What has been read is remembered, so the next time only what "
          "is new is read; with --dry-run nothing is remembered."),
      .examples = {{"benchkeep logs errors", N_("What went wrong, by cause:")},
                   {"benchkeep logs errors --new",
                    N_("Only what is new since yesterday, and spikes:")},
                   {"benchkeep logs errors --json | jq '.data.causes[0]'",
                    N_("The most frequent cause for a script:")}},
      .needs = Needs::kStore,
      .action = MakeAction<LogsErrorsAction>,
  };
}

}  // namespace benchkeep::cli
