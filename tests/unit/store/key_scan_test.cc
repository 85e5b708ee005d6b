// Keys read from pages are those that the engine reads.
// tests/oracle holds the same against pandas, for files of other writers.

#include "store/key_scan.h"

#include <gtest/gtest.h>

#include "support/temp_dir.h"
#include "unit/store/parquet_fixture.h"

namespace benchkeep::store {
namespace {

struct Seen {
  KeyHash hash;
  bool complete = true;
  std::uint16_t outcome = kNoOutcome;
  bool operator==(const Seen&) const = default;
};

class KeyScanTest : public testing::Test {
 protected:
  void Make(const std::string& select, const std::string& options) {
    maker_.Make(path_, select, options);
  }

  // Nullopt: not understood.
  std::optional<std::vector<Seen>> Scan(std::uint64_t memory = 64U << 20U) {
    const auto source = ParquetSource::Open(path_);
    BENCHKEEP_CHECK(source.ok());
    const KeyScan scan{&*source, 0, 1, 2, memory, {}};
    std::vector<Seen> out;
    const Result<bool> read =
        ScanKeysOf(scan, [&](const GroupKeys& keys) -> Status {
          for (std::size_t i = 0; i < keys.hashes.size(); ++i) {
            out.push_back({keys.hashes[i],
                           keys.is_null.empty() || !keys.is_null[i],
                           keys.outcomes[i]});
          }
          return {};
        });
    EXPECT_TRUE(read.ok()) << read.error().message.English();
    if (!read.ok() || !*read) return std::nullopt;
    return out;
  }

  std::vector<Seen> ByEngine() {
    std::vector<Seen> out;
    auto rows = maker_.connection().Query(
        fmt::format("SELECT test_id, success FROM read_parquet({}) ORDER BY "
                    "file_row_number",
                    engine::Literal(path_.string())));
    BENCHKEEP_CHECK(rows.ok());
    KeyHasher hasher(0, 1);
    while (true) {
      const auto chunk = rows->Next();
      BENCHKEEP_CHECK(chunk.ok());
      if (chunk->rows() == 0) return out;
      hasher.Bind(*chunk);
      for (std::uint64_t i = 0; i < chunk->rows(); ++i) {
        Seen seen;
        seen.complete = hasher.Hash(i, seen.hash);
        seen.outcome = OutcomeTag(chunk->column(1), i);
        out.push_back(seen);
      }
    }
  }

  TempDir dir_;
  fs::Path path_ = dir_.path() / "results.parquet";
  ParquetMaker maker_{dir_.path()};
};

// Every third key is repeated, some are NULL, some are not ASCII.
constexpr const char* kMixed =
    "SELECT CASE WHEN i % 7 = 3 THEN NULL WHEN i % 5 = 0 THEN '\xE6\xB5\x8B_' "
    "|| i "
    "ELSE 'model_optimal_0.8_easy_' || (i // 3) END AS test_id, CASE WHEN i % "
    "11 = 0 THEN NULL ELSE i % 2 = 0 END AS success FROM range(50000) t(i)";
constexpr const char* kWhole =
    "SELECT 'k' || i AS test_id, i % 3 = 0 AS success FROM range(50000) t(i)";

TEST_F(KeyScanTest, SeesWhatTheEngineSees) {
  for (const char* select : {kMixed, kWhole}) {
    for (const char* codec : {"uncompressed", "snappy", "gzip", "zstd"}) {
      for (const char* dictionary : {"1", "1000000"}) {
        Make(select, fmt::format(", COMPRESSION {}, DICTIONARY_SIZE_LIMIT {}, "
                                 "ROW_GROUP_SIZE 8192",
                                 codec, dictionary));
        const auto seen = Scan();
        ASSERT_TRUE(seen) << codec << ", dictionary of " << dictionary;
        EXPECT_TRUE(*seen == ByEngine()) << codec << ", " << dictionary;
      }
    }
  }
}

TEST_F(KeyScanTest, RequiredColumns) {
  WriteBytes(path_, FromHex(kRequiredColumns));
  const auto seen = Scan();
  ASSERT_TRUE(seen);
  EXPECT_TRUE(*seen == ByEngine());
}

TEST_F(KeyScanTest, LeavesToTheEngineWhatItDoesNotKnow) {
  Make(kWhole, ", PARQUET_VERSION V2, DICTIONARY_SIZE_LIMIT 1");
  EXPECT_FALSE(Scan()) << "DELTA_LENGTH_BYTE_ARRAY";
  Make(kWhole, ", COMPRESSION lz4_raw");
  EXPECT_FALSE(Scan());
  Make("SELECT i AS test_id, true AS success FROM range(10) t(i)", "");
  EXPECT_FALSE(Scan()) << "numbers";
  Make("SELECT 'a' AS test_id, 1 AS success", "");
  EXPECT_FALSE(Scan()) << "an outcome that is a number";
  Make("SELECT encode('a') || '\\xFF'::BLOB AS test_id, true AS success", "");
  EXPECT_FALSE(Scan()) << "bytes that are no text";
  Make(kWhole, "");
  EXPECT_TRUE(Scan());
  EXPECT_FALSE(Scan(1U << 20U)) << "more rows than memory";
}

}  // namespace
}  // namespace benchkeep::store
