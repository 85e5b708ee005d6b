// Tests of the growth of a total; arrivals by rows are proven in
// tests/integration/test_monitor.py.

#include "ops/arrivals.h"

#include <gtest/gtest.h>

#include <numeric>

namespace benchkeep::ops {
namespace {

using std::chrono::seconds;

TimePoint Start() { return *ParseIso("2026-03-01T12:00:00Z"); }

TotalAt At(int second, std::int64_t total) {
  return {Start() + seconds(second), total};
}

double Sum(const std::vector<double>& minutes) {
  return std::accumulate(minutes.begin(), minutes.end(), 0.0);
}

TEST(ArrivalsTest, GrowthIsSpreadOverItsMinutes) {
  EXPECT_EQ(GrowthByMinute({At(20, 10), At(80, 16), At(140, 16)}, Start(), 2),
            (std::vector<double>{4, 2}));
  // Nobody looked for three minutes.
  EXPECT_EQ(GrowthByMinute({At(0, 0), At(180, 9)}, Start(), 4),
            (std::vector<double>{3, 3, 3, 0}));
  // It began before.
  EXPECT_EQ(GrowthByMinute({At(-60, 0), At(60, 8)}, Start(), 1),
            std::vector<double>{4});
  EXPECT_EQ(GrowthByMinute({}, Start(), 2), (std::vector<double>{0, 0}));
}

TEST(ArrivalsTest, AFallIsNoGrowthNorIsTheWayBack) {
  EXPECT_EQ(
      Sum(GrowthByMinute({At(0, 10), At(60, 4), At(120, 10)}, Start(), 4)), 0);
  // Twice low: it has become less, and grows from there.
  EXPECT_DOUBLE_EQ(Sum(GrowthByMinute({At(0, 10), At(60, 4), At(120, 4),
                                       At(180, 7), At(240, 7)},
                                      Start(), 5)),
                   3);
}

}  // namespace
}  // namespace benchkeep::ops
