// benchkeep config: write, show and check benchkeep.toml.

#include "cli/commands.h"
#include "render/text_table.h"
#include "store/layout.h"
#include "store/settings.h"

namespace benchkeep::cli {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 20;
constexpr std::uint32_t kFileMode = 0644;

fs::Path SettingsFile(const Context& context) {
  return context.root() / store::kSettingsFile;
}

// A wrong -C would otherwise look like a store without settings.
Status CheckFolder(Context& context) {
  BENCHKEEP_ASSIGN(const bool there,
                   fs::Exists(context.file_system(), context.root()));
  if (there) return {};
  return Fail(Code::kNotFound,
              Say(N_("there is no folder {0}"), context.root()),
              Say(N_("name the root folder of the store with -C DIR")));
}

// A complete new file or none: written under another name, then renamed, never
// over what is there.
Status WriteNewFile(fs::FileSystem& file_system, const fs::Path& file,
                    const std::string& text) {
  fs::Path staging = file;
  staging += ".new";
  BENCHKEEP_ASSIGN(auto output, file_system.Create(staging, kFileMode));
  const auto write = [&]() -> Status {
    BENCHKEEP_TRY(output->Append(text));
    BENCHKEEP_TRY(output->Sync());
    BENCHKEEP_TRY(output->Close());
    return file_system.RenameNoReplace(staging, file);
  };
  if (Status written = write(); !written.ok()) {
    IgnoreError(file_system.Remove(staging), "the first error counts");
    return written;
  }
  return file_system.SyncDir(file.parent_path());
}

class InitAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    if (Status folder = CheckFolder(context); !folder.ok()) {
      return context.Fail(folder.error());
    }
    const fs::Path file = SettingsFile(context);
    const Result<bool> there = fs::Exists(context.file_system(), file);
    if (!there.ok()) return context.Fail(there.error());
    if (*there) return context.Fail(InTheWay(file));

    const render::Translator& translator = context.translator();
    const std::string text = store::SettingsToToml(
        {}, [&](const Message& message) { return translator.Tr(message); });
    if (!context.dry_run()) {
      const Status written = WriteNewFile(context.file_system(), file, text);
      if (!written.ok() && written.error().code == Code::kAlreadyExists) {
        return context.Fail(InTheWay(file));
      }
      if (!written.ok()) return context.Fail(written.error());
    }
    render::Document document{.command = context.command()};
    document.data.Set("file", Json::String(file.string()));
    document.data.Set("written", Json::Bool(!context.dry_run()));
    document.text =
        context.dry_run()
            ? translator.Tr(Say(N_("would write {0}:"), file)) + "\n\n" + text
            : translator.Tr(Say(N_("wrote {0} with all settings at their "
                                   "defaults"),
                                file)) +
                  "\n";
    return context.Emit(document);
  }

 private:
  static Error InTheWay(const fs::Path& file) {
    return benchkeep::Fail(
               Code::kAlreadyExists,
               Say(N_("{0} is there already and was left as it is"), file),
               Say(N_("edit it, or move it away first; 'benchkeep config "
                      "check' looks for mistakes in it")),
               file)
        .value();
  }
};

class ShowAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    if (Status folder = CheckFolder(context); !folder.ok()) {
      return context.Fail(folder.error());
    }
    const fs::Path file = SettingsFile(context);
    const Result<store::LoadedSettings> loaded =
        store::LoadSettings(context.file_system(), file);
    if (!loaded.ok()) return context.Fail(loaded.error());

    const render::Face face = context.face();
    const std::string name(store::kSettingsFile);
    render::TextTable table;
    table.Column(face.Tr(N_("setting")))
        .Column(face.Tr(N_("from")))
        .Column(face.Tr(N_("value")));
    Json sources = Json::Object();
    for (const store::SettingRow& row : store::SettingRows(loaded->settings)) {
      const std::string key = row.section + "." + row.key;
      const auto line = loaded->lines.find(key);
      const bool set = line != loaded->lines.end();
      const std::string source =
          set ? name + ":" + std::to_string(line->second) : "default";
      sources.Set(key, Json::String(source));
      table.Row(
          {key,
           set ? render::TableCell(source)
               : render::TableCell(face.Tr(N_("default")), render::Ink::kDim),
           row.value});
    }
    render::Document document{.command = context.command()};
    document.data.Set("file",
                      loaded->from_file ? Json::String(file.string()) : Json());
    document.data.Set("settings", store::SettingsToJson(loaded->settings));
    document.data.Set("sources", std::move(sources));
    document.text = table.Render(face);
    return context.Emit(document);
  }
};

class CheckAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    if (Status folder = CheckFolder(context); !folder.ok()) {
      return context.Fail(folder.error());
    }
    const fs::Path file = SettingsFile(context);
    const Result<std::string> text =
        fs::ReadFile(context.file_system(), file, kMaxFileBytes);
    const bool missing = !text.ok() && text.error().code == Code::kNotFound;
    if (!text.ok() && !missing) return context.Fail(text.error());

    render::Document document{.command = context.command()};
    if (!missing) AddProblems(*text, file, document.findings);
    if (!missing) AddOpenSecret(context, *text, file, document.findings);
    document.status = render::OutcomeOf(document.findings);
    document.data.Set("file", missing ? Json() : Json::String(file.string()));
    document.data.Set(
        "problems",
        Json::Uint(static_cast<std::uint64_t>(document.findings.size())));
    document.text =
        Summary(file, missing, document.findings.size(), context.translator());
    return context.Emit(document);
  }

 private:
  static void AddProblems(const std::string& text, const fs::Path& file,
                          Findings& findings) {
    for (Error& error : store::SettingsProblems(text, file)) {
      findings.push_back({.code = "settings_invalid",
                          .severity = Severity::kCritical,
                          .path = file.filename().string(),
                          .message = std::move(error.message),
                          .fix = std::move(error.fix)});
    }
  }

  // The address of a webhook is a secret that others can read there.
  static void AddOpenSecret(Context& context, const std::string& text,
                            const fs::Path& file, Findings& findings) {
    constexpr std::uint32_t kOthers = 077;
    const auto settings = store::ParseSettings(text, file);
    const auto info = context.file_system().Info(file);
    if (!settings.ok() || !info.ok() || (info->mode & kOthers) == 0) return;
    for (const store::WebhookSettings& webhook : settings->webhooks) {
      if (webhook.url.empty()) continue;
      findings.push_back(
          {.code = "notify_setup",
           .severity = Severity::kWarning,
           .path = file.filename().string(),
           .message = Say(N_("the address of the webhook {0} is a secret, and "
                             "others can read it in {1}"),
                          webhook.name, file),
           .fix = Say(N_("chmod 600 {0}, or put the address into a file of its "
                         "own and name it in 'url_file'"),
                      file)});
    }
  }

  static std::string Summary(const fs::Path& file, bool missing,
                             std::size_t problems,
                             const render::Translator& translator) {
    if (problems > 0) return {};
    const Message message =
        missing
            ? Say(N_("there is no {0}: all settings have their defaults"), file)
            : Say(N_("{0} is fine"), file);
    return translator.Tr(message) + "\n";
  }
};

}  // namespace

const Command kConfigCommand = {
    .name = "config",
    .group = Group::kLearn,
    .summary = N_("write, show and check the settings"),
    .help =
        N_("Settings are optional: a store of PILOT-Bench needs none.  A file "
           "benchkeep.toml in the root tells benchkeep where another benchmark "
           "keeps its results and what its columns are called."),
    .examples = {{"benchkeep -C my-campaign config init",
                  N_("Write a commented benchkeep.toml to edit:")},
                 {"benchkeep -C my-campaign config show",
                  N_("See what counts, and where it comes from:")},
                 {"benchkeep -C my-campaign config check",
                  N_("Look for mistakes after editing:")}},
    .subcommands =
        {{.name = "init",
          .summary = N_("write a commented benchkeep.toml, never over one "
                        "that is there"),
          .help = N_("Writes every setting at its default, with a comment "
                     "about each.  The folder need not hold a store yet.  "
                     "With --dry-run the text is only shown."),
          .examples = {{"benchkeep config init --dry-run",
                        N_("Read it before it is written:")}},
          .needs = Needs::kNothing,
          .action = MakeAction<InitAction>},
         {.name = "show",
          .summary = N_("show every setting and where it comes from"),
          .help = N_("'default' means that benchkeep.toml does not mention "
                     "the setting; otherwise its line is named."),
          .examples = {{"benchkeep config show --json",
                        N_("The settings for a script:")}},
          .needs = Needs::kNothing,
          .action = MakeAction<ShowAction>},
         {.name = "check",
          .summary = N_("look for mistakes in benchkeep.toml"),
          .help = N_("Names every unknown key, wrong type and impossible "
                     "value with its line, and what was probably meant.  "
                     "Exits with 3 when there are any."),
          .examples = {{"benchkeep -C my-campaign config check",
                        N_("After editing benchkeep.toml:")}},
          .needs = Needs::kNothing,
          .action = MakeAction<CheckAction>}},
};

}  // namespace benchkeep::cli
