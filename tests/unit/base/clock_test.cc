// Times as text.

#include "base/clock.h"

#include <gtest/gtest.h>

namespace benchkeep {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

TEST(ParseIso, ReadsWhatPeopleWrite) {
  const TimePoint day = sys_days(2026y / 3 / 28);
  EXPECT_EQ(ParseIso("2026-03-28"), day);
  EXPECT_EQ(ParseIso("2026-03-28T12:30:05Z"), day + 12h + 30min + 5s);
  EXPECT_EQ(ParseIso("2026-03-28 12:30:05"), day + 12h + 30min + 5s);
  EXPECT_EQ(ParseIso("2026-03-28T12:30:05+02:00"), day + 10h + 30min + 5s);
  EXPECT_EQ(ParseIso("2026-03-28T12:30:05-03:30"), day + 16h + 5s);
  EXPECT_EQ(ParseIso(FormatIso(day + 1s)), day + 1s);
}

TEST(ParseIso, RefusesTheRest) {
  for (const char* text :
       {"", "2026", "2026-3-28", "2026-02-30", "2026-13-01", "2026/03/28",
        "2026-03-28T", "2026-03-28T12:30", "2026-03-28T24:00:00Z",
        "2026-03-28T12:60:00Z", "2026-03-28T12:30:05X",
        "2026-03-28T12:30:05+0200", "2026-03-28T12:30:05 CET", "-026-03-28",
        "2026-03-28x12:30:05"}) {
    EXPECT_FALSE(ParseIso(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace benchkeep
