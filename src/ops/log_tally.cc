// Errors of one log, counted by cause and hour.

#include "ops/log_tally.h"

#include <algorithm>

namespace benchkeep::ops {
namespace {

constexpr std::size_t kMaxExample = 400;
constexpr std::size_t kMaxPattern = 200;
constexpr std::size_t kHour = 13;  // "2025-08-27T00"
constexpr std::size_t kStamp = 19;

// Beyond it messages are counted by class alone: no log may fill our memory.
constexpr std::size_t kMaxCauses = 2000;
constexpr const char* kRest = "...";
constexpr std::size_t kMaxSeen = 128;  // Bytes of a message to remember.

}  // namespace

void LogTally::Add(const LoggedError& error) {
  Count(CauseOf(error), error.time);
}

LogTally::Cause& LogTally::CauseOf(const LoggedError& error) {
  // Many messages come again word for word.
  const bool short_one = error.message.size() <= kMaxSeen && !error.crash;
  if (short_one) {
    const auto seen = seen_.find(error.message);
    if (seen != seen_.end()) return causes_[seen->second];
  }
  Cause& cause = ByPattern(error);
  if (short_one && seen_.size() < kMaxCauses) {
    seen_.emplace(error.message,
                  static_cast<std::size_t>(&cause - &causes_[0]));
  }
  return cause;
}

LogTally::Cause& LogTally::ByPattern(const LoggedError& error) {
  PatternOf(error.message, error.model, pattern_);
  if (error.crash) pattern_ += '!';
  const auto found = known_.find(std::string_view(pattern_));
  if (found != known_.end()) return causes_[found->second];
  std::string pattern = pattern_;
  if (error.crash) pattern.pop_back();
  if (known_.size() >= kMaxCauses) {
    return causes_[NewCause(error, kRest)];
  }
  const std::size_t at = NewCause(error, Scrubbed(pattern, kMaxPattern));
  known_.emplace(pattern_, at);
  return causes_[at];
}

std::size_t LogTally::NewCause(const LoggedError& error, std::string pattern) {
  ErrorClass kind = Classify(error.message);
  if (error.crash &&
      (kind == ErrorClass::kOther || kind == ErrorClass::kFormat)) {
    kind = ErrorClass::kCrash;
  }
  const auto same =
      std::find_if(causes_.begin(), causes_.end(), [&](const Cause& each) {
        return each.kind == kind && each.pattern == pattern;
      });
  if (same != causes_.end()) {
    return static_cast<std::size_t>(same - causes_.begin());
  }
  causes_.push_back({.kind = kind,
                     .pattern = std::move(pattern),
                     .example = Scrubbed(error.message, kMaxExample),
                     .model = Scrubbed(error.model, kMaxPattern)});
  return causes_.size() - 1;
}

void LogTally::Count(Cause& cause, std::string_view time) {
  std::string when(time.substr(0, kStamp));
  if (when.size() > 10) when[10] = 'T';
  const std::string_view hour = std::string_view(when).substr(0, kHour);
  auto at = std::find_if(cause.hours.rbegin(), cause.hours.rend(),
                         [&](const Hour& each) { return each.hour == hour; });
  if (at == cause.hours.rend()) {
    cause.hours.push_back({std::string(hour), 0, when, when});
    at = cause.hours.rbegin();
  }
  ++at->count;
  if (when < at->first) at->first = when;
  if (when > at->last) at->last = when;
}

}  // namespace benchkeep::ops
