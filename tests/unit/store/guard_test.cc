// The guard's copies: what is kept, what is let go, what crashes leave.

#include "store/guard.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fs/posix_file_system.h"
#include "store/master_database.h"
#include "support/temp_dir.h"
#include "unit/store/guard_fixture.h"

namespace benchkeep::store {
namespace {

using namespace std::chrono_literals;

class GuardTest : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(dir_.path() / "benchkeep.toml")
        << "[store]\nmaster = \"master.json\"\n";
    Result<Store> opened = Store::Open(file_system_, clock_, dir_.path());
    ASSERT_TRUE(opened.ok()) << opened.error().message.English();
    store_ = std::make_unique<Store>(std::move(*opened));
    guard_ = std::make_unique<Guard>(*store_);
  }

  void Write(const std::string& text) {
    std::ofstream(dir_.path() / "master.json", std::ios::trunc) << text;
    clock_.SleepFor(1s);
  }
  std::optional<LostUpdate> See() {
    auto alarm = guard_->SeeMaster();
    EXPECT_TRUE(alarm.ok()) << alarm.error().message.English();
    return alarm.ok() ? *alarm : std::nullopt;
  }
  std::size_t Files(const fs::Path& folder) {
    if (!std::filesystem::exists(folder)) return 0;
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder),
                      std::filesystem::directory_iterator()));
  }

  TempDir dir_;
  fs::PosixFileSystem file_system_;
  ManualClock clock_{kNoon};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Guard> guard_;
};

TEST_F(GuardTest, RaisesAnAlarmWhenCountersFall) {
  EXPECT_FALSE(See().has_value());  // No master database.
  Write(Master(38));
  EXPECT_FALSE(See().has_value());
  Write(Master(89));
  EXPECT_FALSE(See().has_value());
  EXPECT_EQ(Files(store_->layout().guard_master()), 2U);
  Write(Master(36));
  const auto alarm = See();
  ASSERT_TRUE(alarm.has_value());
  ASSERT_EQ(alarm->cells.size(), 1U);
  EXPECT_EQ(alarm->cells[0].before, 89);
  EXPECT_EQ(alarm->cells[0].after, 36);
  EXPECT_EQ(alarm->cells[0].cell, "m / p / 0.8 / easy / t");
  EXPECT_FALSE(See().has_value());  // Nothing has changed since.
  // 36 -> 35 says nothing new; the image of 89 stays.
  Write(Master(35));
  EXPECT_TRUE(See().has_value());
  const auto open = guard_->LostUpdates().value();
  ASSERT_EQ(open.size(), 1U);
  const auto before = LoadMaster(file_system_, open[0].before.file);
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(TestsOf(before->leaves[0]), 89);
  ASSERT_TRUE(guard_->Settle(open[0].id).ok());
  EXPECT_TRUE(guard_->LostUpdates().value().empty());
  EXPECT_EQ(Files(store_->layout().guard_master()), 2U);
}

TEST_F(GuardTest, ForgetsAnAlarmWhenTheCellsAreFullAgain) {
  for (const int total : {89, 36, 90}) {
    Write(Master(total));
    See();
  }
  EXPECT_TRUE(guard_->LostUpdates().value().empty());
}

TEST_F(GuardTest, KeepsTheImageBeforeATornVersion) {
  Write(Master(89));
  See();
  Write(Master(89).substr(0, 40));
  EXPECT_FALSE(See().has_value());
  Write("");
  EXPECT_FALSE(See().has_value());
  Write(Master(36));
  EXPECT_TRUE(See().has_value());
}

TEST_F(GuardTest, KeepsNothingButCompleteParquet) {
  const fs::Path folder = store_->layout().increments();
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "a.parquet") << "PAR1 half of a file";
  const auto file = fs::HeldFile::Open(folder / "a.parquet");
  ASSERT_TRUE(file.ok());
  const auto kept = guard_->Keep("a.parquet", *file);
  ASSERT_TRUE(kept.ok());
  EXPECT_FALSE(kept->has_value());
  EXPECT_TRUE(guard_->Increments().value().empty());
}

TEST(FallenCells, CountsCellsThatAreGone) {
  const auto before = ParseMaster(Master(5)).value();
  const auto after =
      ParseMaster(R"({"version":"3.0","models":{},"summary":{}})").value();
  const auto fallen = FallenCells(before, after);
  ASSERT_EQ(fallen.size(), 1U);
  EXPECT_EQ(fallen[0].after, 0);
  EXPECT_TRUE(FallenCells(before, before).empty());
}

}  // namespace
}  // namespace benchkeep::store
