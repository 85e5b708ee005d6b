// Exports as files: whole or not at all, and never over the store itself.

#include "ops/export.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fs/file_lock.h"
#include "fs/posix_file_system.h"
#include "support/fake_results.h"

namespace benchkeep::ops {
namespace {

using testing::FakeResults;
using testing::Int;
using testing::Text;

class ExportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "exportXXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = std::filesystem::canonical(pattern);
    out_ = root_ / "out";
    std::filesystem::create_directories(out_);
    layout_.emplace(root_, store::Settings{});
    for (const fs::Path& file : {layout_->results(), layout_->master()}) {
      std::filesystem::create_directories(file.parent_path());
      Put(file, "precious");
    }
    std::filesystem::create_directories(layout_->increments());
    std::filesystem::create_directories(layout_->state() / "txn");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  static void Put(const fs::Path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
  }
  static std::string Get(const fs::Path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(out_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  Result<ExportReport> Run(const ExportOptions& options) {
    return RunExport(file_system_, clock_, *layout_, results_, options,
                     progress_);
  }
  Result<ExportReport> Run(const fs::Path& file) {
    return Run(ExportOptions{.targets = {{ExportFormat::kCsv, file}}});
  }

  fs::Path root_;
  fs::Path out_;
  fs::PosixFileSystem file_system_;
  SystemClock clock_;
  NoProgress progress_;
  std::optional<store::Layout> layout_;
  FakeResults results_{
      {"id", "n"}, {{Text("a"), Int(1)}, {Text("b"), Int(2)}}, &file_system_};
};

TEST_F(ExportTest, ReportsWhatItWrote) {
  const Result<ExportReport> report = Run(out_ / "r.csv");
  ASSERT_TRUE(report.ok()) << report.error().message.English();
  EXPECT_EQ(report->rows, 2U);
  EXPECT_EQ(report->columns, (std::vector<std::string>{"id", "n"}));
  ASSERT_EQ(report->files.size(), 1U);
  EXPECT_EQ(report->files[0].file, (out_ / "r.csv").string());
  EXPECT_EQ(report->files[0].bytes, 13U);
  EXPECT_EQ(Get(out_ / "r.csv"), "id,n\na,1\nb,2\n");
  EXPECT_EQ(Names(), std::vector<std::string>{"r.csv"});
}

TEST_F(ExportTest, ReplacesTheOldFileAndKeepsItsMode) {
  Put(out_ / "r.csv", "old");
  std::filesystem::permissions(
      out_ / "r.csv",
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  ASSERT_TRUE(Run(out_ / "r.csv").ok());
  EXPECT_EQ(Get(out_ / "r.csv"), "id,n\na,1\nb,2\n");
  EXPECT_EQ(file_system_.Info(out_ / "r.csv")->mode, 0600U);
}

TEST_F(ExportTest, AFailureLeavesTheOldFilesAndNothingElse) {
  const std::vector<ExportFormat> formats = {
      ExportFormat::kCsv, ExportFormat::kJson, ExportFormat::kXlsx};
  ExportOptions options;
  for (const ExportFormat format : formats) {
    const fs::Path file = out_ / ExportFormatName(format);
    Put(file, "old");
    options.targets.push_back({format, file});
  }
  results_.Repeat(10'000);
  results_.FailAfter(15'000);
  const Result<ExportReport> report = Run(options);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, Code::kIo);
  EXPECT_EQ(Names(), (std::vector<std::string>{"csv", "json", "xlsx"}));
  for (const std::string& name : Names()) EXPECT_EQ(Get(out_ / name), "old");
}

TEST_F(ExportTest, RemovesWhatAKilledExportLeftAndNothingElse) {
  using Perms = std::filesystem::perms;
  for (const char* name : {"dead", "live", "foreign"}) {
    const fs::Path folder = out_ / (std::string(".benchkeep-export-") + name);
    std::filesystem::create_directory(folder);
    std::filesystem::permissions(folder, Perms::owner_all);
    Put(folder / "data", "half of an export");
  }
  std::filesystem::permissions(out_ / ".benchkeep-export-foreign",
                               Perms::owner_all | Perms::group_read);
  const auto lock =
      fs::FileLock::Acquire(out_ / ".benchkeep-export-live" / "lock", clock_,
                            std::chrono::nanoseconds{0}, 0600);
  ASSERT_TRUE(lock.ok());
  ASSERT_TRUE(Run(out_ / "r.csv").ok());
  EXPECT_EQ(Names(),
            (std::vector<std::string>{".benchkeep-export-foreign",
                                      ".benchkeep-export-live", "r.csv"}));
}

TEST_F(ExportTest, WritesTheGuidesThreeFilesFromOneReading) {
  ExportOptions options;
  options.targets = AllExportTargets(out_);
  const Result<ExportReport> report = Run(options);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(Names(),
            (std::vector<std::string>{"test_results.csv", "test_results.json",
                                      "test_results.xlsx"}));
  for (const ExportedFile& file : report->files) {
    EXPECT_EQ(file.bytes, std::filesystem::file_size(file.file));
    EXPECT_GT(file.bytes, 0U);
  }
  EXPECT_EQ(report->files[1].sheets, 1U);
}

TEST_F(ExportTest, ParquetIsWrittenByTheResults) {
  ExportOptions options;
  options.targets = {{ExportFormat::kParquet, out_ / "r.parquet"}};
  options.filter.models = {"m"};
  const Result<ExportReport> report = Run(options);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->rows, 2U);
  EXPECT_EQ(Get(out_ / "r.parquet"), "rows: 2");
  EXPECT_EQ(results_.last_filter().models, std::vector<std::string>{"m"});
  EXPECT_EQ(Names(), std::vector<std::string>{"r.parquet"});
}

TEST_F(ExportTest, ADryRunCountsAndWritesNothing) {
  ExportOptions options;
  options.targets = AllExportTargets(out_);
  options.filter.columns = {"n"};
  options.dry_run = true;
  const Result<ExportReport> report = Run(options);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->dry_run);
  EXPECT_EQ(report->rows, 2U);
  EXPECT_EQ(report->columns, std::vector<std::string>{"n"});
  EXPECT_EQ(report->files.size(), 3U);
  EXPECT_TRUE(Names().empty());
}

TEST_F(ExportTest, MakesTheFolderWhenToldTo) {
  ExportOptions options;
  options.targets = AllExportTargets(out_ / "new");
  options.folders = Folders::kMake;
  options.dry_run = true;
  ASSERT_TRUE(Run(options).ok());
  EXPECT_TRUE(Names().empty());
  options.dry_run = false;
  ASSERT_TRUE(Run(options).ok());
  EXPECT_EQ(Names(), std::vector<std::string>{"new"});
  EXPECT_TRUE(std::filesystem::exists(out_ / "new" / "test_results.xlsx"));
}

TEST_F(ExportTest, RefusesFilesOfTheStore) {
  std::filesystem::create_directory_symlink(layout_->state(), out_ / "side");
  std::filesystem::create_hard_link(layout_->master(), out_ / "twin.json");
  const fs::Path outside = layout_->results();
  for (const fs::Path& file :
       {layout_->results(), layout_->master(), layout_->settings_file(),
        layout_->increments() / "x.csv", layout_->state() / "lock",
        layout_->state() / "txn" / "x.csv", out_ / "side" / "x.csv",
        out_ / ".." / "benchkeep.toml", out_ / "twin.json"}) {
    const Result<ExportReport> report = Run(file);
    ASSERT_FALSE(report.ok()) << file;
    EXPECT_EQ(report.error().code, Code::kInvalidArgument) << file;
  }
  EXPECT_EQ(Get(layout_->results()), "precious");
  EXPECT_EQ(Get(layout_->master()), "precious");
}

TEST_F(ExportTest, NeverFollowsALinkAtTheTarget) {
  Put(out_ / "real.csv", "old");
  std::filesystem::create_symlink(out_ / "real.csv", out_ / "link.csv");
  const Result<ExportReport> report = Run(out_ / "link.csv");
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, Code::kPermission);
  EXPECT_EQ(Get(out_ / "real.csv"), "old");
  EXPECT_TRUE(std::filesystem::is_symlink(out_ / "link.csv"));
}

TEST_F(ExportTest, NamesAMissingFolder) {
  const Result<ExportReport> report = Run(out_ / "no" / "r.csv");
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, Code::kNotFound);
  EXPECT_NE(report.error().message.English().find((out_ / "no").string()),
            std::string::npos);
}

TEST_F(ExportTest, RefusesAFolderAsTarget) {
  std::filesystem::create_directory(out_ / "d.csv");
  const Result<ExportReport> report = Run(out_ / "d.csv");
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, Code::kAlreadyExists);
}

class Stopped final : public Progress {
 public:
  void Stage(const Message& /*title*/, std::uint64_t /*total*/) override {}
  void Advance(std::uint64_t /*done*/) override {}
  [[nodiscard]] bool Cancelled() const override { return true; }
};

TEST_F(ExportTest, StopsWhenAsked) {
  results_.Repeat(10'000);
  Stopped progress;
  const Result<ExportReport> report =
      RunExport(file_system_, clock_, *layout_, results_,
                {.targets = {{ExportFormat::kCsv, out_ / "r.csv"}}}, progress);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, Code::kCancelled);
  EXPECT_TRUE(Names().empty());
}

}  // namespace
}  // namespace benchkeep::ops
