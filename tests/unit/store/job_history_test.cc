// The history of jobs: what was booked comes back, in order, from another
// process as well.

#include "store/job_history.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "fs/file_lock.h"
#include "support/temp_dir.h"

namespace benchkeep::store {
namespace {

using namespace std::chrono_literals;

const TimePoint kNoon = std::chrono::sys_days(2026y / 1 / 31) + 12h;

class JobHistoryTest : public testing::Test {
 protected:
  JobHistoryTest() { std::filesystem::create_directories(layout_.state()); }
  JobHistory Open() {
    Result<JobHistory> history = JobHistory::Open(file_);
    EXPECT_TRUE(history.ok());
    return std::move(*history);
  }
  static JobRun Started(const std::string& job, TimePoint at) {
    JobRun run;
    run.job = job;
    run.trigger = "schedule";
    run.planned = at;
    run.started = at + 1s;
    return run;
  }
  static void Run(JobHistory& history, const std::string& job, TimePoint at,
                  RunStatus status) {
    JobRun run = Started(job, at);
    run.id = history.Begin(run).value();
    run.status = status;
    run.ended = at + 5s;
    EXPECT_TRUE(history.Finish(run).ok());
  }

  // Somebody at work, as a process of its own would be.
  [[nodiscard]] fs::FileLock Lock(const fs::Path& path) {
    std::filesystem::create_directories(path.parent_path());
    return fs::FileLock::Acquire(path, clock_, 0ns, 0600).value();
  }

  TempDir dir_;
  SystemClock clock_;
  const Layout layout_{dir_.path(), Settings()};
  const fs::Path file_ = layout_.state_db();
};

TEST_F(JobHistoryTest, RemembersARun) {
  {
    JobHistory history = Open();
    JobRun run = Started("backup", kNoon);
    run.trigger = "made_up";
    run.attempt = 3;
    run.id = history.Begin(run).value();
    run.ended = kNoon + 90s;
    run.status = RunStatus::kFindings;
    run.exit_code = 3;
    run.output = "line\n";
    run.report = "{}\n";
    ASSERT_TRUE(history.Finish(run).ok());
  }
  JobHistory history = JobHistory::OpenToRead(layout_).value();
  const std::vector<JobRun> runs = history.Runs({}).value();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].job, "backup");
  EXPECT_EQ(runs[0].trigger, "made_up");
  EXPECT_EQ(runs[0].planned, kNoon);
  EXPECT_EQ(runs[0].attempt, 3);
  EXPECT_EQ(runs[0].started, kNoon + 1s);
  EXPECT_EQ(runs[0].ended, kNoon + 90s);
  EXPECT_EQ(runs[0].status, RunStatus::kFindings);
  EXPECT_EQ(runs[0].exit_code, 3);
  EXPECT_EQ(runs[0].output, "line\n");
  EXPECT_EQ(runs[0].report, "{}\n");
  EXPECT_EQ(history.Find(runs[0].id).value()->job, "backup");
  EXPECT_FALSE(history.Find(runs[0].id + 1).value().has_value());
  EXPECT_EQ(history.Marks().value()["backup"].watermark, kNoon);
}

TEST_F(JobHistoryTest, IsNotThereBeforeTheFirstRun) {
  EXPECT_EQ(JobHistory::OpenToRead(layout_).error().code, Code::kNotFound);
  { ASSERT_TRUE(StateDb::Open(file_).value().Run("CREATE TABLE t (a)").ok()); }
  EXPECT_EQ(JobHistory::OpenToRead(layout_).error().code, Code::kNotFound);
}

TEST_F(JobHistoryTest, ListsTheNewestAndCountsFailures) {
  JobHistory history = Open();
  Run(history, "a", kNoon, RunStatus::kFailed);
  Run(history, "a", kNoon + 1h, RunStatus::kOk);
  Run(history, "b", kNoon + 2h, RunStatus::kTimeout);
  Run(history, "a", kNoon + 3h, RunStatus::kCrashed);
  Run(history, "a", kNoon + 4h, RunStatus::kInterrupted);
  EXPECT_EQ(history.FailuresInARow("a").value(), 2);
  EXPECT_EQ(history.FailuresInARow("b").value(), 1);
  EXPECT_EQ(history.FailuresInARow("c").value(), 0);
  Run(history, "a", kNoon + 5h, RunStatus::kFindings);
  EXPECT_EQ(history.FailuresInARow("a").value(), 0);
  auto newest = history.Newest().value();
  EXPECT_EQ(newest.size(), 2U);
  EXPECT_EQ(newest["a"].planned, kNoon + 5h);
  const auto last_two = history.Runs({.job = "a", .most = 2}).value();
  ASSERT_EQ(last_two.size(), 2U);
  EXPECT_EQ(last_two[0].status, RunStatus::kFindings);
  EXPECT_EQ(last_two[1].status, RunStatus::kInterrupted);
  ASSERT_TRUE(history.Prune(2).ok());
  EXPECT_EQ(history.Runs({}).value().size(), 3U);
}

TEST_F(JobHistoryTest, ClosesWhatWasCutShort) {
  JobHistory history = Open();
  Run(history, "a", kNoon, RunStatus::kOk);
  ASSERT_TRUE(history.Begin(Started("a", kNoon + 1h)).ok());
  ASSERT_TRUE(history.Begin(Started("b", kNoon + 1h)).ok());
  EXPECT_EQ(history.CloseOpenRuns("a", kNoon + 2h).value().size(), 1U);
  const auto closed = history.CloseOpenRuns("", kNoon + 2h).value();
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_EQ(closed[0].job, "b");
  EXPECT_EQ(closed[0].planned, kNoon + 1h);
  EXPECT_EQ(history.Newest().value()["b"].status, RunStatus::kInterrupted);
  EXPECT_EQ(history.Newest().value()["b"].ended, kNoon + 2h);
  EXPECT_TRUE(history.CloseOpenRuns("", kNoon + 2h).value().empty());
}

TEST_F(JobHistoryTest, SeesThatNobodyKeepsARunAnyMore) {
  JobHistory history = Open();
  Run(history, "a", kNoon, RunStatus::kOk);
  JobRun run = Started("a", kNoon + 1h);
  run.trigger = "manual";
  run.id = history.Begin(run).value();
  JobHistory seen = JobHistory::OpenToRead(layout_).value();
  {
    const fs::FileLock lock = Lock(layout_.job_lock("a"));
    EXPECT_EQ(seen.Newest().value()["a"].status, RunStatus::kRunning);
    EXPECT_EQ(seen.FailuresInARow("a").value(), 0);
  }
  {
    // The daemon keeps its own runs, not those by hand.
    const fs::FileLock daemon = Lock(layout_.daemon_lock());
    EXPECT_EQ(seen.Newest().value()["a"].status, RunStatus::kInterrupted);
  }
  for (const JobRun& one :
       {seen.Newest().value()["a"], seen.Find(run.id).value().value(),
        seen.Runs({.job = "a"}).value()[0]}) {
    EXPECT_EQ(one.status, RunStatus::kInterrupted);
    EXPECT_FALSE(one.ended.has_value());
  }
  EXPECT_EQ(seen.FailuresInARow("a").value(), 1);
  // Nothing was written by looking.
  EXPECT_EQ(history.Newest().value()["a"].status, RunStatus::kRunning);
}

TEST_F(JobHistoryTest, TheDaemonKeepsItsRunsBeforeAndAfterTheirLock) {
  JobHistory history = Open();
  ASSERT_TRUE(history.Begin(Started("a", kNoon)).ok());
  JobHistory seen = JobHistory::OpenToRead(layout_).value();
  EXPECT_EQ(seen.Newest().value()["a"].status, RunStatus::kInterrupted);
  const fs::FileLock daemon = Lock(layout_.daemon_lock());
  EXPECT_EQ(seen.Newest().value()["a"].status, RunStatus::kRunning);
  // A newer run of the job shows that the older one is over.
  ASSERT_TRUE(history.Begin(Started("a", kNoon + 1h)).ok());
  const auto runs = seen.Runs({.job = "a"}).value();
  EXPECT_EQ(runs[0].status, RunStatus::kRunning);
  EXPECT_EQ(runs[1].status, RunStatus::kInterrupted);
}

TEST_F(JobHistoryTest, KeepsMarks) {
  JobHistory history = Open();
  ASSERT_TRUE(history.SetPaused("a", kNoon).ok());
  ASSERT_TRUE(history.SetWatermark("a", kNoon + 1h).ok());
  ASSERT_TRUE(history.SetWatermark("b", kNoon - 24h).ok());
  auto marks = history.Marks().value();
  EXPECT_EQ(marks["a"].paused, kNoon);
  EXPECT_EQ(marks["a"].watermark, kNoon + 1h);
  EXPECT_FALSE(marks["b"].paused.has_value());
  ASSERT_TRUE(history.SetPaused("a", std::nullopt).ok());
  marks = history.Marks().value();
  EXPECT_FALSE(marks["a"].paused.has_value());
  EXPECT_EQ(marks["a"].watermark, kNoon + 1h);
}

}  // namespace
}  // namespace benchkeep::store
