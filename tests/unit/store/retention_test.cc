// What goes and what stays: rules, clocks that jump, and 400 days of it.

#include "store/retention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace benchkeep::store {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kStart = 20'000 * kDay;

RetentionCandidate Backup(std::uint64_t sequence, std::int64_t day,
                          BackupState state = BackupState::kGood) {
  return {"b" + std::to_string(sequence),
          sequence,
          kStart + day * kDay,
          state,
          true,
          false};
}

// The sequences that stay.
std::vector<std::uint64_t> Kept(const std::vector<RetentionCandidate>& all,
                                const RetentionRules& rules,
                                std::int64_t today) {
  const auto plan = PlanPrune(all, rules, kStart + today * kDay);
  std::vector<std::uint64_t> kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_FALSE(plan[i].why.empty());
    if (plan[i].keep) kept.push_back(all[i].sequence);
  }
  std::sort(kept.begin(), kept.end());
  return kept;
}

TEST(Retention, KeepsThirtyDaysAndThreeGoodOnes) {
  std::vector<RetentionCandidate> all;
  for (std::uint64_t i = 0; i < 50; ++i) {
    all.push_back(Backup(i + 1, static_cast<std::int64_t>(i)));
  }
  EXPECT_EQ(Kept(all, {}, 49).size(), 31U);
  EXPECT_EQ(Kept(all, {}, 200), (std::vector<std::uint64_t>{48, 49, 50}));
}

TEST(Retention, AgeKeepsNothingWhenToldSo) {
  // All made within one second.
  const std::vector<RetentionCandidate> all = {Backup(1, 7), Backup(2, 7),
                                               Backup(3, 7), Backup(4, 7)};
  RetentionRules rules;
  rules.keep_days = 0;
  EXPECT_EQ(Kept(all, rules, 7), (std::vector<std::uint64_t>{2, 3, 4}));
}

TEST(Retention, SuspectAndBadOnesPushNothingOut) {
  std::vector<RetentionCandidate> all = {Backup(1, 0), Backup(2, 1),
                                         Backup(3, 2)};
  for (std::uint64_t i = 4; i < 40; ++i) {
    all.push_back(
        Backup(i, static_cast<std::int64_t>(i),
               i % 2 == 0 ? BackupState::kBad : BackupState::kSuspect));
  }
  const auto kept = Kept(all, {}, 100);
  for (const std::uint64_t good : {1, 2, 3}) {
    EXPECT_TRUE(std::count(kept.begin(), kept.end(), good)) << good;
  }
  // Newer than every good one: they may hold what no good one has.
  EXPECT_EQ(kept.size(), all.size());
}

TEST(Retention, OldSuspectOnesGoOnceThereAreGoodOnes) {
  std::vector<RetentionCandidate> all = {
      Backup(1, 0, BackupState::kBad), Backup(2, 0, BackupState::kSuspect),
      Backup(3, 90), Backup(4, 91), Backup(5, 92)};
  EXPECT_EQ(Kept(all, {}, 92), (std::vector<std::uint64_t>{3, 4, 5}));
  all.pop_back();  // Only two good ones: nothing goes.
  EXPECT_EQ(Kept(all, {}, 92).size(), 4U);
}

TEST(Retention, NeverTouchesWhatIsNotOurs) {
  RetentionCandidate foreign = Backup(0, 0);
  foreign.ours = false;
  RetentionCandidate adopted = Backup(0, 1);
  adopted.adopted = true;
  const std::vector<RetentionCandidate> all = {foreign, adopted, Backup(1, 300),
                                               Backup(2, 301), Backup(3, 302)};
  EXPECT_EQ(Kept(all, {}, 302).size(), 5U);
  RetentionRules rules;
  rules.adopted = true;
  EXPECT_EQ(Kept(all, rules, 302).size(), 4U);
}

TEST(Retention, ThinsOutByDayWeekAndMonth) {
  std::vector<RetentionCandidate> all;
  for (std::uint64_t i = 0; i < 400; ++i) {
    all.push_back(Backup(i + 1, static_cast<std::int64_t>(i)));
  }
  RetentionRules rules;
  rules.keep_days = 2;
  EXPECT_EQ(Kept(all, rules, 399).size(), 3U);
  rules.daily = 10;
  EXPECT_EQ(Kept(all, rules, 399).size(), 10U);
  rules.weekly = 8;
  const std::size_t weeks = Kept(all, rules, 399).size();
  EXPECT_GE(weeks, 10U + 6U);
  EXPECT_LE(weeks, 10U + 8U);
  rules.monthly = 12;
  EXPECT_GE(Kept(all, rules, 399).size(), weeks + 9U);
}

TEST(Retention, AClockThatJumpsMakesNothingOlder) {
  // Number 3 was made while the clock said 1970, number 4 while it said 2100.
  std::vector<RetentionCandidate> all = {
      Backup(1, 96),  Backup(2, 97),  Backup(3, -20'000), Backup(4, 40'000),
      Backup(5, 100), Backup(6, 101), Backup(7, 102)};
  RetentionRules rules;
  rules.keep_days = 5;
  EXPECT_EQ(Kept(all, rules, 102).size(), 6U);  // Number 1 is 6 days old.
  rules.keep_days = 4;
  // Numbers 3 and 4 are as old as number 5.
  EXPECT_EQ(Kept(all, rules, 102), (std::vector<std::uint64_t>{3, 4, 5, 6, 7}));
}

// 400 days of one backup a day and a prune after each: two months off, bad and
// suspect ones in between, clocks that jump for a day or two.
TEST(Retention, FourHundredDaysKeepThePromises) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const RetentionRules rules;
    std::vector<RetentionCandidate> all;
    std::map<std::uint64_t, std::int64_t> true_day;
    std::set<std::uint64_t> too_early;  // Made while the clock was behind.
    std::uint64_t sequence = 0;
    std::uint64_t pruned = 0;
    for (std::int64_t day = 0; day < 400; ++day) {
      if (day >= 150 && day < 210) continue;  // Off.
      std::int64_t jump = 0;
      const unsigned dice = random() % 40;
      if (dice == 0) jump = -static_cast<std::int64_t>(random() % 20'000);
      if (dice == 1) jump = static_cast<std::int64_t>(random() % 25);
      const unsigned kind = random() % 10;
      const BackupState state = kind == 0   ? BackupState::kBad
                                : kind == 1 ? BackupState::kSuspect
                                            : BackupState::kGood;
      all.push_back(Backup(++sequence, day + jump, state));
      true_day[sequence] = day;
      if (jump < 0) too_early.insert(sequence);
      const auto good_before = std::count_if(
          all.begin(), all.end(),
          [](const auto& one) { return one.state == BackupState::kGood; });
      const auto plan = PlanPrune(all, rules, kStart + (day + jump) * kDay);
      std::vector<RetentionCandidate> rest;
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (plan[i].keep) {
          rest.push_back(all[i]);
          continue;
        }
        ++pruned;
        // No good one goes before its time: the clock was never more than 24
        // days ahead.
        if (all[i].state == BackupState::kGood) {
          EXPECT_GT(day - true_day[all[i].sequence], 30 - 25) << all[i].id;
        }
        if (jump <= 0 && all[i].state == BackupState::kGood &&
            !too_early.count(all[i].sequence)) {
          EXPECT_GT(day - true_day[all[i].sequence], 30) << all[i].id;
        }
      }
      const auto good_after = std::count_if(
          rest.begin(), rest.end(),
          [](const auto& one) { return one.state == BackupState::kGood; });
      EXPECT_GE(good_after, std::min<std::ptrdiff_t>(good_before, 3));
      // The newest of all is never lost.
      EXPECT_EQ(rest.back().sequence, sequence);
      all = std::move(rest);
      EXPECT_LE(all.size(), 120U);
      if (HasFailure()) return;
    }
    EXPECT_GT(pruned, 250U);
  }
}

}  // namespace
}  // namespace benchkeep::store
