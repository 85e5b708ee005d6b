// The expected numbers are those of scipy 1.17 and statsmodels 0.15.

#include "base/statistics.h"

#include <gtest/gtest.h>

namespace benchkeep {
namespace {

using Method = ProportionTest::Method;

TEST(Wilson95, IsTheScoreInterval) {
  const auto some = Wilson95(829, 4928);
  ASSERT_TRUE(some);
  EXPECT_NEAR(some->low, 0.15803790423744882, 1e-12);
  EXPECT_NEAR(some->high, 0.178923750490616, 1e-12);
  const auto few = Wilson95(1, 3);
  ASSERT_TRUE(few);
  EXPECT_NEAR(few->low, 0.06149194472039626, 1e-12);
  EXPECT_NEAR(few->high, 0.7923403991979523, 1e-12);
}

TEST(Wilson95, EndsAtZeroAndOne) {
  const auto none = Wilson95(0, 10);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->low, 0);
  EXPECT_NEAR(none->high, 0.27753279986288926, 1e-12);
  const auto all = Wilson95(10, 10);
  ASSERT_TRUE(all);
  EXPECT_NEAR(all->low, 0.7224672001371106, 1e-12);
  EXPECT_EQ(all->high, 1);
}

TEST(Wilson95, SaysNothingOfNothing) {
  EXPECT_FALSE(Wilson95(0, 0));
  EXPECT_FALSE(Wilson95(3, 2));
}

TEST(CompareProportions, TakesTheZTestWhereThereIsEnough) {
  const auto test = CompareProportions({146, 200}, {90, 177});
  ASSERT_TRUE(test);
  EXPECT_EQ(test->method, Method::kZ);
  EXPECT_NEAR(test->p, 9.147741556123259e-06, 1e-15);
  EXPECT_NEAR(PooledZ({59, 100}, {65, 120}), 0.4716579330298758, 1e-12);
}

TEST(CompareProportions, TakesTheExactTestForSmallCounts) {
  const auto test = CompareProportions({8, 10}, {1, 5});
  ASSERT_TRUE(test);
  EXPECT_EQ(test->method, Method::kFisher);
  EXPECT_NEAR(test->p, 0.08891108891108893, 1e-12);
  EXPECT_NEAR(FisherExact({0, 5}, {5, 5}), 0.007936507936507938, 1e-12);
  EXPECT_NEAR(FisherExact({3, 1000}, {12, 900}), 0.01660679118971005, 1e-10);
}

TEST(CompareProportions, IsTheSameFromBothSides) {
  EXPECT_NEAR(FisherExact({8, 10}, {1, 5}), FisherExact({1, 5}, {8, 10}),
              1e-14);
  EXPECT_NEAR(PooledZ({59, 100}, {65, 120}), PooledZ({65, 120}, {59, 100}),
              1e-14);
}

TEST(CompareProportions, ChangesOfTheBorderAreSeen) {
  // 5 are expected in the smallest field: enough.  4.9 are not.
  EXPECT_EQ(CompareProportions({5, 10}, {5, 10})->method, Method::kZ);
  EXPECT_EQ(CompareProportions({5, 10}, {4, 10})->method, Method::kFisher);
}

TEST(CompareProportions, NeedsTestsOnBothSides) {
  EXPECT_FALSE(CompareProportions({0, 0}, {5, 10}));
  EXPECT_FALSE(CompareProportions({5, 10}, {0, 0}));
  EXPECT_FALSE(CompareProportions({11, 10}, {5, 10}));
  // All alike: no difference at all.
  EXPECT_EQ(CompareProportions({100, 100}, {80, 80})->p, 1);
}

TEST(HolmAdjusted, StepsDown) {
  const std::vector<double> adjusted =
      HolmAdjusted({0.01, 0.04, 0.03, 0.005, 0.5});
  const std::vector<double> expected = {0.04, 0.09, 0.09, 0.025, 0.5};
  ASSERT_EQ(adjusted.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(adjusted[i], expected[i], 1e-14) << i;
  }
  EXPECT_TRUE(HolmAdjusted({}).empty());
  EXPECT_EQ(HolmAdjusted({0.9, 0.8}), (std::vector<double>{1, 1}));
}

TEST(FitLine, IsLeastSquares) {
  const auto fit = FitLine({{0, 1}, {1, 3}, {2, 2}, {5, 9}});
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->slope, 1.5714285714285714, 1e-12);
  EXPECT_NEAR(fit->intercept, 0.6071428571428572, 1e-12);
  EXPECT_NEAR(fit->r_squared, 0.8921658986175116, 1e-12);
}

TEST(FitLine, NeedsThreePointsAtTwoPlaces) {
  EXPECT_FALSE(FitLine({{0, 1}, {1, 3}}));
  EXPECT_FALSE(FitLine({{2, 1}, {2, 3}, {2, 5}}));
  const auto flat = FitLine({{0, 4}, {1, 4}, {2, 4}});
  ASSERT_TRUE(flat);
  EXPECT_EQ(flat->slope, 0);
  EXPECT_EQ(flat->r_squared, 1);
}

}  // namespace
}  // namespace benchkeep
