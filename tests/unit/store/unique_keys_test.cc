// Whether keys are all different; and the filter that asks for a few of them.

#include "store/unique_keys.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "store/key_filter.h"

namespace benchkeep::store {
namespace {

std::vector<KeyHash> Hashes(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<KeyHash> hashes(count);
  for (KeyHash& hash : hashes) hash = {random(), random()};
  return hashes;
}

bool AllDiffer(const std::vector<KeyHash>& hashes, int threads = 2) {
  UniqueKeys keys(hashes.size());
  for (const KeyHash& hash : hashes) keys.Add(hash);
  return keys.AllDiffer(threads);
}

TEST(UniqueKeys, SaysWhetherOneIsThereTwice) {
  for (const std::size_t count : {0U, 1U, 2U, 300U, 200'000U}) {
    std::vector<KeyHash> hashes = Hashes(count, count);
    for (const int threads : {1, 2, 5}) {
      EXPECT_TRUE(AllDiffer(hashes, threads)) << count;
    }
    if (count < 2) continue;
    for (const std::size_t place : {std::size_t{0}, count / 3, count - 2}) {
      std::vector<KeyHash> repeated = hashes;
      repeated.back() = repeated[place];
      EXPECT_FALSE(AllDiffer(repeated)) << count << " at " << place;
    }
  }
}

TEST(UniqueKeys, TakesZeroForAKey) {
  EXPECT_TRUE(AllDiffer({{0, 0}, {0, 2}}));
  EXPECT_FALSE(AllDiffer({{0, 0}, {0, 2}, {0, 0}}));
}

TEST(UniqueKeys, ManyEqualOnesDoNotOverflow) {
  EXPECT_FALSE(AllDiffer(std::vector<KeyHash>(100'000, KeyHash{7, 9})));
}

TEST(KeyFilter, HoldsWhatWasPutInAndHardlyMore) {
  const std::vector<KeyHash> in = Hashes(20'000, 1);
  KeyFilter filter(in.size());
  for (const KeyHash& hash : in) filter.Add(hash);
  for (const KeyHash& hash : in) {
    ASSERT_TRUE(filter.Passes(hash));
    ASSERT_TRUE(filter.MayHold(hash));
  }
  std::size_t pass = 0;
  for (const KeyHash& hash : Hashes(20'000, 2)) {
    pass += filter.Passes(hash) ? 1 : 0;
    EXPECT_FALSE(filter.MayHold(hash));
  }
  EXPECT_LT(pass, 2000U);
}

}  // namespace
}  // namespace benchkeep::store
