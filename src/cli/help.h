// Help from the tables of commands and flags.

#pragma once

#include <string>

#include "base/json.h"
#include "cli/command.h"
#include "render/style.h"

namespace benchkeep::cli {

// All commands by group.
std::string OverviewText(const render::Face& face);

// One command: usage, what it does, options, examples, exit codes.  `name` is
// its full name, "backup list".
std::string HelpText(const Command& command, const std::string& name,
                     const render::Face& face);

// The same as data; nullptr for all commands.
Json HelpJson(const Command* command, const render::Translator& translator);

}  // namespace benchkeep::cli
