// benchkeep completion: completion for shells, from the tables of commands.

#include "cli/commands.h"
#include "cli/completion.h"

namespace benchkeep::cli {
namespace {

class CompletionAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Argument("shell", N_("bash, zsh or fish"), &shell_).Required();
  }

  ExitCode Run(Context& context) override {
    const Result<std::string> script =
        CompletionScript(shell_, context.translator());
    if (!script.ok()) return context.Usage(script.error());
    render::Document document{.command = context.command()};
    document.data.Set("shell", Json::String(shell_));
    document.data.Set("script", Json::String(*script));
    document.text = *script;
    return context.Emit(document);
  }

 private:
  std::string shell_;
};

}  // namespace

const Command kCompletionCommand = {
    .name = "completion",
    .group = Group::kLearn,
    .summary = N_("print a completion script for bash, zsh or fish"),
    .help = N_("The script completes commands, options, the words an option "
               "knows, and files."),
    .examples = {{"benchkeep completion bash > "
                  "~/.local/share/bash-completion/completions/benchkeep",
                  N_("For bash, from the next shell on:")},
                 {"benchkeep completion zsh > ~/.zfunc/_benchkeep",
                  N_("For zsh, with ~/.zfunc in fpath:")},
                 {"benchkeep completion fish > "
                  "~/.config/fish/completions/benchkeep.fish",
                  N_("For fish:")}},
    .needs = Needs::kNothing,
    .action = MakeAction<CompletionAction>,
};

}  // namespace benchkeep::cli
