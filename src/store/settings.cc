// Settings to and from TOML and JSON, by the table of settings_table.h.

#include "store/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "store/settings_table.h"

namespace benchkeep::store {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 20;

// A basic string of TOML.
std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string QuotedList(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    out += (out.empty() ? "" : ", ") + Quoted(text);
  }
  return "[" + out + "]";
}

struct TomlText {
  const Settings& settings;
  std::string operator()(std::string Settings::*place) const {
    return Quoted(settings.*place);
  }
  std::string operator()(std::vector<std::string> Settings::*place) const {
    return QuotedList(settings.*place);
  }
  std::string operator()(SummaryMode Settings::*place) const {
    return Quoted(SummaryModeName(settings.*place));
  }
  std::string operator()(std::int64_t Settings::*place) const {
    return std::to_string(settings.*place);
  }
  std::string operator()(std::uint64_t Settings::*place) const {
    const std::uint64_t bytes = settings.*place;
    return bytes == 0 ? "0" : Quoted(SizeText(bytes));
  }
};

struct JsonValue {
  const Settings& settings;
  Json operator()(std::string Settings::*place) const {
    return Json::String(settings.*place);
  }
  Json operator()(std::vector<std::string> Settings::*place) const {
    Json list = Json::Array();
    for (const std::string& text : settings.*place) {
      list.Append(Json::String(text));
    }
    return list;
  }
  Json operator()(SummaryMode Settings::*place) const {
    return Json::String(SummaryModeName(settings.*place));
  }
  Json operator()(std::int64_t Settings::*place) const {
    return Json::Int(settings.*place);
  }
  Json operator()(std::uint64_t Settings::*place) const {
    return Json::Uint(settings.*place);
  }
};

struct JobTomlText {
  const JobSettings& job;
  std::string operator()(std::string JobSettings::*place) const {
    return Quoted(job.*place);
  }
  std::string operator()(bool JobSettings::*place) const {
    return job.*place ? "true" : "false";
  }
  std::string operator()(std::int64_t JobSettings::*place) const {
    return std::to_string(job.*place);
  }
  std::string operator()(
      std::vector<std::vector<std::string>> JobSettings::*place) const {
    const auto& commands = job.*place;
    if (commands.size() == 1) return QuotedList(commands[0]);
    std::string out;
    for (const std::vector<std::string>& command : commands) {
      out += (out.empty() ? "" : ", ") + QuotedList(command);
    }
    return "[" + out + "]";
  }
};

struct JobJsonValue {
  const JobSettings& job;
  Json operator()(std::string JobSettings::*place) const {
    return Json::String(job.*place);
  }
  Json operator()(bool JobSettings::*place) const {
    return Json::Bool(job.*place);
  }
  Json operator()(std::int64_t JobSettings::*place) const {
    return Json::Int(job.*place);
  }
  Json operator()(
      std::vector<std::vector<std::string>> JobSettings::*place) const {
    Json commands = Json::Array();
    for (const std::vector<std::string>& words : job.*place) {
      Json& command = commands.Append(Json::Array());
      for (const std::string& word : words) {
        command.Append(Json::String(word));
      }
    }
    return commands;
  }
};

// An address is a secret: it is never shown whole.
struct WebhookTomlText {
  const WebhookSettings& webhook;
  std::string operator()(std::string WebhookSettings::*place) const {
    return Quoted(place == &WebhookSettings::url ? ShownAddress(webhook.url)
                                                 : webhook.*place);
  }
  std::string operator()(bool WebhookSettings::*place) const {
    return webhook.*place ? "true" : "false";
  }
};

struct WebhookJsonValue {
  const WebhookSettings& webhook;
  Json operator()(std::string WebhookSettings::*place) const {
    return Json::String(place == &WebhookSettings::url
                            ? ShownAddress(webhook.url)
                            : webhook.*place);
  }
  Json operator()(bool WebhookSettings::*place) const {
    return Json::Bool(webhook.*place);
  }
};

// Comment lines of at most 80 bytes.
std::string Comment(const std::string& text) {
  constexpr std::size_t kWidth = 78;
  std::string out;
  std::string line;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t space = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, space - at);
    if (!line.empty() && line.size() + 1 + word.size() > kWidth) {
      out += "# " + std::exchange(line, "") + "\n";
    }
    line += (line.empty() ? "" : " ") + word;
    at = space + 1;
  }
  return out + "# " + line + "\n";
}

}  // namespace

Result<LoadedSettings> LoadSettings(fs::FileSystem& file_system,
                                    const fs::Path& file) {
  Result<std::string> text = fs::ReadFile(file_system, file, kMaxFileBytes);
  if (!text.ok() && text.error().code == Code::kNotFound) {
    return LoadedSettings{};
  }
  BENCHKEEP_TRY(text);
  return ParseLoadedSettings(*text, file);
}

Result<Settings> ParseSettings(std::string_view toml, const fs::Path& origin) {
  BENCHKEEP_ASSIGN(LoadedSettings loaded, ParseLoadedSettings(toml, origin));
  return std::move(loaded.settings);
}

std::vector<SettingRow> SettingRows(const Settings& settings) {
  std::vector<SettingRow> rows;
  for (const SettingSpec& spec : SettingSpecs()) {
    rows.push_back({spec.section, spec.key,
                    std::visit(TomlText{settings}, spec.place),
                    Say(spec.about)});
  }
  bool explained = false;
  for (const JobSettings& job : settings.jobs) {
    for (const JobKey& key : JobKeys()) {
      rows.push_back({"jobs." + job.name, key.key,
                      std::visit(JobTomlText{job}, key.place),
                      explained ? Message() : Say(key.about)});
    }
    explained = true;
  }
  explained = false;
  for (const WebhookSettings& webhook : settings.webhooks) {
    for (const WebhookKey& key : WebhookKeys()) {
      rows.push_back({"webhook." + webhook.name, key.key,
                      std::visit(WebhookTomlText{webhook}, key.place),
                      explained ? Message() : Say(key.about)});
    }
    explained = true;
  }
  return rows;
}

std::string SettingsToToml(
    const Settings& settings,
    const std::function<std::string(const Message&)>& words) {
  std::string out = Comment(words(
      Say(N_("Settings of benchkeep.  Every line is optional: what is not here "
             "has the value that 'benchkeep config init' writes."))));
  std::string section;
  for (const SettingRow& row : SettingRows(settings)) {
    if (row.section != section) {
      section = row.section;
      out += "\n[" + section + "]\n";
    }
    if (!row.about.empty()) out += Comment(words(row.about));
    out += row.key + " = " + row.value + "\n";
  }
  return out;
}

Json SettingsToJson(const Settings& settings) {
  Json json = Json::Object();
  for (const SettingSpec& spec : SettingSpecs()) {
    Json* section = json.Find(spec.section);
    if (section == nullptr) section = &json.Set(spec.section, Json::Object());
    section->Set(spec.key, std::visit(JsonValue{settings}, spec.place));
  }
  Json& jobs = json.Set("jobs", Json::Object());
  for (const JobSettings& job : settings.jobs) {
    Json& one = jobs.Set(job.name, Json::Object());
    for (const JobKey& key : JobKeys()) {
      one.Set(key.key, std::visit(JobJsonValue{job}, key.place));
    }
  }
  Json& webhooks = json.Set("webhook", Json::Object());
  for (const WebhookSettings& webhook : settings.webhooks) {
    Json& one = webhooks.Set(webhook.name, Json::Object());
    for (const WebhookKey& key : WebhookKeys()) {
      one.Set(key.key, std::visit(WebhookJsonValue{webhook}, key.place));
    }
  }
  return json;
}

}  // namespace benchkeep::store
