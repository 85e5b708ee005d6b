// Errors of one log, counted by cause and hour.

#include "ops/log_tally.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ops/log_pattern.h"

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
constexpr std::size_t kMaxStarts = 8;  // They are looked through one by one.

}  // namespace

std::optional<std::size_t> LogTally::Add(const LoggedError& error) {
  // Many messages come again word for word.
  const bool short_one = error.message.size() <= kMaxSeen && !error.crash;
  if (short_one) {
    const auto seen = seen_.find(error.message);
    if (seen != seen_.end()) {
      AddAgain(seen->second, error.time);
      return seen->second;
    }
  }
  const std::size_t cause = ByStart(error);
  AddAgain(cause, error.time);
  if (!short_one || seen_.size() >= kMaxCauses) return std::nullopt;
  seen_.emplace(error.message, cause);
  return cause;
}

std::size_t LogTally::ByStart(const LoggedError& error) {
  if (error.crash) return ByPattern(error);
  for (const Start& start : starts_) {
    if (error.message.starts_with(start.text) && error.model == start.model) {
      return start.cause;
    }
  }
  const std::size_t cause = ByPattern(error);
  const std::size_t bytes = DecidingBytes(error.message);
  // What has no pattern of its own is told apart by the whole message.
  if (bytes == 0 || !known_.contains(pattern_)) return cause;
  Start start{std::string(error.message.substr(0, bytes)),
              std::string(error.model), cause};
  if (starts_.size() < kMaxStarts) {
    starts_.push_back(std::move(start));
  } else {
    starts_[next_start_++ % kMaxStarts] = std::move(start);
  }
  return cause;
}

std::size_t LogTally::ByPattern(const LoggedError& error) {
  PatternOf(error.message, error.model, pattern_);
  if (error.crash) pattern_ += '!';
  const auto found = known_.find(std::string_view(pattern_));
  if (found != known_.end()) return found->second;
  std::string pattern = pattern_;
  if (error.crash) pattern.pop_back();
  if (known_.size() >= kMaxCauses) return NewCause(error, kRest);
  const std::size_t at = NewCause(error, Scrubbed(pattern, kMaxPattern));
  known_.emplace(pattern_, at);
  return at;
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

void LogTally::AddAgain(std::size_t index, std::string_view time) {
  Cause& cause = causes_[index];
  std::array<char, kStamp> stamp;
  const std::string_view when(stamp.data(), time.copy(stamp.data(), kStamp));
  if (when.size() > 10) stamp[10] = 'T';
  const std::string_view hour = when.substr(0, kHour);
  auto at = std::find_if(cause.hours.rbegin(), cause.hours.rend(),
                         [&](const Hour& each) { return each.hour == hour; });
  if (at == cause.hours.rend()) {
    cause.hours.push_back(
        {std::string(hour), 0, std::string(when), std::string(when)});
    at = cause.hours.rbegin();
  }
  ++at->count;
  if (when < at->first) at->first = when;
  if (when > at->last) at->last = when;
}

}  // namespace benchkeep::ops
