// The commands below `benchkeep backup`, one function each.

#pragma once

#include "cli/command.h"

namespace benchkeep::cli {

Command BackupCreateCommand();
Command BackupListCommand();
Command BackupRestoreCommand();

}  // namespace benchkeep::cli
