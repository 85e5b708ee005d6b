// All commands.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace benchkeep::cli {

extern const Command kBackupCommand;
extern const Command kCleanCommand;
extern const Command kBreakdownCommand;
extern const Command kCheckCommand;
extern const Command kCompletionCommand;
extern const Command kConfigCommand;
extern const Command kConsolidateCommand;
extern const Command kDedupeCommand;
extern const Command kDemoCommand;
extern const Command kDiagnoseCommand;
extern const Command kHelpCommand;
extern const Command kIngestCommand;
extern const Command kMetricsCommand;
extern const Command kLogsCommand;
extern const Command kMenuCommand;
extern const Command kMigrateCommand;
extern const Command kNotifyCommand;
extern const Command kMonitorCommand;
extern const Command kObserveCommand;
extern const Command kServeCommand;
extern const Command kRecoverCommand;
extern const Command kRepairCommand;
extern const Command kStatusCommand;
extern const Command kUndoCommand;
extern const Command kExportCommand;
extern const Command kPaceCommand;
extern const Command kQueryCommand;
extern const Command kReportCommand;
extern const Command kDaemonCommand;
extern const Command kScheduleCommand;
extern const Command kTuneCommand;
extern const Command kVersionCommand;

// In the order of help.
std::span<const Command* const> AllCommands();

// The command of that name among `commands`, or nullptr.
const Command* FindCommand(std::string_view name);
const Command* FindSubcommand(const Command& command, std::string_view name);

// kInvalidArgument: "unknown command 'consolidat'; did you mean
// 'consolidate'?".  `parent` is nullptr for the first word.
Error UnknownCommand(const std::string& name, const Command* parent);

}  // namespace benchkeep::cli
