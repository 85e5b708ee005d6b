// Which job is to start now.

#include "jobs/scheduler.h"

#include <algorithm>

#include "jobs/fire_times.h"

namespace benchkeep::jobs {
namespace {

using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Smaller steps back are the clock being trimmed.
constexpr minutes kJump{1};
constexpr hours kCorrection{3};
// A start that much later than planned is called made up.
constexpr minutes kLate{2};
constexpr seconds kLongestRetry = minutes(30);

}  // namespace

const char* TriggerName(Trigger trigger) {
  switch (trigger) {
    case Trigger::kSchedule:
      return "schedule";
    case Trigger::kMadeUp:
      return "made_up";
    case Trigger::kRetry:
      return "retry";
    case Trigger::kReboot:
      return "reboot";
    case Trigger::kManual:
      return "manual";
  }
  return "schedule";
}

Scheduler::Scheduler(std::vector<Job> jobs, TimePoint now, TimePoint booted)
    : booted_(booted), last_seen_(now) {
  Replace(std::move(jobs), now);
}

void Scheduler::Replace(std::vector<Job> jobs, TimePoint now) {
  std::vector<State> states;
  for (const Job& job : jobs) {
    const auto same = std::find_if(
        jobs_.begin(), jobs_.end(),
        [&](const Job& before) { return before.name == job.name; });
    State state;
    state.watermark = now;
    if (same != jobs_.end()) {
      state = states_[static_cast<std::size_t>(same - jobs_.begin())];
      // Times of the new schedule that are past were never promised.
      const bool changed = same->schedule.text() != job.schedule.text() ||
                           same->active() != job.active();
      if (changed) state.watermark = std::max(state.watermark, now);
    } else if (job.schedule.at_reboot()) {
      state.watermark = TimePoint{};
    }
    states.push_back(state);
  }
  jobs_ = std::move(jobs);
  states_ = std::move(states);
  for (std::size_t i = 0; i < jobs_.size(); ++i) Recompute(i);
}

void Scheduler::Recompute(std::size_t job) {
  State& state = states_[job];
  const Job& spec = jobs_[job];
  const auto next =
      NextFire(spec.schedule, spec.zone, floor<seconds>(state.watermark));
  state.next = next ? std::optional<TimePoint>(*next) : std::nullopt;
}

void Scheduler::SetWatermark(std::size_t job, TimePoint time) {
  states_[job].watermark = time;
  Recompute(job);
}

void Scheduler::SetPaused(std::size_t job, bool paused, TimePoint now) {
  State& state = states_[job];
  if (state.paused == paused) return;
  state.paused = paused;
  state.retry_at.reset();
  if (!paused) SetWatermark(job, std::max(state.watermark, now));
}

void Scheduler::Resume(std::size_t job, TimePoint planned, std::int64_t attempt,
                       TimePoint now) {
  State& state = states_[job];
  state.running = true;
  state.planned = planned;
  state.attempt = attempt;
  Ended(job, Ending::kFailed, now);
}

void Scheduler::ClockWentBack(TimePoint now) {
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    State& state = states_[i];
    if (state.retry_at) *state.retry_at -= last_seen_ - now;
    if (state.watermark <= now) continue;
    const bool corrected = state.watermark - now > kCorrection;
    if (corrected || jobs_[i].schedule.EveryHour()) SetWatermark(i, now);
  }
}

std::optional<Start> Scheduler::DueOf(std::size_t job, TimePoint now) {
  State& state = states_[job];
  const Job& spec = jobs_[job];
  if (!spec.active() || state.paused || state.running) return std::nullopt;
  if (spec.schedule.at_reboot()) {
    // The time of the start is worked out anew each time, not to the second.
    if (state.watermark < booted_ - kJump) {
      return Start{job, booted_, Trigger::kReboot, 1};
    }
  }
  if (state.next && *state.next + spec.jitter <= now) {
    const auto last =
        LastFire(spec.schedule, spec.zone, floor<seconds>(now - spec.jitter));
    if (last) {
      const TimePoint planned = std::max<TimePoint>(*last, *state.next);
      const bool late =
          planned > *state.next || now - spec.jitter - planned > kLate;
      return Start{job, planned, late ? Trigger::kMadeUp : Trigger::kSchedule,
                   1};
    }
  }
  if (state.retry_at && *state.retry_at <= now) {
    return Start{job, state.planned, Trigger::kRetry, state.attempt + 1};
  }
  if (state.wanted) return Start{job, now, Trigger::kManual, 1};
  return std::nullopt;
}

std::vector<Start> Scheduler::Due(TimePoint now) {
  if (now + kJump < last_seen_) ClockWentBack(now);
  last_seen_ = now;
  std::vector<Start> starts;
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    const std::optional<Start> start = DueOf(i, now);
    if (!start) continue;
    State& state = states_[i];
    state.running = true;
    state.wanted = false;
    state.attempt = start->attempt;
    state.planned = start->planned;
    state.retry_at.reset();
    if (start->planned > state.watermark) SetWatermark(i, start->planned);
    starts.push_back(*start);
  }
  return starts;
}

void Scheduler::Ended(std::size_t job, Ending ending, TimePoint now) {
  State& state = states_[job];
  state.running = false;
  state.retry_at.reset();
  if (ending != Ending::kFailed || state.attempt > jobs_[job].retries) return;
  seconds delay = jobs_[job].retry_delay;
  for (std::int64_t i = 1; i < state.attempt && delay < kLongestRetry; ++i) {
    delay *= 2;
  }
  state.retry_at =
      now + std::max(jobs_[job].retry_delay, std::min(delay, kLongestRetry));
}

std::optional<TimePoint> Scheduler::NextRun(std::size_t job) const {
  const State& state = states_[job];
  if (!jobs_[job].active() || state.paused || !state.next) return std::nullopt;
  return *state.next + jobs_[job].jitter;
}

std::optional<TimePoint> Scheduler::NextWake() const {
  std::optional<TimePoint> wake;
  const auto consider = [&](std::optional<TimePoint> time) {
    if (time && (!wake || *time < *wake)) wake = time;
  };
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    const State& state = states_[i];
    if (!jobs_[i].active() || state.paused || state.running) continue;
    if (jobs_[i].schedule.at_reboot() && state.watermark < booted_ - kJump) {
      consider(last_seen_);
    }
    if (state.wanted) consider(last_seen_);
    consider(NextRun(i));
    consider(state.retry_at);
  }
  return wake;
}

}  // namespace benchkeep::jobs
