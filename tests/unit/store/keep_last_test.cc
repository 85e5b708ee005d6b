// Which rows are superseded, against the plain definition: of every key, all
// but the row of the last place.

#include "store/keep_last.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "fs/posix_file_system.h"
#include "support/temp_dir.h"

namespace benchkeep::store {
namespace {

using Pair = std::tuple<std::uint64_t, std::uint64_t>;  // Superseded, last.

constexpr std::uint64_t kPlenty = std::uint64_t{1} << 30;
constexpr std::uint64_t kLittle = 1;  // Room for the least that is taken.

class KeepLastTest : public testing::Test {
 protected:
  // Rows of so many keys in any order of places.
  static std::vector<KeyedRow> Rows(std::uint64_t count, std::uint64_t keys) {
    std::mt19937_64 random(count + keys);
    std::vector<KeyedRow> rows;
    for (std::uint64_t place = 0; place < count; ++place) {
      const std::uint64_t key = random() % keys;
      std::mt19937_64 hash(key);
      rows.push_back(KeyedRow::Make({hash(), hash()}, place,
                                    static_cast<std::uint16_t>(place % 3)));
    }
    std::shuffle(rows.begin(), rows.end(), random);
    return rows;
  }

  static std::set<Pair> Expected(const std::vector<KeyedRow>& rows) {
    using Key = std::pair<std::uint64_t, std::uint64_t>;
    std::map<Key, std::uint64_t> last;
    for (const KeyedRow& row : rows) {
      std::uint64_t& place = last[{row.key.high, row.key.low}];
      place = std::max(place, row.place());
    }
    std::set<Pair> pairs;
    for (const KeyedRow& row : rows) {
      const std::uint64_t place = last[{row.key.high, row.key.low}];
      if (row.place() != place) pairs.emplace(row.place(), place);
    }
    return pairs;
  }

  // `reserved` rows are made room for; nullopt: none.
  std::set<Pair> Superseded(const std::vector<KeyedRow>& rows,
                            std::uint64_t memory,
                            std::optional<std::uint64_t> reserved,
                            bool spills) {
    KeepLast keep_last(files_, dir_.path(), memory, 3);
    if (reserved) keep_last.Reserve(*reserved);
    for (const KeyedRow& row : rows) EXPECT_TRUE(keep_last.Add(row).ok());
    EXPECT_EQ(keep_last.spilled(), spills);
    std::set<Pair> pairs;
    EXPECT_TRUE(keep_last
                    .Finish([&](const KeyedRow& lost, const KeyedRow& last) {
                      EXPECT_EQ(lost.key, last.key);
                      EXPECT_EQ(lost.outcome(), lost.place() % 3);
                      EXPECT_TRUE(
                          pairs.emplace(lost.place(), last.place()).second);
                      return Status();
                    })
                    .ok());
    return pairs;
  }

  TempDir dir_;
  fs::PosixFileSystem files_;
};

TEST_F(KeepLastTest, FindsWhatTheDefinitionSays) {
  for (const std::uint64_t keys : {1U, 50U, 19'000U, 1'000'000U}) {
    const std::vector<KeyedRow> rows = Rows(20'000, keys);
    const std::set<Pair> expected = Expected(rows);
    EXPECT_EQ(Superseded(rows, kPlenty, {}, false), expected) << keys;
    EXPECT_EQ(Superseded(rows, kLittle, {}, true), expected) << keys;
  }
}

TEST_F(KeepLastTest, RoomThatWasMadeMayBeTooLittleOrTooMuch) {
  // All rows of one key fill one partition far beyond its share.
  for (const std::uint64_t keys : {1U, 5'000U}) {
    const std::vector<KeyedRow> rows = Rows(20'000, keys);
    const std::set<Pair> expected = Expected(rows);
    for (const std::uint64_t room : {0U, 128U, 20'000U, 3'000'000U}) {
      EXPECT_EQ(Superseded(rows, kPlenty, room, false), expected);
      EXPECT_EQ(Superseded(rows, kLittle, room, true), expected);
    }
  }
}

TEST_F(KeepLastTest, NothingComesOfNothing) {
  EXPECT_TRUE(Superseded({}, kPlenty, {}, false).empty());
  EXPECT_TRUE(Superseded({}, kPlenty, 0, false).empty());
}

TEST_F(KeepLastTest, LeavesNoFiles) {
  Superseded(Rows(20'000, 7), kLittle, {}, true);
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
}

TEST_F(KeepLastTest, AnErrorOfTheCallerEndsIt) {
  KeepLast keep_last(files_, dir_.path(), kPlenty, 2);
  for (const KeyedRow& row : Rows(100, 1)) {
    ASSERT_TRUE(keep_last.Add(row).ok());
  }
  int calls = 0;
  const Status status =
      keep_last.Finish([&](const KeyedRow&, const KeyedRow&) -> Status {
        ++calls;
        return Fail(Code::kCancelled, Say("interrupted"));
      });
  EXPECT_EQ(status.error().code, Code::kCancelled);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace benchkeep::store
