// Torn master databases: cut at every byte, nothing is made up, and everything
// that was complete before the cut is there.

#include "store/master_salvage.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "base/json_pointer.h"
#include "base/json_style.h"
#include "store/master_database.h"
#include "support/master_maker.h"

namespace benchkeep::store {
namespace {

// Counts the scalars of `part`; false when one of them is not in `whole` at the
// same place.
bool CountContained(const Json& part, const Json& whole, std::size_t& count) {
  if (part.kind() != whole.kind() ||
      part.members().size() > whole.members().size() ||
      part.items().size() > whole.items().size()) {
    return false;
  }
  for (std::size_t i = 0; i < part.members().size(); ++i) {
    const auto& [name, value] = part.members()[i];
    const auto& [whole_name, whole_value] = whole.members()[i];
    if (name != whole_name || !CountContained(value, whole_value, count)) {
      return false;
    }
  }
  for (std::size_t i = 0; i < part.items().size(); ++i) {
    if (!CountContained(part.items()[i], whole.items()[i], count)) return false;
  }
  if (part.is_object() || part.is_array()) return true;
  ++count;
  return part.text() == whole.text();
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

// What the cuts of one text are checked against.
struct Original {
  explicit Original(const std::string& original)
      : text(original), ends(ScalarEnds(text)) {
    Result<Json> parsed = ParseJson(text);
    BENCHKEEP_CHECK(parsed.ok());
    whole = std::move(*parsed);
  }

  std::string_view text;
  Json whole;
  std::vector<std::size_t> ends;
};

void CutWithin(const Original& original, std::size_t begin, std::size_t end,
               std::size_t step) {
  JsonPrefix last;
  std::size_t checked = 0;  // Scalars of `last`, once it was compared.
  for (std::size_t cut = begin; cut < end; cut += step) {
    const auto complete = static_cast<std::size_t>(
        std::upper_bound(original.ends.begin(), original.ends.end(), cut) -
        original.ends.begin());
    JsonPrefix prefix = ParseJsonPrefix(original.text.substr(0, cut));
    if (prefix.whole) continue;  // Only the last newline is missing.
    ASSERT_FALSE(prefix.refused) << cut;
    if (prefix.value.is_null()) {
      ASSERT_EQ(complete, 0U) << cut;
      continue;
    }
    if (prefix.value == last.value && prefix.open == last.open) {
      ASSERT_EQ(complete, checked) << cut;
      continue;
    }
    checked = 0;
    ASSERT_TRUE(CountContained(prefix.value, original.whole, checked)) << cut;
    ASSERT_EQ(checked, complete) << cut;
    // Without any source nothing is added.
    const SalvagePlan plan =
        PlanSalvage(prefix.value, prefix.open, "master_torn", {});
    ASSERT_TRUE(plan.refills.empty()) << cut;
    ASSERT_TRUE(plan.base == prefix.value) << cut;
    last = std::move(prefix);
  }
}

void CutEverywhere(const std::string& text, std::size_t step) {
  CutWithin(Original(text), 0, text.size(), step);
}

// The same on all cores, for what takes hours; says how far it is, and goes on
// there with BENCHKEEP_FROM=BYTE.
void CutAtEveryByte(const std::string& text) {
  const Original original(text);
  constexpr std::size_t kPart = 8192;
  const char* from = std::getenv("BENCHKEEP_FROM");
  const std::size_t first =
      from == nullptr ? 0 : std::strtoul(from, nullptr, 10);
  std::atomic<std::size_t> next = first;
  std::atomic<std::size_t> done = first;
  const auto work = [&] {
    for (std::size_t begin = 0;
         (begin = next.fetch_add(kPart)) < text.size();) {
      const std::size_t end = std::min(begin + kPart, text.size());
      CutWithin(original, begin, end, 1);
      if (testing::Test::HasFailure()) return;
      fmt::print("{} of {} bytes\n", done += end - begin, text.size());
      std::fflush(stdout);
    }
  };
  std::vector<std::future<void>> workers;
  for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
    workers.push_back(std::async(std::launch::async, work));
  }
  for (std::future<void>& worker : workers) worker.get();
  EXPECT_EQ(done, text.size());
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
  if (Long()) {
    CutAtEveryByte(text.str());
  } else {
    CutEverywhere(text.str(), 12011);
  }
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
