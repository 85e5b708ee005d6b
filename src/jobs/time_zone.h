// Time zones, read from the machine's own data (TZif, RFC 8536).
//
// Not the C library's: localtime(3) knows one zone per process.

#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace benchkeep::jobs {

using SysSeconds = std::chrono::sys_seconds;
// The hands of a clock on the wall, as if they showed UTC.
using WallSeconds = std::chrono::local_seconds;

class TimeZone {
 public:
  // UTC.
  TimeZone() = default;

  // By its name ("Europe/Berlin"); kNotFound when the machine knows no such
  // zone, kInvalidArgument when it cannot be a name.
  static Result<TimeZone> Load(const std::string& name);

  // The zone of the machine: `tz` (the variable TZ, may be empty), or else
  // /etc/localtime, or else UTC.
  static TimeZone Local(const std::string& tz);

  // From the bytes of a TZif file.
  static Result<TimeZone> FromTzif(std::string name, std::string_view bytes);

  // Empty for a local zone whose name is not known.
  [[nodiscard]] const std::string& name() const { return name_; }

  [[nodiscard]] std::chrono::seconds OffsetAt(SysSeconds time) const;
  [[nodiscard]] WallSeconds ToWall(SysSeconds time) const {
    return WallSeconds((time + OffsetAt(time)).time_since_epoch());
  }
  // When the clock on the wall shows `wall` for the first time; for a time that
  // is skipped, the moment after the gap.
  [[nodiscard]] SysSeconds FromWall(WallSeconds wall) const;

 private:
  // A day of the year in the form of POSIX TZ strings.
  struct YearDay {
    enum class Kind { kMonthWeek, kJulian, kZeroBased };
    Kind kind = Kind::kMonthWeek;
    int month = 1;
    int week = 1;
    int day = 0;
    std::chrono::seconds time = std::chrono::hours(2);
    [[nodiscard]] WallSeconds In(std::chrono::year year) const;
  };
  // What holds after the last transition of the file.
  struct Rule {
    bool present = false;
    bool has_summer = false;
    std::chrono::seconds standard{};
    std::chrono::seconds summer{};
    YearDay begin;
    YearDay end;
  };
  struct Transition {
    SysSeconds time;
    std::chrono::seconds offset;
  };
  class RuleReader;

  [[nodiscard]] std::chrono::seconds ByRule(SysSeconds time) const;

  std::string name_ = "UTC";
  std::chrono::seconds first_{};  // Before the first transition.
  std::vector<Transition> transitions_;
  Rule rule_;
};

// "2026-03-29T03:00:00+02:00".
std::string FormatWall(const TimeZone& zone, TimePoint time);

}  // namespace benchkeep::jobs
