// The grammar of cron expressions: what is accepted, and what is said about the
// rest.  tests/unit/jobs/fire_times_test.cc has the times themselves.

#include "base/cron.h"

#include <gtest/gtest.h>

namespace benchkeep {
namespace {

CronSchedule Parsed(std::string_view text) {
  const Result<CronSchedule> schedule = CronSchedule::Parse(text);
  EXPECT_TRUE(schedule.ok()) << text;
  return schedule.ok() ? *schedule : CronSchedule();
}

std::string ErrorOf(std::string_view text) {
  const Result<CronSchedule> schedule = CronSchedule::Parse(text);
  if (schedule.ok()) return "no error";
  EXPECT_EQ(schedule.error().code, Code::kInvalidArgument);
  return schedule.error().message.English();
}

TEST(CronSchedule, ReadsListsRangesAndSteps) {
  const CronSchedule schedule = Parsed(" 1-5,30-35/2,59  */6 1,15\t* * ");
  EXPECT_EQ(schedule.text(), "1-5,30-35/2,59 */6 1,15 * *");
  std::string minutes;
  for (unsigned i = 0; i < 60; ++i) {
    if (schedule.AtMinute(i)) minutes += std::to_string(i) + " ";
  }
  EXPECT_EQ(minutes, "1 2 3 4 5 30 32 34 59 ");
  EXPECT_TRUE(schedule.AtHour(0) && schedule.AtHour(18));
  EXPECT_FALSE(schedule.AtHour(1) || schedule.AtHour(23));
  EXPECT_FALSE(schedule.EveryHour());
  EXPECT_TRUE(Parsed("0 * * * *").EveryHour());
  EXPECT_TRUE(Parsed("0 0-23 * * *").EveryHour());
}

TEST(CronSchedule, KnowsNamesInAnyCase) {
  EXPECT_EQ(Parsed("0 0 * JAN,mar-May *").months(),
            Parsed("0 0 * 1,3-5 *").months());
  EXPECT_EQ(Parsed("0 0 * * Sun,MON-wed").weekdays(),
            Parsed("0 0 * * 0-3").weekdays());
  EXPECT_EQ(Parsed("0 0 * * 7").weekdays(), Parsed("0 0 * * 0").weekdays());
  EXPECT_EQ(Parsed("0 0 * * fri-sun").weekdays(),
            Parsed("0 0 * * 0,5,6").weekdays());
  EXPECT_EQ(Parsed("@Weekly").weekdays().to_string(), "0000001");
  EXPECT_TRUE(Parsed("@reboot").at_reboot());
  EXPECT_EQ(Parsed("@daily").text(), "@daily");
}

TEST(CronSchedule, EitherDayFieldSufficesUnlessOneBeginsWithAStar) {
  EXPECT_TRUE(Parsed("0 0 13 * 5").any_day_field_suffices());
  EXPECT_FALSE(Parsed("0 0 13 * *").any_day_field_suffices());
  EXPECT_FALSE(Parsed("0 0 */2 * 5").any_day_field_suffices());
  using namespace std::chrono_literals;
  const CronSchedule friday13 = Parsed("0 0 13 * fri");
  EXPECT_TRUE(friday13.OnDay(2026y / 2 / 13));  // A Friday.
  EXPECT_TRUE(friday13.OnDay(2026y / 2 / 20));  // Another one.
  EXPECT_TRUE(friday13.OnDay(2026y / 1 / 13));  // A Tuesday.
  EXPECT_FALSE(friday13.OnDay(2026y / 1 / 14));
}

TEST(CronSchedule, SaysWhatIsWrong) {
  EXPECT_EQ(ErrorOf(""),
            "a schedule has 5 fields (minute, hour, day, month, day of the "
            "week), this one has 0");
  EXPECT_EQ(ErrorOf("0 2 * *"),
            "a schedule has 5 fields (minute, hour, day, month, day of the "
            "week), this one has 4");
  EXPECT_EQ(ErrorOf("60 2 * * *"),
            "field 1 of the schedule is '60': a number from 0 to 59 was "
            "expected");
  EXPECT_EQ(ErrorOf("0 24 * * *"),
            "field 2 of the schedule is '24': a number from 0 to 23 was "
            "expected");
  EXPECT_EQ(ErrorOf("0 0 0 * *"),
            "field 3 of the schedule is '0': a number from 1 to 31 was "
            "expected");
  EXPECT_EQ(ErrorOf("0 0 * foo *"),
            "field 4 of the schedule is 'foo': a number from 1 to 12 was "
            "expected");
  EXPECT_EQ(ErrorOf("0 0 * * 8"),
            "field 5 of the schedule is '8': a number from 0 to 7 was "
            "expected");
  EXPECT_EQ(ErrorOf("0 -2 * * *"),
            "field 2 of the schedule is '': a number from 0 to 23 was "
            "expected");
  EXPECT_EQ(ErrorOf("0 1, * * *"),
            "field 2 of the schedule is '': a number from 0 to 23 was "
            "expected");
  EXPECT_EQ(ErrorOf("0 5-1 * * *"),
            "field 2 of the schedule runs backwards: '5-1'");
  EXPECT_EQ(ErrorOf("*/0 * * * *"),
            "field 1 of the schedule has no usable step: '*/0'");
  EXPECT_EQ(ErrorOf("*/x * * * *"),
            "field 1 of the schedule has no usable step: '*/x'");
  EXPECT_EQ(ErrorOf("+5 * * * *"),
            "field 1 of the schedule is '+5': a number from 0 to 59 was "
            "expected");
  EXPECT_EQ(
      ErrorOf("99999999999 * * * *"),
      "field 1 of the schedule is '99999999999': a number from 0 to 59 was "
      "expected");
  EXPECT_EQ(ErrorOf("@often"),
            "'@often' is not one of @hourly, @daily, @weekly, @monthly, "
            "@yearly and @reboot");
  EXPECT_EQ(ErrorOf("0 0 31 2 *"), "the day of '0 0 31 2 *' never comes");
  EXPECT_EQ(ErrorOf("0 0 31 4,6,9,11 *"),
            "the day of '0 0 31 4,6,9,11 *' never comes");
}

}  // namespace
}  // namespace benchkeep
