// Counting upwards: sound documents have no finding, damaged ones are cured in
// one go, and nothing but what was wrong changes.

#include "store/master_audit.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "base/json_pointer.h"
#include "store/leaf_audit.h"
#include "support/master_maker.h"

namespace benchkeep::store {
namespace {

MasterAudit Audit(const Json& document) {
  const Result<MasterDatabase> master = MasterOf(document);
  EXPECT_TRUE(master.ok());
  return master.ok() ? AuditMaster(document, *master) : MasterAudit{};
}

Json Cured(Json document) {
  for (const Correction& correction : Audit(document).corrections) {
    const Json* before = FindAt(document, correction.pointer);
    EXPECT_EQ(before == nullptr, !correction.before) << correction.pointer;
    if (before != nullptr && correction.before) {
      EXPECT_EQ(*before, *correction.before);
    }
    EXPECT_TRUE(SetAt(document, correction.pointer, correction.after));
  }
  return document;
}

int Rounds(int usual, int longer) {
  return std::getenv("BENCHKEEP_LONG") != nullptr ? longer : usual;
}

TEST(MasterAudit, SoundDocumentsHaveNoFindings) {
  for (int seed = 0; seed < Rounds(1000, 20'000); ++seed) {
    const Json document = MasterMaker(static_cast<std::uint32_t>(seed)).Sound();
    const MasterAudit audit = Audit(document);
    ASSERT_TRUE(audit.corrections.empty())
        << seed << ' ' << audit.corrections[0].pointer << ' '
        << audit.corrections[0].message.English();
    ASSERT_TRUE(audit.findings.empty()) << seed;
    ASSERT_TRUE(audit.consistent);
    ASSERT_EQ(audit.model.tests, audit.leaf.tests);
    ASSERT_EQ(audit.vote.agreeing.size(), 3U);
  }
}

// Damage above the leaves always comes right again; damage of leaves leaves a
// document that agrees with itself.  Either way a second repair finds nothing.
TEST(MasterAudit, OneRepairIsEnough) {
  int undone = 0;
  for (int seed = 0; seed < Rounds(2000, 30'000); ++seed) {
    MasterMaker maker(static_cast<std::uint32_t>(seed));
    const Json sound = maker.Sound();
    Json damaged = sound;
    bool leaves_touched = false;
    for (int i = 0; i < 1 + seed % 4; ++i) {
      const std::string place = maker.Damage(damaged);
      leaves_touched |= PointerNames(place).size() > 9;
    }
    const Json cured = Cured(damaged);
    const MasterAudit after = Audit(cured);
    ASSERT_TRUE(after.corrections.empty())
        << seed << ' ' << after.corrections[0].pointer << ' '
        << after.corrections[0].message.English();
    ASSERT_EQ(after.model.tests, after.leaf.tests) << seed;
    ASSERT_EQ(after.summary.tests, after.leaf.tests) << seed;
    if (after.leaf.outcomes_known) {
      ASSERT_EQ(after.summary.success, after.leaf.success) << seed;
      ASSERT_EQ(after.summary.partial, after.leaf.partial) << seed;
      ASSERT_EQ(after.summary.failed, after.leaf.failed) << seed;
    }
    if (!leaves_touched) {
      // Rates that became null or text are nobody's business.
      const MasterAudit before = Audit(sound);
      ASSERT_EQ(after.leaf, before.leaf) << seed;
      ++undone;
    }
  }
  EXPECT_GT(undone, 100);
}

Json Parsed(std::string_view text) {
  Result<Json> json = ParseJson(text);
  EXPECT_TRUE(json.ok());
  return json.ok() ? std::move(*json) : Json();
}

Json WithLeaf(const std::string& leaf, const std::string& model_total = "50") {
  return Parsed(R"({"version": "3.0", "models": {"m": {"total_tests": )" +
                model_total + R"(, "by_prompt_type": {"p": {
    "by_tool_success_rate": {"0.8": {"by_difficulty": {"d": {"by_task_type":
    {"t": )" + leaf +
                R"(}}}}}}}}}, "summary": {"total_tests": 50,
    "total_success": 20, "total_partial": 5, "total_failure": 30}})");
}

std::string LeafAfter(const Json& document, const std::string& name) {
  const Json* value = FindAt(
      document,
      "/models/m/by_prompt_type/p/by_tool_success_rate/0.8/by_difficulty/d/"
      "by_task_type/t/" +
          name);
  return value == nullptr ? "missing" : value->text();
}

TEST(MasterAudit, LeavesWinOverModelsOfZero) {
  const Json document = WithLeaf(
      R"({"total": 50, "success": 20, "partial": 5, "failed": 30})", "0");
  const MasterAudit audit = Audit(document);
  ASSERT_EQ(audit.corrections.size(), 1U);
  EXPECT_EQ(audit.corrections[0].pointer, "/models/m/total_tests");
  EXPECT_EQ(audit.corrections[0].after.text(), "50");
  EXPECT_EQ(audit.vote.agreeing, (std::vector<std::string>{"leaf", "summary"}));
}

TEST(MasterAudit, TheRatesTellWhichCountIsWrong) {
  const std::string rates =
      R"(, "success_rate": 0.4, "failure_rate": 0.6, "partial": 5})";
  EXPECT_EQ(
      LeafAfter(Cured(WithLeaf(R"({"total": 60, "success": 20, "failed": 30)" +
                               rates)),
                "total"),
      "50");
  EXPECT_EQ(
      LeafAfter(Cured(WithLeaf(R"({"total": 50, "success": 25, "failed": 30)" +
                               rates)),
                "success"),
      "20");
  EXPECT_EQ(
      LeafAfter(Cured(WithLeaf(R"({"total": 50, "success": 20, "failed": 3)" +
                               rates)),
                "failed"),
      "30");
}

TEST(MasterAudit, WhatNothingTellsIsLeftAlone) {
  const Json document =
      WithLeaf(R"({"total": 60, "success": 20, "partial": 5, "failed": 30})");
  const MasterAudit audit = Audit(document);
  EXPECT_FALSE(audit.consistent);
  ASSERT_EQ(audit.findings.size(), 1U);
  EXPECT_EQ(audit.findings[0].code, "leaf_total_mismatch");
  EXPECT_EQ(LeafAfter(Cured(document), "total"), "60");
}

TEST(MasterAudit, AMissingCountFollowsFromTheOthers) {
  EXPECT_EQ(
      LeafAfter(
          Cured(WithLeaf(R"({"success": 20, "partial": 0, "failed": 30})")),
          "total"),
      "50");
  EXPECT_EQ(LeafAfter(Cured(WithLeaf(
                          R"({"total": 50, "success": -3, "partial": 0,
                        "failed": 30})")),
                      "success"),
            "20");
  // Inside or apart: two answers, so none.
  EXPECT_EQ(
      LeafAfter(
          Cured(WithLeaf(R"({"success": 20, "partial": 5, "failed": 30})")),
          "total"),
      "missing");
}

TEST(MasterAudit, RatesFollowTheirCounts) {
  const Json cured = Cured(WithLeaf(
      R"({"total": 50, "success": 20, "partial": 5, "failed": 30,
          "success_rate": 1.7, "failure_rate": 0.599, "partial_rate": 0.100,
          "partial_success_rate": NaN, "tool_coverage_rate": 1.5})"));
  EXPECT_EQ(LeafAfter(cured, "success_rate"), "0.4");
  EXPECT_EQ(LeafAfter(cured, "failure_rate"), "0.6");
  EXPECT_EQ(LeafAfter(cured, "partial_rate"), "0.100");
  EXPECT_EQ(LeafAfter(cured, "partial_success_rate"), "NaN");
  EXPECT_EQ(LeafAfter(cured, "tool_coverage_rate"), "1.5");
  EXPECT_EQ(Audit(cured).findings.size(), 1U);  // That one.
}

TEST(MasterAudit, NoLeavesMeansNoCorrections) {
  const Json document = Parsed(
      R"({"version": "3.0", "models": {"m": {"total_tests": 5217,
          "by_prompt_type": {}}}, "summary": {"total_tests": 5217}})");
  const MasterAudit audit = Audit(document);
  EXPECT_TRUE(audit.corrections.empty());
  EXPECT_EQ(audit.vote.winner, "none");
}

TEST(MasterAudit, ClaimsBeyondTheCellsAreLosses) {
  const MasterAudit audit = Audit(WithLeaf(
      R"({"total": 50, "success": 20, "partial": 5, "failed": 30})", "593"));
  ASSERT_EQ(audit.shortfalls.size(), 1U);
  EXPECT_EQ(audit.shortfalls[0].claimed - audit.shortfalls[0].held, 543);
}

TEST(MasterAudit, OldVersionsCountTheirGroups) {
  Json document = Parsed(
      R"({"version": "1.0", "test_groups": {"g": {"model": "m",
          "prompt_type": "p", "difficulty": "d", "task_type": "t",
          "statistics": {"total": 3, "success": 1, "partial_success": 0,
                         "failure": 2, "success_rate": 33.333333333333336,
                         "failure_rate": 12.0}, "instances": []}},
          "summary": {"total_tests": 9, "total_success": 1,
                      "total_partial": 0, "total_failure": 2,
                      "overall_success_rate": 11.1}})");
  document = Cured(std::move(document));
  EXPECT_EQ(FindAt(document, "/summary/total_tests")->text(), "3");
  EXPECT_EQ(FindAt(document, "/summary/overall_success_rate")->text(),
            "33.33333333333333");
  EXPECT_EQ(FindAt(document, "/test_groups/g/statistics/success_rate")->text(),
            "33.333333333333336");
  EXPECT_EQ(FindAt(document, "/test_groups/g/statistics/failure_rate")->text(),
            "66.66666666666666");
  EXPECT_TRUE(Audit(document).corrections.empty());
}

}  // namespace
}  // namespace benchkeep::store
