// Leaves to Parquet and back: row counts, ids, types, odd values.

#include "store/leaf_tables.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <set>

#include "fs/posix_file_system.h"
#include "store/master_writer.h"
#include "support/temp_dir.h"

namespace benchkeep::store {
namespace {

// Reads a whole Parquet file as the results would be scanned.
class FileScan final : public RowScan {
 public:
  explicit FileScan(const fs::Path& file) {
    engine::Options options;
    options.allowed_directories = {file.parent_path()};
    options.temp_directory = file.parent_path() / "spill";
    Result<engine::Database> database = engine::Database::Open(options);
    BENCHKEEP_CHECK(database.ok());
    Result<engine::Connection> connection = database->Connect();
    BENCHKEEP_CHECK(connection.ok());
    Result<engine::Rows> rows = connection->Query(
        "FROM read_parquet(" + engine::Literal(file.string()) + ")");
    BENCHKEEP_CHECK(rows.ok());
    for (const engine::ColumnInfo& info : rows->columns()) {
      columns_.push_back(info.name);
      types_.push_back(info.type);
    }
    for (;;) {
      Result<engine::Chunk> chunk = rows->Next();
      BENCHKEEP_CHECK(chunk.ok());
      if (chunk->rows() == 0) break;
      for (std::uint64_t row = 0; row < chunk->rows(); ++row) {
        cells_.emplace_back();
        for (std::size_t i = 0; i < columns_.size(); ++i) {
          cells_.back().push_back(CellOf(chunk->column(i), row));
        }
      }
    }
  }

  [[nodiscard]] const std::vector<std::string>& columns() const override {
    return columns_;
  }
  Result<const std::vector<Cell>*> Next() override {
    return next_ < cells_.size() ? &cells_[next_++] : nullptr;
  }

  [[nodiscard]] std::size_t rows() const { return cells_.size(); }
  [[nodiscard]] engine::Type type(std::string_view name) const {
    return types_[At(name)];
  }
  [[nodiscard]] const Cell& cell(std::size_t row, std::string_view name) const {
    return cells_.at(row)[At(name)];
  }
  [[nodiscard]] bool Has(std::string_view name) const {
    return std::find(columns_.begin(), columns_.end(), name) != columns_.end();
  }

 private:
  [[nodiscard]] std::size_t At(std::string_view name) const {
    const auto at = std::find(columns_.begin(), columns_.end(), name);
    BENCHKEEP_CHECK(at != columns_.end());
    return static_cast<std::size_t>(at - columns_.begin());
  }

  Cell CellOf(const engine::Column& column, std::uint64_t row) {
    if (column.IsNull(row)) return NullCell();
    switch (column.type()) {
      case engine::Type::kBool:
        return BoolCell(column.Bool(row));
      case engine::Type::kText:
        return TextCell(texts_.emplace_back(std::string(column.Text(row))));
      case engine::Type::kFloat:
      case engine::Type::kDouble: {
        Cell cell = DoubleCell(column.Double(row));
        cell.single = column.type() == engine::Type::kFloat;
        return cell;
      }
      default:
        return IntCell(column.Int(row));
    }
  }

  std::vector<std::string> columns_;
  std::vector<engine::Type> types_;
  std::deque<std::string> texts_;
  std::vector<std::vector<Cell>> cells_;
  std::size_t next_ = 0;
};

class LeafTables : public testing::Test {
 protected:
  MasterDatabase Parsed(const std::string& text) {
    Result<MasterDatabase> master = ParseMaster(text);
    BENCHKEEP_CHECK(master.ok());
    return std::move(*master);
  }

  // A document of one model, whose cells are the given JSON.
  MasterDatabase Cells(const std::string& rates) {
    return Parsed(R"({"version": "3.0", "models": {"m": {
      "last_test_time": "2025-08-31T20:54:23", "by_prompt_type": {"p": {
      "by_tool_success_rate": )" +
                  rates + "}}}}}");
  }
  static std::string OneCell(const std::string& statistics) {
    return R"({"0.8": {"by_difficulty": {"d": {"by_task_type": {"t": )" +
           statistics + "}}}}}";
  }

  TableOptions Table(const std::string& name) { return {dir_.path(), name}; }

  FileScan Write(const MasterDatabase& master, Shape shape) {
    const TableOptions table = Table("t" + std::to_string(++tables_));
    const Result<std::uint64_t> rows =
        shape == Shape::kRecords
            ? WriteRecords(master, files_, table, progress_)
            : WriteSummary(master, files_, table, progress_);
    if (!rows.ok()) ADD_FAILURE() << rows.error().message.English();
    const Result<TableCount> count = CountTable(table, shape);
    if (!count.ok()) ADD_FAILURE() << count.error().message.English();
    EXPECT_TRUE(count->SameAs(ExpectedCount(master, shape)));
    return FileScan(table.folder / table.name);
  }

  Json Back(FileScan& scan, Shape shape) {
    Result<MasterDocument> built =
        BuildMaster(scan, shape, {}, "2026-01-01T00:00:00Z", progress_);
    if (!built.ok()) ADD_FAILURE() << built.error().message.English();
    return built.ok() ? std::move(built->document) : Json();
  }

  TempDir dir_;
  fs::PosixFileSystem files_;
  NoProgress progress_;
  int tables_ = 0;
};

TEST_F(LeafTables, RecordsHaveTheColumnsAndIdsOfTheCampaign) {
  const MasterDatabase master = Cells(OneCell(
      R"({"total": 4, "success": 3, "partial": 1, "failed": 1,
          "success_rate": 0.75, "avg_turns": 4.041666666666666})"));
  FileScan scan = Write(master, Shape::kRecords);
  EXPECT_EQ(scan.columns(), (std::vector<std::string>{"model",
                                                      "prompt_type",
                                                      "tool_success_rate",
                                                      "difficulty",
                                                      "task_type",
                                                      "total",
                                                      "successful",
                                                      "partial",
                                                      "failed",
                                                      "success_rate",
                                                      "partial_rate",
                                                      "failure_rate",
                                                      "weighted_success_score",
                                                      "avg_execution_time",
                                                      "avg_turns",
                                                      "tool_coverage_rate",
                                                      "avg_tool_calls",
                                                      "timestamp",
                                                      "source",
                                                      "test_id",
                                                      "success",
                                                      "partial_success"}));
  ASSERT_EQ(scan.rows(), 4U);
  const char* const ids[] = {"success_0", "success_1", "partial_0", "failed_0"};
  for (std::size_t row = 0; row < 4; ++row) {
    EXPECT_EQ(scan.cell(row, "test_id").text,
              std::string("m_p_0.800000011920929_d_t_") + ids[row]);
    EXPECT_EQ(scan.cell(row, "success").boolean, row < 3);
    EXPECT_EQ(scan.cell(row, "partial_success").boolean, row == 2);
  }
  EXPECT_EQ(scan.type("tool_success_rate"), engine::Type::kFloat);
  EXPECT_EQ(scan.type("total"), engine::Type::kInt32);
  EXPECT_EQ(scan.cell(0, "successful").integer, 3);
  EXPECT_EQ(scan.cell(0, "avg_turns").real, 4.041666666666666);
  EXPECT_EQ(scan.cell(0, "partial_rate").kind, Cell::Kind::kNull);
  EXPECT_EQ(scan.cell(0, "timestamp").text, "2025-08-31T20:54:23");
  EXPECT_EQ(scan.cell(0, "source").text, "master_database.json");
}

TEST_F(LeafTables, PartialOutcomesFollowTheConventionOfTheLeaf) {
  FileScan apart =
      Write(Cells(OneCell(R"({"total": 4, "success": 2, "partial_success": 1,
                        "failure": 1})")),
            Shape::kRecords);
  EXPECT_EQ(apart.cell(2, "test_id").text,
            "m_p_0.800000011920929_d_t_partial_0");
  EXPECT_FALSE(apart.cell(2, "success").boolean);
  EXPECT_TRUE(apart.cell(2, "partial_success").boolean);
}

TEST_F(LeafTables, UnknownStaysNull) {
  FileScan scan = Write(Cells(OneCell(R"({"total": 3, "success": 1,
                                          "failed": 1})")),
                        Shape::kRecords);
  ASSERT_EQ(scan.rows(), 3U);
  EXPECT_EQ(scan.cell(0, "partial_success").kind, Cell::Kind::kNull);
  EXPECT_EQ(scan.cell(0, "partial").kind, Cell::Kind::kNull);
  EXPECT_EQ(scan.cell(1, "partial_success").boolean, false);
  EXPECT_EQ(scan.cell(2, "test_id").text,
            "m_p_0.800000011920929_d_t_unknown_0");
  EXPECT_EQ(scan.cell(2, "success").kind, Cell::Kind::kNull);
}

TEST_F(LeafTables, LeavesOfOneCellAreNumberedOn) {
  const std::string cell =
      R"({"by_difficulty": {"d": {"by_task_type": {"t":
          {"total": 2, "success": 2, "failed": 0}}}}})";
  const MasterDatabase master =
      Cells("{\"0.8\": " + cell + ", \"0.80\": " + cell + "}");
  FileScan scan = Write(master, Shape::kRecords);
  std::set<std::string_view> ids;
  for (std::size_t row = 0; row < scan.rows(); ++row) {
    ids.insert(scan.cell(row, "test_id").text);
  }
  EXPECT_EQ(ids.size(), 4U);
  EXPECT_TRUE(ids.contains("m_p_0.800000011920929_d_t_success_3"));

  const Result<std::uint64_t> summary =
      WriteSummary(master, files_, Table("twice"), progress_);
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().code, Code::kCorruption);
}

TEST_F(LeafTables, CompleteInstancesSpeakForThemselves) {
  const MasterDatabase master = Parsed(R"({"version": "1.0", "test_groups": {
    "a": {"model": "m", "prompt_type": "flawed", "difficulty": "d",
          "task_type": "t", "is_flawed": true, "flaw_type": "x",
          "statistics": {"total": 2, "success": 1, "partial_success": 0,
                         "failure": 1},
          "instances": [
            {"success": false, "partial_success": false, "execution_time": 25.5,
             "error_message": "Max turns", "timestamp": "2025-08-05T15:15:04"},
            {"success": true, "partial_success": false}]}}})");
  FileScan scan = Write(master, Shape::kRecords);
  ASSERT_EQ(scan.rows(), 2U);
  EXPECT_EQ(scan.cell(0, "test_id").text, "m_flawed_x_unknown_d_t_failed_0");
  EXPECT_EQ(scan.cell(0, "execution_time").real, 25.5);
  EXPECT_EQ(scan.cell(0, "error_message").text, "Max turns");
  EXPECT_EQ(scan.cell(0, "timestamp").text, "2025-08-05T15:15:04");
  EXPECT_EQ(scan.cell(0, "flaw_type").text, "x");
  EXPECT_EQ(scan.cell(0, "tool_success_rate").kind, Cell::Kind::kNull);
  EXPECT_EQ(scan.cell(1, "test_id").text, "m_flawed_x_unknown_d_t_success_0");
  EXPECT_EQ(scan.cell(1, "timestamp").kind, Cell::Kind::kNull);
  EXPECT_TRUE(scan.cell(1, "is_flawed").boolean);
}

TEST_F(LeafTables, SummaryColumnsHaveTheTypesOfTheirValues) {
  const MasterDatabase master = Cells(
      R"({"0.8": {"by_difficulty": {"d": {"by_task_type": {
            "t": {"total": 3, "success": 1, "rate": 0.5, "note": "x",
                  "ok": true, "mixed": 1},
            "u": {"total": 9007199254740993, "mixed": 2.5}}}}}})");
  FileScan scan = Write(master, Shape::kSummary);
  ASSERT_EQ(scan.rows(), 2U);
  EXPECT_EQ(scan.type("total"), engine::Type::kInt64);
  EXPECT_EQ(scan.type("success"), engine::Type::kInt64);
  EXPECT_EQ(scan.type("rate"), engine::Type::kDouble);
  EXPECT_EQ(scan.type("note"), engine::Type::kText);
  EXPECT_EQ(scan.type("ok"), engine::Type::kBool);
  EXPECT_EQ(scan.type("mixed"), engine::Type::kDouble);
  EXPECT_EQ(scan.cell(0, "total").integer, 3);
  // A total beyond all reason would spoil the sums, but is not lost.
  EXPECT_EQ(scan.cell(1, "total").kind, Cell::Kind::kNull);
  EXPECT_EQ(scan.cell(1, kOtherColumn).text, R"({"total":9007199254740993})");
  EXPECT_EQ(scan.cell(1, "note").kind, Cell::Kind::kNull);
}

TEST_F(LeafTables, OddValuesComeBackFromTheSummary) {
  const std::string statistics =
      R"({"total": 3, "Total": 4, "success": 2, "a": 18446744073709551617,
          "b": null, "c": {"x": [1, null, "y"]}, "d": NaN, "e": -Infinity,
          "f": 0.1, "g": "text", "h": false, "model": "inner", "": 1,
          "timestamp": "t", "other_statistics": 5, "big": 9007199254740993,
          "neg": -0.0, "uni": "\u4e2d\u6587", "failed": 1})";
  const std::string floats = R"({"total": 1, "big": 0.5, "g": 7})";
  const MasterDatabase master =
      Cells(R"({"0.80": {"by_difficulty": {"d": {"by_task_type": {"t": )" +
            statistics + R"(, "u": )" + floats +
            R"(}}}}, "high": {"by_difficulty": {"d": {"by_task_type": {
              "t": {"total": 2}}}}}, "unknown": {"by_difficulty": {"d": {
              "by_task_type": {"v": {"total": 2}}}}}})");
  ASSERT_EQ(master.leaves.size(), 4U);
  FileScan scan = Write(master, Shape::kSummary);
  const Json document = Back(scan, Shape::kSummary);

  Result<MasterDatabase> again = ParseMaster(document.Dump());
  ASSERT_TRUE(again.ok());
  ASSERT_EQ(again->leaves.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    const Leaf& before = master.leaves[i];
    const Leaf& after = again->leaves[i];
    EXPECT_EQ(after.pointer, before.pointer);
    ASSERT_EQ(after.statistics.size(), before.statistics.size());
    for (const auto& [name, value] : before.statistics) {
      const auto found = std::find_if(
          after.statistics.begin(), after.statistics.end(),
          [&name = name](const Json::Member& m) { return m.first == name; });
      ASSERT_NE(found, after.statistics.end()) << name;
      EXPECT_EQ(found->second.Dump(), value.Dump()) << name;
    }
  }
}

TEST_F(LeafTables, TotalsAreCountedUpwards) {
  const MasterDatabase master = Cells(
      R"({"0.8": {"by_difficulty": {"d": {"by_task_type": {
            "t": {"total": 5, "success": 3, "partial": 1, "failed": 2},
            "u": {"total": 4, "success": 1, "partial": 1, "failed": 2}}}}}})");
  for (const Shape shape : {Shape::kSummary, Shape::kRecords}) {
    FileScan scan = Write(master, shape);
    const Json document = Back(scan, shape);
    const Json& summary = *document.Find("summary");
    EXPECT_EQ(summary.IntAt("total_tests"), 9);
    EXPECT_EQ(summary.IntAt("total_success"), 4);
    EXPECT_EQ(summary.IntAt("total_partial"), 2);
    EXPECT_EQ(summary.IntAt("total_failure"), 4);
    EXPECT_EQ(summary.StringAt("last_test_time"), "2025-08-31T20:54:23");
    EXPECT_EQ(document.Find("models")->Find("m")->IntAt("total_tests"), 9);

    const Result<MasterDatabase> again = ParseMaster(document.Dump());
    ASSERT_TRUE(again.ok());
    ASSERT_EQ(again->leaves.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(again->leaves[i].pointer, master.leaves[i].pointer);
      EXPECT_EQ(again->leaves[i].total, master.leaves[i].total);
      EXPECT_EQ(again->leaves[i].success, master.leaves[i].success);
      EXPECT_EQ(again->leaves[i].partial, master.leaves[i].partial);
      EXPECT_EQ(again->leaves[i].failed, master.leaves[i].failed);
    }
  }
}

// The sample stores, where the project has them.
fs::Path SharedData() {
  const char* shared = std::getenv("BENCHKEEP_SHARED");
  return shared != nullptr
             ? fs::Path(shared)
             : fs::Path(BENCHKEEP_SOURCE_DIR).parent_path() / "shared/data";
}

struct Sample {
  const char* file;
  std::size_t leaves;
  std::size_t rows;
};

TEST_F(LeafTables, TheSampleStoresKeepEveryTest) {
  if (!std::filesystem::exists(SharedData())) {
    GTEST_SKIP() << "no sample data at " << SharedData();
  }
  const fs::Path real = "real-store/pilot_bench_cumulative_results";
  for (const Sample& sample :
       {Sample{"master_database.json", 607, 28265},
        Sample{"master_database copy.json", 244, 4982},
        Sample{"master_database.json.backup", 276, 4993},
        Sample{"backups/master_database_20250817_022806.json", 233, 5060},
        Sample{"../../versions/master-2.0.json", 250, 2310},
        Sample{"../../versions/master-1.0.json", 9, 14}}) {
    SCOPED_TRACE(sample.file);
    const Result<MasterDatabase> master =
        LoadMaster(files_, SharedData() / real / sample.file);
    ASSERT_TRUE(master.ok()) << master.error().message.English();
    EXPECT_EQ(master->leaves.size(), sample.leaves);
    EXPECT_EQ(StatisticsOf(*master).total_tests, sample.rows);

    FileScan scan = Write(*master, Shape::kRecords);
    EXPECT_EQ(scan.rows(), sample.rows);
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> cells;
    for (std::size_t row = 0; row < scan.rows(); ++row) {
      const std::string_view id = scan.cell(row, "test_id").text;
      auto& [tests, successes] =
          cells[std::string(id.substr(0, id.rfind('_', id.rfind('_') - 1)))];
      ++tests;
      const Cell& success = scan.cell(row, "success");
      EXPECT_EQ(success.kind, Cell::Kind::kBool);
      if (success.boolean) ++successes;
    }
    for (const Leaf& leaf : master->leaves) {
      if (leaf.total == 0) continue;
      const auto& [tests, successes] = cells[CellName(leaf)];
      EXPECT_EQ(tests, leaf.total) << leaf.pointer;
      EXPECT_EQ(successes, leaf.success) << leaf.pointer;
    }
    EXPECT_EQ(Write(*master, Shape::kSummary).rows(), sample.leaves);
  }
}

TEST_F(LeafTables, TheRealStoreKnowsItsModelsAndItsStaleSummary) {
  if (!std::filesystem::exists(SharedData())) {
    GTEST_SKIP() << "no sample data at " << SharedData();
  }
  const Result<MasterDatabase> master =
      LoadMaster(files_, SharedData() /
                             "real-store/pilot_bench_cumulative_results/"
                             "master_database.json");
  ASSERT_TRUE(master.ok());
  const MasterStatistics statistics = StatisticsOf(*master);
  EXPECT_EQ(statistics.models.size(), 15U);
  EXPECT_EQ(statistics.models[0].name, "DeepSeek-V3-0324");
  EXPECT_EQ(statistics.models[0].total_tests, 4290U);
  EXPECT_EQ(statistics.summary_total, 13233);
  EXPECT_EQ(statistics.bytes, 1296603U);
}

}  // namespace
}  // namespace benchkeep::store
