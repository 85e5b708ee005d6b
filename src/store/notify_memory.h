// What is remembered about messages: how each channel is doing, what was given
// up and why, what was alerted, and which causes Sentry was told of.
//
// The file .benchkeep/notify.json, written by the holder of Outbox::Lock().
// Losing it repeats alerts and loses nothing else; a damaged one counts as
// none.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace benchkeep::store {

// All times are seconds since 1970.
struct ChannelMemory {
  std::optional<std::int64_t> last_success = {};
  std::optional<std::int64_t> last_failure = {};
  std::int64_t failures = 0;  // In a row.
  std::string reason = {};  // Of the last failure: "auth"; see host/transfer.h.
  std::string last_error = {};  // In words, without secrets.
  std::optional<std::int64_t> blocked_until = {};
};

struct GivenUp {
  std::int64_t time = 0;
  std::string id;
  std::string channel;
  std::string kind;
  std::string recipient;
  std::string title;
  std::string reason;  // "expired", "queue_full", "refused".
  std::string error;   // What the other side said.
};

// Of one check.
struct AlertMemory {
  std::string state;       // As it was seen the last time: "warning".
  std::int64_t since = 0;  // Since when.
  std::int64_t runs = 0;   // How often it was seen in a row.
  std::string alerted;     // What people were told last.
  std::int64_t alerted_at = 0;
};

// Of one cause of errors.
struct EventMemory {
  std::int64_t sent = 0;
  std::uint64_t count = 0;  // How many errors there were then.
  std::string last;         // The time of the newest one.
};

struct NotifyMemory {
  std::map<std::string, ChannelMemory> channels;
  std::vector<GivenUp> given_up;  // The newest last; at most kMostGivenUp.
  std::map<std::string, AlertMemory> alerts;
  std::map<std::string, EventMemory> events;
};

inline constexpr std::size_t kMostGivenUp = 200;

Result<NotifyMemory> LoadNotifyMemory(const Store& store);
Status SaveNotifyMemory(const Store& store, const NotifyMemory& memory);

}  // namespace benchkeep::store
