// Names of kept reports.

#include <gtest/gtest.h>

#include "store/layout.h"

namespace benchkeep::store {
namespace {

TEST(ReportName, IsReadBack) {
  const TimePoint time = *ParseIso("2026-01-31T23:59:59");
  const std::string name = MakeReportName("weekly", time, "html");
  EXPECT_EQ(name, "weekly-20260131-235959.html");
  const auto parsed = ParseReportName(name);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->span, "weekly");
  EXPECT_EQ(parsed->made, "2026-01-31T23:59:59Z");
  EXPECT_EQ(parsed->ending, "html");
}

TEST(ReportName, OthersAreNotOurs) {
  for (const char* name :
       {"", "weekly", "weekly-.html", "weekly-20260131.html",
        "yearly-20260131-235959.html", "weekly-20260131-235959",
        "weekly-20260131-235959.exe", "weekly-20260131x235959.html",
        ".weekly-20260131-235959.html.benchkeep-tmp-1-1"}) {
    EXPECT_FALSE(ParseReportName(name)) << name;
  }
}

}  // namespace
}  // namespace benchkeep::store
