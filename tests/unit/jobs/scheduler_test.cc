// The scheduler on a manual clock: every run exactly once, whatever happens to
// the clock, to the keeper and to the runs.

#include "jobs/scheduler.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "jobs/fire_times.h"

namespace benchkeep::jobs {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

Job MakeJob(const std::string& name, const std::string& schedule,
            const std::string& zone = "UTC") {
  Job job;
  job.name = name;
  job.commands = {{name}};
  job.schedule = CronSchedule::Parse(schedule).value();
  job.zone = TimeZone::Load(zone).value();
  job.retries = 2;
  return job;
}

std::vector<Job> GuideJobs(const std::string& zone) {
  std::vector<Job> jobs;
  for (const store::JobSettings& each : store::DefaultJobs()) {
    if (jobs.size() == 5) break;  // The rest is not the guide's.
    jobs.push_back(MakeJob(each.name, each.schedule, zone));
  }
  return jobs;
}

const TimePoint kStart = sys_days(2026y / 1 / 1) + 12h + 30min;

std::string Text(const std::vector<Start>& starts, const Scheduler& scheduler) {
  std::string text;
  for (const Start& start : starts) {
    text += (text.empty() ? "" : " ") + scheduler.jobs()[start.job].name + "/" +
            TriggerName(start.trigger) + "/" +
            FormatIso(start.planned).substr(5, 11) + "/" +
            std::to_string(start.attempt);
  }
  return text;
}

// A year of the five jobs, woken when the scheduler wants to be.
void LiveAYear(const std::string& zone_name) {
  Scheduler scheduler(GuideJobs(zone_name), kStart, kStart);
  const TimePoint end = kStart + 365 * 24h;
  std::map<std::size_t, std::vector<TimePoint>> runs;
  std::mt19937_64 random(1);
  TimePoint now = kStart;
  int wakes = 0;
  while (now < end) {
    for (const Start& start : scheduler.Due(now)) {
      EXPECT_EQ(start.trigger, Trigger::kSchedule);
      EXPECT_EQ(start.attempt, 1);
      runs[start.job].push_back(start.planned);
      scheduler.Ended(start.job, Ending::kDone, now);
    }
    const auto wake = scheduler.NextWake();
    ASSERT_TRUE(wake.has_value());
    ASSERT_GT(*wake, now);
    // A little late, as a loaded machine is.
    now = *wake + std::chrono::milliseconds(random() % 3000);
    ++wakes;
  }
  EXPECT_LT(wakes, 12'000);
  // What the schedule says, counted without the scheduler: minute by minute.
  for (std::size_t i = 0; i < scheduler.jobs().size(); ++i) {
    const Job& job = scheduler.jobs()[i];
    std::vector<TimePoint> expected;
    auto at = std::chrono::floor<std::chrono::seconds>(kStart);
    while (const auto next = NextFire(job.schedule, job.zone, at)) {
      if (*next >= end) break;
      expected.push_back(*next);
      at = *next;
    }
    EXPECT_EQ(runs[i], expected) << job.name;
  }
  // Every hour that passed; where half an hour is added, one more or less.
  EXPECT_NEAR(static_cast<double>(runs[0].size()), 8760, 1);
  EXPECT_EQ(runs[1].size(), 365U);  // Every day, clock changes or not.
  EXPECT_EQ(runs[2].size(), 365U);
  EXPECT_EQ(runs[3].size(), 52U);
  EXPECT_EQ(runs[4].size(), 365U);
}

TEST(Scheduler, RunsEverythingOnceInAYear) {
  LiveAYear("UTC");
  LiveAYear("Europe/Berlin");
  LiveAYear("America/New_York");
  LiveAYear("Australia/Lord_Howe");
}

// A year in which the machine sleeps, the clock jumps, runs fail, take long,
// and the keeper is started anew: no planned time runs twice, the newest one
// before any quiet moment has run.
TEST(Scheduler, RunsNothingTwiceInAnEventfulYear) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t limit) { return random() % limit; };
    auto scheduler =
        std::make_unique<Scheduler>(GuideJobs("Europe/Berlin"), kStart, kStart);
    const std::size_t jobs = scheduler->jobs().size();
    std::set<std::pair<std::size_t, TimePoint>> first_attempts;
    std::map<std::size_t, TimePoint> running;
    TimePoint now = kStart;
    while (now < kStart + 365 * 24h) {
      for (const Start& start : scheduler->Due(now)) {
        EXPECT_FALSE(running.contains(start.job));
        EXPECT_LE(start.planned, now);
        if (start.trigger != Trigger::kRetry) {
          EXPECT_TRUE(first_attempts.emplace(start.job, start.planned).second)
              << scheduler->jobs()[start.job].name << " "
              << FormatIso(start.planned);
        }
        running[start.job] =
            now +
            std::chrono::minutes(below(20) == 0 ? 90 + below(200) : below(10));
      }
      for (auto it = running.begin(); it != running.end();) {
        if (it->second > now) {
          ++it;
          continue;
        }
        scheduler->Ended(it->first,
                         below(10) == 0 ? Ending::kFailed : Ending::kDone, now);
        it = running.erase(it);
      }
      if (running.empty()) {
        for (const Start& left : scheduler->Due(now)) {
          first_attempts.emplace(left.job, left.planned);
          scheduler->Ended(left.job, Ending::kDone, now);
        }
        for (std::size_t i = 0; i < jobs; ++i) {
          const Job& job = scheduler->jobs()[i];
          const auto last =
              LastFire(job.schedule, job.zone,
                       std::chrono::floor<std::chrono::seconds>(now));
          ASSERT_TRUE(last.has_value());
          EXPECT_TRUE(*last <= kStart || first_attempts.contains({i, *last}))
              << job.name << " " << FormatIso(*last) << " at "
              << FormatIso(now);
        }
      }
      if (below(500) == 0) {
        // A new keeper that remembers what was booked.
        auto anew = std::make_unique<Scheduler>(GuideJobs("Europe/Berlin"), now,
                                                kStart);
        for (std::size_t i = 0; i < jobs; ++i) {
          anew->SetWatermark(i, scheduler->Watermark(i));
        }
        scheduler = std::move(anew);
        running.clear();
      }
      now += std::chrono::seconds(30 + below(1200));
      if (below(300) == 0) now += std::chrono::hours(below(100));  // Asleep.
    }
    EXPECT_GT(first_attempts.size(), 3000U);
  }
}

TEST(Scheduler, MakesUpOnceWhatWasMissed) {
  Scheduler scheduler(GuideJobs("UTC"), kStart, kStart);
  EXPECT_TRUE(scheduler.Due(kStart).empty());
  // Ten days asleep: 240 hours, ten backups, one Monday.
  const TimePoint now = kStart + 240h;
  EXPECT_EQ(Text(scheduler.Due(now), scheduler),
            "consolidate/made_up/01-11T12:00/1 backup/made_up/01-11T02:00/1 "
            "logs/made_up/01-11T03:00/1 report/made_up/01-05T04:00/1 "
            "health/made_up/01-11T09:00/1");
  for (std::size_t i = 0; i < 5; ++i) {
    scheduler.Ended(i, Ending::kDone, now);
  }
  EXPECT_TRUE(scheduler.Due(now + 1min).empty());
  EXPECT_EQ(Text(scheduler.Due(now + 30min), scheduler),
            "consolidate/schedule/01-11T13:00/1");
}

TEST(Scheduler, NeverRunsAJobTwiceAtOnce) {
  Scheduler scheduler({MakeJob("j", "*/10 * * * *")}, kStart, kStart);
  EXPECT_EQ(scheduler.Due(kStart + 10min).size(), 1U);
  EXPECT_TRUE(scheduler.Due(kStart + 20min).empty());
  EXPECT_FALSE(scheduler.NextWake().has_value());
  EXPECT_TRUE(scheduler.Due(kStart + 45min).empty());
  scheduler.Ended(0, Ending::kDone, kStart + 46min);
  // The three that came due meanwhile become one.
  EXPECT_EQ(Text(scheduler.Due(kStart + 46min), scheduler),
            "j/made_up/01-01T13:10/1");
  scheduler.Ended(0, Ending::kDone, kStart + 47min);
  EXPECT_TRUE(scheduler.Due(kStart + 49min).empty());
  EXPECT_EQ(Text(scheduler.Due(kStart + 50min), scheduler),
            "j/schedule/01-01T13:20/1");
}

TEST(Scheduler, TriesAgainAfterAFailure) {
  Scheduler scheduler({MakeJob("j", "0 2 * * *")}, kStart, kStart);
  TimePoint now = sys_days(2026y / 1 / 2) + 2h;
  EXPECT_EQ(Text(scheduler.Due(now), scheduler), "j/schedule/01-02T02:00/1");
  scheduler.Ended(0, Ending::kFailed, now + 5s);
  EXPECT_EQ(scheduler.NextWake(), now + 65s);
  EXPECT_TRUE(scheduler.Due(now + 64s).empty());
  EXPECT_EQ(Text(scheduler.Due(now + 65s), scheduler), "j/retry/01-02T02:00/2");
  scheduler.Ended(0, Ending::kFailed, now + 70s);
  EXPECT_EQ(scheduler.NextWake(), now + 190s);
  EXPECT_EQ(Text(scheduler.Due(now + 190s), scheduler),
            "j/retry/01-02T02:00/3");
  scheduler.Ended(0, Ending::kFailed, now + 200s);
  EXPECT_EQ(scheduler.NextWake(), now + 24h);  // Enough for today.
  EXPECT_EQ(scheduler.Due(now + 24h)[0].attempt, 1);
  scheduler.Ended(0, Ending::kRefused, now + 24h);
  EXPECT_EQ(scheduler.NextWake(), now + 48h);
}

TEST(Scheduler, ANewRunReplacesARetry) {
  Job job = MakeJob("j", "*/2 * * * *");
  job.retry_delay = 10min;
  Scheduler scheduler({job}, kStart, kStart);
  EXPECT_EQ(scheduler.Due(kStart + 2min).size(), 1U);
  scheduler.Ended(0, Ending::kFailed, kStart + 2min);
  EXPECT_EQ(Text(scheduler.Due(kStart + 4min), scheduler),
            "j/schedule/01-01T12:34/1");
  scheduler.Ended(0, Ending::kDone, kStart + 4min);
  EXPECT_EQ(scheduler.NextWake(), kStart + 6min);
}

TEST(Scheduler, RunsWhatIsWantedAtOnceAndOnce) {
  Scheduler scheduler({MakeJob("j", "0 * * * *")}, kStart, kStart);
  EXPECT_TRUE(scheduler.Due(kStart + 1min).empty());
  scheduler.Want(0);
  EXPECT_EQ(scheduler.NextWake(), kStart + 1min);
  EXPECT_EQ(Text(scheduler.Due(kStart + 2min), scheduler),
            "j/manual/01-01T12:32/1");
  scheduler.Want(0);
  EXPECT_TRUE(scheduler.Due(kStart + 3min).empty()) << "while it runs";
  scheduler.Ended(0, Ending::kDone, kStart + 4min);
  EXPECT_EQ(scheduler.Due(kStart + 4min).size(), 1U);
  scheduler.Ended(0, Ending::kDone, kStart + 5min);
  EXPECT_TRUE(scheduler.Due(kStart + 6min).empty());
  EXPECT_EQ(Text(scheduler.Due(kStart + 30min), scheduler),
            "j/schedule/01-01T13:00/1");
}

TEST(Scheduler, PausedJobsMissTheirTimes) {
  Scheduler scheduler({MakeJob("j", "0 * * * *")}, kStart, kStart);
  scheduler.SetPaused(0, true, kStart);
  EXPECT_TRUE(scheduler.Due(kStart + 10h).empty());
  EXPECT_FALSE(scheduler.NextRun(0).has_value());
  scheduler.SetPaused(0, false, kStart + 10h);
  EXPECT_TRUE(scheduler.Due(kStart + 10h).empty());
  EXPECT_EQ(scheduler.NextRun(0), kStart + 10h + 30min);
}

TEST(Scheduler, FollowsAClockThatIsPutBack) {
  std::vector<Job> jobs = {MakeJob("hourly", "0 * * * *"),
                           MakeJob("daily", "0 2 * * *")};
  Scheduler scheduler(jobs, kStart, kStart);
  TimePoint now = sys_days(2026y / 1 / 2) + 2h;
  EXPECT_EQ(scheduler.Due(now).size(), 2U);
  scheduler.Ended(0, Ending::kDone, now);
  scheduler.Ended(1, Ending::kDone, now);
  // An hour back: the hours pass again, the fixed time does not come again.
  now -= 1h;
  EXPECT_TRUE(scheduler.Due(now).empty());
  EXPECT_EQ(Text(scheduler.Due(now + 1h), scheduler),
            "hourly/schedule/01-02T02:00/1");
  scheduler.Ended(0, Ending::kDone, now + 1h);
  EXPECT_EQ(scheduler.NextRun(1), sys_days(2026y / 1 / 3) + 2h);
  // A week back: the old time was wrong.
  now -= 7 * 24h;
  EXPECT_TRUE(scheduler.Due(now).empty());
  EXPECT_EQ(scheduler.NextRun(1), sys_days(2025y / 12 / 26) + 2h);
}

TEST(Scheduler, FollowsAClockThatIsPutForward) {
  Scheduler scheduler(GuideJobs("UTC"), kStart, kStart);
  EXPECT_TRUE(scheduler.Due(kStart).empty());
  EXPECT_EQ(scheduler.Due(kStart + 10 * 365 * 24h).size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    scheduler.Ended(i, Ending::kDone, kStart + 10 * 365 * 24h);
  }
  // It was a mistake, and is put right.
  EXPECT_TRUE(scheduler.Due(kStart + 1min).empty());
  EXPECT_EQ(Text(scheduler.Due(kStart + 30min), scheduler),
            "consolidate/schedule/01-01T13:00/1");
}

TEST(Scheduler, RunsOnceAfterAStartOfTheMachine) {
  const std::vector<Job> jobs = {MakeJob("j", "@reboot")};
  Scheduler scheduler(jobs, kStart, kStart - 5min);
  EXPECT_EQ(Text(scheduler.Due(kStart), scheduler), "j/reboot/01-01T12:25/1");
  scheduler.Ended(0, Ending::kFailed, kStart);
  EXPECT_EQ(Text(scheduler.Due(kStart + 1min), scheduler),
            "j/retry/01-01T12:25/2");
  scheduler.Ended(0, Ending::kDone, kStart + 1min);
  EXPECT_TRUE(scheduler.Due(kStart + 24h).empty());
  // The daemon is started anew, the machine is not.
  Scheduler again(jobs, kStart + 24h, kStart - 5min + 2s);
  again.SetWatermark(0, kStart - 5min);
  EXPECT_TRUE(again.Due(kStart + 24h).empty());
  Scheduler rebooted(jobs, kStart + 48h, kStart + 47h);
  rebooted.SetWatermark(0, kStart - 5min);
  EXPECT_EQ(rebooted.Due(kStart + 48h).size(), 1U);
}

TEST(Scheduler, StartsLaterByTheJitter) {
  Job job = MakeJob("j", "0 * * * *");
  job.jitter = 90s;
  Scheduler scheduler({job}, kStart, kStart);
  const TimePoint due = kStart + 30min;
  EXPECT_EQ(scheduler.NextWake(), due + 90s);
  EXPECT_TRUE(scheduler.Due(due + 89s).empty());
  EXPECT_EQ(Text(scheduler.Due(due + 90s), scheduler),
            "j/schedule/01-01T13:00/1");
  // Always the same share, different ones for different names.
  EXPECT_EQ(JitterOf("backup", 600s), JitterOf("backup", 600s));
  std::set<std::chrono::seconds> shares;
  for (int i = 0; i < 100; ++i) {
    const auto share = JitterOf("job" + std::to_string(i), 600s);
    EXPECT_LE(share, 600s);
    shares.insert(share);
  }
  EXPECT_GT(shares.size(), 60U);
  EXPECT_EQ(JitterOf("backup", 0s), 0s);
}

TEST(Scheduler, KeepsWhatItKnowsWhenTheSettingsChange) {
  Scheduler scheduler({MakeJob("a", "0 * * * *"), MakeJob("b", "0 2 * * *")},
                      kStart, kStart);
  // "a" is running, "b" goes, "c" comes, "a" gets another schedule.
  EXPECT_EQ(scheduler.Due(kStart + 30min).size(), 1U);
  scheduler.Replace({MakeJob("c", "0 3 * * *"), MakeJob("a", "5 * * * *")},
                    kStart + 31min);
  EXPECT_TRUE(scheduler.IsRunning(1));
  EXPECT_TRUE(scheduler.Due(kStart + 40min).empty());
  scheduler.Ended(1, Ending::kDone, kStart + 41min);
  EXPECT_EQ(Text(scheduler.Due(kStart + 41min), scheduler),
            "a/made_up/01-01T13:05/1");
}

TEST(Scheduler, LeavesInactiveJobsAlone) {
  Job off = MakeJob("off", "* * * * *");
  off.enabled = false;
  Job unknown = MakeJob("unknown", "* * * * *");
  unknown.available = false;
  Scheduler scheduler({off, unknown}, kStart, kStart);
  EXPECT_TRUE(scheduler.Due(kStart + 24h).empty());
  EXPECT_FALSE(scheduler.NextWake().has_value());
}

TEST(Scheduler, TriesAgainWhatWasCutShort) {
  Scheduler scheduler({MakeJob("j", "0 2 * * *")}, kStart, kStart);
  const TimePoint planned = sys_days(2026y / 1 / 1) + 2h;
  scheduler.SetWatermark(0, planned);
  scheduler.Resume(0, planned, 1, kStart);
  EXPECT_EQ(Text(scheduler.Due(kStart + 1min), scheduler),
            "j/retry/01-01T02:00/2");
}

}  // namespace
}  // namespace benchkeep::jobs
