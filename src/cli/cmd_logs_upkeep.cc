// benchkeep logs compress, benchkeep logs prune: what becomes of old logs.

#include "cli/logs_commands.h"
#include "ops/log_upkeep.h"
#include "render/log_upkeep.h"

namespace benchkeep::cli {
namespace {

class CompressAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    const auto report =
        ops::CompressLogs(context.store(), context.lock(), context.progress());
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::LogsCompressDocument(*report, context.face()));
  }
};

class PruneAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    const auto report =
        ops::PruneLogs(context.store(), context.lock(), context.progress());
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::LogsPruneDocument(*report, context.face()));
  }
};

}  // namespace

Command LogsCompressCommand() {
  return {
      .name = "compress",
      .summary = N_("pack logs that are a day old"),
      .help = N_("Logs that were last written more than [logs] "
                 "compress_after_days ago become NAME.log.gz, with the same "
                 "time, mode and owner. The packed file is read back and "
                 "compared before the log goes; undo unpacks it again. A log "
                 "that somebody has open for writing is left alone."),
      .examples = {{"benchkeep logs compress --dry-run",
                    N_("See which would be packed:")},
                   {"benchkeep logs compress", N_("Pack them:")}},
      .needs = Needs::kStoreChange,
      .action = MakeAction<CompressAction>,
  };
}

Command LogsPruneCommand() {
  return {
      .name = "prune",
      .summary = N_("move logs that are a week old to the trash"),
      .help = N_("Logs, packed or not, that were last written more than [logs] "
                 "delete_after_days ago go to the trash, where undo finds them "
                 "for [undo] keep_days; `benchkeep clean` then frees the room. "
                 "A log that somebody has open for writing is left alone."),
      .examples = {{"benchkeep logs prune --dry-run",
                    N_("See which would go:")},
                   {"benchkeep logs prune", N_("Move them to the trash:")}},
      .needs = Needs::kStoreChange,
      .action = MakeAction<PruneAction>,
  };
}

}  // namespace benchkeep::cli
