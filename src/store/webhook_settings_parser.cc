// Reading the tables [webhook.NAME] of benchkeep.toml.

#include "store/webhook_settings_parser.h"

#include <algorithm>

#include "base/text.h"

namespace benchkeep::store {
namespace {

std::int64_t LineOf(const toml::node& node) {
  return static_cast<std::int64_t>(node.source().begin.line);
}

// Reads one webhook.
class WebhookReader {
 public:
  WebhookReader(LoadedSettings& loaded, const Complaint& complain)
      : loaded_(loaded), complain_(complain) {}

  void Read(const std::string& name, std::int64_t line,
            const toml::table& table) {
    webhook_.name = name;
    bool fine = true;
    for (const auto& [key, node] : table) {
      const auto key_line = static_cast<std::int64_t>(key.source().begin.line);
      fine &= ReadKey(std::string(key.str()), key_line, node);
    }
    if (!fine) return;
    const int addresses = static_cast<int>(!webhook_.url.empty()) +
                          static_cast<int>(!webhook_.url_file.empty()) +
                          static_cast<int>(!webhook_.url_variable.empty());
    if (addresses != 1) {
      complain_(line,
                N_("{0}: the webhook '{1}' needs one of 'url', 'url_file' and "
                   "'url_variable'"),
                {name});
      return;
    }
    loaded_.settings.webhooks.push_back(webhook_);
  }

 private:
  bool Wrong(std::int64_t line, const char* msgid,
             std::vector<std::string> args) {
    complain_(line, msgid, std::move(args));
    return false;
  }

  bool ReadKey(const std::string& key, std::int64_t line,
               const toml::node& node) {
    const auto& keys = WebhookKeys();
    const auto spec =
        std::find_if(keys.begin(), keys.end(),
                     [&](const WebhookKey& each) { return each.key == key; });
    const std::string section = "webhook." + webhook_.name;
    if (spec == keys.end()) {
      std::vector<std::string> names;
      names.reserve(keys.size());
      for (const WebhookKey& each : keys) names.emplace_back(each.key);
      const std::string near = NearestName(key, names);
      if (near.empty()) {
        return Wrong(line, N_("{0}: unknown key '{1}' in [{2}]"),
                     {key, section});
      }
      return Wrong(line,
                   N_("{0}: unknown key '{1}' in [{2}]; did you mean '{3}'?"),
                   {key, section, near});
    }
    loaded_.lines[section + "." + key] = line;
    return std::visit([&](auto place) { return Set(*spec, node, place); },
                      spec->place);
  }

  bool Set(const WebhookKey& spec, const toml::node& node,
           std::string WebhookSettings::*place) {
    const auto text = node.value_exact<std::string>();
    if (!text || text->find('\0') != std::string::npos) {
      return Wrong(LineOf(node), N_("{0}: '{1}' must be a string"), {spec.key});
    }
    const auto& forms = WebhookForms();
    if (place == &WebhookSettings::form &&
        std::find(forms.begin(), forms.end(), *text) == forms.end()) {
      return Wrong(
          LineOf(node), N_("{0}: '{1}' must be one of {2}, not '{3}'"),
          {spec.key, "\"json\", \"feishu\", \"dingtalk\", \"wecom\", \"slack\"",
           *text});
    }
    webhook_.*place = *text;
    return true;
  }

  bool Set(const WebhookKey& spec, const toml::node& node,
           bool WebhookSettings::*place) {
    const auto value = node.value_exact<bool>();
    if (!value) {
      return Wrong(LineOf(node), N_("{0}: '{1}' must be true or false"),
                   {spec.key});
    }
    webhook_.*place = *value;
    return true;
  }

  LoadedSettings& loaded_;
  const Complaint& complain_;
  WebhookSettings webhook_;
};

}  // namespace

void ReadWebhooks(const toml::table& webhooks, LoadedSettings& loaded,
                  const Complaint& complain) {
  for (const auto& [key, node] : webhooks) {
    const std::string name(key.str());
    const auto line = static_cast<std::int64_t>(key.source().begin.line);
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      complain(line, N_("{0}: '{1}' must be a section: [{1}]"),
               {"webhook." + name});
    } else if (!IsJobName(name)) {
      complain(line,
               N_("{0}: '{1}' cannot be the name of a webhook: letters, "
                  "digits, '-' and '_' only"),
               {name});
    } else {
      WebhookReader(loaded, complain).Read(name, line, *table);
    }
  }
}

}  // namespace benchkeep::store
