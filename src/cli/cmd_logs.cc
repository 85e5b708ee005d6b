// benchkeep logs: what to do with the logs of the campaign.

#include "cli/commands.h"
#include "cli/logs_commands.h"

namespace benchkeep::cli {

const Command kLogsCommand = {
    .name = "logs",
    .group = Group::kTidy,
    .summary =
        N_("find the causes of errors in the logs, pack and prune old ones"),
    .help = N_("The logs of the campaign, all files *.log and *.log.gz in the "
               "folder of the logs and below."),
    .examples = {{"benchkeep logs errors", N_("What went wrong, by cause:")},
                 {"benchkeep logs compress", N_("Pack the old ones:")}},
    .subcommands = {LogsErrorsCommand(), LogsCompressCommand(),
                    LogsPruneCommand()},
};

}  // namespace benchkeep::cli
