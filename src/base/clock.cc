// Clocks and the two ways we write a time.

#include "base/clock.h"

#include <fmt/format.h>

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

std::string FormatStamp(TimePoint time) {
  return Format("{:04}{:02}{:02}-{:02}{:02}{:02}", time);
}

}  // namespace benchkeep
