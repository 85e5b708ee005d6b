// From words to a running command.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/main.h"

namespace benchkeep::cli {
namespace {

// What the words of the command line name.
struct Choice {
  const Command* command = nullptr;
  std::string name;  // "backup list"
  Arguments rest;
};

// Before anything is parsed: errors of parsing need a language and a form.
GlobalOptions Glimpse(Arguments args) {
  GlobalOptions options;
  for (std::size_t i = 0; i < args.size() && args[i] != "--"; ++i) {
    const bool last = i + 1 == args.size();
    const std::string lang = args[i].starts_with("--lang=") ? args[i].substr(7)
                             : args[i] == "--lang" && !last ? args[i + 1]
                                                            : "";
    if (lang == "zh") options.language = render::Language::kChinese;
    if (lang == "en") options.language = render::Language::kEnglish;
    if (args[i] == "--json") options.json = true;
    if (args[i] == "--help" || args[i] == "-h") options.help = true;
  }
  return options;
}

render::Translator TranslatorFor(const Environment& environment,
                                 const GlobalOptions& options) {
  const render::LocaleNames names{
      environment.variable("LANGUAGE"), environment.variable("LC_ALL"),
      environment.variable("LC_MESSAGES"), environment.variable("LANG")};
  return {options.language.value_or(render::LanguageOf(names)),
          LocaleFolders(environment.program)};
}

// Walks down to the command that is named, reading options on the way.
Status FindNamed(Arguments args, FlagSet& globals, Choice& choice) {
  choice.rest = args;
  while (choice.command == nullptr || !choice.command->subcommands.empty()) {
    BENCHKEEP_ASSIGN(const std::size_t words,
                     globals.ParseLeading(choice.rest));
    choice.rest = choice.rest.subspan(words);
    if (choice.rest.empty()) return {};
    const std::string& word = choice.rest.front();
    const Command* found = choice.command == nullptr
                               ? FindCommand(word)
                               : FindSubcommand(*choice.command, word);
    if (found == nullptr) {
      return tl::make_unexpected(UnknownCommand(word, choice.command));
    }
    choice.command = found;
    if (!choice.name.empty()) choice.name += ' ';
    choice.name += word;
    choice.rest = choice.rest.subspan(1);
  }
  return {};
}

ExitCode ShowHelp(Context& context, const Choice& choice) {
  render::Document document{.command = "help"};
  document.text = choice.command == nullptr
                      ? OverviewText(context.face())
                      : HelpText(*choice.command, choice.name, context.face());
  document.data = HelpJson(choice.command, context.translator());
  return context.Emit(document);
}

ExitCode RunChosen(Context& context, const Command& command, Action& action) {
  const bool changes =
      command.needs == Needs::kStoreChange && !context.dry_run();
  if (command.needs != Needs::kNothing) {
    const Status opened = context.OpenStore(changes ? Context::Trace::kMay
                                                    : Context::Trace::kNone);
    if (!opened.ok()) return context.Fail(opened.error());
  }
  if (changes) {
    if (Status locked = context.LockStore(); !locked.ok()) {
      return context.Fail(locked.error());
    }
  }
  const ExitCode code = action.Run(context);
  // A command may have written more after its document.
  if (Status flushed = context.Flush(); !flushed.ok()) {
    return context.Fail(flushed.error());
  }
  return code;
}

}  // namespace

ExitCode Dispatch(const Environment& environment) {
  const GlobalOptions glimpse = Glimpse(environment.args);
  const render::Translator translator = TranslatorFor(environment, glimpse);

  GlobalOptions options;
  FlagSet globals;
  DeclareGlobalOptions(options, globals);
  Choice choice;
  const Status found = FindNamed(environment.args, globals, choice);
  Context early(environment, glimpse, translator, choice.name);
  if (!found.ok()) return early.Usage(found.error());
  if (glimpse.help) return ShowHelp(early, choice);
  if (choice.command == nullptr) {
    if (!options.version) return ShowHelp(early, choice);
    choice.command = &kVersionCommand;
    choice.name = kVersionCommand.name;
  }
  if (choice.command->action == nullptr) {
    return early.Usage(
        Fail(Code::kInvalidArgument,
             Say(N_("'{0}' needs one more word, such as '{0} {1}'"),
                 choice.name, choice.command->subcommands[0].name))
            .value());
  }

  const std::unique_ptr<Action> action = choice.command->action();
  FlagSet flags;
  action->Declare(flags);
  flags.Include(globals);
  if (const Status parsed = flags.Parse(choice.rest); !parsed.ok()) {
    return early.Usage(parsed.error());
  }
  Context context(environment, options, translator, choice.name);
  return RunChosen(context, *choice.command, *action);
}

}  // namespace benchkeep::cli
