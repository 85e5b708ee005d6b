// The keeper of jobs with its real history, a manual clock and runs that only
// pretend: what is booked, what comes back after a stop or a crash.

#include "jobs/keeper.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "fs/posix_file_system.h"
#include "jobs/job_runner.h"
#include "support/temp_dir.h"

namespace benchkeep::jobs {
namespace {

using namespace std::chrono_literals;
using store::RunStatus;

const TimePoint kStart = std::chrono::sys_days(2026y / 1 / 1) + 12h + 30min;

// Runs take no time unless told to wait.
class FakeLauncher final : public Launcher {
 public:
  explicit FakeLauncher(Clock& clock) : clock_(clock) {}

  void Launch(const Job& job, const store::JobRun& run) override {
    launched.push_back(run);
    if (hold) return;
    store::JobRun end = run;
    end.ended = clock_.Now();
    end.status = ends.contains(job.name) ? ends[job.name] : RunStatus::kOk;
    end.exit_code = exit_code;
    ended_.push_back(end);
  }
  std::vector<store::JobRun> Collect() override {
    return std::exchange(ended_, {});
  }

  bool hold = false;
  std::map<std::string, RunStatus> ends;
  std::optional<std::int64_t> exit_code;
  std::vector<store::JobRun> launched;

 private:
  Clock& clock_;
  std::vector<store::JobRun> ended_;
};

class JobKeeperTest : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(dir_.path() / "benchkeep.toml") << "\n";
    Result<store::Store> opened =
        store::Store::Open(file_system_, clock_, dir_.path());
    ASSERT_TRUE(opened.ok()) << opened.error().message.English();
    store_ = std::make_unique<store::Store>(std::move(*opened));
    jobs_ = JobsOf(store_->settings().jobs, TimeZone(), [](const auto&) {
              return true;
            }).value();
    std::erase_if(jobs_, [](const Job& job) { return job.name == "alerts"; });
  }

  JobKeeper Open() {
    Result<JobKeeper> keeper = JobKeeper::Open(
        *store_, jobs_, launcher_, kStart - 24h,
        [this](const Message& message) { log_ += message.English() + "\n"; });
    EXPECT_TRUE(keeper.ok());
    return std::move(*keeper);
  }

  void Until(JobKeeper& keeper, TimePoint end) {
    while (clock_.Now() < end) {
      keeper.Tick();
      clock_.SleepFor(5min);
    }
    keeper.Tick();
  }

  std::vector<store::JobRun> Runs(const std::string& job) {
    auto history = store::JobHistory::Open(store_->layout().state_db()).value();
    auto runs = history.Runs({.job = job, .most = 1000}).value();
    return {runs.rbegin(), runs.rend()};
  }

  TempDir dir_;
  fs::PosixFileSystem file_system_;
  ManualClock clock_{kStart};
  std::unique_ptr<store::Store> store_;
  std::vector<Job> jobs_;
  FakeLauncher launcher_{clock_};
  std::string log_;
};

TEST_F(JobKeeperTest, BooksEveryRunOfAWeek) {
  JobKeeper keeper = Open();
  Until(keeper, kStart + 7 * 24h);
  EXPECT_EQ(keeper.started(), 7 * 24 + 7 + 7 + 1 + 7);
  EXPECT_EQ(keeper.failed(), 0);
  const std::vector<store::JobRun> runs = Runs("consolidate");
  ASSERT_EQ(runs.size(), 7U * 24U);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    EXPECT_EQ(runs[i].planned, kStart + 30min + i * 1h);
    EXPECT_EQ(runs[i].status, RunStatus::kOk);
    EXPECT_EQ(runs[i].trigger, "schedule");
  }
  EXPECT_EQ(Runs("report")[0].planned,
            std::chrono::sys_days(2026y / 1 / 5) + 4h);
}

TEST_F(JobKeeperTest, MakesUpWhatWasMissedWhileNobodyWasThere) {
  {
    JobKeeper keeper = Open();
    Until(keeper, kStart + 2h);
  }
  clock_.Set(kStart + 72h);
  JobKeeper keeper = Open();
  keeper.Tick();
  keeper.Tick();
  const auto runs = Runs("consolidate");
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs[2].trigger, "made_up");
  EXPECT_EQ(runs[2].planned, kStart + 71h + 30min);
  EXPECT_EQ(Runs("backup").size(), 1U);
  EXPECT_EQ(Runs("report").size(), 0U);  // No Monday yet.
}

TEST_F(JobKeeperTest, TriesAgainAndGivesUp) {
  launcher_.ends["backup"] = RunStatus::kFailed;
  launcher_.exit_code = 1;
  JobKeeper keeper = Open();
  Until(keeper, kStart + 24h);
  const auto runs = Runs("backup");
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs[0].trigger, "schedule");
  EXPECT_EQ(runs[1].trigger, "retry");
  EXPECT_EQ(runs[2].attempt, 3);
  EXPECT_EQ(runs[2].planned, runs[0].planned);
  EXPECT_EQ(keeper.failed(), 3);
}

TEST_F(JobKeeperTest, DoesNotTryAgainWhatCannotGoBetter) {
  launcher_.ends["backup"] = RunStatus::kFailed;
  launcher_.exit_code = 2;
  JobKeeper keeper = Open();
  Until(keeper, kStart + 24h);
  EXPECT_EQ(Runs("backup").size(), 1U);
}

TEST_F(JobKeeperTest, TriesAgainWhatDiedWithItsKeeper) {
  launcher_.hold = true;
  {
    JobKeeper keeper = Open();
    Until(keeper, kStart + 30min);
    ASSERT_EQ(Runs("consolidate").size(), 1U);
  }
  launcher_.hold = false;
  JobKeeper keeper = Open();
  EXPECT_NE(log_.find("consolidate was cut short"), std::string::npos);
  EXPECT_EQ(Runs("consolidate")[0].status, RunStatus::kInterrupted);
  Until(keeper, clock_.Now() + 10min);
  const auto runs = Runs("consolidate");
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[1].trigger, "retry");
  EXPECT_EQ(runs[1].planned, runs[0].planned);
}

TEST_F(JobKeeperTest, LeavesARunByHandAlone) {
  { JobKeeper keeper = Open(); }
  const auto lock = LockJob(*store_, "consolidate");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(LockJob(*store_, "consolidate").error().code, Code::kBusy);
  store::JobRun run;
  run.job = "consolidate";
  run.trigger = "manual";
  run.started = kStart;
  auto history = store::JobHistory::Open(store_->layout().state_db()).value();
  ASSERT_TRUE(history.Begin(run).ok());
  JobKeeper keeper = Open();
  EXPECT_EQ(Runs("consolidate")[0].status, RunStatus::kRunning);
}

TEST_F(JobKeeperTest, HearsOfPauses) {
  JobKeeper keeper = Open();
  keeper.Tick();
  auto history = store::JobHistory::Open(store_->layout().state_db()).value();
  ASSERT_TRUE(history.SetPaused("consolidate", clock_.Now()).ok());
  Until(keeper, kStart + 5h);
  EXPECT_TRUE(Runs("consolidate").empty());
  ASSERT_TRUE(history.SetPaused("consolidate", std::nullopt).ok());
  Until(keeper, kStart + 7h);
  EXPECT_EQ(Runs("consolidate").size(), 2U);
  EXPECT_EQ(Runs("consolidate")[0].trigger, "schedule");
}

TEST_F(JobKeeperTest, RunsNoJobThatIsNotBooked) {
  JobKeeper keeper = Open();
  keeper.Tick();
  // Somebody holds the database for good.
  auto db = store::StateDb::Open(store_->layout().state_db()).value();
  ASSERT_TRUE(db.Run("DROP TABLE job_runs").ok());
  Until(keeper, kStart + 1h);
  EXPECT_TRUE(launcher_.launched.empty());
  EXPECT_NE(log_.find("no such table"), std::string::npos);
}

}  // namespace
}  // namespace benchkeep::jobs
