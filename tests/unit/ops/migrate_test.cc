// Migration of whole stores: publishing, merging, replacing, going back.

#include "ops/migrate.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "fs/posix_file_system.h"
#include "store/ledger.h"
#include "store/master_database.h"
#include "store/parquet_results.h"
#include "store/transaction.h"
#include "support/temp_dir.h"

namespace benchkeep::ops {
namespace {

using store::Shape;

class MigrateTest : public testing::Test {
 protected:
  MigrateTest() {
    WriteMaster(Master(R"("t": {"total": 4, "success": 3, "partial": 1,
                                "failed": 1, "note": "x"},
                          "u": {"total": 2, "success": 0, "partial": 0,
                                "failed": 2})"));
  }

  static std::string Master(const std::string& tasks) {
    return R"({"version": "3.0", "models": {"m": {"by_prompt_type": {"p": {
      "by_tool_success_rate": {"0.8": {"by_difficulty": {"d": {
      "by_task_type": {)" +
           tasks + R"(}}}}}}}}}, "summary": {"total_tests": 1}})";
  }

  [[nodiscard]] fs::Path MasterPath() const {
    return dir_.path() / "pilot_bench_cumulative_results" /
           "master_database.json";
  }
  [[nodiscard]] fs::Path ResultsPath() const {
    return dir_.path() / "pilot_bench_parquet_data" / "test_results.parquet";
  }

  void WriteMaster(const std::string& text) const {
    std::filesystem::create_directories(MasterPath().parent_path());
    std::ofstream(MasterPath(), std::ios::trunc) << text;
  }
  static std::string Bytes(const fs::Path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }

  store::Store Open() {
    Result<store::Store> opened =
        store::Store::Open(files_, clock_, dir_.path());
    BENCHKEEP_CHECK(opened.ok());
    return std::move(*opened);
  }

  // Migrates under the lock, as the command does.
  Result<MigrateReport> Run(const MigrateOptions& options) {
    const store::Store store = Open();
    Result<store::StoreLock> lock = store::StoreLock::Acquire(store, "migrate");
    BENCHKEEP_CHECK(lock.ok());
    return Migrate(store, &*lock, options, progress_);
  }
  MigrateReport RunOk(const MigrateOptions& options) {
    Result<MigrateReport> report = Run(options);
    if (!report.ok()) ADD_FAILURE() << report.error().message.English();
    return report.ok() ? std::move(*report) : MigrateReport{};
  }
  Code RunCode(const MigrateOptions& options) {
    const Result<MigrateReport> report = Run(options);
    return report.ok() ? Code::kInternal : report.error().code;
  }

  store::ResultsStatistics Statistics() {
    const store::Store store = Open();
    auto results = store::ParquetResults::Open(store, {});
    BENCHKEEP_CHECK(results.ok());
    auto statistics = (*results)->Statistics();
    BENCHKEEP_CHECK(statistics.ok());
    return std::move(*statistics);
  }

  TempDir dir_;
  fs::PosixFileSystem files_;
  SystemClock clock_;
  NoProgress progress_;
};

TEST_F(MigrateTest, MakesRecordsOfAMasterDatabase) {
  const MigrateReport report = RunOk({});
  EXPECT_EQ(report.cells, 2U);
  EXPECT_EQ(report.rows, 6U);
  EXPECT_EQ(report.total_tests, 6U);
  EXPECT_EQ(report.models, 1U);
  EXPECT_TRUE(report.verified);
  EXPECT_FALSE(report.txn.empty());
  EXPECT_TRUE(report.findings.empty());

  const store::ResultsStatistics statistics = Statistics();
  EXPECT_EQ(statistics.shape, Shape::kRecords);
  EXPECT_EQ(statistics.total_tests, 6U);
  EXPECT_EQ(statistics.successes, 3U);
}

TEST_F(MigrateTest, MakesOneRowPerCell) {
  const MigrateReport report = RunOk({.shape = Shape::kSummary});
  EXPECT_EQ(report.rows, 2U);
  EXPECT_EQ(report.total_tests, 6U);
  EXPECT_EQ(Statistics().shape, Shape::kSummary);
  EXPECT_EQ(Statistics().total_tests, 6U);
}

TEST_F(MigrateTest, ARehearsalCountsAndWritesNothing) {
  const store::Store store = Open();
  const Result<MigrateReport> report = Migrate(store, nullptr, {}, progress_);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->rows, 6U);
  EXPECT_TRUE(report->dry_run);
  EXPECT_FALSE(report->verified);
  EXPECT_TRUE(report->txn.empty());
  EXPECT_FALSE(std::filesystem::exists(ResultsPath()));
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / ".benchkeep"));
}

TEST_F(MigrateTest, NeverOverwritesUnasked) {
  RunOk({});
  const std::string before = Bytes(ResultsPath());
  const Result<MigrateReport> refused = Run({});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kAlreadyExists);
  const std::string fix = refused.error().fix.English();
  EXPECT_NE(fix.find("--merge"), std::string::npos);
  EXPECT_NE(fix.find("--replace"), std::string::npos);
  EXPECT_EQ(Bytes(ResultsPath()), before);
}

TEST_F(MigrateTest, MergingAddsWhatIsNewAndOnlyOnce) {
  RunOk({});
  WriteMaster(Master(R"("t": {"total": 6, "success": 5, "partial": 1,
                              "failed": 1}, "u": {"total": 2, "success": 0,
                              "partial": 0, "failed": 2})"));
  const MigrateReport report = RunOk({.existing = Existing::kMerge});
  ASSERT_TRUE(report.merged.has_value());
  EXPECT_EQ(report.merged->rows_added, 2U);
  EXPECT_EQ(report.merged->after.rows, 8U);
  EXPECT_EQ(Statistics().total_tests, 8U);
  EXPECT_EQ(Statistics().successes, 5U);
  RunOk({.existing = Existing::kMerge});
  EXPECT_EQ(Statistics().total_tests, 8U);
}

TEST_F(MigrateTest, MergingNeedsTheSameShape) {
  RunOk({.shape = Shape::kSummary});
  const std::string before = Bytes(ResultsPath());
  EXPECT_EQ(RunCode({.existing = Existing::kMerge}), Code::kInvalidArgument);
  EXPECT_EQ(Bytes(ResultsPath()), before);
}

TEST_F(MigrateTest, ReplacingCanBeUndone) {
  RunOk({.shape = Shape::kSummary});
  const std::string before = Bytes(ResultsPath());
  const MigrateReport report = RunOk({.existing = Existing::kReplace});
  EXPECT_EQ(Statistics().shape, Shape::kRecords);

  const store::Store store = Open();
  const Result<store::StoreLock> lock =
      store::StoreLock::Acquire(store, "undo");
  ASSERT_TRUE(lock.ok());
  const Result<std::string> undone =
      store::UndoTransaction(store, &*lock, report.txn, store::Rehearse::kNo);
  ASSERT_TRUE(undone.ok()) << undone.error().message.English();
  EXPECT_EQ(Bytes(ResultsPath()), before);
}

TEST_F(MigrateTest, EvenBrokenResultsCanBeReplaced) {
  std::filesystem::create_directories(ResultsPath().parent_path());
  std::ofstream(ResultsPath()) << "PAR1 but no more";
  EXPECT_EQ(RunCode({}), Code::kAlreadyExists);
  EXPECT_EQ(RunCode({.existing = Existing::kMerge}), Code::kCorruption);
  RunOk({.existing = Existing::kReplace});
  EXPECT_EQ(Statistics().total_tests, 6U);
}

TEST_F(MigrateTest, TheBooksBalance) {
  RunOk({});
  RunOk({.existing = Existing::kMerge});
  RunOk({.shape = Shape::kSummary, .existing = Existing::kReplace});
  Result<store::Ledger> ledger =
      store::Ledger::Open(Open().layout().state_db());
  ASSERT_TRUE(ledger.ok());
  const auto unbalanced = ledger->Unbalanced();
  ASSERT_TRUE(unbalanced.ok());
  EXPECT_TRUE(unbalanced->empty());
  const auto after =
      ledger->Newest("after", "pilot_bench_parquet_data/test_results.parquet");
  ASSERT_TRUE(after.ok());
  ASSERT_TRUE(after->has_value());
  EXPECT_EQ((*after)->rows, 2U);
  // The key sum is the one that the results themselves have.
  const store::Store store = Open();
  auto results = store::ParquetResults::Open(store, {});
  ASSERT_TRUE(results.ok());
  const auto outcome =
      (*results)->Deduplicate({}, store::Rehearse::kYes, progress_);
  ASSERT_TRUE(outcome.ok()) << outcome.error().message.English();
  EXPECT_EQ(outcome->before, **after);
}

TEST_F(MigrateTest, AnEmptySourceIsRefused) {
  RunOk({});
  const std::string before = Bytes(ResultsPath());
  WriteMaster(R"({"version": "3.0", "models": {}})");
  EXPECT_EQ(RunCode({.existing = Existing::kReplace}), Code::kNotFound);
  WriteMaster(R"({"version": "3.0", "models": {"m")");
  EXPECT_EQ(RunCode({.existing = Existing::kReplace}), Code::kCorruption);
  EXPECT_EQ(Bytes(ResultsPath()), before);
}

TEST_F(MigrateTest, CountsThatCannotBeAreFindings) {
  WriteMaster(Master(R"("t": {"total": 2, "success": 5, "failed": 0},
                        "u": {"total": 3, "success": 1, "failed": 1})"));
  const MigrateReport report = RunOk({});
  ASSERT_EQ(report.findings.size(), 2U);
  EXPECT_EQ(report.findings[0].code, "leaf_counts_exceed_total");
  EXPECT_EQ(report.findings[1].code, "leaf_outcomes_unknown");
  EXPECT_EQ(Statistics().total_tests, 5U);
  EXPECT_EQ(Statistics().successes, 3U);
}

TEST_F(MigrateTest, GoesBackToAMasterDatabase) {
  RunOk({.shape = Shape::kSummary});
  EXPECT_EQ(RunCode({.to = MigrateTo::kMaster}), Code::kAlreadyExists);
  const MigrateReport report =
      RunOk({.to = MigrateTo::kMaster, .existing = Existing::kReplace});
  EXPECT_EQ(report.cells, 2U);
  EXPECT_EQ(report.total_tests, 6U);
  EXPECT_TRUE(report.verified);
  EXPECT_FALSE(report.txn.empty());

  const Result<store::MasterDatabase> master =
      store::LoadMaster(files_, MasterPath());
  ASSERT_TRUE(master.ok());
  EXPECT_EQ(master->summary_total, 6);
  ASSERT_EQ(master->leaves.size(), 2U);
  const auto& statistics = master->leaves[0].statistics;
  ASSERT_EQ(statistics.size(), 5U);
  EXPECT_EQ(statistics[4].first, "note");
  EXPECT_EQ(statistics[4].second.text(), "x");
  // Absent stays absent.
  EXPECT_EQ(master->leaves[1].statistics.size(), 4U);
}

TEST_F(MigrateTest, GoesBackIntoAnotherFile) {
  RunOk({});
  const std::string before = Bytes(MasterPath());
  const MigrateOptions options{.to = MigrateTo::kMaster,
                               .output = dir_.path() / "other.json"};
  const MigrateReport report = RunOk(options);
  EXPECT_TRUE(report.verified);
  EXPECT_TRUE(report.txn.empty());
  EXPECT_EQ(Bytes(MasterPath()), before);
  const Result<store::MasterDatabase> master =
      store::LoadMaster(files_, dir_.path() / "other.json");
  ASSERT_TRUE(master.ok());
  ASSERT_EQ(master->leaves.size(), 2U);
  EXPECT_EQ(master->leaves[0].success, 3);
  EXPECT_EQ(master->leaves[0].partial, 1);
  EXPECT_EQ(RunCode(options), Code::kAlreadyExists);
}

TEST_F(MigrateTest, WithoutResultsThereIsNothingToGoBackFrom) {
  EXPECT_EQ(RunCode({.to = MigrateTo::kMaster, .existing = Existing::kReplace}),
            Code::kNotFound);
}

TEST_F(MigrateTest, AForeignKeyIsRefused) {
  std::ofstream(dir_.path() / "benchkeep.toml")
      << "[store]\nkey = [\"run_id\", \"sample_id\"]\n";
  EXPECT_EQ(RunCode({}), Code::kInvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(ResultsPath()));
}

}  // namespace
}  // namespace benchkeep::ops
