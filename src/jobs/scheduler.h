// Which job is to start now.
//
// Pure logic: it is told the time and what happened, and says what to do.  Its
// memory is one watermark per job: everything that was due up to there has been
// dealt with.  From it follows
//   - that no run happens twice, whatever the clock does;
//   - that runs missed while the machine slept or nobody was there are made up
//     once, however many they were;
//   - that a run which is due while the last one goes on starts when that ends.
// When the clock is put back, jobs of every hour follow the new time; jobs at
// fixed hours do not run a second time, unless it went back by more than three
// hours (as in cron(8) of Debian): then the old time was wrong.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "jobs/job.h"

namespace benchkeep::jobs {

enum class Trigger { kSchedule, kMadeUp, kRetry, kReboot, kManual };
const char* TriggerName(Trigger trigger);

// How a run ended, as far as the scheduler cares.
enum class Ending {
  kDone,
  kFailed,   // It may go better next time: try again.
  kRefused,  // It will not go better: wait for the next time it is due.
};

// A run that is to start.
struct Start {
  std::size_t job = 0;  // Index among the jobs.
  TimePoint planned{};
  Trigger trigger = Trigger::kSchedule;
  std::int64_t attempt = 1;
};

class Scheduler {
 public:
  // `booted` is when the machine was started, for @reboot.
  Scheduler(std::vector<Job> jobs, TimePoint now, TimePoint booted);

  [[nodiscard]] const std::vector<Job>& jobs() const { return jobs_; }

  // What is known about a job from earlier; without it nothing is made up.
  void SetWatermark(std::size_t job, TimePoint time);
  // A paused job is never due, and what it missed is not made up.
  void SetPaused(std::size_t job, bool paused, TimePoint now);
  // A run that was cut short when its keeper died: it counts as failed.
  void Resume(std::size_t job, TimePoint planned, std::int64_t attempt,
              TimePoint now);
  // The new list of jobs after a change of the settings; what is known about a
  // job stays with its name.
  void Replace(std::vector<Job> jobs, TimePoint now);

  // The job is due now, whatever its times are; after the run that goes on.
  void Want(std::size_t job) { states_[job].wanted = true; }

  // The runs to start now; each is taken for started.
  std::vector<Start> Due(TimePoint now);
  void Ended(std::size_t job, Ending ending, TimePoint now);

  // When Due() may have something next; nullopt: never, as things are.
  [[nodiscard]] std::optional<TimePoint> NextWake() const;

  // When the job is due next; nullopt when paused, inactive or @reboot.
  [[nodiscard]] std::optional<TimePoint> NextRun(std::size_t job) const;
  [[nodiscard]] std::optional<TimePoint> NextRetry(std::size_t job) const {
    return states_[job].retry_at;
  }
  [[nodiscard]] TimePoint Watermark(std::size_t job) const {
    return states_[job].watermark;
  }
  [[nodiscard]] bool IsRunning(std::size_t job) const {
    return states_[job].running;
  }
  [[nodiscard]] bool IsPaused(std::size_t job) const {
    return states_[job].paused;
  }

 private:
  struct State {
    TimePoint watermark{};
    bool running = false;
    bool paused = false;
    bool wanted = false;
    std::int64_t attempt = 0;  // Of the run that goes on or is to be retried.
    TimePoint planned{};
    std::optional<TimePoint> retry_at;
    std::optional<TimePoint> next;  // Due after the watermark.
  };

  void Recompute(std::size_t job);
  void ClockWentBack(TimePoint now);
  std::optional<Start> DueOf(std::size_t job, TimePoint now);

  std::vector<Job> jobs_;
  std::vector<State> states_;
  TimePoint booted_;
  TimePoint last_seen_;
};

}  // namespace benchkeep::jobs
