// The subcommands of `benchkeep logs`, one file each.
//
// Functions, not objects: the list in cmd_logs.cc is built before main(), in no
// particular order.

#pragma once

#include "cli/command.h"

namespace benchkeep::cli {

Command LogsErrorsCommand();
Command LogsCompressCommand();
Command LogsPruneCommand();

}  // namespace benchkeep::cli
