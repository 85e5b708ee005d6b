// The arithmetic of leaves: conventions, evidence, clipping, names.

#include "store/leaf.h"

#include <gtest/gtest.h>

namespace benchkeep::store {
namespace {

Leaf Counts(std::optional<std::int64_t> total,
            std::optional<std::int64_t> success,
            std::optional<std::int64_t> partial,
            std::optional<std::int64_t> failed) {
  Leaf leaf;
  leaf.total = total;
  leaf.success = success;
  leaf.partial = partial;
  leaf.failed = failed;
  return leaf;
}

void ExpectTests(const Tally& tally, std::int64_t success, std::int64_t partial,
                 std::int64_t failed, std::int64_t unknown) {
  EXPECT_EQ(tally.success, success);
  EXPECT_EQ(tally.partial, partial);
  EXPECT_EQ(tally.failed, failed);
  EXPECT_EQ(tally.unknown, unknown);
}

TEST(Tally, PartialInsideSuccess) {
  const Tally tally = TallyOf(Counts(20, 12, 5, 8));
  EXPECT_EQ(tally.convention, Convention::kPartialInside);
  ExpectTests(tally, 7, 5, 8, 0);
  EXPECT_FALSE(tally.clipped);
  EXPECT_FALSE(tally.short_of_total);
}

TEST(Tally, PartialApartFromSuccess) {
  const Tally tally = TallyOf(Counts(20, 7, 5, 8));
  EXPECT_EQ(tally.convention, Convention::kPartialApart);
  ExpectTests(tally, 7, 5, 8, 0);
}

TEST(Tally, BothHoldWithoutPartial) {
  const Tally tally = TallyOf(Counts(20, 7, 0, 13));
  EXPECT_EQ(tally.convention, Convention::kPartialInside);
  ExpectTests(tally, 7, 0, 13, 0);
}

TEST(Tally, MissingFailedIsWhatIsLeft) {
  Leaf leaf = Counts(24, 10, 1, std::nullopt);
  leaf.statistics = {{"full_success", Json::Int(9)},
                     {"failure_rate", Json::RawNumber("0.5")}};
  ExpectTests(TallyOf(leaf), 9, 1, 14, 0);
}

TEST(Tally, TheFailureRateTellsTheConvention) {
  Leaf leaf = Counts(20, 7, 5, std::nullopt);
  leaf.statistics = {{"failure_rate", Json::RawNumber("0.4")}};
  EXPECT_EQ(TallyOf(leaf).convention, Convention::kPartialApart);
  ExpectTests(TallyOf(leaf), 7, 5, 8, 0);

  leaf.statistics = {{"failure_rate", Json::RawNumber("0.65")}};
  EXPECT_EQ(TallyOf(leaf).convention, Convention::kPartialInside);
  ExpectTests(TallyOf(leaf), 2, 5, 13, 0);
}

TEST(Tally, MorePartialThanSuccessCannotBeInside) {
  ExpectTests(TallyOf(Counts(10, 2, 3, std::nullopt)), 2, 3, 5, 0);
}

TEST(Tally, CountsBeyondTheTotalAreClipped) {
  const Tally tally = TallyOf(Counts(5, 5, 1, 3));
  EXPECT_TRUE(tally.clipped);
  ExpectTests(tally, 4, 1, 0, 0);
  const Tally flood = TallyOf(Counts(3, 9, 0, 0));
  EXPECT_TRUE(flood.clipped);
  ExpectTests(flood, 3, 0, 0, 0);
}

TEST(Tally, TestsNobodyCountedAreUnknown) {
  const Tally tally = TallyOf(Counts(10, 3, 0, 4));
  ExpectTests(tally, 3, 0, 4, 3);
  EXPECT_TRUE(tally.short_of_total);
  ExpectTests(TallyOf(Counts(10, std::nullopt, 2, 3)), 0, 2, 3, 5);
  EXPECT_FALSE(TallyOf(Counts(10, std::nullopt, 2, 3)).partial_decided);
  ExpectTests(TallyOf(Counts(4, std::nullopt, std::nullopt, std::nullopt)), 0,
              0, 0, 4);
}

TEST(Tally, WithoutTotalTheOutcomesAreCounted) {
  EXPECT_EQ(TestsOf(Counts(std::nullopt, 3, 1, 4)), 7);
  ExpectTests(TallyOf(Counts(std::nullopt, 3, 1, 4)), 2, 1, 4, 0);
  EXPECT_EQ(TestsOf(Counts(std::nullopt, 1, 2, 4)), 7);
}

TEST(Tally, NeverMoreOrFewerTestsThanTheTotal) {
  const std::optional<std::int64_t> values[] = {std::nullopt, 0, 1, 2, 3, 5};
  int leaves = 0;
  for (std::int64_t total = 0; total < 6; ++total) {
    for (const auto& success : values) {
      for (const auto& partial : values) {
        for (const auto& failed : values) {
          const Tally tally = TallyOf(Counts(total, success, partial, failed));
          EXPECT_EQ(tally.tests(), total);
          for (int i = 0; i < kOutcomes; ++i) {
            EXPECT_GE(tally.of(static_cast<Outcome>(i)), 0);
          }
          const bool inside = tally.convention == Convention::kPartialInside;
          if (success && *success <= total) {
            EXPECT_EQ(tally.success + (inside ? tally.partial : 0), *success);
          }
          ++leaves;
        }
      }
    }
  }
  EXPECT_EQ(leaves, 6 * 6 * 6 * 6);
}

TEST(Rate, IsPrintedAsTheCampaignDoes) {
  EXPECT_EQ(RateWord("0.8"), "0.800000011920929");
  EXPECT_EQ(RateWord("0.6"), "0.6000000238418579");
  EXPECT_EQ(RateWord("1.0"), "1.0");
  EXPECT_EQ(RateWord("1"), "1.0");
  EXPECT_EQ(RateWord("0.00001"), "9.999999747378752e-06");
  EXPECT_EQ(RateWord(std::nullopt), "unknown");
  EXPECT_EQ(RateWord("high"), "high");
  EXPECT_EQ(RateWord("nan"), "nan");
  EXPECT_EQ(RateWord("1e300"), "1e300");
}

TEST(Rate, OnlyFiniteNumbersAreNumbers) {
  EXPECT_EQ(RateNumber("0.8"), 0.8);
  EXPECT_EQ(RateNumber("0.8 "), std::nullopt);
  EXPECT_EQ(RateNumber("inf"), std::nullopt);
  EXPECT_EQ(RateNumber(""), std::nullopt);
}

TEST(CellName, JoinsTheFiveParts) {
  Leaf leaf;
  leaf.model = "DeepSeek-V3-0324";
  leaf.prompt_type = "optimal";
  leaf.rate = "0.8";
  leaf.difficulty = "easy";
  leaf.task_type = "simple_task";
  EXPECT_EQ(CellName(leaf),
            "DeepSeek-V3-0324_optimal_0.800000011920929_easy_simple_task");
}

}  // namespace
}  // namespace benchkeep::store
