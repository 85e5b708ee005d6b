// One list of what can be typed, written in three dialects.

#include "cli/completion.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "base/text.h"
#include "cli/commands.h"

namespace benchkeep::cli {
namespace {

// An option as the shells need to know it.
struct Word {
  std::string spelling;  // "--format"
  char short_name = '\0';
  std::string value;  // "FILE", "DIR", another word, or empty.
  std::vector<std::string> choices;
  std::string meaning;
};

// One place on the command line: after "benchkeep", after "benchkeep config".
struct Place {
  std::string path;  // "", "config", "config init"
  std::vector<std::pair<std::string, std::string>> subcommands;
  std::vector<Word> options;
};

std::vector<Word> Words(const FlagSet& flags,
                        const render::Translator& translator) {
  std::vector<Word> words;
  for (const Flag* flag : flags.options()) {
    words.push_back({flag->Spelling(), flag->short_name(),
                     flag->takes_value() ? flag->value_name() : "",
                     flag->choices(), translator.Tr(flag->help())});
  }
  return words;
}

void AddPlaces(const Command& command, const std::string& path,
               const render::Translator& translator,
               std::vector<Place>& places) {
  Place place{.path = path, .subcommands = {}, .options = {}};
  if (command.action != nullptr) {
    const std::unique_ptr<Action> action = command.action();
    FlagSet flags;
    action->Declare(flags);
    place.options = Words(flags, translator);
  }
  for (const Command& subcommand : command.subcommands) {
    place.subcommands.emplace_back(subcommand.name,
                                   translator.Tr(subcommand.summary));
  }
  places.push_back(std::move(place));
  for (const Command& subcommand : command.subcommands) {
    AddPlaces(subcommand, path + " " + subcommand.name, translator, places);
  }
}

struct Tree {
  std::vector<Word> globals;
  std::vector<Place> places;  // The first is the program itself.
};

Tree MakeTree(const render::Translator& translator) {
  Tree tree;
  GlobalOptions options;
  FlagSet flags;
  DeclareGlobalOptions(options, flags);
  tree.globals = Words(flags, translator);
  Place top;
  for (const Command* command : AllCommands()) {
    top.subcommands.emplace_back(command->name,
                                 translator.Tr(command->summary));
  }
  tree.places.push_back(std::move(top));
  for (const Command* command : AllCommands()) {
    AddPlaces(*command, command->name, translator, tree.places);
  }
  return tree;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

// 'text' for a POSIX shell and, with the same quotes, for fish and zsh.
std::string ShellQuote(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string SpellingsOf(const Word& word, const char* separator) {
  std::string out = word.spelling;
  if (word.short_name != '\0') {
    out += separator + std::string("-") + word.short_name;
  }
  return out;
}

// The options that take a value, as branches of a case over the word before.
std::string BashValueBranches(const std::vector<Word>& words) {
  std::string out;
  for (const Word& word : words) {
    if (word.value.empty()) continue;
    std::string reply = "COMPREPLY=()";
    if (!word.choices.empty()) {
      reply = fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))",
                          Joined(word.choices));
    } else if (word.value == "FILE") {
      reply = "COMPREPLY=($(compgen -f -- \"$cur\"))";
    } else if (word.value == "DIR") {
      reply = "COMPREPLY=($(compgen -d -- \"$cur\"))";
    }
    out +=
        fmt::format("    {}) {}; return ;;\n", SpellingsOf(word, "|"), reply);
  }
  return out;
}

std::string BashScript(const Tree& tree) {
  std::string globals;
  for (const Word& word : tree.globals) globals += " " + word.spelling;
  std::string skip;
  for (const Word& word : tree.globals) {
    if (word.value.empty()) continue;
    skip += (skip.empty() ? "" : "|") + SpellingsOf(word, "|");
  }
  std::string places;
  std::string known;
  for (const Place& place : tree.places) {
    std::string words;
    for (const auto& [name, unused] : place.subcommands) words += name + " ";
    std::string options;
    for (const Word& word : place.options) options += " " + word.spelling;
    places += fmt::format(
        "    {})\n      words='{}' options+='{}'\n      case $prev in\n{}"
        "      esac ;;\n",
        ShellQuote(place.path), words, options,
        BashValueBranches(place.options));
    if (!place.path.empty()) known += "|" + ShellQuote(place.path);
  }
  return fmt::format(
      R"(# bash completion for benchkeep
_benchkeep() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}}
  local path='' words options='{4}' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${{COMP_WORDS[i]}} in
    {0}) ((i++)) ;;
    -*) ;;
    *) case "${{path:+$path }}${{COMP_WORDS[i]}}" in
       {1}) path="${{path:+$path }}${{COMP_WORDS[i]}}" ;;
       esac ;;
    esac
  done
  case $prev in
{2}  esac
  case $path in
{3}  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}}
complete -o filenames -F _benchkeep benchkeep
)",
      skip, known.substr(1), BashValueBranches(tree.globals), places, globals);
}

// zsh takes '[' ']' and ':' in descriptions for its own.
std::string ZshText(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string ZshOption(const Word& word) {
  std::string value;
  if (!word.choices.empty()) {
    value = fmt::format(":{}:({})", "value", Joined(word.choices));
  } else if (word.value == "FILE") {
    value = ":file:_files";
  } else if (word.value == "DIR") {
    value = ":folder:_files -/";
  } else if (!word.value.empty()) {
    value = ":" + ZshText(word.value) + ":";
  }
  const auto spec = [&](const std::string& name) {
    return "    " +
           ShellQuote(name + "[" + ZshText(word.meaning) + "]" + value) + "\n";
  };
  std::string out = spec(word.spelling);
  if (word.short_name != '\0') {
    out += spec(std::string("-") + word.short_name);
  }
  return out;
}

std::string ZshScript(const Tree& tree) {
  std::string globals;
  for (const Word& word : tree.globals) globals += ZshOption(word);
  std::string places;
  for (const Place& place : tree.places) {
    std::string words;
    for (const auto& [name, meaning] : place.subcommands) {
      words +=
          "      " + ShellQuote(ZshText(name) + ":" + ZshText(meaning)) + "\n";
    }
    std::string options;
    for (const Word& word : place.options) options += ZshOption(word);
    places += fmt::format(
        "  {})\n    words_here=(\n{}    )\n    options=(\n{}"
        "    ) ;;\n",
        ShellQuote(place.path), words, options);
  }
  std::string known;
  for (const Place& place : tree.places) {
    if (!place.path.empty()) known += "|" + ShellQuote(place.path);
  }
  return fmt::format(
      R"(#compdef benchkeep
# zsh completion for benchkeep
_benchkeep() {{
  local place='' word
  local -a words_here options globals
  globals=(
{0}  )
  for word in ${{words[2,CURRENT-1]}}; do
    case "${{place:+$place }}$word" in
    {1}) place="${{place:+$place }}$word" ;;
    esac
  done
  case $place in
{2}  esac
  if (( $#words_here )) && [[ $PREFIX != -* ]]; then
    if _describe -t commands command words_here; then return; fi
  fi
  _arguments -s : $globals $options '*:file:_files'
}}
compdef _benchkeep benchkeep
)",
      globals, known.substr(1), places);
}

std::string FishScript(const Tree& tree) {
  const auto option = [](const Word& word, const std::string& condition) {
    std::string line = "complete -c benchkeep";
    if (!condition.empty()) line += " -n " + ShellQuote(condition);
    line += " -l " + word.spelling.substr(2);
    if (word.short_name != '\0') line += std::string(" -s ") + word.short_name;
    if (!word.choices.empty()) {
      line += " -xa " + ShellQuote(Joined(word.choices));
    } else if (word.value == "FILE") {
      line += " -rF";
    } else if (word.value == "DIR") {
      line += " -xa '(__fish_complete_directories)'";
    } else if (!word.value.empty()) {
      line += " -x";
    }
    return line + " -d " + ShellQuote(word.meaning) + "\n";
  };
  std::string out = "# fish completion for benchkeep\n";
  for (const Word& word : tree.globals) out += option(word, "");
  for (const Place& place : tree.places) {
    // Seen: every word of the path; not seen: any of the words below it.
    std::string condition;
    std::string rest = place.path;
    while (!rest.empty()) {
      const std::size_t space = rest.find(' ');
      condition += (condition.empty() ? "" : "; and ") +
                   ("__fish_seen_subcommand_from " + rest.substr(0, space));
      rest = space == std::string::npos ? "" : rest.substr(space + 1);
    }
    std::string below;
    for (const auto& [name, unused] : place.subcommands) {
      below.append(" ").append(name);
    }
    std::string first = "__fish_use_subcommand";
    if (!place.path.empty()) {
      first = condition;
      first.append("; and not __fish_seen_subcommand_from").append(below);
    }
    for (const auto& [name, meaning] : place.subcommands) {
      out += "complete -c benchkeep -f -n " + ShellQuote(first) + " -a " +
             name + " -d " + ShellQuote(meaning) + "\n";
    }
    for (const Word& word : place.options) out += option(word, condition);
  }
  return out;
}

}  // namespace

Result<std::string> CompletionScript(const std::string& shell,
                                     const render::Translator& translator) {
  const Tree tree = MakeTree(translator);
  if (shell == "bash") return BashScript(tree);
  if (shell == "zsh") return ZshScript(tree);
  if (shell == "fish") return FishScript(tree);
  return Fail(Code::kInvalidArgument,
              Say(N_("no completion for '{0}'; there is one for bash, zsh and "
                     "fish"),
                  shell));
}

}  // namespace benchkeep::cli
