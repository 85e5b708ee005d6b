// What a report makes of counts: real changes, gaps.

#include "ops/report.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ops/log_line.h"
#include "ops/report_parts.h"

namespace benchkeep::ops {
namespace {

ReportCount Count(std::uint64_t successes, std::uint64_t tests,
                  std::optional<std::uint64_t> infrastructure = {}) {
  ReportCount count;
  count.total_tests = tests;
  count.known = tests;
  count.successes = successes;
  count.infrastructure = infrastructure;
  return count;
}

ReportChange Change(const std::string& name, ReportCount before,
                    ReportCount now, const std::string& column = "model") {
  ReportChange change;
  change.column = column;
  change.value = name;
  change.before = before;
  change.now = now;
  return change;
}

std::vector<std::string> Codes(const Report& report) {
  std::vector<std::string> codes;
  for (const Finding& finding : report.findings) codes.push_back(finding.code);
  return codes;
}

const ReportChange& Line(const Report& report, const std::string& name) {
  const auto& lines = report.changes.lines;
  return *std::find_if(lines.begin(), lines.end(),
                       [&](const auto& line) { return line.value == name; });
}

TEST(JudgeChanges, FlagsRealDropsAlone) {
  Report report;
  report.changes.lines = {Change("fell", Count(160, 200), Count(100, 200)),
                          Change("rose", Count(100, 200), Count(160, 200)),
                          Change("same", Count(100, 200), Count(98, 200))};
  JudgeChanges(report);
  EXPECT_EQ(report.changes.comparisons, 3U);
  EXPECT_TRUE(Line(report, "fell").drop());
  EXPECT_TRUE(Line(report, "rose").real());
  EXPECT_FALSE(Line(report, "rose").drop());
  EXPECT_FALSE(Line(report, "same").real());
  EXPECT_EQ(Codes(report), std::vector<std::string>{"report_drop"});
  // What is real comes first.
  EXPECT_EQ(report.changes.lines.back().value, "same");
}

TEST(JudgeChanges, CorrectsForManyComparisons) {
  // p = 0.02: real alone, an accident among ten.
  const ReportChange one = Change("m0", Count(59, 100), Count(43, 100));
  Report alone;
  alone.changes.lines = {one};
  JudgeChanges(alone);
  EXPECT_TRUE(alone.changes.lines[0].drop());
  Report many;
  many.changes.lines = {one};
  for (int i = 1; i < 10; ++i) {
    many.changes.lines.push_back(
        Change("m" + std::to_string(i), Count(50, 100), Count(50, 100)));
  }
  JudgeChanges(many);
  EXPECT_FALSE(Line(many, "m0").real());
  EXPECT_TRUE(many.findings.empty());
  EXPECT_NEAR(Line(many, "m0").adjusted, 10 * alone.changes.lines[0].test->p,
              1e-12);
}

TEST(JudgeChanges, TellsDropsOfTheInfrastructure) {
  Report report;
  report.changes.lines = {Change("m", Count(160, 200, 0), Count(100, 200, 75))};
  JudgeChanges(report);
  EXPECT_TRUE(report.changes.lines[0].explained());
  EXPECT_EQ(Codes(report),
            std::vector<std::string>{"report_drop_infrastructure"});
  // 160 of 200 and 100 of 125 are the same.
  EXPECT_EQ(report.changes.lines[0].now.without().tests, 125U);
  EXPECT_EQ(report.changes.lines[0].now.rate_without(), 0.8);
}

TEST(JudgeChanges, ComparesNothingWithNothing) {
  Report report;
  report.changes.lines = {Change("new", Count(0, 0), Count(10, 100)),
                          Change("gone", Count(90, 100), Count(0, 0))};
  JudgeChanges(report);
  EXPECT_EQ(report.changes.comparisons, 0U);
  EXPECT_FALSE(report.changes.lines[0].test);
  EXPECT_TRUE(report.findings.empty());
}

TEST(ReportCount, CannotLoseMoreThanFailed) {
  // Reasons may name more tests than failed, where counts disagree.
  EXPECT_EQ(Count(90, 100, 50).without().tests, 90U);
  EXPECT_FALSE(Count(90, 100).rate_without());
  EXPECT_FALSE(Count(0, 0).success_rate());
}

TEST(CoverageOf, ListsWhatOtherModelsHave) {
  const auto group = [](const char* model, const char* prompt,
                        const char* rate) {
    store::TestGroup out;
    out.values = {model, prompt, rate, "easy", "task"};
    out.total_tests = 10;
    return out;
  };
  const ReportCoverage coverage = CoverageOf(
      {group("a", "cot", "0.8"), group("a", "cot", "1"),
       group("a", "plain", "0.8"), group("b", "cot", "0.8")},
      {"model", "prompt_type", "tool_success_rate", "difficulty", "task_type"});
  EXPECT_EQ(coverage.rows, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(coverage.columns, (std::vector<std::string>{"cot", "plain"}));
  EXPECT_EQ(coverage.wanted, 6U);
  EXPECT_EQ(coverage.tested, 4U);
  ASSERT_EQ(coverage.gaps.size(), 2U);
  EXPECT_EQ(coverage.gaps[0].settings, std::vector<std::string>{"1, easy"});
  EXPECT_EQ(coverage.gaps[1].settings, std::vector<std::string>{"0.8, easy"});
  EXPECT_EQ(coverage.cells[1][1].tested, 0U);
}

TEST(IsInfrastructure, IsWhatComesFromOutside) {
  EXPECT_TRUE(IsInfrastructure(Classify("Error code: 429 - slow down")));
  EXPECT_TRUE(IsInfrastructure(Classify("401 Unauthorized")));
  EXPECT_TRUE(IsInfrastructure(Classify("request timed out")));
  EXPECT_TRUE(IsInfrastructure(Classify("Connection reset by peer")));
  EXPECT_FALSE(IsInfrastructure(Classify("invalid JSON in tool call")));
  EXPECT_FALSE(IsInfrastructure(Classify("wrong answer")));
}

}  // namespace
}  // namespace benchkeep::ops
