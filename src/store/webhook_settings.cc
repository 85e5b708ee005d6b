// The table of the keys of webhooks.

#include "store/webhook_settings.h"

#include <algorithm>

#include "base/message.h"

namespace benchkeep::store {

const std::vector<WebhookKey>& WebhookKeys() {
  using W = WebhookSettings;
  static const std::vector<WebhookKey> keys = {
      {"form", &W::form,
       N_("what the other side expects: \"json\", \"feishu\", \"dingtalk\", "
          "\"wecom\" or \"slack\"")},
      {"url", &W::url,
       N_("its address, a secret: only where nobody else can read "
          "benchkeep.toml")},
      {"url_file", &W::url_file,
       N_("or the file that holds it, readable by you alone")},
      {"url_variable", &W::url_variable,
       N_("or the environment variable that holds it")},
      {"secret_file", &W::secret_file,
       N_("the file with the secret that DingTalk or Feishu sign with")},
      {"secret_variable", &W::secret_variable,
       N_("or the environment variable that holds it")},
      {"ca_file", &W::ca_file,
       N_("PEM file with the authority of its certificate; empty for those of "
          "this machine")},
      {"enabled", &W::enabled, N_("false: nothing is sent there")},
      {"health", &W::health,
       N_("true: the daily health message goes there, "
          "too, not alerts only")},
  };
  return keys;
}

const std::vector<std::string>& WebhookForms() {
  static const std::vector<std::string> forms = {"json", "feishu", "dingtalk",
                                                 "wecom", "slack"};
  return forms;
}

std::string ShownAddress(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url.empty() ? "" : "...";
  const std::size_t from = scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", from), url.size());
  std::string host = url.substr(from, end - from);
  if (const std::size_t at = host.rfind('@'); at != std::string::npos) {
    host.erase(0, at + 1);
  }
  return url.substr(0, from) + host + (end == url.size() ? "" : "/...");
}

}  // namespace benchkeep::store
