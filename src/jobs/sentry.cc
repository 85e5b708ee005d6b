// Events for Sentry.

#include "jobs/sentry.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "fs/sha256.h"
#include "host/transfer.h"

namespace benchkeep::jobs {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kForget = std::int64_t{30} * 86'400;
constexpr std::size_t kMostEvents = 50;  // At once.
constexpr std::size_t kMostRemembered = 2000;
constexpr std::size_t kMostText = 1000;
constexpr std::size_t kIdLength = 32;

std::int64_t SecondsOf(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time)
      .time_since_epoch()
      .count();
}

std::string Clean(const std::string& text) {
  return ops::Scrubbed(text, kMostText);
}

// What an event is grouped by.
std::string Fingerprint(const ops::ErrorCause& cause) {
  return std::string(ops::ErrorClassName(cause.kind)) + " " + cause.pattern;
}

Json EventOf(const ops::ErrorCause& cause, const SentryFrame& frame,
             TimePoint now) {
  Json event = Json::Object();
  const std::string identity = Fingerprint(cause) + frame.store + frame.host +
                               std::to_string(SecondsOf(now));
  event.Set("event_id",
            Json::String(fs::Sha256Of(identity).substr(0, kIdLength)));
  event.Set("timestamp", Json::String(FormatIso(now)));
  event.Set("platform", Json::String("other"));
  event.Set("level", Json::String("error"));
  event.Set("logger", Json::String("benchkeep.logs"));
  event.Set("server_name", Json::String(frame.host));
  event.Set("environment", Json::String(frame.environment));
  event.Set("release", Json::String(frame.release));
  Json& message = event.Set("message", Json::Object());
  message.Set("formatted", Json::String(Clean(cause.pattern)));
  Json& fingerprint = event.Set("fingerprint", Json::Array());
  fingerprint.Append(Json::String("benchkeep"));
  fingerprint.Append(Json::String(ops::ErrorClassName(cause.kind)));
  fingerprint.Append(Json::String(Clean(cause.pattern)));
  Json& tags = event.Set("tags", Json::Object());
  tags.Set("class", Json::String(ops::ErrorClassName(cause.kind)));
  tags.Set("store", Json::String(frame.store));
  if (!cause.model.empty()) tags.Set("model", Json::String(cause.model));
  Json& extra = event.Set("extra", Json::Object());
  extra.Set("count", Json::Uint(cause.count));
  extra.Set("last_24_hours", Json::Uint(cause.recent));
  extra.Set("files", Json::Uint(cause.files));
  extra.Set("first", Json::String(cause.first));
  extra.Set("last", Json::String(cause.last));
  extra.Set("file", Json::String(cause.file));
  extra.Set("example", Json::String(Clean(cause.example)));
  return event;
}

// Old and far too many memories go.
void Forget(std::map<std::string, store::EventMemory>& memory,
            std::int64_t now) {
  std::erase_if(memory, [now](const auto& each) {
    return now - each.second.sent > kForget;
  });
  while (memory.size() > kMostRemembered) {
    memory.erase(std::min_element(memory.begin(), memory.end(),
                                  [](const auto& a, const auto& b) {
                                    return a.second.sent < b.second.sent;
                                  }));
  }
}

}  // namespace

std::optional<SentryDsn> ParseDsn(const std::string& dsn) {
  const auto parts = host::SplitUrl(dsn);
  if (!parts || parts->user.empty() || parts->host.empty()) return std::nullopt;
  const bool safe = parts->scheme == "https" ||
                    (parts->scheme == "http" && parts->IsLoopback());
  const std::size_t slash = parts->path.rfind('/');
  if (!safe || slash == std::string::npos) return std::nullopt;
  const std::string project = parts->path.substr(slash + 1);
  if (project.empty() ||
      !std::all_of(parts->user.begin(), parts->user.end(),
                   [](unsigned char c) { return std::isalnum(c) != 0; })) {
    return std::nullopt;
  }
  return SentryDsn{parts->scheme + "://" + parts->host +
                       (parts->port.empty() ? "" : ":" + parts->port) +
                       parts->path.substr(0, slash) + "/api/" + project +
                       "/envelope/",
                   parts->user};
}

std::vector<Json> SentryEvents(
    const ops::LogErrorsReport& report, const SentryFrame& frame, TimePoint now,
    std::map<std::string, store::EventMemory>& memory) {
  std::vector<Json> events;
  const std::int64_t seconds = SecondsOf(now);
  for (const ops::ErrorCause& cause : report.causes) {
    if (events.size() >= kMostEvents) break;
    if (cause.recent == 0) continue;
    const std::string key =
        fs::Sha256Of(Fingerprint(cause)).substr(0, kIdLength);
    const auto known = memory.find(key);
    if (known != memory.end()) {
      const store::EventMemory& before = known->second;
      const bool again =
          cause.count != before.count || cause.last != before.last;
      // A clock that was set back ends the wait, too.
      const bool waited =
          seconds - before.sent >= kHour || seconds < before.sent;
      if (!again || !waited) continue;
    }
    events.push_back(EventOf(cause, frame, now));
    memory[key] = {seconds, cause.count, cause.last};
  }
  Forget(memory, seconds);
  return events;
}

Json SentryTestEvent(const std::string& title, const std::string& host,
                     TimePoint now) {
  Json event = Json::Object();
  event.Set(
      "event_id",
      Json::String(
          fs::Sha256Of(title + host + FormatIso(now)).substr(0, kIdLength)));
  event.Set("timestamp", Json::String(FormatIso(now)));
  event.Set("platform", Json::String("other"));
  event.Set("level", Json::String("info"));
  event.Set("logger", Json::String("benchkeep.test"));
  event.Set("server_name", Json::String(host));
  event.Set("message", Json::Object()).Set("formatted", Json::String(title));
  return event;
}

std::string SentryEnvelope(const Json& event, TimePoint now) {
  const std::string body = event.Dump();
  Json head = Json::Object();
  head.Set("event_id", Json::String(event.StringAt("event_id").value_or("")));
  head.Set("sent_at", Json::String(FormatIso(now)));
  Json item = Json::Object();
  item.Set("type", Json::String("event"));
  item.Set("content_type", Json::String("application/json"));
  item.Set("length", Json::Uint(body.size()));
  return head.Dump() + "\n" + item.Dump() + "\n" + body + "\n";
}

std::vector<std::string> SentryHeaders(const SentryDsn& dsn) {
  return {"Content-Type: application/x-sentry-envelope",
          "X-Sentry-Auth: Sentry sentry_version=7, "
          "sentry_client=benchkeep/1, sentry_key=" +
              dsn.key};
}

std::chrono::seconds SentryPause(const std::string& rate_limits) {
  // "60:error;default:organization, 2700::key": seconds, categories, scope;
  // no category means all of them.
  double most = 0;
  std::string_view rest = rate_limits;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    std::string_view limit = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    while (limit.starts_with(' ')) limit.remove_prefix(1);
    const std::size_t colon = limit.find(':');
    double seconds = 0;
    std::from_chars(limit.data(), limit.data() + limit.size(), seconds);
    std::string_view categories;
    if (colon != std::string_view::npos) {
      categories = limit.substr(colon + 1);
      categories = categories.substr(0, categories.find(':'));
    }
    bool ours = categories.empty();
    while (!categories.empty()) {
      const std::size_t end = std::min(categories.find(';'), categories.size());
      const std::string_view category = categories.substr(0, end);
      ours = ours || category == "error" || category == "default";
      categories.remove_prefix(std::min(end + 1, categories.size()));
    }
    if (ours) most = std::max(most, seconds);
  }
  constexpr double kDay = 86'400;
  return std::chrono::seconds(
      static_cast<std::int64_t>(std::ceil(std::min(most, kDay))));
}

}  // namespace benchkeep::jobs
