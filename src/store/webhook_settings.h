// The settings of webhooks: the tables [webhook.NAME] of benchkeep.toml.
//
// The address of a webhook is a secret: whoever has it can write to the chat.
// It stands in a file, in an environment variable, or in benchkeep.toml when
// nobody else may read that; it is never shown whole.

#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace benchkeep::store {

struct WebhookSettings {
  std::string name = {};
  std::string form = "json";  // See WebhookForms().
  std::string url = {};       // Or one of the two below it.
  std::string url_file = {};
  std::string url_variable = {};
  std::string secret_file = {};  // What DingTalk and Feishu sign with.
  std::string secret_variable = {};
  std::string ca_file = {};
  bool enabled = true;
  bool health = false;  // Gets the daily health message, too.

  bool operator==(const WebhookSettings&) const = default;
};

// The keys of a webhook, in the order of the file.
using WebhookPlace =
    std::variant<std::string WebhookSettings::*, bool WebhookSettings::*>;
struct WebhookKey {
  const char* key;
  WebhookPlace place;
  const char* about;  // msgid
};
const std::vector<WebhookKey>& WebhookKeys();

// "json", "feishu", "dingtalk", "wecom", "slack".
const std::vector<std::string>& WebhookForms();

// The scheme and the host of an address, and dots for the rest.
std::string ShownAddress(const std::string& url);

}  // namespace benchkeep::store
