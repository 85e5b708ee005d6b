// benchkeep backup: make, list and bring back backups.

#include "cli/backup_commands.h"
#include "cli/commands.h"
#include "cli/version.h"
#include "ops/backup_create.h"
#include "ops/offsite.h"
#include "render/backup.h"
#include "render/offsite.h"
#include "store/backup_catalog.h"

namespace benchkeep::cli {
namespace {

class CreateAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags
        .Text("label", N_("a few words that `backup list` shows"),
              &options_.label)
        .Value("TEXT");
    flags.Bool("accept-smaller",
               N_("fewer tests than in the backup before are what you want"),
               &options_.accept_smaller);
  }

  ExitCode Run(Context& context) override {
    options_.version = kVersion;
    options_.memory_bytes = context.memory_bytes();
    const Result<ops::BackupCreateReport> report = ops::CreateBackup(
        context.store(), context.lock(), options_, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    render::Document document =
        render::BackupCreateDocument(*report, context.face());
    if (!report->dry_run && report->state == store::BackupState::kGood &&
        ops::HasOffsite(context.store())) {
      HandOver(context, report->id, document);
    }
    return context.Emit(document);
  }

 private:
  // The backup itself is made and good, whatever becomes of this.
  static void HandOver(Context& context, const std::string& id,
                       render::Document& document) {
    const Result<ops::OffsiteReport> pushed =
        ops::OffsitePush(context.store(), id, context.progress());
    document.data.Set("offsite",
                      pushed.ok() ? Json::String(pushed->snapshot) : Json());
    if (pushed.ok()) {
      document.text += render::OffsiteDocument(*pushed, context.face()).text;
      return;
    }
    document.findings.push_back(
        {"offsite_failed", Severity::kWarning, "", pushed.error().message,
         pushed.error().fix.empty()
             ? Say(N_("try again: benchkeep backup offsite push"))
             : pushed.error().fix});
    document.status = render::OutcomeOf(document.findings);
  }

  ops::BackupCreateOptions options_;
};

class ListAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    const auto backups = store::ListBackups(context.store());
    if (!backups.ok()) return context.Fail(backups.error());
    return context.Emit(render::BackupListDocument(
        *backups, context.clock().Now(), context.face()));
  }
};

}  // namespace

Command BackupCreateCommand() {
  return {
      .name = "create",
      .summary = N_("make a backup of the store, while writers run"),
      .help =
          N_("Copies master database, results, increments, side files and the "
             "configuration at one moment, packs them into a new folder below "
             "backups/, restores that for a test and counts what comes out. "
             "Only then the backup is called good. It is suspect when the "
             "store has fewer tests than in the last good backup, or when a "
             "file was being written all the time; bad when it cannot be "
             "relied on. A file that did not change since the backup before "
             "takes no space again."),
      .examples = {{"benchkeep backup create", N_("Make one:")},
                   {"benchkeep backup create --label \"before the clean-up\"",
                    N_("Make one that is easily found again:")}},
      .needs = Needs::kStoreChange,
      .action = MakeAction<CreateAction>,
  };
}

Command BackupListCommand() {
  return {
      .name = "list",
      .summary = N_("show all backups, and which of them are good"),
      .help = N_("The newest comes first. Only sizes are looked at; `backup "
                 "verify` reads every byte. Folders that benchkeep did not "
                 "make are listed and never touched."),
      .examples = {{"benchkeep backup list", N_("What there is:")}},
      .needs = Needs::kStore,
      .action = MakeAction<ListAction>,
  };
}

const Command kBackupCommand = {
    .name = "backup",
    .group = Group::kKeep,
    .summary = N_("make, list, verify, prune and bring back backups"),
    .help =
        N_("A backup is a folder below backups/ with master_database.json, "
           "parquet_data.tar.gz, config/ and a MANIFEST.json that holds the "
           "SHA-256 of everything. Only good backups count; nothing is ever "
           "written into an existing one."),
    .examples = {{"benchkeep backup create", N_("Make one:")},
                 {"benchkeep backup list", N_("What there is:")},
                 {"benchkeep backup restore latest",
                  N_("Bring the newest good one back, after a plan:")}},
    .subcommands = {BackupCreateCommand(), BackupListCommand(),
                    BackupVerifyCommand(), BackupPruneCommand(),
                    BackupRestoreCommand(), BackupAdoptCommand(),
                    BackupOffsiteCommand()},
};

}  // namespace benchkeep::cli
