// Keys come from pages, or from the engine once it has loaded the increments:
// that makes no difference to anything.

#include "store/merge_scan.h"

#include <fstream>

#include "store/ledger.h"
#include "unit/store/merge_fixture.h"

namespace benchkeep::store {
namespace {

// ("a", true) and ("b", false) with checksums of their pages, by pyarrow.
constexpr std::string_view kWithChecksums =
    "504152311500152015201598d2a8b2031c15041500150615061c0000000200000004010100"
    "00006101000000621500150e150e15b89db3be0c1c15041500150615061c00000002000000"
    "0401011504193c35001806736368656d61150400150c25021807746573745f696425004c1c"
    "00000015002502180773756363657373001604191c192c26001c150c192506001918077465"
    "73745f696415001604165216522608491c150015001502003c160419061926000400000026"
    "001c150019250600191807737563636573731500160416401640265a491c15001500150200"
    "3c29061926000400000016920116042608169201002820706172717565742d6370702d6172"
    "726f772076657273696f6e2032362e302e31192c1c00001c000000d100000050415231";
constexpr std::size_t kFirstKey = 39;  // Where its "a" stands.

class MergeScanTest : public MergeTest {
 protected:
  // A rehearsal loads the increments.
  MergeOutcome Try(Rehearse rehearse) {
    auto outcome = TryMerge(rehearse);
    if (!outcome.ok()) {
      ADD_FAILURE() << outcome.error().message.English();
      return {};
    }
    if (outcome->staged) std::filesystem::remove(*outcome->staged);
    EXPECT_TRUE(std::filesystem::is_empty(Staging()));
    return std::move(*outcome);
  }

  void ExpectTheSameBothWays(const std::string& what) {
    const MergeOutcome engine = Try(Rehearse::kYes);
    const MergeOutcome pages = Try(Rehearse::kNo);
    EXPECT_GT(engine.seen.rows, 0U) << what;
    EXPECT_EQ(engine.before, pages.before) << what;
    EXPECT_EQ(engine.seen, pages.seen) << what;
    EXPECT_EQ(engine.superseded, pages.superseded) << what;
    EXPECT_EQ(engine.per_file, pages.per_file) << what;
    EXPECT_EQ(engine.per_file_superseded, pages.per_file_superseded) << what;
    EXPECT_EQ(engine.rows_added, pages.rows_added) << what;
    EXPECT_EQ(engine.rows_replaced, pages.rows_replaced) << what;
    EXPECT_EQ(engine.conflicting, pages.conflicting) << what;
    ASSERT_EQ(engine.conflicts.size(), pages.conflicts.size()) << what;
    for (std::size_t i = 0; i < engine.conflicts.size(); ++i) {
      EXPECT_EQ(engine.conflicts[i].key, pages.conflicts[i].key) << what;
      EXPECT_EQ(engine.conflicts[i].before, pages.conflicts[i].before) << what;
      EXPECT_EQ(engine.conflicts[i].after, pages.conflicts[i].after) << what;
    }
  }

  // Overwrites the pages of one column; the footer is whole.
  static void Damage(const fs::Path& path, std::size_t column) {
    const auto range = [&] {
      // Its lease would keep the writer waiting.
      const auto source = ParquetSource::Open(path);
      BENCHKEEP_CHECK(source.ok());
      return ChunkRange(ChunkOf(*source, 0, column), source->info().size);
    }();
    ASSERT_TRUE(range);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(range->begin));
    file << std::string(range->end - range->begin, '\xff');
  }
};

// Keys of increments that are in the results, in each other, new, and none.
constexpr const char* kBase =
    "SELECT CASE WHEN i % 50 = 7 THEN NULL ELSE 'k' || i END AS test_id, i % 3 "
    "= 0 AS success, i AS v FROM range(3000) t(i)";
std::string SomeRows(int file) {
  return fmt::format(
      "SELECT CASE WHEN i = 5 THEN NULL ELSE 'k' || (i * 37 + {0} * 11) END AS "
      "test_id, CASE WHEN i % 4 = 0 THEN NULL ELSE (i + {0}) % 2 = 0 END AS "
      "success, i AS v FROM range(100) t(i)",
      file);
}

TEST_F(MergeScanTest, IncrementsOfOneBatch) {
  Base(kBase);
  for (int i = 0; i < 20; ++i) Increment(SomeRows(i));
  ExpectTheSameBothWays("all");
  for (std::size_t i = 0; i < increments_.size(); i += 3) {
    increments_[i].only_new_keys = true;
  }
  ExpectTheSameBothWays("some yield to the results");
}

TEST_F(MergeScanTest, MoreIncrementsThanAreOpenAtATime) {
  Base(kBase);
  for (int i = 0; i < 140; ++i) Increment(SomeRows(i));
  ExpectTheSameBothWays("140 increments");
}

TEST_F(MergeScanTest, ResultsThatHoldAKeyTwice) {
  Base("SELECT 'k' || (i % 2999) AS test_id, i AS v FROM range(3000) t(i)");
  Increment("SELECT 'new' AS test_id, 1::BIGINT AS v");
  ExpectTheSameBothWays("a key that is in no increment");
  const MergeOutcome out = Merge();
  EXPECT_EQ(out.superseded.rows, 1U);
  EXPECT_EQ(out.rows_removed, 1U);
  EXPECT_EQ(maker_.Read(ResultsPath(), "v", "WHERE test_id = 'k0'"),
            Texts{"2999"});
}

TEST_F(MergeScanTest, ColumnsOfIncrementsStandElsewhere) {
  Base(kBase);
  for (const char* list : {"v, success, test_id", "success, test_id", "test_id",
                           "test_id, v", "1 AS more, success, v, test_id"}) {
    increments_.clear();
    Increment(fmt::format("SELECT {} FROM ({})", list, SomeRows(1)));
    Increment(fmt::format("SELECT {} FROM ({})", list, SomeRows(2)));
    ExpectTheSameBothWays(list);
  }
}

TEST_F(MergeScanTest, PagesThatAreNotUnderstood) {
  constexpr const char* kDeltaLengths =
      ", PARQUET_VERSION V2, DICTIONARY_SIZE_LIMIT 1";
  Base(kBase);
  Increment(SomeRows(1));
  maker_.Make(NextIncrement(), SomeRows(2), kDeltaLengths);
  ExpectTheSameBothWays("of an increment");
  Base(kBase, kDeltaLengths);
  ExpectTheSameBothWays("of both");
  increments_.pop_back();
  ExpectTheSameBothWays("of the results");
}

TEST_F(MergeScanTest, KeysThatAreNumbers) {
  Base("SELECT i AS test_id, true AS success FROM range(100) t(i)");
  Increment("SELECT i AS test_id, false AS success FROM range(50) t(i)");
  ExpectTheSameBothWays("numbers");
}

TEST_F(MergeScanTest, OneBadIncrementDoesNotStopTheRest) {
  for (const std::size_t column : {0U, 1U}) {
    Base("SELECT 'a' AS test_id, 1 AS v");
    Increment("SELECT 'b' AS test_id, 2 AS v");
    Increment("SELECT 'c' AS test_id, i AS v FROM range(100) r(i)");
    Increment("SELECT 'd' AS test_id, 4 AS v");
    Damage(increments_[1].path, column);
    const MergeOutcome out = Merge();
    ASSERT_EQ(out.rejected.size(), 1U);
    EXPECT_EQ(out.rejected[0].index, 1U);
    EXPECT_EQ(out.rejected[0].code, Code::kCorruption);
    EXPECT_EQ(Rows("test_id, v"), (Texts{"a|1", "b|2", "d|4"}));
  }
}

TEST_F(MergeScanTest, AKeyThatDoesNotMatchItsChecksumIsRejected) {
  Base("SELECT 'x' AS test_id, true AS success");
  const std::string sound = FromHex(kWithChecksums);
  std::string flipped = sound;
  ASSERT_EQ(sound[kFirstKey], 'a');
  flipped[kFirstKey] = 'q';
  WriteBytes(NextIncrement(), sound);
  WriteBytes(NextIncrement(), flipped);
  const MergeOutcome out = Merge();
  ASSERT_EQ(out.rejected.size(), 1U);
  EXPECT_EQ(out.rejected[0].index, 1U);
  EXPECT_EQ(out.rejected[0].code, Code::kCorruption);
  EXPECT_EQ(Rows("test_id"), (Texts{"a", "b", "x"}));
}

TEST_F(MergeScanTest, WhatTheLedgerKnowsChangesNoResult) {
  Base("SELECT 'k' || i AS test_id, i AS v FROM range(5000) r(i)");
  Increment("SELECT 'k7' AS test_id, -1::BIGINT AS v");
  const MergeOutcome first = Merge();
  {
    auto ledger = Ledger::Open(dir_.path() / ".benchkeep" / "state.db");
    ASSERT_TRUE(ledger.ok());
    const std::string name = "pilot_bench_parquet_data/test_results.parquet";
    ASSERT_TRUE(ledger
                    ->Book("20200101-000000-000-consolidate-0000", "",
                           "consolidate", {{"after", name, first.after}})
                    .ok());
  }
  Increment("FROM (VALUES ('k8', -2::BIGINT), ('new', 1)) t(test_id, v)");
  const MergeOutcome second = Merge();
  EXPECT_EQ(second.superseded.rows, 1U);
  EXPECT_EQ(second.after.rows, 5001U);
  // A stranger writes the same number of rows, with duplicates: no longer what
  // the ledger knows.
  Base("SELECT 'k' || (i % 4000) AS test_id, i AS v FROM range(5000) r(i)");
  Increment("SELECT 'new' AS test_id, 1::BIGINT AS v");
  const MergeOutcome third = Merge();
  EXPECT_EQ(third.superseded.rows, 1000U);
  EXPECT_EQ(third.after.rows, 4001U);
}

TEST_F(MergeScanTest, LittleMemoryIsEnough) {
  // 25 % of 64 MiB hold about 350,000 keys.
  Base("SELECT 'key-' || i AS test_id, i AS v FROM range(600000) r(i)");
  Increment(
      "SELECT 'key-' || (i * 3) AS test_id, -i AS v FROM range(300000) "
      "r(i)");
  const MergeOutcome out = Merge(64U << 20U);
  EXPECT_EQ(out.rows_replaced, 200000U);
  EXPECT_EQ(out.rows_added, 100000U);
  EXPECT_EQ(maker_.Read(ResultsPath(),
                        "count(*), count(DISTINCT test_id), "
                        "count(*) FILTER (v < 0)"),
            Texts{"700000|700000|299999"});
}

}  // namespace
}  // namespace benchkeep::store
