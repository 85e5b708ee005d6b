// benchkeep backup verify and prune.

#include "cli/backup_commands.h"
#include "ops/backup_prune.h"
#include "ops/backup_verify.h"
#include "render/backup_care.h"

namespace benchkeep::cli {
namespace {

constexpr std::int64_t kMaxPercent = 100;

class VerifyAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Arguments("id", N_("these backups only; all without any"),
                    &options_.ids);
    flags
        .Int("sample",
             N_("only about so many percent of the bytes: what was not "
                "verified for the longest time"),
             &options_.sample_percent)
        .Value("PERCENT");
  }

  ExitCode Run(Context& context) override {
    if (options_.sample_percent && (*options_.sample_percent < 1 ||
                                    *options_.sample_percent > kMaxPercent)) {
      return context.Usage(
          Fail(Code::kInvalidArgument,
               Say(N_("--sample is a percentage from 1 to 100")))
              .value());
    }
    options_.memory_bytes = context.memory_bytes();
    options_.dry_run = context.dry_run();
    const Result<ops::VerifyReport> report =
        ops::VerifyBackups(context.store(), options_, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    if (!context.dry_run()) {
      // The store is locked for that moment only: reading takes long.
      if (const Status locked = context.LockStore(); !locked.ok()) {
        return context.Fail(locked.error());
      }
      if (const Status noted =
              ops::RememberVerifications(context.store(), *report);
          !noted.ok()) {
        return context.Fail(noted.error());
      }
    }
    return context.Emit(render::BackupVerifyDocument(*report, context.face()));
  }

 private:
  ops::VerifyOptions options_;
};

class PruneAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Arguments("id", N_("these backups only, whatever their age"),
                    &options_.ids);
    flags.Int("keep-days", N_("instead of [backup] keep_days"),
              &options_.keep_days);
    flags.Int("keep-daily", N_("keep the newest good one of so many days"),
              &options_.keep_daily);
    flags.Int("keep-weekly", N_("keep the newest good one of so many weeks"),
              &options_.keep_weekly);
    flags.Int("keep-monthly", N_("keep the newest good one of so many months"),
              &options_.keep_monthly);
    flags.Bool("adopted", N_("those taken in from copies made by hand, too"),
               &options_.adopted);
  }

  ExitCode Run(Context& context) override {
    const Result<ops::PruneReport> report =
        ops::PruneBackups(context.store(), context.lock(), options_);
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::BackupPruneDocument(*report, context.face()));
  }

 private:
  ops::PruneOptions options_;
};

}  // namespace

Command BackupVerifyCommand() {
  return {
      .name = "verify",
      .summary = N_("read backups again and restore them for a test"),
      .help =
          N_("Compares every byte with the sums of the manifest, restores "
             "everything into a scratch folder and counts what comes out: any "
             "changed bit is found. When that was and how it went is "
             "remembered; a backup found damaged is bad from then on."),
      .examples = {{"benchkeep backup verify", N_("All of them:")},
                   {"benchkeep backup verify --sample 10",
                    N_("A tenth of the bytes, another tenth each time:")}},
      .needs = Needs::kStore,
      .action = MakeAction<VerifyAction>,
  };
}

Command BackupPruneCommand() {
  return {
      .name = "prune",
      .summary = N_("let old backups go, never the last good ones"),
      .help =
          N_("Moves backups to the trash that are older than [backup] "
             "keep_days, by the time in their manifest. At least [backup] "
             "min_good good ones always stay; suspect and bad ones do not "
             "count, and push nothing out. Folders that benchkeep did not make "
             "are never touched. With --dry-run it says of each why it stays "
             "or goes."),
      .examples = {{"benchkeep backup prune --dry-run",
                    N_("What would go, and why:")},
                   {"benchkeep backup prune --keep-weekly 8 --keep-monthly 12",
                    N_("Keep some older ones, thinned out:")}},
      .needs = Needs::kStoreChange,
      .action = MakeAction<PruneAction>,
  };
}

}  // namespace benchkeep::cli
