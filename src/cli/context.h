// What a running command has at hand: options, store, language, output.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/progress.h"
#include "base/result.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/progress_bar.h"
#include "cli/terminal.h"
#include "fs/file_system.h"
#include "render/document.h"
#include "store/store.h"
#include "store/store_lock.h"

namespace benchkeep::cli {

enum class Color { kAuto, kAlways, kNever };

// Options that every command understands, before or after its name.
struct GlobalOptions {
  std::string directory = ".";
  bool json = false;
  std::optional<render::Language> language = {};
  bool no_input = false;
  bool dry_run = false;
  bool yes = false;
  std::uint64_t memory_bytes = 0;  // 0: as the settings say.
  bool quiet = false;
  Color color = Color::kAuto;
  bool help = false;
  bool version = false;
};

void DeclareGlobalOptions(GlobalOptions& options, FlagSet& flags);

// Where the catalogues of texts lie.
std::vector<std::filesystem::path> LocaleFolders(
    const std::filesystem::path& program);

// Everything outside the program; tests bring their own.  Holds references:
// what they refer to must outlive it.
struct Environment {
  std::vector<std::string> args;  // Without the name of the program.
  std::function<std::string(const char*)> variable;  // Empty when not set.
  std::filesystem::path program;                     // The file that runs.
  Terminal& terminal;
  fs::FileSystem& file_system;
  Clock& clock;
  std::function<bool()> interrupted;
  // Lets the command go on after Ctrl-C; false when it must end.
  std::function<bool()> forget_interrupt = [] { return false; };
};

class Context {
 public:
  // `command` is the name in documents and in the lock: "backup list".
  Context(const Environment& environment, const GlobalOptions& options,
          const render::Translator& translator, std::string command);

  [[nodiscard]] const GlobalOptions& options() const { return options_; }
  [[nodiscard]] bool dry_run() const { return options_.dry_run; }
  [[nodiscard]] const std::string& command() const { return command_; }
  [[nodiscard]] fs::FileSystem& file_system() {
    return environment_.file_system;
  }
  [[nodiscard]] Clock& clock() { return environment_.clock; }
  // Of the environment; empty when not set.
  [[nodiscard]] std::string variable(const char* name) const {
    return environment_.variable(name);
  }
  [[nodiscard]] const std::filesystem::path& program() const {
    return environment_.program;
  }

  // The folder of -C, absolute; it need not exist.
  [[nodiscard]] const fs::Path& root() const { return root_; }

  // A bar on a terminal, silent elsewhere; knows about Ctrl-C.
  [[nodiscard]] Progress& progress() { return progress_; }

  // For commands that need a store (the dispatcher has opened it).
  [[nodiscard]] const store::Store& store() const;

  // For commands that change the store; nullptr with --dry-run.
  [[nodiscard]] const store::StoreLock* lock() const { return lock_.get(); }

  // --memory, or else the settings; 0 leaves the choice to the job.
  [[nodiscard]] std::uint64_t memory_bytes() const;

  // How text for stdout is to be rendered.
  [[nodiscard]] render::Face face() const;
  [[nodiscard]] const render::Translator& translator() const {
    return *translator_;
  }

  // One that speaks another language than the answers.  Not thread-safe.
  [[nodiscard]] render::Translator TranslatorIn(
      render::Language language) const;

  // True once the user wants to stop.
  [[nodiscard]] bool Interrupted() const { return environment_.interrupted(); }

  // Goes on after Ctrl-C; false when the program has to end.
  bool ForgetInterrupt() { return environment_.forget_interrupt(); }

  // Writes `prompt` to stdout and reads a line.  nullopt at the end of the
  // input, and when interrupted.
  std::optional<std::string> ReadLine(const std::string& prompt);
  [[nodiscard]] bool input_is_terminal() const {
    return environment_.terminal.InputIsTerminal();
  }

  // Shows the answer: text with its findings below it, or one JSON document.
  // Returns the exit code that goes with its status.
  ExitCode Emit(const render::Document& document);

  // Shows an error: words on stderr, and with --json a document as well.
  ExitCode Fail(const Error& error);

  // Like Fail, with a pointer to the help of the command.
  ExitCode Usage(const Error& error);

  // For commands that replace what is there.  nullopt: go on.  Otherwise stop
  // with that code: with --dry-run (0) or when nobody can be asked (2) the plan
  // has been shown; or the answer was no (1).
  std::optional<ExitCode> Confirm(const render::Document& plan,
                                  const Message& question);

  // A remark on stderr; not shown with --quiet or --json.
  void Note(const Message& message);
  // A warning on stderr.
  void Warn(const Message& message);

  // Raw bytes to stdout, for answers too large for a document.  Not with
  // --json.
  Status Write(std::string_view bytes);
  Status Flush() { return environment_.terminal.Flush(); }
  [[nodiscard]] bool output_is_terminal() const {
    return environment_.terminal.OutputIsTerminal();
  }

  // Used by the dispatcher, and by commands that need no store to begin with.
  enum class Trace { kMay, kNone };  // kNone: nothing is left in the store.
  Status OpenStore(Trace trace);
  Status LockStore(store::Room room = store::Room::kAsItIs);

 private:
  [[nodiscard]] render::Face ErrorFace() const;
  void Complain(const std::string& text);

  const Environment& environment_;
  const GlobalOptions& options_;
  const render::Translator* translator_;
  std::string command_;
  fs::Path root_;
  ProgressBar progress_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::StoreLock> lock_;
};

}  // namespace benchkeep::cli
