// benchkeep schedule install: the jobs for the system's own scheduler.

#pragma once

#include "cli/command.h"

namespace benchkeep::cli {

Command ScheduleInstallCommand();

}  // namespace benchkeep::cli
