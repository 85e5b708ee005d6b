// Events for Sentry: one for each cause of errors in the logs, at most once an
// hour while it goes on.
//
// Sources: develop.sentry.dev, "Envelopes", "Event Payloads", "Rate Limiting".

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ops/log_errors.h"
#include "store/notify_memory.h"

namespace benchkeep::jobs {

// Where a project takes events; the key is a secret.
struct SentryDsn {
  std::string endpoint;  // https://HOST/api/PROJECT/envelope/
  std::string key;
};
// Nullopt for what is no DSN, and for plain http to another machine.
std::optional<SentryDsn> ParseDsn(const std::string& dsn);

struct SentryFrame {
  std::string store;
  std::string host;
  std::string environment;
  std::string release;  // "benchkeep@0.1.0"
};

// The events that are due, the most frequent causes first, and what is to be
// remembered when they are in the queue.  Only causes of the last 24 hours.
std::vector<Json> SentryEvents(
    const ops::LogErrorsReport& report, const SentryFrame& frame, TimePoint now,
    std::map<std::string, store::EventMemory>& memory);

// For `notify test`.
Json SentryTestEvent(const std::string& title, const std::string& host,
                     TimePoint now);

// The body to be posted.
std::string SentryEnvelope(const Json& event, TimePoint now);
std::vector<std::string> SentryHeaders(const SentryDsn& dsn);

// How long no events are wanted, by X-Sentry-Rate-Limits; 0: they are.
std::chrono::seconds SentryPause(const std::string& rate_limits);

}  // namespace benchkeep::jobs
