// The one list of commands.

#include "cli/commands.h"

#include <array>

#include "base/text.h"

namespace benchkeep::cli {
namespace {

constexpr const Command* kCommands[] = {
    // Look at the results.
    &kStatusCommand,
    &kBreakdownCommand,
    &kPaceCommand,
    &kCheckCommand,
    &kQueryCommand,
    &kReportCommand,
    &kExportCommand,
    // Take in and tidy up.
    &kConsolidateCommand,
    &kDedupeCommand,
    &kMigrateCommand,
    &kIngestCommand,
    &kLogsCommand,
    &kCleanCommand,
    // Keep safe and repair.
    &kDiagnoseCommand,
    &kBackupCommand,
    &kRecoverCommand,
    &kRepairCommand,
    &kUndoCommand,
    // Operate.
    &kMonitorCommand,
    &kServeCommand,
    &kMetricsCommand,
    &kDaemonCommand,
    &kScheduleCommand,
    &kNotifyCommand,
    &kObserveCommand,
    &kTuneCommand,
    &kMenuCommand,
    // Set up and learn.
    &kDemoCommand,
    &kConfigCommand,
    &kCompletionCommand,
    &kHelpCommand,
    &kVersionCommand,
};

}  // namespace

std::span<const Command* const> AllCommands() { return kCommands; }

const Command* FindCommand(std::string_view name) {
  for (const Command* command : AllCommands()) {
    if (command->name == name) return command;
  }
  return nullptr;
}

const Command* FindSubcommand(const Command& command, std::string_view name) {
  for (const Command& subcommand : command.subcommands) {
    if (subcommand.name == name) return &subcommand;
  }
  return nullptr;
}

Error UnknownCommand(const std::string& name, const Command* parent) {
  std::vector<std::string> known;
  if (parent == nullptr) {
    for (const Command* command : AllCommands()) known.push_back(command->name);
  } else {
    for (const Command& command : parent->subcommands) {
      known.push_back(command.name);
    }
  }
  const std::string near = NearestName(name, known);
  Message message =
      near.empty()
          ? Say(N_("unknown command '{0}'"), name)
          : Say(N_("unknown command '{0}'; did you mean '{1}'?"), name, near);
  return Fail(Code::kInvalidArgument, std::move(message)).value();
}

}  // namespace benchkeep::cli
