// A command: what it is called, what help says about it, and what it does.
//
// One file per command, src/cli/cmd_<name>.cc, defines one
// `const Command k<Name>Command`; commands.h declares it, commands.cc lists it.

#pragma once

#include <memory>
#include <vector>

#include "base/message.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/flags.h"

namespace benchkeep::cli {

// Where help lists a command.
enum class Group {
  kLook,     // status, query, export, check, report
  kTidy,     // consolidate, dedupe, migrate, ingest, clean, logs
  kKeep,     // backup, diagnose, repair, recover, undo
  kOperate,  // monitor, menu, serve, daemon, schedule, tune
  kLearn,    // config, demo, completion, help, version
};

// What the dispatcher prepares before the command runs.
enum class Needs {
  kNothing,      // context.root() may not even exist.
  kStore,        // context.store() is open.
  kStoreChange,  // Also locked, and what a crash left is finished, unless
                 // --dry-run.
};

struct Example {
  const char* line;     // "benchkeep export --format csv -o results.csv"
  const char* meaning;  // msgid
};

// One run of a command.  Its members hold the options.
class Action {
 public:
  virtual ~Action() = default;
  // Declares options and arguments over the members; also called for help and
  // completion.
  virtual void Declare(FlagSet& /*flags*/) {}
  virtual ExitCode Run(Context& context) = 0;
};

template <typename T>
std::unique_ptr<Action> MakeAction() {
  return std::make_unique<T>();
}

struct Command {
  const char* name;
  Group group = Group::kLook;
  const char* summary = "";  // msgid: one line, a verb phrase
  const char* help = "";     // msgid: a paragraph or two; wrapped when shown
  std::vector<Example> examples = {};
  Needs needs = Needs::kStore;
  std::unique_ptr<Action> (*action)() = nullptr;

  // Instead of an action: "backup create", "backup list".
  std::vector<Command> subcommands = {};
};

}  // namespace benchkeep::cli
