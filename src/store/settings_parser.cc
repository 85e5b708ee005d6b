// Reading benchkeep.toml: every key by the table, every problem with its line.

#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "store/job_settings_parser.h"
#include "store/layout.h"
#include "store/settings.h"
#include "store/settings_table.h"
#include "store/toml.h"
#include "store/webhook_settings_parser.h"

namespace benchkeep::store {
namespace {

struct Problem {
  std::int64_t line = 0;
  Error error;
};

// The sections whose tables carry names of their own: [jobs.NAME].
constexpr const char* kJobs = "jobs";
constexpr const char* kWebhook = "webhook";

std::vector<std::string> Sections() {
  std::vector<std::string> names;
  for (const SettingSpec& spec : SettingSpecs()) {
    if (names.empty() || names.back() != spec.section) {
      names.emplace_back(spec.section);
    }
  }
  names.emplace_back(kJobs);
  names.emplace_back(kWebhook);
  return names;
}

// The words that a rule allows; empty when any text will do.
std::vector<std::string> WordsOf(Rule rule) {
  if (rule == Rule::kLanguage) return {"", "en", "zh"};
  if (rule == Rule::kAlertLevel) return {"warning", "critical"};
  if (rule == Rule::kMailTls) return {"required", "optional", "off"};
  return {};
}

// A name or password in it would be shown by `config show`.
bool IsMailServer(const std::string& text) {
  const std::string_view url = text;
  std::string_view host;
  for (const std::string_view scheme : {"smtps://", "smtp://"}) {
    if (url.starts_with(scheme)) host = url.substr(scheme.size());
  }
  return !host.empty() &&
         std::all_of(host.begin(), host.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '-' || c == ':' ||
                  c == '[' || c == ']' || c == '_';
         });
}

// Fills Settings from one parsed file and notes what is wrong on the way.
class Reader {
 public:
  explicit Reader(fs::Path origin) : origin_(std::move(origin)) {}

  void Read(const toml::table& root);

  // `message` is completed with {0} = "benchkeep.toml:12".
  void Complain(std::int64_t line, const char* msgid,
                std::vector<std::string> args);

  LoadedSettings loaded;
  std::vector<Problem> problems;

 private:
  struct Here {
    const SettingSpec& spec;
    const toml::node& node;
    [[nodiscard]] std::int64_t line() const {
      return static_cast<std::int64_t>(node.source().begin.line);
    }
    [[nodiscard]] std::string name() const {
      return std::string(spec.section) + "." + spec.key;
    }
  };

  void ReadSection(const std::string& section, const toml::table& table);
  void UnknownSection(const std::string& name, std::int64_t line);
  void UnknownKey(const std::string& section, const std::string& key,
                  std::int64_t line);
  void WrongType(const Here& here, const char* msgid);

  void Set(const Here& here, std::string Settings::*place);
  void Set(const Here& here, std::vector<std::string> Settings::*place);
  void Set(const Here& here, SummaryMode Settings::*place);
  void Set(const Here& here, std::int64_t Settings::*place);
  void Set(const Here& here, std::uint64_t Settings::*place);

  // The value as it will be kept, or nullopt after a complaint.
  std::optional<std::string> CheckText(const Here& here, std::string text);
  std::optional<std::string> CheckPath(const Here& here,
                                       const std::string& text);
  void CheckTogether();
  [[nodiscard]] std::int64_t LineOf(const char* name) const;

  fs::Path origin_;
};

void Reader::Complain(std::int64_t line, const char* msgid,
                      std::vector<std::string> args) {
  const std::string where =
      origin_.filename().string() + ":" + std::to_string(line);
  args.insert(args.begin(), where);
  problems.push_back(
      {line, Fail(Code::kInvalidArgument, Message{msgid, std::move(args)},
                  Say(N_("correct the line, or take it out")), origin_)
                 .value()});
}

void Reader::UnknownSection(const std::string& name, std::int64_t line) {
  const std::string near = NearestName(name, Sections());
  if (near.empty()) {
    Complain(line, N_("{0}: unknown section [{1}]"), {name});
  } else {
    Complain(line, N_("{0}: unknown section [{1}]; did you mean [{2}]?"),
             {name, near});
  }
}

void Reader::UnknownKey(const std::string& section, const std::string& key,
                        std::int64_t line) {
  std::vector<std::string> known;
  for (const SettingSpec& spec : SettingSpecs()) {
    if (spec.section == section) {
      known.emplace_back(spec.key);
    } else if (spec.key == key) {
      return Complain(line,
                      N_("{0}: the key '{1}' belongs to [{2}], not to [{3}]"),
                      {key, spec.section, section});
    }
  }
  const std::string near = NearestName(key, known);
  if (!near.empty()) {
    return Complain(line,
                    N_("{0}: unknown key '{1}' in [{2}]; did you mean '{3}'?"),
                    {key, section, near});
  }
  Complain(line, N_("{0}: unknown key '{1}' in [{2}]"), {key, section});
}

void Reader::WrongType(const Here& here, const char* msgid) {
  Complain(here.line(), msgid, {here.spec.key});
}

void Reader::Read(const toml::table& root) {
  for (const auto& [key, node] : root) {
    const std::string name(key.str());
    const auto line = static_cast<std::int64_t>(key.source().begin.line);
    const std::vector<std::string> sections = Sections();
    const bool known =
        std::find(sections.begin(), sections.end(), name) != sections.end();
    const toml::table* table = node.as_table();
    if ((name == kJobs || name == kWebhook) && table != nullptr) {
      const auto read = name == kJobs ? ReadJobs : ReadWebhooks;
      read(*table, loaded,
           [this](std::int64_t at, const char* msgid,
                  std::vector<std::string> args) {
             Complain(at, msgid, std::move(args));
           });
    } else if (known && table != nullptr) {
      ReadSection(name, *table);
    } else if (known) {
      Complain(line, N_("{0}: '{1}' must be a section: [{1}]"), {name});
    } else if (table != nullptr) {
      UnknownSection(name, line);
    } else {
      Complain(line, N_("{0}: the key '{1}' stands outside of any section"),
               {name});
    }
  }
  if (problems.empty()) CheckTogether();
  std::stable_sort(
      problems.begin(), problems.end(),
      [](const Problem& a, const Problem& b) { return a.line < b.line; });
}

void Reader::ReadSection(const std::string& section, const toml::table& table) {
  for (const auto& [key, node] : table) {
    const auto specs = SettingSpecs();
    const auto spec =
        std::find_if(specs.begin(), specs.end(),
                     [&section, name = key.str()](const SettingSpec& each) {
                       return each.section == section && each.key == name;
                     });
    const auto line = static_cast<std::int64_t>(key.source().begin.line);
    if (spec == specs.end()) {
      UnknownKey(section, std::string(key.str()), line);
      continue;
    }
    const Here here{*spec, node};
    loaded.lines[here.name()] = line;
    std::visit([&](auto place) { Set(here, place); }, spec->place);
  }
}

std::optional<std::string> Reader::CheckPath(const Here& here,
                                             const std::string& text) {
  const fs::Path given(text);
  fs::Path path = given.lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  if (given.is_absolute()) {
    Complain(here.line(),
             N_("{0}: '{1}' must be a path below the root, not '{2}'"),
             {here.spec.key, text});
    return std::nullopt;
  }
  if (std::find(given.begin(), given.end(), "..") != given.end()) {
    Complain(here.line(), N_("{0}: '{1}' must not lead out by '..': '{2}'"),
             {here.spec.key, text});
    return std::nullopt;
  }
  if (path.empty() || path == "." || *path.begin() == kStateFolder ||
      path == kSettingsFile) {
    Complain(here.line(), N_("{0}: '{1}' cannot be '{2}'"),
             {here.spec.key, text});
    return std::nullopt;
  }
  return path.string();
}

std::optional<std::string> Reader::CheckText(const Here& here,
                                             std::string text) {
  const Rule rule = here.spec.rule;
  if (text.empty() && rule != Rule::kText && rule != Rule::kLanguage) {
    Complain(here.line(), N_("{0}: '{1}' must not be empty"), {here.spec.key});
    return std::nullopt;
  }
  if (text.find('\0') != std::string::npos) {
    Complain(here.line(), N_("{0}: '{1}' must not hold a zero byte"),
             {here.spec.key});
    return std::nullopt;
  }
  if (rule == Rule::kPath || rule == Rule::kPaths) {
    return CheckPath(here, text);
  }
  if (rule == Rule::kMailServer && !IsMailServer(text)) {
    Complain(here.line(),
             N_("{0}: '{1}' must be smtps://HOST or smtp://HOST, perhaps with "
                "a port, and without a name or password"),
             {here.spec.key});
    return std::nullopt;
  }
  const std::vector<std::string> words = WordsOf(rule);
  if (!words.empty() &&
      std::find(words.begin(), words.end(), text) == words.end()) {
    std::string list;
    for (const std::string& word : words) {
      list += (list.empty() ? "\"" : ", \"") + word + "\"";
    }
    Complain(here.line(), N_("{0}: '{1}' must be one of {2}, not '{3}'"),
             {here.spec.key, list, text});
    return std::nullopt;
  }
  if (rule == Rule::kPattern && text.find('/') != std::string::npos) {
    Complain(here.line(),
             N_("{0}: '{1}' is a pattern of names, without folders"),
             {here.spec.key});
    return std::nullopt;
  }
  return text;
}

void Reader::Set(const Here& here, std::string Settings::*place) {
  const auto text = here.node.value_exact<std::string>();
  if (!text) {
    return WrongType(here, N_("{0}: '{1}' must be a string"));
  }
  if (auto checked = CheckText(here, *text)) {
    loaded.settings.*place = std::move(*checked);
  }
}

void Reader::Set(const Here& here, std::vector<std::string> Settings::*place) {
  const toml::array* array = here.node.as_array();
  if (array == nullptr) {
    return WrongType(here, N_("{0}: '{1}' must be a list of strings"));
  }
  std::vector<std::string> texts;
  for (const toml::node& node : *array) {
    const Here item{here.spec, node};
    const auto text = node.value_exact<std::string>();
    if (!text) {
      return WrongType(item, N_("{0}: '{1}' must hold strings only"));
    }
    auto checked = CheckText(item, *text);
    if (!checked) return;
    if (std::find(texts.begin(), texts.end(), *checked) != texts.end()) {
      return Complain(item.line(), N_("{0}: '{1}' names '{2}' twice"),
                      {here.spec.key, *checked});
    }
    texts.push_back(std::move(*checked));
  }
  if (texts.empty() && here.spec.rule == Rule::kColumns) {
    return Complain(here.line(), N_("{0}: '{1}' must not be empty"),
                    {here.spec.key});
  }
  loaded.settings.*place = std::move(texts);
}

void Reader::Set(const Here& here, SummaryMode Settings::*place) {
  const auto text = here.node.value_exact<std::string>();
  if (!text) {
    return WrongType(here, N_("{0}: '{1}' must be a string"));
  }
  for (const SummaryMode mode :
       {SummaryMode::kReplace, SummaryMode::kAccumulate}) {
    if (*text != SummaryModeName(mode)) continue;
    loaded.settings.*place = mode;
    return;
  }
  Complain(here.line(),
           N_("{0}: '{1}' is \"replace\" or \"accumulate\", not '{2}'"),
           {here.spec.key, *text});
}

void Reader::Set(const Here& here, std::int64_t Settings::*place) {
  const auto number = here.node.value_exact<std::int64_t>();
  if (!number) {
    return WrongType(here, N_("{0}: '{1}' must be a whole number"));
  }
  if (*number < here.spec.least) {
    return Complain(here.line(), N_("{0}: '{1}' must be at least {2}"),
                    {here.spec.key, std::to_string(here.spec.least)});
  }
  loaded.settings.*place = *number;
}

void Reader::Set(const Here& here, std::uint64_t Settings::*place) {
  if (const auto number = here.node.value_exact<std::int64_t>()) {
    if (*number < 0) {
      return Complain(here.line(), N_("{0}: '{1}' must be at least {2}"),
                      {here.spec.key, "0"});
    }
    loaded.settings.*place = static_cast<std::uint64_t>(*number);
    return;
  }
  const auto text = here.node.value_exact<std::string>();
  if (!text) {
    return WrongType(here, N_("{0}: '{1}' must be a size like \"512MiB\""));
  }
  const auto bytes = ParseSize(*text);
  if (!bytes) {
    return Complain(here.line(),
                    N_("{0}: '{1}' must be a size like \"512MiB\", not '{2}'"),
                    {here.spec.key, *text});
  }
  loaded.settings.*place = *bytes;
}

std::int64_t Reader::LineOf(const char* name) const {
  const auto found = loaded.lines.find(name);
  return found == loaded.lines.end() ? 1 : found->second;
}

// What no single key can show: that one file would play two parts.
void Reader::CheckTogether() {
  const Settings& settings = loaded.settings;
  if (settings.results == settings.master) {
    Complain(std::max(LineOf("store.results"), LineOf("store.master")),
             N_("{0}: 'results' and 'master' are the same file: '{1}'"),
             {settings.results});
  }
  const fs::Path results(settings.results);
  if (results.parent_path() == settings.increments &&
      ::fnmatch(settings.increment_pattern.c_str(), results.filename().c_str(),
                FNM_PERIOD) == 0) {
    Complain(std::max({LineOf("store.results"), LineOf("store.increments"),
                       LineOf("store.increment_pattern")}),
             N_("{0}: the results file '{1}' would be taken for an increment"),
             {settings.results});
  }
}

// The first byte that TOML allows nowhere; npos for none.
std::size_t FindControl(std::string_view toml) {
  const auto found = std::find_if(toml.begin(), toml.end(), [](const char c) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr unsigned char kDelete = 0x7F;
    return (byte < ' ' && c != '\t' && c != '\n' && c != '\r') ||
           byte == kDelete;
  });
  return found == toml.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - toml.begin());
}

Reader ReadToml(std::string_view toml, const fs::Path& origin) {
  Reader reader(origin);
  // toml++ 3.3.0 is not always prepared for them.
  if (const std::size_t at = FindControl(toml); at != std::string_view::npos) {
    const auto lines = std::count(toml.begin(), toml.begin() + at, '\n');
    reader.Complain(1 + lines,
                    N_("{0}: not valid TOML: byte {1} is a control character"),
                    {std::to_string(at)});
    return reader;
  }
  const toml::parse_result parsed = toml::parse(toml);
  if (parsed) {
    reader.Read(parsed.table());
    return reader;
  }
  const toml::parse_error& error = parsed.error();
  reader.Complain(static_cast<std::int64_t>(error.source().begin.line),
                  N_("{0}: not valid TOML: {1}"),
                  {std::string(error.description())});
  return reader;
}

}  // namespace

Result<LoadedSettings> ParseLoadedSettings(std::string_view toml,
                                           const fs::Path& origin) {
  Reader reader = ReadToml(toml, origin);
  if (!reader.problems.empty()) {
    return tl::make_unexpected(std::move(reader.problems.front().error));
  }
  reader.loaded.from_file = true;
  return std::move(reader.loaded);
}

std::vector<Error> SettingsProblems(std::string_view toml,
                                    const fs::Path& origin) {
  std::vector<Error> errors;
  for (Problem& problem : ReadToml(toml, origin).problems) {
    errors.push_back(std::move(problem.error));
  }
  return errors;
}

}  // namespace benchkeep::store
