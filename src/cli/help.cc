// The look of help.

#include "cli/help.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cli/commands.h"
#include "render/text_table.h"

namespace benchkeep::cli {
namespace {

using render::Face;
using render::Ink;

constexpr std::size_t kMaxWidth = 100;
constexpr std::size_t kIndent = 2;

constexpr std::array<std::pair<Group, const char*>, 5> kGroups = {{
    {Group::kLook, N_("Look at the results")},
    {Group::kTidy, N_("Take in and tidy up")},
    {Group::kKeep, N_("Keep safe and repair")},
    {Group::kOperate, N_("Watch and schedule")},
    {Group::kLearn, N_("Set up and learn")},
}};

std::string Title(const Face& face, const char* msgid) {
  return "\n" + face.Paint(Ink::kBold, face.Tr(msgid)) + "\n";
}

// A name and, from a common column on, what it means; a long name gets a line
// of its own.
std::string Entry(const std::string& name, const std::string& meaning,
                  std::size_t column, const Face& face) {
  const std::size_t width = std::min(face.width, kMaxWidth);
  std::string lines = render::Wrap(meaning, width, column);
  const std::size_t used = kIndent + render::DisplayWidth(name);
  const std::string start = std::string(kIndent, ' ') + name;
  if (used + 2 > column) return start + "\n" + lines;
  return start + std::string(column - used, ' ') + lines.substr(column);
}

using Entries = std::vector<std::pair<std::string, std::string>>;

std::string EntryList(const Entries& entries, const Face& face) {
  constexpr std::size_t kWidest = 26;
  std::size_t column = 0;
  for (const auto& [name, unused] : entries) {
    const std::size_t needs = kIndent + render::DisplayWidth(name) + 2;
    if (needs <= kWidest) column = std::max(column, needs);
  }
  column = std::max<std::size_t>(column, 8);
  std::string out;
  for (const auto& [name, meaning] : entries) {
    out += Entry(name, meaning, column, face);
  }
  return out;
}

std::string OptionName(const Flag& flag) {
  std::string out = flag.short_name() == '\0'
                        ? std::string("    ")
                        : std::string("-") + flag.short_name() + ", ";
  out += flag.Spelling();
  if (flag.takes_value()) out += " " + flag.value_name();
  return out;
}

Entries OptionEntries(const FlagSet& flags, const Face& face) {
  Entries entries;
  for (const Flag* flag : flags.options()) {
    std::string meaning = face.Tr(flag->help());
    if (flag->takes_value() && !flag->default_text().empty()) {
      meaning += face.Tr(Say(N_(" (default: {0})"), flag->default_text()));
    }
    entries.emplace_back(OptionName(*flag), meaning);
  }
  return entries;
}

std::string GlobalOptionsText(const Face& face) {
  GlobalOptions options;
  FlagSet flags;
  DeclareGlobalOptions(options, flags);
  return Title(face, N_("Options of all commands")) +
         EntryList(OptionEntries(flags, face), face);
}

std::string UsageLine(const Command& command, const std::string& name,
                      const FlagSet& flags) {
  std::string out = "benchkeep " + name;
  if (!command.subcommands.empty()) {
    std::string words;
    for (const Command& subcommand : command.subcommands) {
      words += (words.empty() ? "" : "|") + std::string(subcommand.name);
    }
    return out + " " + words;
  }
  bool optional = false;
  for (const Flag* flag : flags.options()) {
    if (flag->required()) {
      out += " " + flag->Spelling() + " " + flag->value_name();
    } else {
      optional = true;
    }
  }
  if (optional) out += " [OPTION...]";
  for (const Flag* argument : flags.arguments()) {
    const std::string shown =
        argument->Spelling() + (argument->repeated() ? "..." : "");
    out += argument->required() ? " " + shown : " [" + shown + "]";
  }
  return out;
}

std::string ExamplesText(const std::vector<Example>& examples,
                         const Face& face) {
  if (examples.empty()) return {};
  std::string out = Title(face, N_("Examples"));
  for (const Example& example : examples) {
    out += render::Wrap(face.Tr(example.meaning),
                        std::min(face.width, kMaxWidth), kIndent);
    out += std::string(2 * kIndent, ' ') +
           face.Paint(Ink::kGood, example.line) + "\n";
  }
  return out;
}

std::string ExitCodesText(const Face& face) {
  Entries entries;
  for (const ExitMeaning& meaning : ExitMeanings()) {
    entries.emplace_back(std::to_string(static_cast<int>(meaning.code)),
                         face.Tr(meaning.meaning));
  }
  return Title(face, N_("Exit codes")) + EntryList(entries, face);
}

Json CommandJson(const Command& command, const std::string& name,
                 const render::Translator& translator) {
  Json json = Json::Object();
  json.Set("name", Json::String(name));
  json.Set("summary", Json::String(translator.Tr(command.summary)));
  Json options = Json::Array();
  if (command.action != nullptr) {
    const std::unique_ptr<Action> action = command.action();
    FlagSet flags;
    action->Declare(flags);
    for (const Flag* flag : flags.options()) {
      options.Append(Json::String(flag->Spelling()));
    }
  }
  json.Set("options", std::move(options));
  return json;
}

void AppendCommand(const Command& command, const std::string& name,
                   const render::Translator& translator, Json& list) {
  if (command.subcommands.empty()) {
    list.Append(CommandJson(command, name, translator));
  }
  for (const Command& subcommand : command.subcommands) {
    AppendCommand(subcommand, name + " " + subcommand.name, translator, list);
  }
}

}  // namespace

std::string OverviewText(const Face& face) {
  std::string out =
      face.Paint(Ink::kBold, "benchkeep") + " - " +
      face.Tr(N_("keeps a folder of benchmark results alive and loses none")) +
      "\n\n" + face.Tr(N_("Usage: ")) +
      "benchkeep [-C DIR] [OPTION...] COMMAND [...]\n";
  for (const auto& [group, title] : kGroups) {
    Entries entries;
    for (const Command* command : AllCommands()) {
      if (command->group != group) continue;
      entries.emplace_back(command->name, face.Tr(command->summary));
    }
    if (!entries.empty()) out += Title(face, title) + EntryList(entries, face);
  }
  out += GlobalOptionsText(face);
  out += "\n" + render::Wrap(face.Tr(N_("'benchkeep help COMMAND' explains a "
                                        "command, with examples.  Exit codes: "
                                        "'benchkeep help help'.")),
                             std::min(face.width, kMaxWidth));
  return out;
}

std::string HelpText(const Command& command, const std::string& name,
                     const Face& face) {
  FlagSet flags;
  std::unique_ptr<Action> action;
  if (command.action != nullptr) {
    action = command.action();
    action->Declare(flags);
  }
  const std::size_t width = std::min(face.width, kMaxWidth);
  std::string out = render::Wrap(face.Paint(Ink::kBold, "benchkeep " + name) +
                                     " - " + face.Tr(command.summary),
                                 width) +
                    "\n" + face.Tr(N_("Usage: ")) +
                    UsageLine(command, name, flags) + "\n";
  if (*command.help != '\0') {
    out += "\n" + render::Wrap(face.Tr(command.help), width);
  }
  if (!command.subcommands.empty()) {
    Entries entries;
    for (const Command& subcommand : command.subcommands) {
      entries.emplace_back(subcommand.name, face.Tr(subcommand.summary));
    }
    out += Title(face, N_("Commands")) + EntryList(entries, face);
  }
  if (!flags.arguments().empty()) {
    Entries entries;
    for (const Flag* argument : flags.arguments()) {
      entries.emplace_back(argument->Spelling(), face.Tr(argument->help()));
    }
    out += Title(face, N_("Arguments")) + EntryList(entries, face);
  }
  if (const Entries entries = OptionEntries(flags, face); !entries.empty()) {
    out += Title(face, N_("Options")) + EntryList(entries, face);
  }
  return out + GlobalOptionsText(face) + ExamplesText(command.examples, face) +
         ExitCodesText(face);
}

Json HelpJson(const Command* command, const render::Translator& translator) {
  Json list = Json::Array();
  if (command != nullptr) {
    AppendCommand(*command, command->name, translator, list);
  } else {
    for (const Command* each : AllCommands()) {
      AppendCommand(*each, each->name, translator, list);
    }
  }
  Json json = Json::Object();
  json.Set("commands", std::move(list));
  return json;
}

}  // namespace benchkeep::cli
