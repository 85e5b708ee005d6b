// Merging increments into a results file, from end to end.

#include "store/parquet_results.h"

#include <gtest/gtest.h>

#include "unit/store/merge_fixture.h"

namespace benchkeep::store {
namespace {

TEST_F(MergeTest, MakesResultsOutOfIncrementsAlone) {
  Increment("SELECT 'a' AS test_id, true AS success");
  Increment("SELECT 'b' AS test_id, false AS success");
  const MergeOutcome out = Merge();
  EXPECT_EQ(Rows("test_id, success"), (Texts{"a|true", "b|false"}));
  EXPECT_EQ(out.before.rows, 0U);
  EXPECT_EQ(out.after.rows, 2U);
  EXPECT_EQ(out.rows_added, 2U);
  EXPECT_FALSE(out.base.has_value());
}

TEST_F(MergeTest, LastRowOfAKeyStands) {
  Base(
      "FROM (VALUES ('a', 1, true), ('b', 1, true), ('c', 1, NULL)) "
      "t(test_id, v, success)");
  Increment(
      "FROM (VALUES ('a', 2, true), ('x', 1, true), ('x', 2, false)) "
      "t(test_id, v, success)");
  Increment(
      "FROM (VALUES ('d', 1, true), ('a', 3, false)) "
      "t(test_id, v, success)");
  const MergeOutcome out = Merge();
  EXPECT_EQ(Rows("test_id, v, success"),
            (Texts{"a|3|false", "b|1|true", "c|1", "d|1|true", "x|2|false"}));
  EXPECT_EQ(out.before.rows, 3U);
  EXPECT_EQ(out.seen.rows, 5U);
  EXPECT_EQ(out.superseded.rows, 3U);
  EXPECT_EQ(out.after.rows, 5U);
  EXPECT_EQ(out.rows_added, 2U);
  EXPECT_EQ(out.rows_replaced, 1U);
  EXPECT_EQ(out.rows_removed, 0U);
  EXPECT_EQ(out.per_file[0].rows, 3U);
  EXPECT_EQ(out.per_file[1].rows, 2U);
  // Superseded with another outcome: a of the base, a of the first increment,
  // the first x.
  EXPECT_EQ(out.conflicting, 3U);
  ASSERT_EQ(out.conflicts.size(), 3U);
  EXPECT_EQ(std::count_if(out.conflicts.begin(), out.conflicts.end(),
                          [](const Conflict& conflict) {
                            return conflict.key == "a" &&
                                   conflict.before == "true" &&
                                   conflict.after == "false";
                          }),
            2);
}

TEST_F(MergeTest, RowsWithoutAKeyAreNobodysDuplicates) {
  Base(
      "FROM (VALUES (NULL, true), (NULL, true), ('a', true)) "
      "t(test_id, success)");
  Increment("FROM (VALUES (NULL, true), ('a', true)) t(test_id, success)");
  const MergeOutcome out = Merge();
  EXPECT_EQ(out.after.rows, 4U);
  EXPECT_EQ(out.superseded.rows, 1U);
  EXPECT_EQ(maker_.Read(ResultsPath(), "count(*), count(test_id)"),
            Texts{"4|1"});
}

TEST_F(MergeTest, TypesWidenAndKeepEveryValue) {
  Base("SELECT 'a' AS test_id, 2147483647::INTEGER AS n, 0.1::FLOAT AS f");
  Increment(
      "SELECT 'b' AS test_id, 9007199254740993::BIGINT AS n, "
      "0.1::DOUBLE AS f");
  Merge();
  EXPECT_EQ(TypeOf("n"), "BIGINT");
  EXPECT_EQ(TypeOf("f"), "DOUBLE");
  EXPECT_EQ(Rows("test_id, n, f"), (Texts{"a|2147483647|0.10000000149011612",
                                          "b|9007199254740993|0.1"}));
}

TEST_F(MergeTest, KeysAreEqualAcrossTypes) {
  Base(
      "FROM (VALUES (1::INTEGER, 'old'), (2::INTEGER, 'old')) "
      "t(test_id, v)");
  Increment("SELECT 2::BIGINT AS test_id, 'new' AS v");
  const MergeOutcome out = Merge();
  EXPECT_EQ(out.superseded.rows, 1U);
  EXPECT_EQ(Rows("test_id, v"), (Texts{"1|old", "2|new"}));
}

TEST_F(MergeTest, NumbersThatWouldBeRoundedAreRejected) {
  Base("SELECT 'a' AS test_id, 9007199254740993::BIGINT AS n");
  Increment("SELECT 'b' AS test_id, 0.5::DOUBLE AS n");
  Increment("SELECT 'c' AS test_id, 7::BIGINT AS n");
  const MergeOutcome out = Merge();
  ASSERT_EQ(out.rejected.size(), 1U);
  EXPECT_EQ(out.rejected[0].index, 0U);
  EXPECT_EQ(out.rejected[0].name, "increment_0.parquet");
  EXPECT_EQ(TypeOf("n"), "BIGINT");
  EXPECT_EQ(Rows("test_id, n"), (Texts{"a|9007199254740993", "c|7"}));
}

TEST_F(MergeTest, BigNumbersForAColumnOfRealsAreRejectedByValue) {
  Base("SELECT 'a' AS test_id, 0.5::DOUBLE AS n");
  Increment("SELECT 'b' AS test_id, 9007199254740993::BIGINT AS n");
  Increment("SELECT 'c' AS test_id, 9007199254740992::BIGINT AS n");
  const MergeOutcome out = Merge();
  ASSERT_EQ(out.rejected.size(), 1U);
  EXPECT_EQ(out.rejected[0].index, 0U);
  EXPECT_EQ(Rows("test_id, n"), (Texts{"a|0.5", "c|9007199254740992.0"}));
}

TEST_F(MergeTest, TextForNumbersIsRejected) {
  Base("SELECT 'a' AS test_id, 1 AS n");
  Increment("SELECT 'b' AS test_id, 'one' AS n");
  const MergeOutcome out = Merge();
  ASSERT_EQ(out.rejected.size(), 1U);
  EXPECT_NE(out.rejected[0].reason.English().find("\"n\""), std::string::npos);
  EXPECT_FALSE(out.staged.has_value());
  EXPECT_EQ(out.after.rows, 1U);
}

TEST_F(MergeTest, AnotherShapeIsRejected) {
  Base("SELECT 'a' AS test_id, 1 AS n");
  Increment(
      "SELECT 'm' AS model, 'p' AS prompt_type, 0.8 AS "
      "tool_success_rate, 'e' AS difficulty, 't' AS task_type, 3 AS "
      "total");
  const MergeOutcome out = Merge();
  ASSERT_EQ(out.rejected.size(), 1U);
  EXPECT_FALSE(out.staged.has_value());
}

TEST_F(MergeTest, NewColumnsAreEmptyInOldRows) {
  Base("SELECT 'a' AS test_id, 1 AS n");
  Increment("SELECT 'x' AS extra, 'b' AS test_id");
  const MergeOutcome out = Merge();
  EXPECT_EQ(out.columns_added, Texts{"extra"});
  EXPECT_EQ(Rows("test_id, coalesce(n, -1), coalesce(extra, 'none')"),
            (Texts{"a|1|none", "b|-1|x"}));
}

TEST_F(MergeTest, NamesThatDifferInCaseStayTwoColumns) {
  Base("SELECT 'a' AS test_id, 1 AS foo");
  Increment("SELECT 'b' AS test_id, 2 AS \"Foo\"");
  Merge();
  const auto footer = ReadFooter(ResultsPath());
  ASSERT_TRUE(footer.ok());
  ASSERT_EQ(footer->columns().size(), 3U);
  EXPECT_EQ(footer->columns()[1].name, "foo");
  EXPECT_EQ(footer->columns()[2].name, "Foo");
}

TEST_F(MergeTest, ColumnThatWasAlwaysNullTakesTheTypeOfValues) {
  WriteBytes(ResultsPath(), FromHex(kAlwaysNull));
  Increment("SELECT 'c' AS test_id, 'words' AS note");
  Merge();
  EXPECT_EQ(TypeOf("note"), "VARCHAR");
  EXPECT_EQ(Rows("test_id, coalesce(note, 'none')"),
            (Texts{"a|none", "b|none", "c|words"}));
}

TEST_F(MergeTest, NullOnlyIncrementKeepsTheTypeOfTheResults) {
  Base("SELECT 'z' AS test_id, 1.5 ::DOUBLE AS note");
  WriteBytes(NextIncrement(), FromHex(kAlwaysNull));
  Merge();
  EXPECT_EQ(TypeOf("note"), "DOUBLE");
  EXPECT_EQ(Rows("test_id, coalesce(note, -1)"),
            (Texts{"a|-1.0", "b|-1.0", "z|1.5"}));
}

TEST_F(MergeTest, RequiredColumnsAreRewrittenWhole) {
  WriteBytes(ResultsPath(), FromHex(kRequiredColumns));
  Increment("SELECT 'b' AS test_id, true AS success");
  Increment("SELECT 'c' AS test_id, NULL::BOOLEAN AS success");
  const MergeOutcome out = Merge();
  EXPECT_EQ(out.row_groups_copied, 0U);
  EXPECT_EQ(Rows("test_id, coalesce(CAST(success AS VARCHAR), 'null')"),
            (Texts{"a|true", "b|true", "c|null"}));
}

TEST_F(MergeTest, NestedColumnsSurvive) {
  WriteBytes(ResultsPath(), FromHex(kNested));
  WriteBytes(NextIncrement(), FromHex(kNested));
  Increment("SELECT 'c' AS test_id");
  const MergeOutcome out = Merge();
  EXPECT_TRUE(out.rejected.empty());
  EXPECT_EQ(Rows("test_id, coalesce(CAST(tags AS VARCHAR), 'none')"),
            (Texts{"a|[{'k': x, 'v': 1}]", "b|[]", "c|none"}));
}

TEST_F(MergeTest, UntouchedRowGroupsAreCopiedByteByByte) {
  Base("SELECT 'k' || i AS test_id, i AS v FROM range(10240) r(i)",
       ", ROW_GROUP_SIZE 2048");
  const auto before = ReadFooter(ResultsPath());
  ASSERT_TRUE(before.ok());
  ASSERT_EQ(before->row_groups().size(), 5U);
  const ParquetRowGroup first = before->row_groups()[0];
  std::string old_bytes(first.end - first.begin, '\0');
  std::ifstream(ResultsPath(), std::ios::binary)
      .seekg(static_cast<std::streamoff>(first.begin))
      .read(old_bytes.data(), static_cast<std::streamsize>(old_bytes.size()));

  Increment("SELECT 'k5000' AS test_id, -1::BIGINT AS v");
  const MergeOutcome out = Merge();
  EXPECT_EQ(out.row_groups_copied, 4U);
  EXPECT_EQ(out.row_groups_cut, 1U);
  EXPECT_EQ(out.row_groups_written, 1U);
  const auto after = ReadFooter(ResultsPath());
  ASSERT_TRUE(after.ok());
  const ParquetRowGroup copied = after->row_groups()[0];
  std::string new_bytes(copied.end - copied.begin, '\0');
  std::ifstream(ResultsPath(), std::ios::binary)
      .seekg(static_cast<std::streamoff>(copied.begin))
      .read(new_bytes.data(), static_cast<std::streamsize>(new_bytes.size()));
  EXPECT_EQ(new_bytes, old_bytes);
  EXPECT_EQ(maker_.Read(ResultsPath(), "count(*), sum(v), max(v)"),
            Texts{"10240|52418679|10239"});
}

TEST_F(MergeTest, ManySmallRowGroupsBecomeOne) {
  Base("SELECT 'start' AS test_id, 0 AS v");
  std::size_t most = 0;
  for (int i = 1; i <= 20; ++i) {
    Increment(fmt::format("SELECT 'k{}' AS test_id, {} AS v", i, i));
    Merge();
    most = std::max(most, ReadFooter(ResultsPath())->row_groups().size());
  }
  EXPECT_GT(most, 10U);
  EXPECT_LE(most, 17U);
  EXPECT_LT(ReadFooter(ResultsPath())->row_groups().size(), 10U);
  EXPECT_EQ(maker_.Read(ResultsPath(), "count(*), sum(v)"), Texts{"21|210"});
}

TEST_F(MergeTest, RehearsalCountsAndWritesNothing) {
  Base("FROM (VALUES ('a', true), ('b', true)) t(test_id, success)");
  Increment("FROM (VALUES ('b', false), ('c', true)) t(test_id, success)");
  const auto out = TryMerge(Rehearse::kYes);
  ASSERT_TRUE(out.ok()) << out.error().message.English();
  EXPECT_EQ(out->after.rows, 3U);
  EXPECT_EQ(out->rows_added, 1U);
  EXPECT_EQ(out->rows_replaced, 1U);
  EXPECT_EQ(out->conflicting, 1U);
  EXPECT_FALSE(out->staged.has_value());
  EXPECT_TRUE(std::filesystem::is_empty(Staging()));
}

TEST_F(MergeTest, DeduplicationKeepsTheLast) {
  Base(
      "FROM (VALUES ('a', 1), ('b', 1), ('a', 2), (NULL, 1), (NULL, 2), "
      "('a', 3)) t(test_id, v)");
  const Store store = OpenStore();
  auto results = ParquetResults::Open(store, {});
  ASSERT_TRUE(results.ok());
  const auto out = (*results)->Deduplicate(Staging(), Rehearse::kNo, progress_);
  ASSERT_TRUE(out.ok()) << out.error().message.English();
  EXPECT_EQ(out->rows_removed, 2U);
  EXPECT_EQ(out->after.rows, 4U);
  ASSERT_TRUE(out->staged.has_value());
  EXPECT_EQ(maker_.Read(*out->staged, "coalesce(test_id, 'null'), v",
                        "ORDER BY test_id, v"),
            (Texts{"a|3", "b|1", "null|1", "null|2"}));
}

// The ledger knows that every key is there once: the scan of the results then
// keeps only keys that may come in again.
// `total`, `success`, `avg_time`, one average of text and one of NULL.
std::string Cell(const std::string& model, const std::string& rate,
                 const std::string& values) {
  return fmt::format(
      "SELECT '{}' AS model, 'p' AS prompt_type, {} AS tool_success_rate, 'e' "
      "AS difficulty, 't' AS task_type, {}",
      model, rate, values);
}

TEST_F(MergeTest, NewerCellReplacesTheOld) {
  Base(Cell("m", "0.8", "10 AS total, 4 AS success"));
  Increment(Cell("m", "0.8", "5 AS total, 5 AS success") + " UNION ALL " +
            Cell("n", "0.8", "1 AS total, 0 AS success"));
  const MergeOutcome out = Merge();
  EXPECT_EQ(out.shape, Shape::kSummary);
  EXPECT_EQ(Rows("model, total, success"), (Texts{"m|5|5", "n|1|0"}));
}

TEST_F(MergeTest, CellsAddUpWhenToldTo) {
  Setting("[consolidate]\nsummary_mode = \"accumulate\"\n");
  Base(Cell("m", "0.8",
            "10 AS total, 4 AS success, 2.0::DOUBLE AS avg_time, "
            "'first' AS note, 1.0::DOUBLE AS x_rate"));
  Increment(Cell("m", "0.8",
                 "5 AS total, 5 AS success, 5.0::DOUBLE AS "
                 "avg_time, 'second' AS note, NULL::DOUBLE AS "
                 "x_rate"));
  Increment(Cell("m", "0.8",
                 "5 AS total, 0 AS success, 9.0::DOUBLE AS "
                 "avg_time, 'third' AS note, 4.0::DOUBLE AS "
                 "x_rate") +
            " UNION ALL " +
            Cell("n", "NULL",
                 "2 AS total, 1 AS success, 7.0::DOUBLE AS "
                 "avg_time, 'other' AS note, NULL::DOUBLE AS "
                 "x_rate"));
  Merge();
  // avg_time: (10*2 + 5*5 + 5*9) / 20; x_rate: (10*1 + 5*4) / 15.
  EXPECT_EQ(Rows("model, total, success, avg_time, note, coalesce(x_rate, -1)"),
            (Texts{"m|20|9|4.5|third|2.0", "n|2|1|7.0|other|-1.0"}));
  EXPECT_EQ(TypeOf("total"), "INTEGER");
}

TEST_F(MergeTest, StatisticsOfBothShapes) {
  const Store store = OpenStore();
  {
    auto none = ParquetResults::Open(store, {});
    ASSERT_TRUE(none.ok());
    EXPECT_EQ((*none)->Statistics().error().code, Code::kNotFound);
  }
  Base(
      "FROM (VALUES ('a', 'm', true), ('b', 'm', false), ('c', 'n', NULL)) "
      "t(test_id, model, success)");
  {
    auto records = ParquetResults::Open(store, {});
    ASSERT_TRUE(records.ok());
    const auto statistics = (*records)->Statistics();
    ASSERT_TRUE(statistics.ok());
    EXPECT_EQ(statistics->total_tests, 3U);
    EXPECT_EQ(statistics->successes, 1U);
    EXPECT_DOUBLE_EQ(*statistics->success_rate, 0.5);
    ASSERT_EQ(statistics->models.size(), 2U);
    EXPECT_EQ(statistics->models[0].name, "m");
    EXPECT_FALSE(statistics->models[1].success_rate.has_value());
  }
  Base(Cell("m", "0.8", "10 AS total, 4 AS success"));
  auto summary = ParquetResults::Open(store, {});
  ASSERT_TRUE(summary.ok());
  const auto statistics = (*summary)->Statistics();
  ASSERT_TRUE(statistics.ok());
  EXPECT_EQ(statistics->shape, Shape::kSummary);
  EXPECT_EQ(statistics->total_tests, 10U);
  EXPECT_DOUBLE_EQ(*statistics->success_rate, 0.4);
}

TEST_F(MergeTest, AFileThatIsMovedOrRemovedMeanwhileIsReadToItsEnd) {
  const Store store = OpenStore();
  const fs::Path trash = store.layout().trash_dir() / "t";
  std::filesystem::create_directories(trash);
  for (const bool removed : {false, true}) {
    Base("SELECT 'a' AS test_id, true AS success");
    auto results = ParquetResults::Open(store, {});
    ASSERT_TRUE(results.ok());
    if (removed) {
      std::filesystem::remove(ResultsPath());
    } else {
      std::filesystem::rename(ResultsPath(), trash / "test_results.parquet");
    }
    const auto scan = (*results)->Scan({});
    ASSERT_TRUE(scan.ok()) << scan.error().message.English();
    EXPECT_EQ((*scan)->columns(), (Texts{"test_id", "success"}));
    const auto statistics = (*results)->Statistics();
    ASSERT_TRUE(statistics.ok()) << statistics.error().message.English();
    EXPECT_EQ(statistics->total_tests, 1U);
    EXPECT_DOUBLE_EQ(*statistics->success_rate, 1);
  }
}

TEST_F(MergeTest, ChangeByAStrangerIsNoticed) {
  Base("SELECT 'a' AS test_id");
  const Store store = OpenStore();
  auto results = ParquetResults::Open(store, {});
  ASSERT_TRUE(results.ok());
  EXPECT_TRUE((*results)->StillUnchanged().ok());
  const fs::Path other = Path("other");
  maker_.Make(other, "SELECT 'b' AS test_id");
  std::filesystem::rename(other, ResultsPath());
  EXPECT_EQ((*results)->StillUnchanged().error().code, Code::kBusy);
}

}  // namespace
}  // namespace benchkeep::store
