// benchkeep backup adopt: copies that people made by hand become backups.

#include "cli/backup_commands.h"
#include "cli/version.h"
#include "ops/backup_adopt.h"
#include "render/backup_adopt.h"

namespace benchkeep::cli {
namespace {

class AdoptAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Bool("trash-duplicates",
               N_("move the copies that are in a backup to the trash"),
               &options_.trash_duplicates);
  }

  ExitCode Run(Context& context) override {
    options_.version = kVersion;
    options_.memory_bytes = context.memory_bytes();
    if (context.dry_run() || options_.trash_duplicates) {
      const Result<ops::AdoptReport> plan = ops::AdoptCopies(
          context.store(), nullptr, options_, context.progress());
      if (!plan.ok()) return context.Fail(plan.error());
      const render::Document document =
          render::BackupAdoptDocument(*plan, context.face());
      if (context.dry_run() || plan->copies.empty()) {
        return context.Emit(document);
      }
      if (const auto stop = context.Confirm(
              document,
              Say(N_("Move {0} copies to the trash?"), plan->trashed))) {
        return *stop;
      }
    }
    if (const Status locked = context.LockStore(); !locked.ok()) {
      return context.Fail(locked.error());
    }
    const Result<ops::AdoptReport> report = ops::AdoptCopies(
        context.store(), context.lock(), options_, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::BackupAdoptDocument(*report, context.face()));
  }

 private:
  ops::AdoptOptions options_;
};

}  // namespace

Command BackupAdoptCommand() {
  return {
      .name = "adopt",
      .summary = N_("take copies made by hand in as backups"),
      .help =
          N_("Finds copies of the master database and of the results by their "
             "names (\"... copy 3.json\", \".backup_before_clean\", "
             "test_results_backup_*.parquet), folders of the guide's scripts "
             "below backups/, and emergency_backup_* folders. Each different "
             "content becomes one backup, dated by what it holds or by its "
             "name. The copies stay where they are; with --trash-duplicates "
             "those that are in a backup then go to the trash, after a "
             "question."),
      .examples = {{"benchkeep backup adopt --dry-run",
                    N_("What would be taken in:")},
                   {"benchkeep backup adopt --trash-duplicates",
                    N_("Take them in and tidy up:")}},
      .needs = Needs::kStore,
      .action = MakeAction<AdoptAction>,
  };
}

}  // namespace benchkeep::cli
