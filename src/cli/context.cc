// Output, errors, questions and the store of a running command.

#include "cli/context.h"

#include <cerrno>
#include <utility>

#include "render/text_table.h"
#include "store/transaction.h"

namespace benchkeep::cli {
namespace {

// https://no-color.org and https://bixense.com/clicolors.
bool WantsColor(Color choice, const Environment& environment, bool terminal) {
  if (choice != Color::kAuto) return choice == Color::kAlways;
  if (!environment.variable("NO_COLOR").empty()) return false;
  const std::string force = environment.variable("CLICOLOR_FORCE");
  if (!force.empty() && force != "0") return true;
  return terminal && environment.variable("TERM") != "dumb";
}

fs::Path Absolute(const std::string& directory) {
  std::error_code error;
  fs::Path path = std::filesystem::absolute(directory, error);
  if (error) path = directory;
  path = path.lexically_normal();
  // "dir/" is "dir".
  return path.has_filename() || path == path.root_path() ? path
                                                         : path.parent_path();
}

Bar BarFor(const Environment& environment, const GlobalOptions& options) {
  const bool shown = environment.terminal.ErrorIsTerminal() && !options.quiet &&
                     environment.variable("TERM") != "dumb";
  return shown ? Bar::kShown : Bar::kHidden;
}

}  // namespace

std::vector<std::filesystem::path> LocaleFolders(
    const std::filesystem::path& program) {
  const std::filesystem::path folder = program.parent_path();
  return {folder / "locale", folder.parent_path() / "share" / "locale"};
}

void DeclareGlobalOptions(GlobalOptions& options, FlagSet& flags) {
  using render::Language;
  flags
      .Text("directory", N_("the root folder of the store"), &options.directory)
      .Short('C')
      .Value("DIR");
  flags.Bool("json", N_("answer with one JSON document"), &options.json);
  flags.Choice<Language>(
      "lang", N_("language of the answers; otherwise that of the locale"),
      {{"en", Language::kEnglish}, {"zh", Language::kChinese}},
      &options.language);
  flags.Bool("dry-run", N_("show what would happen and change nothing"),
             &options.dry_run);
  flags.Bool("yes", N_("answer yes to questions"), &options.yes).Short('y');
  flags.Bool("no-input", N_("never ask"), &options.no_input);
  flags.Size("memory",
             N_("the most memory to use; otherwise [limits] memory of the "
                "settings"),
             &options.memory_bytes);
  flags.Bool("quiet", N_("no progress and no remarks"), &options.quiet)
      .Short('q');
  flags.Choice<Color>("color", N_("when to use colours"),
                      {{"auto", Color::kAuto},
                       {"always", Color::kAlways},
                       {"never", Color::kNever}},
                      &options.color);
  flags.Bool("help", N_("show help"), &options.help).Short('h');
  flags.Bool("version", N_("show the version"), &options.version);
}

Context::Context(const Environment& environment, const GlobalOptions& options,
                 const render::Translator& translator, std::string command)
    : environment_(environment),
      options_(options),
      translator_(&translator),
      command_(std::move(command)),
      root_(Absolute(options.directory)),
      progress_(BarFor(environment, options), environment.terminal, translator,
                environment.interrupted) {}

const store::Store& Context::store() const {
  BENCHKEEP_CHECK(store_ != nullptr);
  return *store_;
}

std::uint64_t Context::memory_bytes() const {
  if (options_.memory_bytes != 0 || store_ == nullptr) {
    return options_.memory_bytes;
  }
  return store_->settings().memory_bytes;
}

render::Face Context::face() const {
  const Terminal& terminal = environment_.terminal;
  return {*translator_,
          WantsColor(options_.color, environment_, terminal.OutputIsTerminal()),
          terminal.Columns()};
}

render::Translator Context::TranslatorIn(render::Language language) const {
  return {language, LocaleFolders(environment_.program)};
}

render::Face Context::ErrorFace() const {
  const Terminal& terminal = environment_.terminal;
  return {*translator_,
          WantsColor(options_.color, environment_, terminal.ErrorIsTerminal()),
          terminal.Columns()};
}

void Context::Complain(const std::string& text) {
  progress_.Erase();
  environment_.terminal.WriteError(text);
}

ExitCode Context::Emit(const render::Document& document) {
  progress_.Erase();
  std::string text;
  if (options_.json) {
    const int indent = environment_.terminal.OutputIsTerminal() ? 2 : 0;
    text = render::ToJson(document, *translator_).Dump(indent) + "\n";
  } else {
    text = document.text + render::FindingsText(document.findings, face());
  }
  if (Status written = Write(text); !written.ok()) {
    return Fail(written.error());
  }
  if (Status flushed = Flush(); !flushed.ok()) {
    return Fail(flushed.error());
  }
  return ExitCodeOf(document.status);
}

ExitCode Context::Fail(const Error& error) {
  // Whoever closed the pipe has seen enough.
  if (error.sys_errno == EPIPE) return ExitCode::kFailed;
  const render::Face face = ErrorFace();
  Complain(face.Paint(render::Ink::kBad, "benchkeep:") + " " +
           render::ErrorText(error, face));
  if (options_.json) {
    const Json json =
        render::ToJson(render::FailureDocument(command_, error), *translator_);
    // The exit code already says that something failed.
    IgnoreError(Write(json.Dump() + "\n"), "reported on stderr");
    IgnoreError(Flush(), "reported on stderr");
  }
  return ExitCodeOf(error.code);
}

ExitCode Context::Usage(const Error& error) {
  const ExitCode code = Fail(error);
  const std::string name = command_.empty() ? "" : " " + command_;
  Complain(ErrorFace().Tr(Say(N_("Try 'benchkeep{0} --help'."), name)) + "\n");
  return code;
}

std::optional<ExitCode> Context::Confirm(const render::Document& plan,
                                         const Message& question) {
  if (options_.dry_run) return Emit(plan);
  if (options_.yes) return std::nullopt;
  if (const ExitCode shown = Emit(plan); shown == ExitCode::kFailed) {
    return shown;
  }
  const render::Face face = ErrorFace();
  const bool can_ask = !options_.json && !options_.no_input &&
                       environment_.terminal.InputIsTerminal() &&
                       environment_.terminal.ErrorIsTerminal();
  if (!can_ask) {
    Complain("benchkeep: " +
             face.Tr(N_("nothing was changed; add --yes to go ahead")) + "\n");
    return ExitCode::kUsage;
  }
  Complain(face.Paint(render::Ink::kBold, face.Tr(question)) + " [y/N] ");
  const std::optional<std::string> answer =
      environment_.terminal.ReadLine(environment_.interrupted);
  if (environment_.interrupted()) return ExitCode::kInterrupted;
  if (answer && (*answer == "y" || *answer == "Y" || *answer == "yes")) {
    return std::nullopt;
  }
  Complain(face.Tr(N_("nothing was changed")) + "\n");
  return ExitCode::kFailed;
}

std::optional<std::string> Context::ReadLine(const std::string& prompt) {
  if (!Write(prompt).ok() || !Flush().ok()) return std::nullopt;
  return environment_.terminal.ReadLine(environment_.interrupted);
}

void Context::Note(const Message& message) {
  if (options_.quiet || options_.json) return;
  Complain(translator_->Tr(message) + "\n");
}

void Context::Warn(const Message& message) {
  const render::Face face = ErrorFace();
  Complain(face.Paint(render::Ink::kWarning, face.Tr(N_("warning")) + ":") +
           " " + face.Tr(message) + "\n");
}

Status Context::Write(std::string_view bytes) {
  return environment_.terminal.Write(bytes);
}

Status Context::OpenStore(Trace trace) {
  BENCHKEEP_ASSIGN(
      store::Store opened,
      store::Store::Open(environment_.file_system, environment_.clock, root_));
  store_ = std::make_unique<store::Store>(std::move(opened));
  store_->InterruptedBy(environment_.interrupted);
  if (trace == Trace::kNone) {
    const std::string folder = environment_.variable("TMPDIR");
    store_->SpillOutside(folder.empty() ? "/tmp" : folder);
  }
  return {};
}

Status Context::LockStore(store::Room room) {
  // Asked only while somebody else keeps us waiting: then people see it.
  store_->InterruptedBy([this] {
    progress_.Stage(
        Say(N_("waiting until another program lets go of its lock")), 0);
    return environment_.interrupted();
  });
  BENCHKEEP_ASSIGN(store::StoreLock lock,
                   store::StoreLock::Acquire(*store_, command_, room));
  lock_ = std::make_unique<store::StoreLock>(std::move(lock));
  BENCHKEEP_ASSIGN(const store::RecoveryReport report,
                   store::RecoverTransactions(*store_, *lock_));
  for (const std::string& id : report.finished) {
    Note(Say(N_("finished {0}, which had been cut short"), id));
  }
  for (const std::string& id : report.rolled_back) {
    Note(Say(N_("took back {0}, which had been cut short"), id));
  }
  for (const Finding& finding : report.findings) Warn(finding.message);
  return {};
}

}  // namespace benchkeep::cli
