// The few statistics that reports need: intervals, tests, trends.
//
// Sources: Wilson, E. B. (1927), JASA 22, 209-212; Fisher, R. A. (1922), JRSS
// 85, 87-94; Holm, S. (1979), Scand. J. Statist. 6, 65-70; Agresti, A. (2013),
// Categorical Data Analysis, 3rd ed., sections 1.4 and 3.5 (when which test
// holds).  tests/oracle/test_report_numbers.py holds them against scipy and
// statsmodels.

#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace benchkeep {

struct Interval {
  double low = 0;
  double high = 1;
};

// Wilson's score interval (95 %) of a share of which `successes` of `tests`
// were seen.  Nullopt without tests, or with more successes than tests.
std::optional<Interval> Wilson95(std::uint64_t successes, std::uint64_t tests);

// So many successes of so many tests.
struct Proportion {
  std::uint64_t successes = 0;
  std::uint64_t tests = 0;
};

// Whether two shares differ: p of the hypothesis that they do not, both sides.
struct ProportionTest {
  enum class Method {
    kZ,       // Pooled z test.
    kFisher,  // Exact: where a count of less than 5 would be expected.
  };
  Method method = Method::kZ;
  double p = 1;
};

// Nullopt unless both have tests, and no more successes than tests.
std::optional<ProportionTest> CompareProportions(const Proportion& a,
                                                 const Proportion& b);

// Two-sided p of either test, for what CompareProportions takes.
double PooledZ(const Proportion& a, const Proportion& b);
double FisherExact(const Proportion& a, const Proportion& b);

// p values as if only one comparison had been made, by Holm's step-down
// procedure: one below 5 % is, with 95 % certainty for all of them together, no
// accident.  In the order given.
std::vector<double> HolmAdjusted(const std::vector<double>& p);

// The straight line through points, by least squares.
struct LineFit {
  double slope = 0;
  double intercept = 0;
  double r_squared = 0;  // The share of the variance that it explains.
};

// Nullopt unless there are three points or more at two places or more.
std::optional<LineFit> FitLine(
    const std::vector<std::pair<double, double>>& points);

}  // namespace benchkeep
