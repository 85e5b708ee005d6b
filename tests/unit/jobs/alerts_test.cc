// When people are told: a check through its states, on a clock of the test's.

#include "jobs/alerts.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace benchkeep::jobs {
namespace {

using ops::CheckState;

constexpr std::int64_t kStep = 600;

class AlertsTest : public testing::Test {
 protected:
  // What is told after the check was seen in that state, as one word.
  std::string See(CheckState state) {
    now_ += kStep;
    report_ = {};
    report_.checks.push_back({});
    report_.checks[0].name = "disk";
    report_.checks[0].state = state;
    const auto alerts = DecideAlerts(report_, rules_, now_, memory_);
    if (alerts.empty()) return "-";
    EXPECT_EQ(alerts.size(), 1U);
    EXPECT_EQ(alerts[0].result, &report_.checks[0]);
    const char* const kinds[] = {"worse", "better", "recovered", "reminder"};
    return std::string(kinds[static_cast<int>(alerts[0].kind)]) + " " +
           CheckStateName(alerts[0].before) + ">" +
           CheckStateName(alerts[0].now);
  }

  std::int64_t now_ = 1'000'000;
  AlertRules rules_;
  ops::CheckReport report_;
  std::map<std::string, store::AlertMemory> memory_;
};

TEST_F(AlertsTest, TellsOfChangesOnly) {
  EXPECT_EQ(See(CheckState::kOk), "-");
  EXPECT_EQ(See(CheckState::kWarning), "worse ok>warning");
  EXPECT_EQ(See(CheckState::kWarning), "-");
  EXPECT_EQ(See(CheckState::kCritical), "worse warning>critical");
  EXPECT_EQ(See(CheckState::kCritical), "-");
  EXPECT_EQ(See(CheckState::kWarning), "better critical>warning");
  EXPECT_EQ(See(CheckState::kOk), "recovered warning>ok");
  EXPECT_EQ(See(CheckState::kOk), "-");
}

TEST_F(AlertsTest, TellsOfWhatIsBadAtTheFirstSight) {
  EXPECT_EQ(See(CheckState::kCritical), "worse ok>critical");
  EXPECT_EQ(See(CheckState::kOk), "recovered critical>ok");
}

TEST_F(AlertsTest, RemindsAfterADay) {
  EXPECT_EQ(See(CheckState::kWarning), "worse ok>warning");
  int quiet = 0;
  while (See(CheckState::kWarning) == "-") ++quiet;
  EXPECT_EQ(quiet, 24 * 3600 / kStep - 1);
  EXPECT_EQ(See(CheckState::kWarning), "-");
  // Never of what is good, and never when told not to.
  EXPECT_EQ(See(CheckState::kOk), "recovered warning>ok");
  for (int i = 0; i < 400; ++i) EXPECT_EQ(See(CheckState::kOk), "-");
  rules_.reminder_seconds = 0;
  EXPECT_EQ(See(CheckState::kWarning), "worse ok>warning");
  for (int i = 0; i < 400; ++i) EXPECT_EQ(See(CheckState::kWarning), "-");
}

TEST_F(AlertsTest, BelievesUnknownTheSecondTime) {
  EXPECT_EQ(See(CheckState::kUnknown), "-");
  EXPECT_EQ(See(CheckState::kOk), "-");
  EXPECT_EQ(See(CheckState::kUnknown), "-");
  EXPECT_EQ(See(CheckState::kUnknown), "worse ok>unknown");
  EXPECT_EQ(See(CheckState::kUnknown), "-");
  EXPECT_EQ(See(CheckState::kOk), "recovered unknown>ok");
  // A slow moment does not hide that something is wrong.
  EXPECT_EQ(See(CheckState::kCritical), "worse ok>critical");
  EXPECT_EQ(See(CheckState::kUnknown), "-");
  EXPECT_EQ(See(CheckState::kCritical), "-");
}

TEST_F(AlertsTest, CanBeToldToKeepSilentBelowCritical) {
  rules_.least = CheckState::kCritical;
  EXPECT_EQ(See(CheckState::kWarning), "-");
  EXPECT_EQ(See(CheckState::kUnknown), "-");
  EXPECT_EQ(See(CheckState::kUnknown), "-");
  EXPECT_EQ(See(CheckState::kCritical), "worse ok>critical");
  EXPECT_EQ(See(CheckState::kWarning), "recovered critical>ok");
}

TEST_F(AlertsTest, SurvivesAClockThatWasSetBack) {
  EXPECT_EQ(See(CheckState::kWarning), "worse ok>warning");
  now_ -= 10 * 86'400;
  EXPECT_EQ(See(CheckState::kWarning), "-");
  int quiet = 0;
  while (See(CheckState::kWarning) == "-") ++quiet;
  EXPECT_EQ(quiet, 24 * 3600 / kStep - 1);
}

}  // namespace
}  // namespace benchkeep::jobs
