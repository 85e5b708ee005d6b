// Clocks and the two ways we write a time.

#include "base/clock.h"

#include <fmt/format.h>

#include <charconv>
#include <thread>

namespace benchkeep {
namespace {

struct Civil {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::seconds> time;
};

Civil ToCivil(TimePoint time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto days = std::chrono::floor<std::chrono::days>(seconds);
  return {std::chrono::year_month_day{days},
          std::chrono::hh_mm_ss{seconds - days}};
}

std::string Format(
    fmt::format_string<int, unsigned, unsigned, long, long, long> pattern,
    TimePoint time) {
  const Civil c = ToCivil(time);
  return fmt::format(pattern, static_cast<int>(c.date.year()),
                     static_cast<unsigned>(c.date.month()),
                     static_cast<unsigned>(c.date.day()),
                     static_cast<long>(c.time.hours().count()),
                     static_cast<long>(c.time.minutes().count()),
                     static_cast<long>(c.time.seconds().count()));
}

}  // namespace

TimePoint SystemClock::Now() const {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(
      std::chrono::system_clock::now());
}

void SystemClock::SleepFor(std::chrono::nanoseconds span) {
  std::this_thread::sleep_for(span);
}

std::string FormatIso(TimePoint time) {
  return Format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", time);
}

std::optional<TimePoint> ParseIso(std::string_view text) {
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    const bool there = at + size <= text.size();
    const char* from = text.data() + (there ? at : 0);
    const auto [end, error] = std::from_chars(from, from + size, value);
    const bool whole = there && error == std::errc{} && end == from + size;
    return whole && value >= 0 ? value : -1;
  };
  const int year = number(0, 4);
  const int month = number(5, 2);
  const int day = number(8, 2);
  if (year < 0 || month < 0 || day < 0 || text[4] != '-' || text[7] != '-') {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
      std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  TimePoint time = std::chrono::sys_days(date);
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kTime = 19;
  if (text.size() == kDate) return time;
  const int hour = number(11, 2);
  const int minute = number(14, 2);
  const int second = number(17, 2);
  if ((text[kDate] != 'T' && text[kDate] != ' ') || hour < 0 || hour > 23 ||
      minute < 0 || minute > 59 || second < 0 || second > 60 ||
      text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  time += std::chrono::hours(hour) + std::chrono::minutes(minute) +
          std::chrono::seconds(second);
  const std::string_view zone = text.substr(kTime);
  if (zone.empty() || zone == "Z") return time;
  const int hours = number(kTime + 1, 2);
  const int minutes = number(kTime + 4, 2);
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') ||
      zone[3] != ':' || hours < 0 || minutes < 0) {
    return std::nullopt;
  }
  const auto offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return zone[0] == '+' ? time - offset : time + offset;
}

std::string FormatStamp(TimePoint time) {
  return Format("{:04}{:02}{:02}-{:02}{:02}{:02}", time);
}

}  // namespace benchkeep
