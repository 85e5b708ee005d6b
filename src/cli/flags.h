// Options and arguments of a command, declared once: for parsing, for help and
// for shell completion.
//
// Our own parser and not CLI11's: its help cannot be translated at the moment
// it is shown, and completion needs the table of flags.
//
// Forms: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, --flag; "--" ends the
// options; "-" is an ordinary argument.  Options and arguments may be mixed.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"

namespace benchkeep::cli {

using Arguments = std::span<const std::string>;

// One option or argument.  The modifiers return it for chaining:
//   flags.Text("output", N_("the file to write"), &output_)
//       .Short('o').Value("FILE").Required();
class Flag {
 public:
  Flag& Short(char letter);
  // What stands for the value in help; FILE and DIR also complete as such.
  Flag& Value(const char* name);
  Flag& Required();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const char* help() const { return help_; }  // msgid
  [[nodiscard]] char short_name() const { return short_; }
  [[nodiscard]] bool takes_value() const { return takes_value_; }
  // "FILE", or "csv|xlsx" when there are choices; empty without a value.
  [[nodiscard]] std::string value_name() const;
  [[nodiscard]] const std::vector<std::string>& choices() const {
    return choices_;
  }
  // What counts when it is not given; empty for nothing worth saying.
  [[nodiscard]] const std::string& default_text() const { return default_; }
  [[nodiscard]] bool required() const { return required_; }
  [[nodiscard]] bool repeated() const { return repeated_; }
  // "--output" for an option, "SQL" for an argument.
  [[nodiscard]] std::string Spelling() const;

 private:
  friend class FlagSet;
  std::string name_;
  const char* help_ = "";
  char short_ = '\0';
  bool takes_value_ = true;
  bool argument_ = false;
  bool required_ = false;
  bool repeated_ = false;
  bool given_ = false;
  std::string value_name_;
  std::vector<std::string> choices_;
  std::string default_;
  std::function<Status(const Flag&, const std::string&)> set_;
};

class FlagSet {
 public:
  // Targets keep their value unless the option is given, and must outlive the
  // parsing.  `help` is a msgid.
  Flag& Text(const char* name, const char* help, std::string* target);
  Flag& Text(const char* name, const char* help,
             std::optional<std::string>* target);
  // A whole number, not negative.
  Flag& Int(const char* name, const char* help, std::int64_t* target);
  Flag& Int(const char* name, const char* help,
            std::optional<std::int64_t>* target);
  Flag& Bool(const char* name, const char* help, bool* target);
  // Bytes: 512M, 2GiB.
  Flag& Size(const char* name, const char* help, std::uint64_t* target);
  // May be repeated, and holds several values separated by commas.
  Flag& List(const char* name, const char* help,
             std::vector<std::string>* target);
  // One of a few words.
  Flag& Choice(const char* name, const char* help,
               const std::vector<std::string>& words, std::string* target);
  // The same for an enumeration.  The target may be an optional.
  template <typename Enum, typename Target>
  Flag& Choice(const char* name, const char* help,
               std::vector<std::pair<const char*, Enum>> choices,
               Target* target);

  // Arguments, in the order of their declaration; `name` is shown in capitals.
  Flag& Argument(const char* name, const char* help, std::string* target);
  // All the arguments that are left.
  Flag& Arguments(const char* name, const char* help,
                  std::vector<std::string>* target);

  // Adds the options of `other`, which must stay alive.
  void Include(FlagSet& other);

  // Reads all of `args`.  kInvalidArgument says what is wrong and what may
  // have been meant.
  Status Parse(cli::Arguments args);

  // Reads options up to the first argument; returns how many words they took.
  Result<std::size_t> ParseLeading(cli::Arguments args);

  // Own options, then the included ones.
  [[nodiscard]] std::vector<const Flag*> options() const;
  [[nodiscard]] std::vector<const Flag*> arguments() const;

 private:
  Flag& Add(const char* name, const char* help);
  Flag& AddArgument(const char* name, const char* help);
  Flag& AddChoice(const char* name, const char* help,
                  std::vector<std::string> words, std::string default_word,
                  std::function<void(std::size_t)> choose);
  Flag* FindLong(std::string_view name);
  Flag* FindShort(char letter);
  Error UnknownOption(const std::string& spelling);
  // Reads the option args[at]; returns how many words it took.
  Result<std::size_t> ParseOption(cli::Arguments args, std::size_t at);
  Status TakeArgument(const std::string& word);
  Status CheckRequired() const;

  std::deque<Flag> flags_;  // References to its elements stay valid.
  std::deque<Flag> arguments_;
  std::vector<FlagSet*> included_;
  std::size_t arguments_taken_ = 0;
};

template <typename Enum, typename Target>
Flag& FlagSet::Choice(const char* name, const char* help,
                      std::vector<std::pair<const char*, Enum>> choices,
                      Target* target) {
  std::vector<std::string> words;
  std::string default_word;
  for (const auto& [word, value] : choices) {
    words.emplace_back(word);
    if (*target == value) default_word = word;
  }
  return AddChoice(name, help, std::move(words), std::move(default_word),
                   [choices = std::move(choices), target](std::size_t index) {
                     *target = choices[index].second;
                   });
}

}  // namespace benchkeep::cli
