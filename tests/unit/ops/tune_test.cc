// Tune on machines that lie in a folder: each limit decides in some case.

#include "ops/tune.h"

#include <gtest/gtest.h>

#include <fstream>

#include "../host/fake_machine.h"
#include "../host/fake_proc.h"
#include "fs/posix_file_system.h"
#include "support/temp_dir.h"

namespace benchkeep::ops {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 1'756'000'000 * kSecond;

const TuneLimit& Named(const TuneReport& report, const std::string& name) {
  for (const TuneLimit& limit : report.limits) {
    if (limit.name == name) return limit;
  }
  ADD_FAILURE() << "no limit " << name;
  return report.limits.front();
}

std::string Binding(const TuneReport& report) {
  std::string names;
  for (const TuneLimit& limit : report.limits) {
    if (limit.binds) names += limit.name;
  }
  return names;
}

// What was measured is given; only the limits are asked for.
class LimitsTest : public testing::Test {
 protected:
  LimitsTest() {
    report_.memory.state = host::Machine(fake_.root()).Memory();
    report_.storage = Storage::kParquet;
  }

  void Set(std::uint64_t tasks = 1000) {
    const host::Machine machine(fake_.root());
    report_.memory.state = machine.Memory();
    SetLimits(machine, settings_, tasks, report_);
  }

  void AddRunner(int pid, std::uint64_t bytes) {
    TuneRunner runner;
    runner.process.pid = pid;
    runner.pss_bytes = bytes;
    report_.memory.runners.push_back(runner);
    report_.memory.pss_bytes += bytes;
    report_.memory.per_runner_bytes =
        std::max(report_.memory.per_runner_bytes.value_or(0), bytes);
  }

  TempDir dir_;
  host::FakeMachine fake_{dir_.path()};
  store::Settings settings_;
  TuneReport report_;
};

TEST_F(LimitsTest, TheGuidesRuleDecidesWhereNothingIsTighter) {
  Set();
  EXPECT_EQ(report_.workers, 16);
  EXPECT_EQ(Binding(report_), "guide");
  EXPECT_EQ(report_.batch.value, 20);
  EXPECT_FALSE(Named(report_, "cpu_quota").value.has_value());
  EXPECT_FALSE(Named(report_, "memory").value.has_value());
  EXPECT_FALSE(Named(report_, "api_rate").value.has_value());

  fake_.Write("sys/devices/system/cpu/online", "0-63\n");
  fake_.Allow("0-63");
  Set();
  EXPECT_EQ(report_.workers, 50);
  report_.storage = Storage::kJson;
  Set();
  EXPECT_EQ(report_.workers, 10);
  fake_.Write("sys/devices/system/cpu/online", "0-2\n");
  fake_.Allow("0-2");
  Set();
  EXPECT_EQ(report_.workers, 3);
}

TEST_F(LimitsTest, AffinityDecides) {
  fake_.Allow("1,5");
  Set();
  EXPECT_EQ(report_.workers, 4);
  EXPECT_EQ(Binding(report_), "affinity");
  EXPECT_EQ(Named(report_, "guide").value, 16);
}

TEST_F(LimitsTest, AQuotaOfProcessorsDecides) {
  fake_.Write("proc/self/cgroup", "0::/jobs\n");
  fake_.Write("sys/fs/cgroup/jobs/cpu.max", "150000 100000\n");
  Set();
  EXPECT_EQ(report_.workers, 3);
  EXPECT_EQ(Binding(report_), "cpu_quota");
  fake_.Write("sys/fs/cgroup/jobs/cpu.max", "10000 100000\n");
  Set();
  EXPECT_EQ(report_.workers, 1);  // Never none.
}

TEST_F(LimitsTest, TheMemoryOfTheMachineDecides) {
  fake_.Memory(16 * kGiB, 4 * kGiB);
  AddRunner(10, kGiB);
  AddRunner(11, kGiB / 2);
  Set();
  // 4 GiB are available and 1.5 in use by runners; 1.6 stay free.
  EXPECT_EQ(Named(report_, "memory").value, 3);
  EXPECT_EQ(report_.workers, 3);
  EXPECT_EQ(Binding(report_), "memory");
}

TEST_F(LimitsTest, TheMemoryOfAControlGroupDecides) {
  fake_.Write("proc/self/cgroup", "0::/jobs/night\n");
  fake_.Write("sys/fs/cgroup/jobs/memory.max", std::to_string(2 * kGiB));
  fake_.Write("sys/fs/cgroup/jobs/memory.current", std::to_string(kGiB));
  AddRunner(10, 100 * kMiB);
  fake_.Write("proc/10/cgroup", "0::/elsewhere\n");
  Set();
  // 1,024 MiB available less 204.8 that stay free.
  EXPECT_EQ(Named(report_, "memory").value, 8);
  EXPECT_EQ(Binding(report_), "memory");
  // A runner inside may keep what it has.
  fake_.Write("proc/10/cgroup", "0::/jobs/day\n");
  Set();
  EXPECT_EQ(Named(report_, "memory").value, 9);
  // A group with a name that only begins the same is another one.
  fake_.Write("proc/10/cgroup", "0::/jobs2\n");
  Set();
  EXPECT_EQ(Named(report_, "memory").value, 8);
}

TEST_F(LimitsTest, TheSettingsMayPlanMoreForARunner) {
  settings_.tune_runner_memory = 2 * kGiB;
  Set();
  // 12 GiB are available, 1.6 stay free.
  EXPECT_EQ(Named(report_, "memory").value, 5);
  settings_.tune_free_percent = 50;
  Set();
  EXPECT_EQ(Named(report_, "memory").value, 2);
  AddRunner(10, 4 * kGiB);
  Set();
  EXPECT_EQ(Named(report_, "memory").value, 2);
}

TEST_F(LimitsTest, MemoryThatIsUsedUpStillLeavesOneRunner) {
  fake_.Memory(16 * kGiB, kGiB / 10);
  AddRunner(10, kGiB / 10);
  Set();
  EXPECT_EQ(Named(report_, "memory").value, 0);
  EXPECT_EQ(report_.workers, 1);
}

TEST_F(LimitsTest, RefusedRequestsDecide) {
  report_.rate.refused = 3000;
  report_.pace.tests = 1000;
  report_.pace.most_runners = 8;
  Set();
  // A quarter went through: so a quarter of the runners is enough.
  EXPECT_EQ(Named(report_, "api_rate").value, 2);
  EXPECT_EQ(Binding(report_), "api_rate");
  EXPECT_DOUBLE_EQ(report_.rate.refused_share.value(), 0.75);
}

TEST_F(LimitsTest, WaitingForRetryAfterDecides) {
  report_.rate.refused = 360;
  report_.rate.retry_after_seconds = 20;
  report_.pace.tests = 100'000;
  report_.pace.active_seconds = 3600;
  report_.pace.most_runners = 6;
  Set();
  // 7,200 seconds of waiting in an hour: two of six did nothing else.
  EXPECT_EQ(Named(report_, "api_rate").value, 4);
  EXPECT_EQ(Binding(report_), "api_rate");
}

TEST_F(LimitsTest, FewRefusalsOrNobodyToBlameDecideNothing) {
  report_.rate.refused = 5;
  report_.pace.tests = 10'000;
  report_.pace.most_runners = 8;
  Set();
  EXPECT_FALSE(Named(report_, "api_rate").value.has_value());
  report_.rate.refused = 5000;
  report_.pace.most_runners = 0;
  Set();
  EXPECT_FALSE(Named(report_, "api_rate").value.has_value());
  EXPECT_EQ(Binding(report_), "guide");
}

TEST_F(LimitsTest, BatchesAreTheGuides) {
  const auto batch = [this](std::uint64_t tasks) {
    Set(tasks);
    return report_.batch.value;
  };
  EXPECT_EQ(batch(1), 1);
  EXPECT_EQ(batch(99), 6);  // 99 / 16
  EXPECT_EQ(batch(100), 10);
  EXPECT_EQ(batch(999), 10);
  EXPECT_EQ(batch(1000), 20);
}

TEST_F(LimitsTest, BatchesFollowWhatATestTakes) {
  // Slow: 20 tests would lie unwritten for 40 minutes.
  report_.pace.seconds_per_test = 120;
  Set();
  EXPECT_EQ(report_.batch.guide, 20);
  EXPECT_EQ(report_.batch.value, 2);
  report_.pace.seconds_per_test = 1000;
  Set();
  EXPECT_EQ(report_.batch.value, 1);
  // Fast: the increment would be rewritten all the time.
  report_.pace.seconds_per_test = 0.1;
  Set(10'000);
  EXPECT_EQ(report_.batch.value, 100);
  settings_.tune_flush_seconds = 5;
  Set(10'000);
  EXPECT_EQ(report_.batch.value, 50);
  settings_.tune_flush_seconds = 300;
  Set(320);  // But there are 20 tests for each runner, no more.
  EXPECT_EQ(report_.batch.value, 20);
  report_.pace.seconds_per_test = 3;
  Set();
  EXPECT_EQ(report_.batch.value, 20);
}

TEST(RetryAfterIn, FindsTheLongestWait) {
  EXPECT_EQ(RetryAfterIn("429, headers: {'Retry-After': '20'}"), 20);
  EXPECT_EQ(RetryAfterIn("retry-after: 1.5"), 1.5);
  EXPECT_EQ(RetryAfterIn("Please try again in 1m2.5s."), 62.5);
  EXPECT_EQ(RetryAfterIn("try again in 250ms"), 0.25);
  EXPECT_EQ(RetryAfterIn("Retry after 5 seconds, or retry in 2 h"), 7200);
  EXPECT_FALSE(RetryAfterIn("please try again later").has_value());
  EXPECT_FALSE(RetryAfterIn("retry-after: Wed, 21 Oct 2026").has_value());
  EXPECT_FALSE(RetryAfterIn("retry-after: 99999999").has_value());
  EXPECT_FALSE(RetryAfterIn("").has_value());
}

TEST(GrowthPerHour, IsALineThroughThePoints) {
  using std::chrono::seconds;
  EXPECT_FALSE(GrowthPerHour({{0, 5}}, seconds(1)).has_value());
  EXPECT_FALSE(GrowthPerHour({{0, 5}, {0, 9}}, seconds(0)).has_value());
  EXPECT_FALSE(GrowthPerHour({{0, 5}, {59, 9}}, seconds(60)).has_value());
  EXPECT_DOUBLE_EQ(GrowthPerHour({{0, 100}, {1800, 150}}, seconds(60)).value(),
                   100);
  EXPECT_NEAR(
      GrowthPerHour({{0, 10}, {3600, 8}, {7200, 6}}, seconds(60)).value(), -2,
      1e-9);
}

TEST(StartOfIncrement, KnowsTimesOfManyForms) {
  const auto start = [](const char* name) {
    return StartOfIncrement(name, kNow, std::chrono::hours(8));
  };
  EXPECT_EQ(start("increment_17_1755999000.parquet"), kNow - 1000 * kSecond);
  EXPECT_EQ(start("increment_17_1755999000000.parquet"), kNow - 1000 * kSecond);
  EXPECT_EQ(start("increment_17_1755999000000000.parquet"),
            kNow - 1000 * kSecond);
  EXPECT_EQ(start("increment_17_1755999000000000000.parquet"),
            kNow - 1000 * kSecond);
  // 2025-08-24 01:46:40 UTC, eight hours later in China.
  EXPECT_EQ(start("increment_17_20250824_094639.parquet"), kNow - kSecond);
  EXPECT_FALSE(start("increment_17_20250824_094640.parquet").has_value());
  EXPECT_FALSE(start("increment_17_3.parquet").has_value());
  EXPECT_FALSE(start("increment_17_now.parquet").has_value());
  EXPECT_FALSE(start("increment_17").has_value());
}

TEST(PaceOf, CountsADayAndTheRunnersAtOneTime) {
  const auto at = [](std::int64_t seconds) { return kNow + seconds * kSecond; };
  const Pace pace = PaceOf(
      {
          {1, at(-1000), at(-900), 10},  // 10 s a test
          {2, at(-950), at(-850), 20},   // 5 s
          {3, at(-850), at(-800), 50},   // 1 s, after the second has ended
          {4, std::nullopt, at(-500), 7},
          {5, at(-200'000), at(-100'000), 1},  // Two days ago.
      },
      kNow);
  EXPECT_EQ(pace.increments, 5U);
  EXPECT_DOUBLE_EQ(pace.seconds_per_test.value(), 10);
  EXPECT_EQ(pace.tests, 87U);
  EXPECT_EQ(pace.most_runners, 2);
  EXPECT_DOUBLE_EQ(pace.active_seconds, 500);
  // Each increment written once, when it is full: 30 s for 10 tests, and the
  // two runners take turns.
  const Pace once = PaceOf(
      {
          {1, at(-301), at(-300), 10},
          {2, at(-286), at(-285), 10},
          {1, std::nullopt, at(-270), 10},
          {2, at(-256), at(-255), 10},
          {1, at(-241), at(-240), 10},
          {2, at(-5000), at(-4900), 0},
      },
      kNow);
  EXPECT_DOUBLE_EQ(once.seconds_per_test.value(), 3);
  EXPECT_EQ(once.most_runners, 2);
  const Pace none = PaceOf({}, kNow);
  EXPECT_FALSE(none.seconds_per_test.has_value());
  EXPECT_EQ(none.most_runners, 0);
}

TEST(MemoryIsShort, ByRoomOrByPressure) {
  host::MemoryState state;
  state.total_bytes = 100;
  state.available_bytes = 11;
  EXPECT_FALSE(MemoryIsShort(state, std::nullopt, 10));
  state.groups.push_back({"/g", 100, 91});
  EXPECT_TRUE(MemoryIsShort(state, std::nullopt, 10));
  state.groups.clear();
  host::Pressure pressure;
  pressure.some.avg300 = 0.9;
  EXPECT_FALSE(MemoryIsShort(state, pressure, 10));
  pressure.some.avg300 = 1;
  EXPECT_TRUE(MemoryIsShort(state, pressure, 10));
  state.available_bytes = 9;
  EXPECT_TRUE(MemoryIsShort(state, std::nullopt, 10));
}

// A store with a runner that grows, on a machine that lies in a folder.
class TuneTest : public testing::Test {
 protected:
  TuneTest() : clock_(TimePoint(std::chrono::nanoseconds(kNow))) {
    std::ofstream(root() / "benchkeep.toml") << "\n";
    std::filesystem::create_directories(root() / "pilot_bench_parquet_data");
    options_.machine = host::Machine(fake_.root());
    options_.self = 900;
    fake_.Memory(16 * kGiB, 4 * kGiB);
    proc_.Add({.pid = 900, .exe = "/usr/bin/benchkeep"});
  }

  std::filesystem::path root() {
    const auto path = dir_.path() / "store";
    std::filesystem::create_directories(path);
    return path;
  }

  void AddRunner(int pid) {
    proc_.Add({.pid = pid,
               .exe = "/usr/bin/python3.11",
               .argv = {"python3", "batch_test.py"},
               .cwd = root().string()});
  }

  void Grow(int pid, std::uint64_t bytes) {
    fake_.Write(fmt::format("proc/{}/smaps_rollup", pid),
                fmt::format("00-ff ---p\nPss:  {} kB\n", bytes / 1024));
  }

  TuneReport Run() {
    const Result<store::Store> store =
        store::Store::Open(file_system_, clock_, root());
    EXPECT_TRUE(store.ok());
    NoProgress quiet;
    Result<TuneReport> report = ReadTune(*store, options_, quiet);
    EXPECT_TRUE(report.ok()) << report.error().message.English();
    return std::move(*report);
  }

  TempDir dir_;
  host::FakeMachine fake_{dir_.path() / "machine"};
  host::FakeProc proc_{dir_.path() / "machine/proc", 1'700'000'000};
  fs::PosixFileSystem file_system_;
  ManualClock clock_;
  TuneOptions options_;
};

TEST_F(TuneTest, MeasuresRunnersAndForecastsTheEnd) {
  AddRunner(50);
  Grow(50, kGiB);
  TuneReport report = Run();
  ASSERT_EQ(report.memory.runners.size(), 1U);
  EXPECT_EQ(report.memory.runners[0].script, "batch_test.py");
  EXPECT_EQ(report.memory.pss_bytes, kGiB);
  EXPECT_FALSE(report.memory.growth_bytes_per_hour.has_value());
  EXPECT_FALSE(report.memory.hours_to_oom.has_value());
  EXPECT_TRUE(report.findings.empty());

  // An hour later it has grown by a GiB: four are left.
  clock_.SleepFor(std::chrono::hours(1));
  Grow(50, 2 * kGiB);
  report = Run();
  EXPECT_NEAR(report.memory.growth_bytes_per_hour.value(), kGiB, 1e3);
  EXPECT_NEAR(report.memory.hours_to_oom.value(), 4, 1e-6);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].code, "tune_oom_soon");

  // It is gone, and what it needed is still known.
  std::filesystem::remove_all(proc_.path() / "50");
  report = Run();
  EXPECT_TRUE(report.memory.runners.empty());
  EXPECT_TRUE(report.memory.per_runner_remembered);
  EXPECT_EQ(report.memory.per_runner_bytes, 2 * kGiB);
  EXPECT_EQ(Named(report, "memory").value, 1);
}

TEST_F(TuneTest, LooksTwiceWhenAsked) {
  AddRunner(50);
  Grow(50, kGiB);
  options_.interval = std::chrono::seconds(10);
  const TuneReport report = Run();
  EXPECT_DOUBLE_EQ(report.memory.growth_bytes_per_hour.value(), 0);
  EXPECT_EQ(clock_.Now().time_since_epoch().count(), kNow + 10 * kSecond);
}

TEST_F(TuneTest, ARehearsalRemembersNothing) {
  AddRunner(50);
  options_.remember = false;
  Run();
  EXPECT_FALSE(std::filesystem::exists(root() / ".benchkeep"));
}

TEST_F(TuneTest, TooManyRunnersAndShortMemoryAreFindings) {
  fake_.Memory(16 * kGiB, kGiB);
  fake_.Allow("0");
  for (int pid = 50; pid < 53; ++pid) AddRunner(pid);
  const TuneReport report = Run();
  std::string codes;
  for (const Finding& finding : report.findings) codes += finding.code + " ";
  EXPECT_EQ(codes, "tune_memory_short tune_too_many_runners ");
  EXPECT_EQ(report.workers, 1);
}

TEST_F(TuneTest, RefusalsInTheLogsAreCounted) {
  std::filesystem::create_directories(root() / "logs");
  std::ofstream log(root() / "logs/run.log");
  for (int i = 0; i < 30; ++i) {
    log << "2025-08-24 01:46:10,000 - llm - ERROR - Error code: 429 - rate "
           "limit reached, please try again in 2.5s\n";
  }
  log.close();
  const TuneReport report = Run();
  EXPECT_EQ(report.rate.refused, 30U);
  EXPECT_EQ(report.rate.retry_after_seconds, 2.5);
  EXPECT_FALSE(Named(report, "api_rate").value.has_value());
}

TEST_F(TuneTest, JsonStoresAreTold) {
  EXPECT_EQ(Run().storage, Storage::kJson);
  std::filesystem::create_directories(root() /
                                      "pilot_bench_parquet_data/incremental");
  EXPECT_EQ(Run().storage, Storage::kParquet);
  options_.storage = Storage::kJson;
  EXPECT_EQ(Run().storage, Storage::kJson);
}

class ReleaseTest : public TuneTest {
 protected:
  ReleaseReport Release(const ReleaseOptions& options) {
    const Result<store::Store> store =
        store::Store::Open(file_system_, clock_, root());
    EXPECT_TRUE(store.ok());
    NoProgress quiet;
    return ReleaseMemory(*store, options, quiet);
  }
};

TEST_F(ReleaseTest, DoesNothingWhenMemoryIsNotShort) {
  const ReleaseReport report = Release(
      {.rehearse = false, .only_if_short = true, .machine = options_.machine});
  EXPECT_FALSE(report.needed);
  EXPECT_TRUE(report.steps.empty());
  EXPECT_EQ(report.freed_bytes, 0U);
}

TEST_F(ReleaseTest, GivesBackTheCacheOfTheControlGroup) {
  fake_.Memory(16 * kGiB, kGiB);
  fake_.Write("proc/self/cgroup", "0::/jobs\n");
  fake_.Write("sys/fs/cgroup/jobs/memory.reclaim", "");
  fake_.Write("sys/fs/cgroup/jobs/memory.current", std::to_string(kGiB));
  fake_.Write("sys/fs/cgroup/jobs/memory.stat",
              "inactive_file " + std::to_string(100 * kMiB) + "\n");
  ReleaseOptions options{
      .rehearse = true, .only_if_short = true, .machine = options_.machine};
  ReleaseReport report = Release(options);
  EXPECT_TRUE(report.needed);
  ASSERT_EQ(report.steps.size(), 3U);
  EXPECT_EQ(report.steps[1].name, "control_group");
  EXPECT_EQ(report.steps[1].state, ReleaseStep::State::kPlanned);
  EXPECT_EQ(report.steps[1].freed_bytes(), 100 * kMiB);
  EXPECT_EQ(fake_.Read("sys/fs/cgroup/jobs/memory.reclaim"), "");
  options.rehearse = false;
  report = Release(options);
  EXPECT_EQ(report.steps[1].state, ReleaseStep::State::kDone);
  // This kernel gave nothing, and the report does not say otherwise.
  EXPECT_EQ(report.steps[1].freed_bytes(), 0U);
  EXPECT_EQ(fake_.Read("sys/fs/cgroup/jobs/memory.reclaim"),
            std::to_string(100 * kMiB) + " swappiness=0");
}

}  // namespace
}  // namespace benchkeep::ops
