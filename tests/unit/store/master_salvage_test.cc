// Torn master databases: cut at every byte, nothing is made up, and everything
// that was complete before the cut is there.

#include "store/master_salvage.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/json_pointer.h"
#include "base/json_style.h"
#include "store/master_database.h"
#include "support/master_maker.h"

namespace benchkeep::store {
namespace {

// Scalars of `part`; each must be in `whole` at the same place.
std::size_t CountContained(const Json& part, const Json& whole,
                           const std::string& at) {
  if (part.kind() != whole.kind()) {
    ADD_FAILURE() << at << " has another kind";
    return 0;
  }
  std::size_t count = 0;
  if (part.is_object()) {
    EXPECT_LE(part.members().size(), whole.members().size()) << at;
    for (std::size_t i = 0; i < part.members().size(); ++i) {
      EXPECT_EQ(part.members()[i].first, whole.members()[i].first) << at;
      count +=
          CountContained(part.members()[i].second, whole.members()[i].second,
                         at + "/" + part.members()[i].first);
    }
    return count;
  }
  if (part.is_array()) {
    EXPECT_LE(part.items().size(), whole.items().size()) << at;
    for (std::size_t i = 0; i < part.items().size(); ++i) {
      count += CountContained(part.items()[i], whole.items()[i], at + "/*");
    }
    return count;
  }
  EXPECT_EQ(part, whole) << at;
  return 1;
}

// Where every scalar value of a sound text ends, found without the parser: a
// number must be followed by something to be complete.
std::vector<std::size_t> ScalarEnds(std::string_view text) {
  std::vector<std::size_t> ends;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      std::size_t end = at + 1;
      while (text[end] != '"') end += text[end] == '\\' ? 2 : 1;
      ++end;
      std::size_t next = end;
      while (next < text.size() &&
             std::isspace(static_cast<unsigned char>(text[next])) != 0) {
        ++next;
      }
      if (next >= text.size() || text[next] != ':') ends.push_back(end);
      at = end;
    } else if (c == '-' || std::isalnum(static_cast<unsigned char>(c)) != 0) {
      std::size_t end = at;
      while (end < text.size() &&
             (std::isalnum(static_cast<unsigned char>(text[end])) != 0 ||
              text[end] == '-' || text[end] == '+' || text[end] == '.')) {
        ++end;
      }
      const bool word = text.substr(at, end - at) == "true" ||
                        text.substr(at, end - at) == "false" ||
                        text.substr(at, end - at) == "null";
      ends.push_back(word ? end : end + 1);
      at = end;
    } else {
      ++at;
    }
  }
  return ends;
}

void CutEverywhere(const std::string& text, std::size_t step) {
  const Result<Json> whole = ParseJson(text);
  ASSERT_TRUE(whole.ok());
  const std::vector<std::size_t> ends = ScalarEnds(text);
  std::size_t complete = 0;
  for (std::size_t cut = 0; cut < text.size(); cut += step) {
    while (complete < ends.size() && ends[complete] <= cut) ++complete;
    const JsonPrefix prefix =
        ParseJsonPrefix(std::string_view(text).substr(0, cut));
    if (prefix.whole) continue;  // Only the last newline is missing.
    ASSERT_FALSE(prefix.refused) << cut;
    if (prefix.value.is_null()) {
      ASSERT_EQ(complete, 0U) << cut;
      continue;
    }
    ASSERT_EQ(CountContained(prefix.value, *whole, ""), complete) << cut;
    // Without any source nothing is added.
    const SalvagePlan plan =
        PlanSalvage(prefix.value, prefix.open, "master_torn", {});
    ASSERT_TRUE(plan.refills.empty()) << cut;
    ASSERT_EQ(plan.base, prefix.value) << cut;
    if (testing::Test::HasFailure()) FAIL() << "cut at " << cut;
  }
}

bool Long() { return std::getenv("BENCHKEEP_LONG") != nullptr; }

TEST(Salvage, TheLongestPrefixComesBackFromEveryByte) {
  if (!Long()) {
    CutEverywhere(MasterMaker(3).Sound().Dump(0), 3);
    return;
  }
  for (std::uint32_t seed = 1; seed <= 40U; ++seed) {
    const Json document = MasterMaker(seed).Sound();
    CutEverywhere(document.Dump(2) + "\n", 1);
    CutEverywhere(document.Dump(0), 1);
  }
}

TEST(Salvage, TheRealMasterDatabaseCutInSteps) {
  const char* shared = std::getenv("BENCHKEEP_SHARED");
  if (shared == nullptr) GTEST_SKIP() << "BENCHKEEP_SHARED is not set";
  std::ostringstream text;
  text << std::ifstream(fs::Path(shared) /
                        "real-store/pilot_bench_cumulative_results/"
                        "master_database.json")
              .rdbuf();
  ASSERT_GT(text.str().size(), 1'000'000U);
  CutEverywhere(text.str(), Long() ? 1 : 12011);
}

// With a copy of the same state everything comes back, from every cut; each
// value is the original's, and each that was not in the prefix has an origin.
TEST(Salvage, ACopyBringsEverythingBack) {
  const Json document = MasterMaker(7).Sound();
  const std::string text = document.Dump(2);
  const std::vector<SalvageSource> sources = {{"backup", "copy", document}};
  const std::int64_t tests =
      AuditMaster(document, *MasterOf(document)).leaf.tests;
  for (std::size_t cut = 0; cut < text.size(); cut += Long() ? 1 : 17) {
    const JsonPrefix prefix =
        ParseJsonPrefix(std::string_view(text).substr(0, cut));
    const SalvagePlan plan =
        PlanSalvage(prefix.value, prefix.open, "master_torn", sources);
    Json after = plan.base;
    for (const Refill& refill : plan.refills) {
      ASSERT_EQ(refill.source, 0U);
      ASSERT_TRUE(
          SetAt(after, refill.correction.pointer, refill.correction.after));
    }
    const Result<MasterDatabase> master = MasterOf(after);
    ASSERT_TRUE(master.ok()) << cut;
    const MasterAudit audit = AuditMaster(after, *master);
    ASSERT_EQ(audit.leaf.tests, tests) << cut;
    ASSERT_EQ(plan.tests_kept + plan.tests_refilled, tests) << cut;
    ASSERT_EQ(audit.summary.tests, tests) << cut;
  }
}

SalvageSource Source(const std::string& kind, int total) {
  const std::string leaf = fmt::format(
      R"({{"total": {0}, "success": {0}, "partial": 0, "failed": 0}})", total);
  Result<Json> json = ParseJson(
      R"({"version": "3.0", "models": {"m": {"by_prompt_type": {"p": {
      "by_tool_success_rate": {"0.8": {"by_difficulty": {"d": {"by_task_type":
      {"t": )" +
      leaf + R"(}}}}}}}}}})");
  BENCHKEEP_CHECK(json.ok());
  return {kind, kind + " file", std::move(*json)};
}

TEST(Salvage, TheFullerSourceCountsAndTheFirstOfEquals) {
  SalvagePlan plan = PlanSalvage(Json::Object(), "", "master_empty",
                                 {Source("parquet", 3), Source("backup", 5)});
  EXPECT_EQ(plan.tests_refilled, 5);
  EXPECT_EQ(plan.refills.back().source, 1U);
  plan = PlanSalvage(Json::Object(), "", "master_empty",
                     {Source("parquet", 5), Source("backup", 5)});
  EXPECT_EQ(plan.refills.back().source, 0U);
}

TEST(Salvage, WhatIsThereStays) {
  const SalvagePlan plan = PlanSalvage(Source("", 2).document, "",
                                       "master_torn", {Source("backup", 9)});
  EXPECT_EQ(plan.tests_kept, 2);
  EXPECT_EQ(plan.cells_refilled, 0U);
}

}  // namespace
}  // namespace benchkeep::store
