// Time zones: names, files that are damaged, the two odd days of a year.
// tests/oracle/test_cron.py compares every zone with Python's zoneinfo.

#include "jobs/time_zone.h"

#include <gtest/gtest.h>

namespace benchkeep::jobs {
namespace {

using namespace std::chrono_literals;
using std::chrono::local_days;
using std::chrono::sys_days;

TEST(TimeZone, IsUtcByDefault) {
  const TimeZone zone;
  EXPECT_EQ(zone.name(), "UTC");
  EXPECT_EQ(zone.OffsetAt(sys_days(2026y / 7 / 1)), 0s);
  EXPECT_EQ(zone.FromWall(local_days(2026y / 7 / 1)), sys_days(2026y / 7 / 1));
}

TEST(TimeZone, RefusesWhatIsNoName) {
  for (const char* name :
       {"", "/etc/passwd", "../../etc/passwd", "Europe/x y"}) {
    const auto zone = TimeZone::Load(name);
    ASSERT_FALSE(zone.ok()) << name;
    EXPECT_EQ(zone.error().code, Code::kInvalidArgument) << name;
  }
  EXPECT_EQ(TimeZone::Load("Europe/Atlantis").error().code, Code::kNotFound);
  EXPECT_EQ(TimeZone::Load("Europe").error().code, Code::kNotFound);
}

TEST(TimeZone, KnowsGapsAndRepeatedHours) {
  const TimeZone zone = TimeZone::Load("Europe/Berlin").value();
  EXPECT_EQ(zone.OffsetAt(sys_days(2026y / 1 / 1)), 1h);
  EXPECT_EQ(zone.OffsetAt(sys_days(2026y / 7 / 1)), 2h);
  EXPECT_EQ(zone.OffsetAt(sys_days(2090y / 7 / 1)), 2h);
  const auto gap = local_days(2026y / 3 / 29) + 2h;
  EXPECT_EQ(zone.FromWall(gap - 1s), sys_days(2026y / 3 / 29) + 1h - 1s);
  EXPECT_EQ(zone.FromWall(gap), sys_days(2026y / 3 / 29) + 1h);
  EXPECT_EQ(zone.FromWall(gap + 59min), sys_days(2026y / 3 / 29) + 1h);
  EXPECT_EQ(zone.FromWall(gap + 61min), sys_days(2026y / 3 / 29) + 1h + 1min);
  const auto twice = local_days(2026y / 10 / 25) + 2h + 30min;
  EXPECT_EQ(zone.FromWall(twice), sys_days(2026y / 10 / 25) + 30min);
  EXPECT_EQ(FormatWall(zone, sys_days(2026y / 10 / 25) + 30min),
            "2026-10-25T02:30:00+02:00");
  EXPECT_EQ(FormatWall(zone, sys_days(2026y / 10 / 25) + 90min),
            "2026-10-25T02:30:00+01:00");
  EXPECT_EQ(FormatWall(TimeZone::Load("America/St_Johns").value(),
                       sys_days(2026y / 1 / 1)),
            "2025-12-31T20:30:00-03:30");
}

// A version-2 file without transitions and with a rule at its end.
std::string RuleOnly(const std::string& rule) {
  const auto number = [](unsigned value) {
    return std::string{
        static_cast<char>(value >> 24U), static_cast<char>(value >> 16U),
        static_cast<char>(value >> 8U), static_cast<char>(value)};
  };
  std::string part = "TZif2" + std::string(15, '\0');
  for (const unsigned count : {0U, 0U, 0U, 0U, 1U, 4U}) part += number(count);
  part += number(0) + std::string(2, '\0') + std::string("UTC\0", 4);
  return part + part + "\n" + rule + "\n";
}

std::chrono::seconds RuleOffset(const std::string& rule, SysSeconds at) {
  const auto zone = TimeZone::FromTzif("X", RuleOnly(rule));
  EXPECT_TRUE(zone.ok()) << rule;
  return zone.ok() ? zone->OffsetAt(at) : -1s;
}

TEST(TimeZone, ReadsRules) {
  const auto winter = sys_days(2050y / 1 / 15);
  const auto summer = sys_days(2050y / 7 / 15);
  EXPECT_EQ(RuleOffset("<+0330>-3:30", summer), 3h + 30min);
  EXPECT_EQ(RuleOffset("CET-1CEST,M3.5.0,M10.5.0/3", winter), 1h);
  EXPECT_EQ(RuleOffset("CET-1CEST,M3.5.0,M10.5.0/3", summer), 2h);
  EXPECT_EQ(RuleOffset("AEST-10AEDT,M10.1.0,M4.1.0/3", winter), 11h);
  EXPECT_EQ(RuleOffset("AEST-10AEDT,M10.1.0,M4.1.0/3", summer), 10h);
  EXPECT_EQ(RuleOffset("IST-1GMT0,M10.5.0,M3.5.0/1", winter), 0h);
  EXPECT_EQ(RuleOffset("IST-1GMT0,M10.5.0,M3.5.0/1", summer), 1h);
  EXPECT_EQ(RuleOffset("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", summer), -1h);
  EXPECT_EQ(RuleOffset("A3B,J60/0,J300/0", sys_days(2048y / 3 / 1) + 3h), -2h);
  EXPECT_EQ(RuleOffset("A3B,J60/0,J300/0", sys_days(2048y / 3 / 1) + 3h - 1s),
            -3h);
  EXPECT_EQ(RuleOffset("A3B,59/0,300/0", sys_days(2048y / 2 / 29) + 3h), -2h);
}

TEST(TimeZone, RefusesDamagedFiles) {
  const std::string good = RuleOnly("UTC0");
  ASSERT_TRUE(TimeZone::FromTzif("X", good).ok());
  for (std::size_t size = 0; size + 7 < good.size(); ++size) {
    EXPECT_FALSE(TimeZone::FromTzif("X", good.substr(0, size)).ok()) << size;
  }
  for (const char* rule :
       {"1", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M1.1.0",
        "CET-1CEST,M3.6.0,M1.1.0", "<CET-1", "CET-1CEST,M3.5.0,M10.5.0x"}) {
    EXPECT_FALSE(TimeZone::FromTzif("X", RuleOnly(rule)).ok()) << rule;
  }
}

TEST(TimeZone, LocalFollowsTheVariable) {
  EXPECT_EQ(TimeZone::Local("Asia/Tokyo").name(), "Asia/Tokyo");
  EXPECT_EQ(TimeZone::Local(":Asia/Tokyo").OffsetAt(SysSeconds()), 9h);
}

}  // namespace
}  // namespace benchkeep::jobs
