// benchkeep menu: the maintenance menu of the guide.

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/jobs_setup.h"
#include "host/attached_program.h"
#include "host/child_processes.h"
#include "ops/check.h"
#include "ops/menu.h"
#include "render/menu.h"

namespace benchkeep::cli {
namespace {

using ops::MenuItem;
using render::CommandWords;

// A menu must not make anybody wait for a disk.
constexpr std::chrono::milliseconds kOpening{3'000};

enum class Asked { kNo, kYes };

class MenuAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Bool("once", N_("show the menu and leave"), &once_);
  }

  ExitCode Run(Context& context) override {
    if (ops::StoreAnswers(context.file_system(), context.clock(),
                          context.root(), kOpening)) {
      const Status opened = context.OpenStore(Context::Trace::kNone);
      if (!opened.ok()) return context.Fail(opened.error());
      answers_ = true;
    }
    const GlobalOptions& options = context.options();
    if (once_ || options.json || options.no_input) {
      return context.Emit(Screen(context));
    }
    return Loop(context);
  }

 private:
  ExitCode Loop(Context& context) {
    bool interrupted_before = false;
    while (true) {
      if (!Tell(context, Screen(context).text)) return ExitCode::kFailed;
      const auto choice =
          Ask(context, context.face().Tr(N_("Please choose [0-7]:")) + " ");
      if (!choice) {
        if (!context.Interrupted()) {  // The end of the input.
          Tell(context, "\n");
          return ExitCode::kOk;
        }
        // Ctrl-C once may have been meant for what ran before.
        if (!context.ForgetInterrupt() || interrupted_before) {
          Tell(context, "\n");
          return ExitCode::kInterrupted;
        }
        interrupted_before = true;
        Tell(context,
             "\n" + context.face().Tr(N_("0 or Ctrl-C again leaves the menu")) +
                 "\n");
        continue;
      }
      interrupted_before = false;
      if (choice->empty()) continue;
      const std::optional<int> number = NumberOf(*choice);
      if (number == 0) {
        Tell(context,
             context.face().Tr(N_("Leaving the maintenance menu")) + "\n");
        return ExitCode::kOk;
      }
      if (!number) {
        Tell(context, context.face().Tr(N_("Invalid choice")) + "\n");
        continue;
      }
      Act(context, static_cast<MenuItem>(*number));
      if (context.Interrupted() && !context.ForgetInterrupt()) {
        return ExitCode::kInterrupted;
      }
      // Whoever sits there wants to read before the menu comes again.
      if (context.input_is_terminal() && !next_) {
        next_ = Ask(
            context,
            context.face().Tr(N_("Press Enter to go on, or a number:")) + " ");
        if (!next_ && context.Interrupted()) {
          if (!context.ForgetInterrupt()) return ExitCode::kInterrupted;
          Tell(context, "\n");
        } else if (!next_) {
          Tell(context, "\n");
          return ExitCode::kOk;
        } else if (!NumberOf(*next_)) {
          next_.reset();
        }
      }
    }
  }

  void Act(Context& context, MenuItem item) {
    const std::vector<CommandWords> commands = CommandsOf(item, context);
    const render::Face face = context.face();
    switch (item) {
      case MenuItem::kCleanup:
      case MenuItem::kRecover:
        // First what would happen; nothing happens by Enter.
        if (context.dry_run()) {
          RunAll(context, commands, {});
          return;
        }
        if (!RunAll(context, commands, {"--dry-run"})) return;
        if (Question(context,
                     item == MenuItem::kCleanup
                         ? face.Tr(N_("Clean up now?"))
                         : face.Tr(N_("Stop the runners and recover now?"))) ==
            Asked::kYes) {
          RunAll(context, commands, {"--yes"});
        } else {
          Tell(context, face.Tr(N_("nothing was changed")) + "\n");
        }
        return;
      case MenuItem::kTune:
        if (!RunAll(context, commands, {})) return;
        if (Question(context, face.Tr(N_("Give memory back now?"))) ==
            Asked::kYes) {
          RunAll(context, commands, {"--release"});
        }
        return;
      case MenuItem::kCheck:
      case MenuItem::kBackup:
      case MenuItem::kReport:
      case MenuItem::kMonitor:
        RunAll(context, commands, {});
        return;
    }
  }

  // False when one could not be run to its end.
  bool RunAll(Context& context, const std::vector<CommandWords>& commands,
              const CommandWords& extra) {
    for (const CommandWords& command : commands) {
      CommandWords words = command;
      words.insert(words.end(), extra.begin(), extra.end());
      if (!RunOne(context, words)) return false;
    }
    return true;
  }

  bool RunOne(Context& context, const CommandWords& words) {
    const render::Face face = context.face();
    CommandWords shown = Shared(context);
    shown.insert(shown.end(), words.begin(), words.end());
    Tell(context,
         "\n" +
             face.Paint(render::Ink::kBold, "$ " + render::CommandText(shown)) +
             "\n");
    std::vector<std::string> argv = {"/proc/self/exe"};
    argv.insert(argv.end(), shown.begin(), shown.end());
    // Over a pipe the numbers are for us.
    const auto input = context.input_is_terminal()
                           ? host::AttachedInput::kOurs
                           : host::AttachedInput::kNothing;
    const auto result = host::RunAttached(
        argv, input, [&context] { return context.Interrupted(); });
    if (!result.ok()) {
      context.Fail(result.error());
      return false;
    }
    constexpr int kInterruptedCode = static_cast<int>(ExitCode::kInterrupted);
    if (result->signal != 0) {
      Tell(context,
           "\n" +
               face.Tr(Say(N_("it was ended by signal {0}"), result->signal)) +
               "\n");
      return false;
    }
    if (result->exit_code == kInterruptedCode) {
      Tell(context, "\n" + face.Tr(N_("interrupted")) + "\n");
      return false;
    }
    return !context.Interrupted();
  }

  // Enter is no.  A number is the next choice, and no as well.
  Asked Question(Context& context, const std::string& question) {
    if (context.options().yes) return Asked::kYes;
    const auto answer =
        Ask(context,
            context.face().Paint(render::Ink::kBold, question) + " [y/N] ");
    if (!answer) {
      Tell(context, "\n");
      return Asked::kNo;
    }
    if (NumberOf(*answer)) {
      next_ = answer;
      return Asked::kNo;
    }
    constexpr const char* kYesInChinese = "\xE6\x98\xAF";
    return *answer == "y" || *answer == "Y" || *answer == "yes" ||
                   *answer == kYesInChinese
               ? Asked::kYes
               : Asked::kNo;
  }

  // A line without the spaces around it.
  std::optional<std::string> Ask(Context& context, const std::string& prompt) {
    if (next_) {
      Tell(context, prompt + *next_ + "\n");
      return std::exchange(next_, std::nullopt);
    }
    const auto line = context.ReadLine(prompt);
    if (!line) return std::nullopt;
    // So that a transcript reads like a terminal.
    if (!context.input_is_terminal()) Tell(context, *line + "\n");
    constexpr const char* kSpaces = " \t\r";
    const std::size_t first = line->find_first_not_of(kSpaces);
    if (first == std::string::npos) return std::string();
    return line->substr(first, line->find_last_not_of(kSpaces) - first + 1);
  }

  static bool Tell(Context& context, const std::string& text) {
    return context.Write(text).ok() && context.Flush().ok();
  }

  // 0 to 7, also as a Chinese keyboard may give it: U+FF10 to U+FF17.
  static std::optional<int> NumberOf(const std::string& text) {
    constexpr const char* kWide = "\xEF\xBC";
    constexpr unsigned char kWideZero = 0x90;
    int digit = -1;
    if (text.size() == 1) {
      digit = text[0] - '0';
    } else if (text.size() == 3 && text.starts_with(kWide)) {
      digit = static_cast<unsigned char>(text[2]) - kWideZero;
    }
    if (digit < 0 || digit > ops::kMenuItems) return std::nullopt;
    return digit;
  }

  // What the menu was given goes to what it runs.
  static CommandWords Shared(const Context& context) {
    const GlobalOptions& options = context.options();
    CommandWords words;
    const auto add = [&words](const char* option, const std::string& value) {
      words.emplace_back(option);
      words.push_back(value);
    };
    if (options.directory != ".") add("-C", options.directory);
    if (options.language) {
      add("--lang",
          *options.language == render::Language::kChinese ? "zh" : "en");
    }
    if (options.color != Color::kAuto) {
      add("--color", options.color == Color::kAlways ? "always" : "never");
    }
    if (options.memory_bytes != 0) {
      add("--memory", std::to_string(options.memory_bytes));
    }
    if (options.quiet) words.emplace_back("--quiet");
    if (options.dry_run) words.emplace_back("--dry-run");
    return words;
  }

  static std::vector<CommandWords> CommandsOf(MenuItem item,
                                              const Context& context) {
    switch (item) {
      case MenuItem::kCheck:
        return {{"check"}};
      case MenuItem::kBackup:
        return {{"backup", "create"}};
      case MenuItem::kCleanup:
        return {{"consolidate"}, {"dedupe"}, {"logs", "compress"}, {"clean"}};
      case MenuItem::kTune:
        return {{"tune"}};
      case MenuItem::kRecover:
        return {{"recover"}};
      case MenuItem::kReport:
        // The nearest thing where this program has no reports.
        if (!KnowsCommand({"report", "weekly"})) return {{"breakdown"}};
        return {{"report", "weekly"}};
      case MenuItem::kMonitor:
        break;
    }
    if (!KnowsCommand({"monitor"})) return {{"status"}};
    if (!context.input_is_terminal() || !context.output_is_terminal()) {
      return {{"monitor", "--once"}};
    }
    return {{"monitor"}};
  }

  render::Document Screen(Context& context) const {
    ops::MenuOptions options;
    options.self = host::ProcessId();
    const std::vector<ops::MenuBadge> badges =
        ops::ReadMenuBadges(answers_ ? &context.store() : nullptr, options);
    std::vector<render::MenuLine> lines;
    for (int i = 1; i <= ops::kMenuItems; ++i) {
      render::MenuLine line;
      line.item = static_cast<MenuItem>(i);
      line.badge = badges[static_cast<std::size_t>(i) - 1];
      for (const CommandWords& words : CommandsOf(line.item, context)) {
        CommandWords all = Shared(context);
        all.insert(all.end(), words.begin(), words.end());
        line.commands.push_back(std::move(all));
      }
      lines.push_back(std::move(line));
    }
    return render::MenuDocument(lines, context.face());
  }

  bool once_ = false;
  bool answers_ = false;             // The store does.
  std::optional<std::string> next_;  // A choice that was made already.
};

}  // namespace

const Command kMenuCommand = {
    .name = "menu",
    .group = Group::kOperate,
    .summary = N_("the maintenance menu: choose by number"),
    .help = N_(
        "The menu of the maintenance guide: 1 daily check, 2 data backup, "
        "3 data cleanup, 4 performance tuning, 5 disaster recovery, 6 report, "
        "7 monitoring, 0 exit. Beside each stands how it is. The command "
        "behind a number is shown before it runs, so that it can be typed the "
        "next time.\n\n"
        "Enter never changes anything: cleanup and recovery show their plan "
        "first and ask. Ctrl-C ends what runs and comes back to the menu. It "
        "works on any terminal and over a pipe, where every line is a number "
        "or an answer."),
    .examples = {{"benchkeep menu", N_("Choose by number:")},
                 {"printf '1\\n2\\n0\\n' | benchkeep menu",
                  N_("Check, back up, leave:")},
                 {"benchkeep menu --once --json | jq '.data.items[] | {number, "
                  "state, badge}'",
                  N_("How everything is, for a script:")}},
    .needs = Needs::kNothing,
    .action = MakeAction<MenuAction>,
};

}  // namespace benchkeep::cli
