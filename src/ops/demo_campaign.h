// What happened in the sample campaign: which tests ran, in which order, and
// how they ended.  The same seed gives the same campaign on every machine.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "store/leaf.h"

namespace benchkeep::ops {

// A small generator whose numbers are the same everywhere (SplitMix64, by
// Sebastiano Vigna, public domain).
class DemoRandom {
 public:
  explicit DemoRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next();
  // Less than `bound`, which is not 0.
  std::uint64_t Below(std::uint64_t bound) { return Next() % bound; }
  double Share();  // 0 <= share < 1.

 private:
  std::uint64_t state_;
};

struct DemoTest {
  std::uint32_t leaf = 0;  // Index of its cell.
  std::int64_t number = 0;
  store::Outcome outcome = store::Outcome::kFailed;
};

struct DemoCampaign {
  std::vector<store::Leaf> leaves;  // The counts agree with the tests.
  std::vector<DemoTest> tests;      // In the order they ran.
  std::size_t models = 0;
};

DemoCampaign MakeCampaign(std::uint64_t seed, std::uint64_t tests);

// When the test at `position` ended, as Python prints it.
std::string DemoTime(std::uint64_t position);

// The same as seconds since 1970.
std::int64_t DemoSeconds(std::uint64_t position);

// The master database: version 3.0, true leaves, and a summary that stopped
// counting at `summary_claims` tests and never counted successes.
Json DemoMaster(const DemoCampaign& campaign, std::uint64_t summary_claims);

}  // namespace benchkeep::ops
