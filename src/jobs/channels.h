// Where messages go: mail, webhooks and Sentry, as the settings say, with the
// secrets that they need.
//
// Secrets come from files that only their owner can read, or from the
// environment; they live in a Channel and nowhere else, and are taken out of
// every text that the other side says.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mime.h"
#include "base/result.h"
#include "host/transfer.h"
#include "jobs/sentry.h"
#include "store/store.h"

namespace benchkeep::jobs {

inline constexpr std::string_view kMailChannel = "mail";
inline constexpr std::string_view kSentryChannel = "sentry";

enum class ChannelKind { kMail, kWebhook, kSentry };

struct Channel {
  std::string name;  // "mail", "sentry", "webhook team"
  ChannelKind kind = ChannelKind::kMail;
  bool wants_health = false;
  std::string target;  // For people, without secrets: "https://host/..."
  // Why nothing can be sent; messages wait until it is cured.
  std::optional<Error> problem;
  std::string ca_file;
  std::chrono::milliseconds timeout{30'000};

  host::MailServer mail_server;
  MailAddress from;
  std::vector<MailAddress> to;

  std::string form;  // Of a webhook.
  std::string url;
  std::string secret;

  SentryDsn dsn;

  // `text` with "***" for every secret of the channel.
  [[nodiscard]] std::string Redacted(std::string text) const;
};

// The value of an environment variable; empty when not set.
using Variable = std::function<std::string(const char*)>;

// All that are set up, mail first; those that cannot be used have a problem.
std::vector<Channel> ChannelsOf(const store::Store& store,
                                const Variable& variable,
                                const std::string& host);

// The one of that name, or nullptr.
const Channel* FindChannel(const std::vector<Channel>& channels,
                           std::string_view name);

// What a secret file holds, without the line break at its end.  kPermission
// when others may read it.  `path` may be below the root.
Result<std::string> ReadSecretFile(const store::Store& store,
                                   const std::string& path);

}  // namespace benchkeep::jobs
