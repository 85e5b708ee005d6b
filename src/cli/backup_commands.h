// The commands below `benchkeep backup`, one function each.

#pragma once

#include "cli/command.h"

namespace benchkeep::cli {

Command BackupCreateCommand();
Command BackupListCommand();
Command BackupVerifyCommand();
Command BackupPruneCommand();
Command BackupRestoreCommand();
Command BackupAdoptCommand();
Command BackupOffsiteCommand();

}  // namespace benchkeep::cli
