// The badges of the menu, with the hands of the clock turned.

#include "ops/menu.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "../host/fake_machine.h"
#include "../host/fake_proc.h"
#include "fs/posix_file_system.h"
#include "ops/backup_create.h"
#include "store/check_memory.h"
#include "store/job_history.h"
#include "store/store_lock.h"
#include "support/temp_dir.h"

namespace benchkeep::ops {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

class MenuTest : public testing::Test {
 protected:
  MenuTest() {
    std::filesystem::create_directories(root());
    std::ofstream(root() / "benchkeep.toml") << "\n";
    options_.machine = host::Machine(fake_.root());
    options_.deadline = 60s;  // A loaded machine is slow.
  }

  [[nodiscard]] fs::Path root() const { return dir_.path() / "store"; }

  store::Store Open() {
    auto store = store::Store::Open(files_, clock_, root());
    BENCHKEEP_CHECK(store.ok());
    return std::move(*store);
  }

  MenuBadge Badge(MenuItem item) {
    const store::Store store = Open();
    const auto badges = ReadMenuBadges(&store, options_);
    EXPECT_EQ(badges.size(), 7U);
    return badges[static_cast<std::size_t>(item) - 1];
  }

  std::string Words(MenuItem item) {
    const MenuBadge badge = Badge(item);
    return std::string(BadgeStateName(badge.state)) + ": " +
           badge.words.English();
  }

  TempDir dir_;
  host::FakeMachine fake_{dir_.path() / "machine"};
  host::FakeProc proc_{dir_.path() / "machine/proc", 1'700'000'000};
  fs::PosixFileSystem files_;
  ManualClock clock_{TimePoint{std::chrono::hours(24 * 365 * 50)}};
  MenuOptions options_;
};

TEST_F(MenuTest, ABackupGrowsOld) {
  const fs::Path master =
      root() / "pilot_bench_cumulative_results/master_database.json";
  std::filesystem::create_directories(master.parent_path());
  std::ofstream(master) << R"({"version": "3.0", "models": {}, "summary": )"
                           R"({"total_tests": 0}})";
  EXPECT_EQ(Words(MenuItem::kBackup), "critical: there is no backup");
  EXPECT_EQ(Words(MenuItem::kRecover),
            "critical: no backup is known to be good");
  std::string id;
  {
    const store::Store store = Open();
    auto lock = store::StoreLock::Acquire(store, "test");
    ASSERT_TRUE(lock.ok());
    NoProgress progress;
    const auto made = CreateBackup(store, &*lock, {}, progress);
    ASSERT_TRUE(made.ok());
    ASSERT_EQ(made->state, store::BackupState::kGood);
    id = made->id;
  }
  MenuBadge badge = Badge(MenuItem::kBackup);
  EXPECT_EQ(badge.state, BadgeState::kOk);
  EXPECT_EQ(badge.age_seconds, 0);
  EXPECT_TRUE(badge.words.empty());
  EXPECT_EQ(Words(MenuItem::kRecover), "ok: can go back to " + id);
  clock_.SleepFor(25h + 59min);
  EXPECT_EQ(Badge(MenuItem::kBackup).state, BadgeState::kOk);
  clock_.SleepFor(1min);
  badge = Badge(MenuItem::kBackup);
  EXPECT_EQ(badge.state, BadgeState::kWarning);
  EXPECT_EQ(badge.words.English(), "overdue");
  EXPECT_EQ(badge.age_seconds, 26 * 3600);
  clock_.SleepFor(24h);
  EXPECT_EQ(Words(MenuItem::kBackup), "critical: overdue");
}

TEST_F(MenuTest, ACheckIsRemembered) {
  EXPECT_EQ(Words(MenuItem::kCheck), "warning: never done");
  const store::Store store = Open();
  std::filesystem::create_directories(store.layout().state());
  const std::int64_t now =
      std::chrono::floor<std::chrono::seconds>(clock_.Now())
          .time_since_epoch()
          .count();
  store::CheckMemory memory;
  memory.samples.push_back({now, "disk_free_bytes", 5});
  memory.marks["disk"] = {now, 0};
  memory.marks["api"] = {now, 0};
  memory.marks["api https://a part of it"] = {now, 3};
  ASSERT_TRUE(
      store::SaveCheckMemory(store.layout().state_db(), memory, 0).ok());
  EXPECT_EQ(Words(MenuItem::kCheck), "ok: all is ok");
  memory.marks["disk"].failures = 1;
  ASSERT_TRUE(
      store::SaveCheckMemory(store.layout().state_db(), memory, 0).ok());
  EXPECT_EQ(Words(MenuItem::kCheck), "warning: 1 checks were not ok");
  memory.marks["disk"].failures = 0;
  ASSERT_TRUE(
      store::SaveCheckMemory(store.layout().state_db(), memory, 0).ok());
  clock_.SleepFor(27h);
  EXPECT_EQ(Words(MenuItem::kCheck), "warning: overdue");
}

TEST_F(MenuTest, WhatWaitsIsCounted) {
  EXPECT_EQ(Words(MenuItem::kCleanup), "ok: nothing to do");
  const store::Store store = Open();
  std::filesystem::create_directories(store.layout().increments());
  std::filesystem::create_directories(store.layout().logs());
  std::ofstream(store.layout().increments() / "increment_1_1.parquet") << "x";
  EXPECT_EQ(Words(MenuItem::kCleanup), "warning: 1 increments wait");
  std::ofstream(store.layout().logs() / "a.log") << "x";
  std::ofstream(store.layout().logs() / "b.log.gz") << "x";
  clock_.Set(SystemClock().Now());
  EXPECT_EQ(Words(MenuItem::kCleanup), "warning: 1 increments wait");
  clock_.SleepFor(25h);
  EXPECT_EQ(Words(MenuItem::kCleanup),
            "warning: 1 increments wait, 1 logs can be compressed");
  std::filesystem::remove(store.layout().increments() /
                          "increment_1_1.parquet");
  EXPECT_EQ(Words(MenuItem::kCleanup), "warning: 1 logs can be compressed");
}

TEST_F(MenuTest, TheReportOfTheJobsAndTheMachine) {
  EXPECT_EQ(Words(MenuItem::kReport), "warning: never done");
  EXPECT_EQ(Words(MenuItem::kTune), "ok: 75% of the memory is free");
  fake_.Memory(16 * kGiB, kGiB);
  EXPECT_EQ(Words(MenuItem::kTune), "warning: memory is short: 6% is free");
  EXPECT_EQ(Words(MenuItem::kMonitor), "warning: no runner at work");
  proc_.Add({.pid = 50,
             .exe = "/usr/bin/python3.11",
             .argv = {"python3", "batch_test.py"},
             .cwd = root().string()});
  EXPECT_EQ(Words(MenuItem::kMonitor), "ok: 1 runners at work");

  const store::Store store = Open();
  std::filesystem::create_directories(store.layout().state());
  auto history = store::JobHistory::Open(store.layout().state_db());
  ASSERT_TRUE(history.ok());
  store::JobRun run;
  run.job = "report";
  run.trigger = "manual";
  run.started = clock_.Now();
  run.id = history->Begin(run).value();
  run.status = store::RunStatus::kOk;
  run.ended = clock_.Now();
  ASSERT_TRUE(history->Finish(run).ok());
  EXPECT_EQ(Badge(MenuItem::kReport).state, BadgeState::kOk);
  clock_.SleepFor(24h * 8);
  EXPECT_EQ(Words(MenuItem::kReport), "warning: overdue");
}

TEST_F(MenuTest, AStoreThatHangsIsUnknownAndCostsAMoment) {
  options_.deadline = 300ms;
  const store::Store store = Open();
  std::filesystem::create_directories(store.layout().state());
  // Opening a pipe that nobody writes to never returns.
  ASSERT_EQ(::mkfifo(store.layout().state_db().c_str(), 0600), 0);
  EXPECT_EQ(Words(MenuItem::kCheck), "unknown: unknown");
  for (const MenuBadge& badge : ReadMenuBadges(nullptr, options_)) {
    EXPECT_EQ(badge.state, BadgeState::kUnknown);
    EXPECT_EQ(badge.words.English(), "unknown");
  }
}

}  // namespace
}  // namespace benchkeep::ops
