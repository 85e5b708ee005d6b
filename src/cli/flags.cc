// Parsing of options and arguments.

#include "cli/flags.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/text.h"

namespace benchkeep::cli {
namespace {

std::optional<std::int64_t> WholeNumber(const std::string& text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || number < 0) return std::nullopt;
  return number;
}

Status NotANumber(const Flag& flag, const std::string& value) {
  return Fail(
      Code::kInvalidArgument,
      Say(N_("{0}: '{1}' is not a whole number"), flag.Spelling(), value));
}

std::string Joined(const std::vector<std::string>& words,
                   const char* separator) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

std::string Capitals(const char* name) {
  std::string out = name;
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return out;
}

bool IsOption(const std::string& word) {
  return word.size() > 1 && word[0] == '-';
}

}  // namespace

Flag& Flag::Short(char letter) {
  short_ = letter;
  return *this;
}

Flag& Flag::Value(const char* name) {
  value_name_ = name;
  return *this;
}

Flag& Flag::Required() {
  required_ = true;
  return *this;
}

std::string Flag::value_name() const {
  return choices_.empty() ? value_name_ : Joined(choices_, "|");
}

std::string Flag::Spelling() const {
  return argument_ ? value_name_ : "--" + name_;
}

Flag& FlagSet::Add(const char* name, const char* help) {
  Flag& flag = flags_.emplace_back();
  flag.name_ = name;
  flag.help_ = help;
  return flag;
}

Flag& FlagSet::AddArgument(const char* name, const char* help) {
  Flag& flag = arguments_.emplace_back();
  flag.name_ = name;
  flag.help_ = help;
  flag.argument_ = true;
  flag.value_name_ = Capitals(name);
  return flag;
}

Flag& FlagSet::Text(const char* name, const char* help, std::string* target) {
  Flag& flag = Add(name, help).Value("TEXT");
  flag.default_ = *target;
  flag.set_ = [target](const Flag&, const std::string& value) {
    *target = value;
    return Status();
  };
  return flag;
}

Flag& FlagSet::Text(const char* name, const char* help,
                    std::optional<std::string>* target) {
  Flag& flag = Add(name, help).Value("TEXT");
  flag.default_ = target->value_or("");
  flag.set_ = [target](const Flag&, const std::string& value) {
    *target = value;
    return Status();
  };
  return flag;
}

Flag& FlagSet::Int(const char* name, const char* help, std::int64_t* target) {
  Flag& flag = Add(name, help).Value("N");
  flag.default_ = std::to_string(*target);
  flag.set_ = [target](const Flag& self, const std::string& value) -> Status {
    const auto number = WholeNumber(value);
    if (!number) return NotANumber(self, value);
    *target = *number;
    return {};
  };
  return flag;
}

Flag& FlagSet::Int(const char* name, const char* help,
                   std::optional<std::int64_t>* target) {
  Flag& flag = Add(name, help).Value("N");
  if (*target) flag.default_ = std::to_string(**target);
  flag.set_ = [target](const Flag& self, const std::string& value) -> Status {
    const auto number = WholeNumber(value);
    if (!number) return NotANumber(self, value);
    *target = *number;
    return {};
  };
  return flag;
}

Flag& FlagSet::Bool(const char* name, const char* help, bool* target) {
  Flag& flag = Add(name, help);
  flag.takes_value_ = false;
  flag.set_ = [target](const Flag&, const std::string&) {
    *target = true;
    return Status();
  };
  return flag;
}

Flag& FlagSet::Size(const char* name, const char* help, std::uint64_t* target) {
  Flag& flag = Add(name, help).Value("SIZE");
  if (*target != 0) flag.default_ = SizeText(*target);
  flag.set_ = [target](const Flag& self, const std::string& value) -> Status {
    const auto bytes = ParseSize(value);
    if (!bytes) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("{0}: '{1}' is not a size like 512M or 2GiB"),
                      self.Spelling(), value));
    }
    *target = *bytes;
    return {};
  };
  return flag;
}

Flag& FlagSet::List(const char* name, const char* help,
                    std::vector<std::string>* target) {
  Flag& flag = Add(name, help).Value("NAME,...");
  flag.default_ = Joined(*target, ",");
  flag.repeated_ = true;
  flag.set_ = [target, first = true](
                  const Flag& self,
                  const std::string& value) mutable -> Status {
    if (std::exchange(first, false)) target->clear();
    std::string_view rest = value;
    while (true) {
      const std::size_t comma = rest.find(',');
      const std::string_view item = rest.substr(0, comma);
      if (item.empty()) {
        return Fail(
            Code::kInvalidArgument,
            Say(N_("{0}: '{1}' has an empty item"), self.Spelling(), value));
      }
      target->emplace_back(item);
      if (comma == std::string_view::npos) return {};
      rest.remove_prefix(comma + 1);
    }
  };
  return flag;
}

Flag& FlagSet::AddChoice(const char* name, const char* help,
                         std::vector<std::string> words,
                         std::string default_word,
                         std::function<void(std::size_t)> choose) {
  Flag& flag = Add(name, help);
  flag.choices_ = std::move(words);
  flag.default_ = std::move(default_word);
  flag.set_ = [choose = std::move(choose)](const Flag& self,
                                           const std::string& value) -> Status {
    const std::vector<std::string>& known = self.choices();
    const auto found = std::find(known.begin(), known.end(), value);
    if (found != known.end()) {
      choose(static_cast<std::size_t>(found - known.begin()));
      return {};
    }
    const std::string near = NearestName(value, known);
    if (!near.empty()) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("{0}: unknown value '{1}'; did you mean '{2}'?"),
                      self.Spelling(), value, near));
    }
    return Fail(Code::kInvalidArgument,
                Say(N_("{0}: '{1}' is none of {2}"), self.Spelling(), value,
                    Joined(known, ", ")));
  };
  return flag;
}

Flag& FlagSet::Choice(const char* name, const char* help,
                      const std::vector<std::string>& words,
                      std::string* target) {
  return AddChoice(
      name, help, words, *target,
      [words, target](std::size_t index) { *target = words[index]; });
}

Flag& FlagSet::Argument(const char* name, const char* help,
                        std::string* target) {
  Flag& flag = AddArgument(name, help);
  flag.default_ = *target;
  flag.set_ = [target](const Flag&, const std::string& value) {
    *target = value;
    return Status();
  };
  return flag;
}

Flag& FlagSet::Arguments(const char* name, const char* help,
                         std::vector<std::string>* target) {
  Flag& flag = AddArgument(name, help);
  flag.repeated_ = true;
  flag.set_ = [target](const Flag&, const std::string& value) {
    target->push_back(value);
    return Status();
  };
  return flag;
}

void FlagSet::Include(FlagSet& other) { included_.push_back(&other); }

std::vector<const Flag*> FlagSet::options() const {
  std::vector<const Flag*> all;
  for (const Flag& flag : flags_) all.push_back(&flag);
  for (const FlagSet* other : included_) {
    for (const Flag* flag : other->options()) all.push_back(flag);
  }
  return all;
}

std::vector<const Flag*> FlagSet::arguments() const {
  std::vector<const Flag*> all;
  for (const Flag& flag : arguments_) all.push_back(&flag);
  return all;
}

Flag* FlagSet::FindLong(std::string_view name) {
  for (Flag& flag : flags_) {
    if (flag.name_ == name) return &flag;
  }
  for (FlagSet* other : included_) {
    if (Flag* flag = other->FindLong(name)) return flag;
  }
  return nullptr;
}

Flag* FlagSet::FindShort(char letter) {
  for (Flag& flag : flags_) {
    if (flag.short_ == letter) return &flag;
  }
  for (FlagSet* other : included_) {
    if (Flag* flag = other->FindShort(letter)) return flag;
  }
  return nullptr;
}

Error FlagSet::UnknownOption(const std::string& spelling) {
  std::vector<std::string> known;
  for (const Flag* flag : options()) known.push_back(flag->Spelling());
  const std::string near = NearestName(spelling, known);
  Message message = near.empty()
                        ? Say(N_("unknown option '{0}'"), spelling)
                        : Say(N_("unknown option '{0}'; did you mean '{1}'?"),
                              spelling, near);
  return Fail(Code::kInvalidArgument, std::move(message)).value();
}

Result<std::size_t> FlagSet::ParseOption(cli::Arguments args, std::size_t at) {
  const std::string& word = args[at];
  const bool is_long = word[1] == '-';
  const std::size_t equals = is_long ? word.find('=') : std::string::npos;
  Flag* flag = is_long
                   ? FindLong(std::string_view(word).substr(
                         2, equals == std::string::npos ? equals : equals - 2))
                   : FindShort(word[1]);
  if (flag == nullptr) {
    return tl::make_unexpected(UnknownOption(word.substr(0, equals)));
  }
  std::optional<std::string> value;
  if (equals != std::string::npos) value = word.substr(equals + 1);
  if (!is_long && word.size() > 2) value = word.substr(2);
  if (!flag->takes_value_ && value) {
    return Fail(Code::kInvalidArgument,
                Say(N_("the option {0} takes no value"), flag->Spelling()));
  }
  std::size_t words = 1;
  if (flag->takes_value_ && !value) {
    if (at + 1 >= args.size()) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("the option {0} needs a value: {1}"), flag->Spelling(),
                      flag->value_name()));
    }
    value = args[at + 1];
    words = 2;
  }
  BENCHKEEP_TRY(flag->set_(*flag, value.value_or("")));
  flag->given_ = true;
  return words;
}

Status FlagSet::TakeArgument(const std::string& word) {
  if (arguments_taken_ >= arguments_.size()) {
    return Fail(Code::kInvalidArgument,
                Say(N_("unexpected argument '{0}'"), word));
  }
  Flag& argument = arguments_[arguments_taken_];
  BENCHKEEP_TRY(argument.set_(argument, word));
  argument.given_ = true;
  if (!argument.repeated_) ++arguments_taken_;
  return {};
}

Status FlagSet::CheckRequired() const {
  for (const Flag& argument : arguments_) {
    if (argument.required_ && !argument.given_) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("the argument {0} is missing"), argument.Spelling()));
    }
  }
  for (const Flag& flag : flags_) {
    if (flag.required_ && !flag.given_) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("the option {0} {1} is missing"), flag.Spelling(),
                      flag.value_name()));
    }
  }
  return {};
}

Result<std::size_t> FlagSet::ParseLeading(cli::Arguments args) {
  std::size_t at = 0;
  while (at < args.size() && IsOption(args[at]) && args[at] != "--") {
    BENCHKEEP_ASSIGN(const std::size_t words, ParseOption(args, at));
    at += words;
  }
  return at;
}

Status FlagSet::Parse(cli::Arguments args) {
  bool options_end = false;
  for (std::size_t at = 0; at < args.size();) {
    if (!options_end && args[at] == "--") {
      options_end = true;
      ++at;
    } else if (!options_end && IsOption(args[at])) {
      BENCHKEEP_ASSIGN(const std::size_t words, ParseOption(args, at));
      at += words;
    } else {
      BENCHKEEP_TRY(TakeArgument(args[at]));
      ++at;
    }
  }
  return CheckRequired();
}

}  // namespace benchkeep::cli
