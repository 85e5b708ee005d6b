// benchkeep backup offsite: backups in another place, by restic.

#include <functional>

#include "cli/backup_commands.h"
#include "ops/offsite.h"
#include "render/offsite.h"

namespace benchkeep::cli {
namespace {

ExitCode Show(Context& context, const Result<ops::OffsiteReport>& report) {
  if (!report.ok()) return context.Fail(report.error());
  return context.Emit(render::OffsiteDocument(*report, context.face()));
}

class InitAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    return Show(context, ops::OffsiteInit(context.store(), context.progress()));
  }
};

class PushAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Argument("id", N_("the backup; the newest good one without it"),
                   &id_);
  }
  ExitCode Run(Context& context) override {
    return Show(context,
                ops::OffsitePush(context.store(), id_, context.progress()));
  }

 private:
  std::string id_ = "latest";
};

class ListAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    return Show(context, ops::OffsiteList(context.store(), context.progress()));
  }
};

class CheckAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    return Show(context,
                ops::OffsiteCheck(context.store(), context.progress()));
  }
};

class ForgetAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    return Show(context, ops::OffsiteForget(context.store(), context.dry_run(),
                                            context.progress()));
  }
};

class RestoreAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Argument("id",
                   N_("the backup, or restic's snapshot; the newest without "
                      "it"),
                   &id_);
    flags.Text("to", N_("the new folder to restore into"), &to_)
        .Value("DIR")
        .Required();
  }
  ExitCode Run(Context& context) override {
    std::error_code error;
    fs::Path to = std::filesystem::absolute(to_, error).lexically_normal();
    if (!to.has_filename()) to = to.parent_path();
    return Show(context, ops::OffsiteRestore(context.store(), id_, to,
                                             context.progress()));
  }

 private:
  std::string id_ = "latest";
  std::string to_;
};

}  // namespace

Command BackupOffsiteCommand() {
  return {
      .name = "offsite",
      .summary = N_("keep backups in another place, by restic"),
      .help =
          N_("Every good backup is handed over to restic when it is made, as "
             "soon as [offsite] repository and password_file are set in "
             "benchkeep.toml. The repository may be a folder, or anything "
             "else that restic knows: SFTP, S3, a REST server. The password "
             "stays in its file: benchkeep never reads it, and neither it nor "
             "the repository is ever an argument of a program."),
      .examples = {{"benchkeep backup offsite init",
                    N_("Make the repository, once:")},
                   {"benchkeep backup offsite push",
                    N_("Hand the newest good backup over now:")},
                   {"benchkeep backup offsite restore latest --to /srv/back",
                    N_("After the machine was lost:")}},
      .subcommands =
          {{.name = "init",
            .summary = N_("make the repository"),
            .help = N_("Needed once. It is never made by itself: a disk that "
                       "is not mounted must not be taken for an empty one."),
            .examples = {{"benchkeep backup offsite init", N_("Make it:")}},
            .needs = Needs::kStore,
            .action = MakeAction<InitAction>},
           {.name = "push",
            .summary = N_("hand a good backup over"),
            .help = N_("The backup is read and checked against its manifest "
                       "on the way. One that is there already is not handed "
                       "over again."),
            .examples = {{"benchkeep backup offsite push",
                          N_("The newest good one:")}},
            .needs = Needs::kStore,
            .action = MakeAction<PushAction>},
           {.name = "list",
            .summary = N_("show what is there"),
            .help = N_("The newest comes first."),
            .examples = {{"benchkeep backup offsite list",
                          N_("What is there:")}},
            .needs = Needs::kStore,
            .action = MakeAction<ListAction>},
           {.name = "check",
            .summary = N_("let restic check the repository"),
            .help = N_("Checks its structures and reads [offsite] "
                       "check_percent of the data."),
            .examples = {{"benchkeep backup offsite check",
                          N_("Once a week, say:")}},
            .needs = Needs::kStore,
            .action = MakeAction<CheckAction>},
           {.name = "forget",
            .summary = N_("let old snapshots go"),
            .help = N_("Keeps those of [offsite] keep_daily, keep_weekly and "
                       "keep_monthly, and the newest ones in any case; frees "
                       "the space of the others. With --dry-run nothing "
                       "goes."),
            .examples = {{"benchkeep backup offsite forget --dry-run",
                          N_("What would go:")}},
            .needs = Needs::kStore,
            .action = MakeAction<ForgetAction>},
           {.name = "restore",
            .summary = N_("bring a snapshot back into a new folder"),
            .help = N_("The folder becomes a whole store, with every file "
                       "compared with the manifest that came with it. The "
                       "store itself is not touched."),
            .examples = {{"benchkeep backup offsite restore latest --to "
                          "/srv/back",
                          N_("The newest:")}},
            .needs = Needs::kStore,
            .action = MakeAction<RestoreAction>}},
  };
}

}  // namespace benchkeep::cli
