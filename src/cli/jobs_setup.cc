// The jobs of a store, and the program that runs them.

#include "cli/jobs_setup.h"

#include "cli/commands.h"

namespace benchkeep::cli {

jobs::TimeZone LocalZone(const Context& context) {
  return jobs::TimeZone::Local(context.variable("TZ"));
}

bool KnowsCommand(const std::vector<std::string>& words) {
  if (words.empty()) return false;
  const Command* command = FindCommand(words[0]);
  for (std::size_t i = 1; command != nullptr && !command->subcommands.empty();
       ++i) {
    command = i < words.size() ? FindSubcommand(*command, words[i]) : nullptr;
  }
  return command != nullptr;
}

Result<std::vector<jobs::Job>> JobsOfStore(const Context& context,
                                           const store::Settings& settings) {
  return jobs::JobsOf(settings.jobs, LocalZone(context), KnowsCommand);
}

jobs::Program ThisProgram(const Context& context) {
  return {context.program().string(), context.store().layout().root()};
}

}  // namespace benchkeep::cli
