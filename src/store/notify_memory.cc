// What is remembered about messages, as JSON.

#include "store/notify_memory.h"

#include <algorithm>

#include "base/json.h"
#include "fs/atomic_file.h"

namespace benchkeep::store {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{8} << 20;
constexpr std::uint32_t kPrivate = 0600;

Json Time(std::optional<std::int64_t> seconds) {
  return seconds ? Json::String(
                       FormatIso(TimePoint(std::chrono::seconds(*seconds))))
                 : Json();
}

std::optional<std::int64_t> TimeAt(const Json& json, const char* name) {
  const auto time = ParseIso(json.StringAt(name).value_or(""));
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*time)
      .time_since_epoch()
      .count();
}

std::string TextAt(const Json& json, const char* name) {
  return json.StringAt(name).value_or("");
}

Json ToJson(const NotifyMemory& memory) {
  Json json = Json::Object();
  json.Set("version", Json::Int(1));
  Json& channels = json.Set("channels", Json::Object());
  for (const auto& [name, each] : memory.channels) {
    Json& one = channels.Set(name, Json::Object());
    one.Set("last_success", Time(each.last_success));
    one.Set("last_failure", Time(each.last_failure));
    one.Set("failures", Json::Int(each.failures));
    one.Set("reason", Json::String(each.reason));
    one.Set("last_error", Json::String(each.last_error));
    one.Set("blocked_until", Time(each.blocked_until));
  }
  Json& given_up = json.Set("given_up", Json::Array());
  for (const GivenUp& each : memory.given_up) {
    Json& one = given_up.Append(Json::Object());
    one.Set("time", Time(each.time));
    one.Set("id", Json::String(each.id));
    one.Set("channel", Json::String(each.channel));
    one.Set("kind", Json::String(each.kind));
    one.Set("recipient", Json::String(each.recipient));
    one.Set("title", Json::String(each.title));
    one.Set("reason", Json::String(each.reason));
    one.Set("error", Json::String(each.error));
  }
  Json& alerts = json.Set("alerts", Json::Object());
  for (const auto& [name, each] : memory.alerts) {
    Json& one = alerts.Set(name, Json::Object());
    one.Set("state", Json::String(each.state));
    one.Set("since", Time(each.since));
    one.Set("runs", Json::Int(each.runs));
    one.Set("alerted", Json::String(each.alerted));
    one.Set("alerted_at", Time(each.alerted_at));
  }
  Json& events = json.Set("events", Json::Object());
  for (const auto& [name, each] : memory.events) {
    Json& one = events.Set(name, Json::Object());
    one.Set("sent", Time(each.sent));
    one.Set("count", Json::Uint(each.count));
    one.Set("last", Json::String(each.last));
  }
  return json;
}

const std::vector<Json::Member>& MembersAt(const Json& json, const char* name) {
  static const std::vector<Json::Member> none;
  const Json* found = json.Find(name);
  return found == nullptr ? none : found->members();
}

NotifyMemory FromJson(const Json& json) {
  NotifyMemory memory;
  for (const auto& [name, one] : MembersAt(json, "channels")) {
    ChannelMemory& each = memory.channels[name];
    each.last_success = TimeAt(one, "last_success");
    each.last_failure = TimeAt(one, "last_failure");
    each.failures = one.IntAt("failures").value_or(0);
    each.reason = TextAt(one, "reason");
    each.last_error = TextAt(one, "last_error");
    each.blocked_until = TimeAt(one, "blocked_until");
  }
  if (const Json* given_up = json.Find("given_up")) {
    for (const Json& one : given_up->items()) {
      memory.given_up.push_back({TimeAt(one, "time").value_or(0),
                                 TextAt(one, "id"), TextAt(one, "channel"),
                                 TextAt(one, "kind"), TextAt(one, "recipient"),
                                 TextAt(one, "title"), TextAt(one, "reason"),
                                 TextAt(one, "error")});
    }
  }
  for (const auto& [name, one] : MembersAt(json, "alerts")) {
    memory.alerts[name] = {
        TextAt(one, "state"), TimeAt(one, "since").value_or(0),
        one.IntAt("runs").value_or(0), TextAt(one, "alerted"),
        TimeAt(one, "alerted_at").value_or(0)};
  }
  for (const auto& [name, one] : MembersAt(json, "events")) {
    memory.events[name] = {TimeAt(one, "sent").value_or(0),
                           static_cast<std::uint64_t>(std::max<std::int64_t>(
                               0, one.IntAt("count").value_or(0))),
                           TextAt(one, "last")};
  }
  return memory;
}

}  // namespace

Result<NotifyMemory> LoadNotifyMemory(const Store& store) {
  const Result<std::string> text = fs::ReadFile(
      store.file_system(), store.layout().notify_file(), kMaxBytes);
  if (!text.ok()) {
    if (text.error().code == Code::kNotFound) return NotifyMemory();
    return Unexpected(text.error());
  }
  const Result<Json> json = ParseJson(*text);
  return json.ok() ? FromJson(*json) : NotifyMemory();
}

Status SaveNotifyMemory(const Store& store, const NotifyMemory& memory) {
  NotifyMemory kept = memory;
  if (kept.given_up.size() > kMostGivenUp) {
    kept.given_up.erase(
        kept.given_up.begin(),
        kept.given_up.end() - static_cast<std::ptrdiff_t>(kMostGivenUp));
  }
  return fs::ReplaceFile(store.file_system(), store.layout().notify_file(),
                         ToJson(kept).Dump(1) + "\n", kPrivate);
}

}  // namespace benchkeep::store
