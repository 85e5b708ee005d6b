// Proves that rows are cut out of pages exactly, and that damage is refused.
// tests/oracle/test_cut.py holds the same against pyarrow, for all writers.

#include "store/chunk_cut.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <span>

#include "store/run_cut.h"
#include "support/temp_dir.h"
#include "unit/store/parquet_fixture.h"

namespace benchkeep::store {
namespace {

using Values = std::vector<std::uint32_t>;

// Encodes like the format's own examples: runs of eight and more, or packed.
class RunMaker {
 public:
  RunMaker(unsigned width, std::mt19937& random)
      : width_(width), random_(random) {}

  void Repeated(std::uint32_t value, std::uint32_t count) {
    Varint(count << 1U);
    for (unsigned bit = 0; bit < width_; bit += 8) {
      bytes += static_cast<char>(value >> bit & 0xFFU);
    }
    values.insert(values.end(), count, value);
  }

  // `count` values; the last of them may be padding.
  void Packed(std::uint32_t count) {
    const std::uint64_t mask = (std::uint64_t{1} << width_) - 1;
    Values some;
    for (std::uint32_t i = 0; i < count; ++i) {
      some.push_back(static_cast<std::uint32_t>(random_() & mask));
    }
    Packed(some);
  }

  void Packed(std::span<const std::uint32_t> some) {
    const std::size_t groups = (some.size() + 7) / 8;
    Varint(static_cast<std::uint32_t>(groups) << 1U | 1U);
    const std::size_t start = bytes.size();
    bytes.resize(start + groups * width_, '\0');
    for (std::size_t i = 0; i < some.size(); ++i) {
      for (unsigned bit = 0; bit < width_; ++bit) {
        const std::size_t at = i * width_ + bit;
        if ((some[i] >> bit & 1U) == 0) continue;
        char& byte = bytes[start + at / 8];
        byte = static_cast<char>(static_cast<unsigned char>(byte) |
                                 1U << (at % 8));
      }
    }
    values.insert(values.end(), some.begin(), some.end());
  }

  HybridRuns runs() const { return {bytes, width_, values.size()}; }

  std::string bytes;
  Values values;

 private:
  void Varint(std::uint32_t value) {
    for (; value >= 0x80U; value >>= 7U) {
      bytes += static_cast<char>((value & 0x7FU) | 0x80U);
    }
    bytes += static_cast<char>(value);
  }

  unsigned width_;
  std::mt19937& random_;
};

RunMaker RandomRuns(unsigned width, std::mt19937& random) {
  RunMaker maker(width, random);
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  for (unsigned i = random() % 6; i > 0; --i) {
    if (random() % 2 == 0) {
      maker.Repeated(static_cast<std::uint32_t>(random() & mask),
                     1 + random() % 100);
    } else {
      maker.Packed(8 * (1 + random() % 20));
    }
  }
  maker.Packed(1 + random() % 30);
  return maker;
}

// The same values in runs of another make.
RunMaker OtherRuns(std::span<const std::uint32_t> values, unsigned width,
                   std::mt19937& random) {
  RunMaker maker(width, random);
  while (values.size() > 8) {
    if (random() % 2 == 0) {
      maker.Repeated(values.front(), 1);
      values = values.subspan(1);
    } else {
      const std::size_t count = random() % 2 == 0 ? 8 : values.size() / 8 * 8;
      maker.Packed(values.first(count));
      values = values.subspan(count);
    }
  }
  maker.Packed(values);
  return maker;
}

Values Places(std::size_t count, std::mt19937& random) {
  const unsigned share = 1 + random() % 20;
  Values places;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (random() % share == 0) places.push_back(i);
  }
  return places;
}

TEST(RunCut, ComparesValuesWhateverTheRuns) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same each time.
  int unequal = 0;
  for (int round = 0; round < 2000; ++round) {
    const unsigned width = 1 + random() % 32;
    const RunMaker made = RandomRuns(width, random);
    const Values removed = Places(made.values.size(), random);
    Values left;
    for (std::uint32_t i = 0; i < made.values.size(); ++i) {
      if (!std::binary_search(removed.begin(), removed.end(), i)) {
        left.push_back(made.values[i]);
      }
    }
    std::string cut;
    ASSERT_TRUE(CutRuns(made.runs(), removed, cut));
    EXPECT_TRUE(EqualRuns(made.runs(), removed, {cut, width, left.size()}));
    EXPECT_TRUE(
        EqualRuns(made.runs(), removed, OtherRuns(left, width, random).runs()))
        << "round " << round << ", width " << width;
    if (left.empty()) continue;
    left[random() % left.size()] ^= 1U << random() % width;
    EXPECT_FALSE(
        EqualRuns(made.runs(), removed, OtherRuns(left, width, random).runs()));
    left.pop_back();
    EXPECT_FALSE(
        EqualRuns(made.runs(), removed, OtherRuns(left, width, random).runs()));
    ++unequal;
  }
  EXPECT_GT(unequal, 1000);
}

TEST(RunCut, TakesOutExactlyWhatIsAskedFor) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time.
  for (int round = 0; round < 2000; ++round) {
    const unsigned width = random() % 33;
    const RunMaker made = RandomRuns(width, random);
    const Values removed = Places(made.values.size(), random);
    Values expected;
    Values at_removed;
    for (std::uint32_t i = 0; i < made.values.size(); ++i) {
      const bool gone = std::binary_search(removed.begin(), removed.end(), i);
      (gone ? at_removed : expected).push_back(made.values[i]);
    }
    Values read;
    ASSERT_TRUE(ReadRuns(made.runs(), removed, read));
    EXPECT_EQ(read, at_removed);
    Values all;
    ASSERT_TRUE(ReadAllRuns(made.runs(), all));
    EXPECT_EQ(all, made.values);

    std::string cut;
    ASSERT_TRUE(CutRuns(made.runs(), removed, cut));
    Values everywhere(expected.size());
    for (std::uint32_t i = 0; i < everywhere.size(); ++i) everywhere[i] = i;
    Values left;
    ASSERT_TRUE(ReadRuns({cut, width, expected.size()}, everywhere, left));
    EXPECT_EQ(left, expected) << "round " << round << ", width " << width;
  }
}

TEST(RunCut, RanksOnes) {
  std::mt19937 random(2);  // NOLINT(cert-msc51-cpp): the same each time.
  for (int round = 0; round < 500; ++round) {
    const RunMaker made = RandomRuns(1, random);
    const Values places = Places(made.values.size(), random);
    RunRanks ranks;
    ASSERT_TRUE(RankRuns(made.runs(), places, ranks));
    const auto ones = [&](std::size_t end) {
      return std::count(made.values.begin(),
                        made.values.begin() + static_cast<std::ptrdiff_t>(end),
                        1U);
    };
    EXPECT_EQ(ranks.ones, static_cast<std::uint64_t>(ones(made.values.size())));
    for (std::size_t i = 0; i < places.size(); ++i) {
      EXPECT_EQ(ranks.is_one[i], made.values[places[i]] == 1);
      EXPECT_EQ(ranks.ranks[i], static_cast<std::uint32_t>(ones(places[i])));
    }
  }
}

TEST(RunCut, DamageIsRefused) {
  std::mt19937 random(3);  // NOLINT(cert-msc51-cpp): the same each time.
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    const unsigned width = random() % 34;  // 33 is too wide.
    RunMaker made = RandomRuns(std::min(width, 32U), random);
    const std::uint64_t count = made.values.size() + random() % 3;
    made.bytes.resize(random() % (made.bytes.size() + 1));
    if (!made.bytes.empty()) {
      made.bytes[random() % made.bytes.size()] = static_cast<char>(random());
    }
    std::string cut;
    const Values removed = Places(count, random);
    const HybridRuns runs{made.bytes, width, count};
    if (!CutRuns(runs, removed, cut)) {
      ++refused;
      EXPECT_TRUE(!removed.empty() || !EqualRuns(runs, removed, runs));
    }
  }
  EXPECT_GT(refused, 500);
}

class ChunkCut : public testing::Test {
 protected:
  ChunkCut() {
    maker_.Make(path(),
                "SELECT 'k' || i AS test_id, i % 7 AS few, nullif(i % 3, 0) AS "
                "some, i * 0.1 AS real, i % 2 = 0 AS flag FROM range(3000) "
                "r(i)",
                ", ROW_GROUP_SIZE 2048");
  }

  fs::Path path() const { return dir_.path() / "a.parquet"; }

  Result<std::optional<CutGroup>> Cut(const Values& removed) {
    BENCHKEEP_ASSIGN(const auto file, files_.Open(path()));
    BENCHKEEP_ASSIGN(const ParquetFooter footer,
                     ParquetFooter::Read(*file, path()));
    CutBuffers buffers;
    return CutRowGroup(*file, footer, 0, removed, buffers);
  }

  TempDir dir_;
  ParquetMaker maker_{dir_.path()};
  fs::PosixFileSystem files_;
};

TEST_F(ChunkCut, MetadataTellsTheTruth) {
  const auto cut = Cut({0, 1, 2047});
  ASSERT_TRUE(cut.ok()) << cut.error().message.English();
  ASSERT_TRUE(cut->has_value());
  constexpr std::int16_t kRows = 3;
  EXPECT_EQ((*cut)->row_group.Int(kRows, 0), 2045);
}

TEST_F(ChunkCut, EveryDamagedByteIsSurvived) {
  const auto footer = ReadFooter(path());
  ASSERT_TRUE(footer.ok());
  const ParquetRowGroup group = footer->row_groups()[0];
  const std::string good = [&] {
    const auto bytes = fs::ReadFile(files_, path(), 1U << 24U);
    return *bytes;
  }();
  std::mt19937 random(4);  // NOLINT(cert-msc51-cpp): the same each time.
  int refused = 0;
  int rounds = 0;
  for (std::uint64_t at = group.begin; at < group.end;
       at += 1 + random() % 40) {
    std::string bad = good;
    bad[at] = static_cast<char>(random());
    WriteBytes(path(), bad);
    const auto cut = Cut({3, 500, 1999});
    ++rounds;
    if (!cut.ok() || !cut->has_value()) ++refused;
  }
  EXPECT_GT(rounds, 100);
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace benchkeep::store
