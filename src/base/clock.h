// Time as a seam: jobs ask a Clock, tests turn its hands.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace benchkeep {

// Wall-clock time, nanoseconds since 1970 in UTC.
using TimePoint = std::chrono::sys_time<std::chrono::nanoseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint Now() const = 0;
  virtual void SleepFor(std::chrono::nanoseconds span) = 0;
};

// The machine's clock.  Thread-safe.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint Now() const override;
  void SleepFor(std::chrono::nanoseconds span) override;
};

// Stands still until told otherwise; sleeping moves it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start = TimePoint{}) : now_(start) {}
  [[nodiscard]] TimePoint Now() const override { return now_; }
  void SleepFor(std::chrono::nanoseconds span) override { now_ += span; }
  void Set(TimePoint now) { now_ = now; }

 private:
  TimePoint now_;
};

// "2026-01-31T23:59:59Z" (UTC, whole seconds).
std::string FormatIso(TimePoint time);

// Reads "2026-01-31T23:59:59", with "Z" or an offset like "+02:00" behind it or
// nothing (UTC); also a date alone.
std::optional<TimePoint> ParseIso(std::string_view text);

// "20260131-235959", the form of ids and folder names (UTC).
std::string FormatStamp(TimePoint time);

}  // namespace benchkeep
