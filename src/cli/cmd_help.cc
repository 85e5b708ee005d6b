// benchkeep help: explain the commands.

#include "cli/commands.h"
#include "cli/help.h"

namespace benchkeep::cli {
namespace {

class HelpAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Arguments("command", N_("the command to explain"), &words_);
  }

  ExitCode Run(Context& context) override {
    const Command* command = nullptr;
    std::string name;
    for (const std::string& word : words_) {
      const Command* next = command == nullptr ? FindCommand(word)
                                               : FindSubcommand(*command, word);
      if (next == nullptr) return context.Usage(UnknownCommand(word, command));
      command = next;
      name += (name.empty() ? "" : " ") + word;
    }
    render::Document document{.command = context.command()};
    document.data = HelpJson(command, context.translator());
    document.text = command == nullptr
                        ? OverviewText(context.face())
                        : HelpText(*command, name, context.face());
    return context.Emit(document);
  }

 private:
  std::vector<std::string> words_;
};

}  // namespace

const Command kHelpCommand = {
    .name = "help",
    .group = Group::kLearn,
    .summary = N_("explain a command, with examples"),
    .examples = {{"benchkeep help config init",
                  N_("What does 'config init' do?")},
                 {"benchkeep --lang zh help", N_("All commands, in Chinese:")}},
    .needs = Needs::kNothing,
    .action = MakeAction<HelpAction>,
};

}  // namespace benchkeep::cli
