// The sample campaign: its parts agree with each other, and with the report.

#include "ops/demo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "fs/posix_file_system.h"
#include "ops/demo_campaign.h"
#include "ops/demo_logs.h"
#include "store/master_database.h"
#include "store/table_writer.h"
#include "support/temp_dir.h"

namespace benchkeep::ops {
namespace {

class Demo : public testing::Test {
 protected:
  DemoOptions Options() {
    DemoOptions options;
    options.folder = dir_.path() / "demo";
    options.tests = 600;
    options.writers = 2;
    options.files_per_writer = 3;
    return options;
  }
  Result<DemoReport> Make(const DemoOptions& options) {
    return MakeDemo(files_, options, progress_);
  }

  TempDir dir_;
  fs::PosixFileSystem files_;
  NoProgress progress_;
};

std::vector<fs::Path> FilesBelow(const fs::Path& folder) {
  std::vector<fs::Path> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  return files;
}

TEST_F(Demo, FilesHoldWhatTheReportSays) {
  const Result<DemoReport> report = Make(Options());
  ASSERT_TRUE(report.ok()) << report.error().message.English();
  const fs::Path root = Options().folder;
  EXPECT_EQ(FilesBelow(root).size(), report->files);
  EXPECT_EQ(report->tests, 600U);
  EXPECT_EQ(report->increments, 6U);
  EXPECT_EQ(report->rows_in_results, 300U);
  EXPECT_EQ(report->rows_in_increments, 300U + 6 * 2 + 12);
  EXPECT_EQ(report->overlapping, 24U);

  const Result<store::TableCount> results = store::CountTable(
      {root / "pilot_bench_parquet_data", "test_results.parquet"},
      store::Shape::kRecords);
  ASSERT_TRUE(results.ok());
  EXPECT_EQ(results->rows, 300U);
  EXPECT_EQ(results->distinct_keys, 300U);

  const fs::Path folder = root / "pilot_bench_parquet_data" / "incremental";
  std::uint64_t rows = 0;
  std::uint64_t broken = 0;
  for (const fs::Path& file : FilesBelow(folder)) {
    const Result<store::TableCount> count = store::CountTable(
        {folder, file.filename().string()}, store::Shape::kRecords);
    if (file.filename() == report->torn) {
      EXPECT_FALSE(count.ok());
      ++broken;
    } else {
      ASSERT_TRUE(count.ok()) << file;
      rows += count->rows;
    }
  }
  EXPECT_EQ(broken, 1U);
  EXPECT_EQ(rows, report->rows_in_increments);
}

TEST_F(Demo, TheLeavesAgreeWithTheTestsAndTheSummaryIsStale) {
  const Result<DemoReport> report = Make(Options());
  ASSERT_TRUE(report.ok());
  const Result<store::MasterDatabase> master = store::LoadMaster(
      files_, Options().folder / "pilot_bench_cumulative_results" /
                  "master_database.json");
  ASSERT_TRUE(master.ok());
  EXPECT_TRUE(master->findings.empty());
  EXPECT_EQ(master->leaves.size(), report->cells);
  EXPECT_EQ(store::StatisticsOf(*master).total_tests, 600U);
  EXPECT_EQ(store::StatisticsOf(*master).models.size(), report->models);
  EXPECT_EQ(master->summary_total, 282);

  const DemoCampaign campaign = MakeCampaign(1, 600);
  std::uint64_t successes = 0;
  for (const DemoTest& test : campaign.tests) {
    if (test.outcome != store::Outcome::kFailed) ++successes;
  }
  EXPECT_EQ(store::StatisticsOf(*master).successes, successes);
  for (const store::Leaf& leaf : master->leaves) {
    const store::Tally tally = store::TallyOf(leaf);
    EXPECT_FALSE(tally.clipped || tally.short_of_total) << leaf.pointer;
    EXPECT_EQ(tally.convention, store::Convention::kPartialInside);
  }
}

TEST_F(Demo, TheKeyFileIsPrivate) {
  ASSERT_TRUE(Make(Options()).ok());
  const Result<fs::FileInfo> info =
      files_.Info(Options().folder / "config" / "config.json");
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->mode, 0600U);
}

TEST_F(Demo, OthersFoldersAreLeftAlone) {
  const fs::Path root = Options().folder;
  ASSERT_TRUE(files_.MakeDirs(root / "mine", 0777).ok());
  DemoOptions options = Options();
  options.force = true;
  const Result<DemoReport> refused = Make(options);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kAlreadyExists);
  EXPECT_TRUE(std::filesystem::exists(root / "mine"));
}

TEST_F(Demo, ADemoIsReplacedOnlyByForce) {
  ASSERT_TRUE(Make(Options()).ok());
  const Result<DemoReport> refused = Make(Options());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kAlreadyExists);
  DemoOptions options = Options();
  options.force = true;
  options.tests = 400;
  const Result<DemoReport> again = Make(options);
  ASSERT_TRUE(again.ok()) << again.error().message.English();
  EXPECT_EQ(FilesBelow(options.folder).size(), again->files);
}

TEST_F(Demo, ADryRunWritesNothing) {
  DemoOptions options = Options();
  options.dry_run = true;
  const Result<DemoReport> report = Make(options);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->rows_in_results, 300U);
  EXPECT_FALSE(std::filesystem::exists(options.folder));
}

TEST_F(Demo, TheSameSeedTellsTheSameStory) {
  const Json one = DemoMaster(MakeCampaign(7, 500), 100);
  EXPECT_EQ(one.Dump(), DemoMaster(MakeCampaign(7, 500), 100).Dump());
  EXPECT_NE(one.Dump(), DemoMaster(MakeCampaign(8, 500), 100).Dump());
  EXPECT_EQ(MakeDemoLogs(7)[0].text, MakeDemoLogs(7)[0].text);
}

TEST(DemoLogs, HoldRealCausesAndWrappedInformation) {
  std::string all;
  for (const DemoLog& log : MakeDemoLogs(1)) all += log.text;
  for (const char* part :
       {"MPE-429", "Error code: 429", "Invalid API key", "Test timeout after",
        "Traceback (most recent call last):", "[ERROR]\x1b[0m   2025-08-",
        "result_merger - INFO", "\u9650\u6d41", "\u5bc6\u94a5"}) {
    EXPECT_NE(all.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace benchkeep::ops
