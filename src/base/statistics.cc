// The few statistics that reports need.

#include "base/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace benchkeep {
namespace {

constexpr double kNormal975 = 1.959963984540054;  // Quantile of the normal.
constexpr double kLeastExpected = 5;

double Real(std::uint64_t number) { return static_cast<double>(number); }

bool IsSound(const Proportion& share) {
  return share.tests > 0 && share.successes <= share.tests;
}

double LogChoose(double n, double k) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

}  // namespace

std::optional<Interval> Wilson95(std::uint64_t successes, std::uint64_t tests) {
  if (!IsSound({successes, tests})) return std::nullopt;
  const double n = Real(tests);
  const double share = Real(successes) / n;
  const double z2 = kNormal975 * kNormal975;
  const double centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kNormal975 / (1 + z2 / n) *
                      std::sqrt(share * (1 - share) / n + z2 / (4 * n * n));
  // At the ends the exact values are 0 and 1.
  return Interval{successes == 0 ? 0 : std::max(0.0, centre - half),
                  successes == tests ? 1 : std::min(1.0, centre + half)};
}

double PooledZ(const Proportion& a, const Proportion& b) {
  const double n = Real(a.tests);
  const double m = Real(b.tests);
  const double pooled = (Real(a.successes) + Real(b.successes)) / (n + m);
  const double variance = pooled * (1 - pooled) * (1 / n + 1 / m);
  if (variance <= 0) return 1;
  const double z =
      (Real(a.successes) / n - Real(b.successes) / m) / std::sqrt(variance);
  return std::erfc(std::abs(z) / std::sqrt(2.0));
}

double FisherExact(const Proportion& a, const Proportion& b) {
  const double n = Real(a.tests);
  const double m = Real(b.tests);
  const double won = Real(a.successes) + Real(b.successes);
  const double all = LogChoose(n + m, won);
  const auto chance = [&](double x) {
    return LogChoose(n, x) + LogChoose(m, won - x) - all;
  };
  // Tables as unlikely as the one seen count; equal ones differ by rounding.
  constexpr double kSame = 1e-7;
  const double seen = chance(Real(a.successes)) + kSame;
  double sum = 0;
  for (double x = std::max(0.0, won - m); x <= std::min(n, won); ++x) {
    const double one = chance(x);
    if (one <= seen) sum += std::exp(one);
  }
  return std::min(1.0, sum);
}

std::optional<ProportionTest> CompareProportions(const Proportion& a,
                                                 const Proportion& b) {
  if (!IsSound(a) || !IsSound(b)) return std::nullopt;
  const double all = Real(a.tests) + Real(b.tests);
  const double won = Real(a.successes) + Real(b.successes);
  const double least =
      std::min(Real(a.tests), Real(b.tests)) * std::min(won, all - won) / all;
  if (least < kLeastExpected) {
    return ProportionTest{ProportionTest::Method::kFisher, FisherExact(a, b)};
  }
  return ProportionTest{ProportionTest::Method::kZ, PooledZ(a, b)};
}

std::vector<double> HolmAdjusted(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&p](auto left, auto right) { return p[left] < p[right]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto others = static_cast<double>(p.size() - i);
    largest = std::max(largest, std::min(1.0, others * p[order[i]]));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

std::optional<LineFit> FitLine(
    const std::vector<std::pair<double, double>>& points) {
  constexpr std::size_t kLeastPoints = 3;
  if (points.size() < kLeastPoints) return std::nullopt;
  const auto n = static_cast<double>(points.size());
  double mean_x = 0;
  double mean_y = 0;
  for (const auto& [x, y] : points) {
    mean_x += x / n;
    mean_y += y / n;
  }
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (const auto& [x, y] : points) {
    xx += (x - mean_x) * (x - mean_x);
    xy += (x - mean_x) * (y - mean_y);
    yy += (y - mean_y) * (y - mean_y);
  }
  if (xx <= 0) return std::nullopt;
  LineFit fit;
  fit.slope = xy / xx;
  fit.intercept = mean_y - fit.slope * mean_x;
  fit.r_squared = yy > 0 ? xy * xy / (xx * yy) : 1;
  return fit;
}

}  // namespace benchkeep
