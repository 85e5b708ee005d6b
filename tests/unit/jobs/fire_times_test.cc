// Firing times against a table that an oracle made: tests/oracle/test_cron.py
// holds the table itself against croniter and against a second implementation.

#include "jobs/fire_times.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>
#include <vector>

namespace benchkeep::jobs {
namespace {

SysSeconds ParseIso(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0;
  int hour = 0, minute = 0, second = 0;
  EXPECT_EQ(std::sscanf(text.c_str(), "%d-%u-%uT%d:%d:%dZ", &year, &month, &day,
                        &hour, &minute, &second),
            6)
      << text;
  return std::chrono::sys_days{std::chrono::year{year} / month / day} +
         std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

struct Case {
  std::string line;
  CronSchedule schedule;
  TimeZone zone;
  SysSeconds after;
  std::vector<SysSeconds> firings;
};

std::vector<Case> Table() {
  std::ifstream file(std::string(BENCHKEEP_SOURCE_DIR) +
                     "/tests/unit/jobs/cron_cases.tsv");
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream fields(line);
    std::string schedule, zone, after, firings;
    std::getline(fields, schedule, '\t');
    std::getline(fields, zone, '\t');
    std::getline(fields, after, '\t');
    std::getline(fields, firings, '\t');
    Case one;
    one.line = line;
    one.schedule = CronSchedule::Parse(schedule).value();
    one.zone = TimeZone::Load(zone).value();
    one.after = ParseIso(after);
    std::istringstream times(firings);
    for (std::string time; times >> time;)
      one.firings.push_back(ParseIso(time));
    cases.push_back(one);
  }
  return cases;
}

TEST(FireTimes, AgreeWithTheTable) {
  const std::vector<Case> cases = Table();
  ASSERT_GE(cases.size(), 300U);
  for (const Case& one : cases) {
    SysSeconds at = one.after;
    for (const SysSeconds expected : one.firings) {
      const auto next = NextFire(one.schedule, one.zone, at);
      ASSERT_TRUE(next.has_value()) << one.line;
      ASSERT_EQ(FormatIso(*next), FormatIso(expected)) << one.line;
      at = *next;
    }
    // Backwards the same way.
    for (std::size_t i = one.firings.size(); i-- > 0;) {
      const auto last = LastFire(one.schedule, one.zone, at);
      ASSERT_TRUE(last.has_value()) << one.line;
      ASSERT_EQ(FormatIso(*last), FormatIso(one.firings[i])) << one.line;
      at = *last - std::chrono::seconds(1);
    }
    const auto before = LastFire(one.schedule, one.zone, at);
    EXPECT_TRUE(!before || *before <= one.after) << one.line;
  }
}

TEST(FireTimes, NextAndLastAreEachOthersInverse) {
  std::mt19937_64 random(20260131);
  const auto below = [&](std::uint64_t limit) { return random() % limit; };
  const char* zones[] = {"Europe/Berlin",       "America/New_York",
                         "Australia/Lord_Howe", "Asia/Shanghai",
                         "Africa/Casablanca",   "America/Santiago"};
  const char* schedules[] = {"0 * * * *",      "*/7 * * * *", "30 2 * * *",
                             "0 0 * * *",      "0 4 * * 1",   "15 1,2,3 * * *",
                             "*/15 0-4 * * *", "0 0 29 2 *",  "59 23 31 12 *"};
  for (int round = 0; round < 3000; ++round) {
    const TimeZone zone = TimeZone::Load(zones[below(6)]).value();
    const CronSchedule schedule =
        CronSchedule::Parse(schedules[below(9)]).value();
    const SysSeconds at{
        std::chrono::seconds(static_cast<std::int64_t>(below(4'000'000'000U)))};
    const auto next = NextFire(schedule, zone, at);
    ASSERT_TRUE(next.has_value());
    ASSERT_GT(*next, at);
    EXPECT_EQ(LastFire(schedule, zone, *next), next);
    const auto last = LastFire(schedule, zone, *next - std::chrono::seconds(1));
    ASSERT_TRUE(last.has_value());
    EXPECT_LE(*last, at);
    EXPECT_EQ(NextFire(schedule, zone, *last), next);
  }
}

TEST(FireTimes, OfARebootAreUnknown) {
  const CronSchedule schedule = CronSchedule::Parse("@reboot").value();
  EXPECT_FALSE(NextFire(schedule, TimeZone(), SysSeconds()).has_value());
  EXPECT_FALSE(LastFire(schedule, TimeZone(), SysSeconds()).has_value());
}

}  // namespace
}  // namespace benchkeep::jobs
