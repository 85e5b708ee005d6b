// When a schedule fires, in a time zone.

#include "jobs/fire_times.h"

namespace benchkeep::jobs {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::year_month_day;

constexpr int kMostDays = 60 * 366;
constexpr unsigned kHours = 24;
constexpr unsigned kMinutes = 60;

bool OnDay(const CronSchedule& schedule, local_days day) {
  return schedule.OnDay(year_month_day{day});
}

// Every time of day of the schedule, in order or backwards, until `visit` says
// true.
template <typename Visit>
bool EachTime(const CronSchedule& schedule, bool backwards, Visit visit) {
  for (unsigned i = 0; i < kHours; ++i) {
    const unsigned hour = backwards ? kHours - 1 - i : i;
    if (!schedule.AtHour(hour)) continue;
    for (unsigned j = 0; j < kMinutes; ++j) {
      const unsigned minute = backwards ? kMinutes - 1 - j : j;
      if (!schedule.AtMinute(minute)) continue;
      if (visit(hours(hour) + minutes(minute))) return true;
    }
  }
  return false;
}

// By the clock on the wall.  The order of wall times is the order of their
// moments, so the first match in the direction of the search is the answer.
std::optional<SysSeconds> FixedFire(const CronSchedule& schedule,
                                    const TimeZone& zone, SysSeconds from,
                                    bool backwards) {
  const local_days today = floor<days>(zone.ToWall(from));
  const int step = backwards ? -1 : 1;
  for (int i = -1; i < kMostDays; ++i) {
    const local_days day = today + days(step * i);
    if (!OnDay(schedule, day)) continue;
    std::optional<SysSeconds> found;
    EachTime(schedule, backwards, [&](minutes time) {
      const SysSeconds moment = zone.FromWall(day + time);
      if (backwards ? moment > from : moment <= from) return false;
      found = moment;
      return true;
    });
    if (found) return found;
  }
  return std::nullopt;
}

// By the hours as they pass: minute after minute, over whole days that do not
// suit at once.
std::optional<SysSeconds> HourlyFire(const CronSchedule& schedule,
                                     const TimeZone& zone, SysSeconds from,
                                     bool backwards) {
  const SysSeconds limit = from + (backwards ? -1 : 1) * days(kMostDays);
  SysSeconds at = floor<minutes>(from);
  if (!backwards) at += minutes(1);
  while (backwards ? at > limit : at < limit) {
    const WallSeconds wall = zone.ToWall(at);
    const local_days day = floor<days>(wall);
    if (!OnDay(schedule, day)) {
      const SysSeconds edge = backwards ? zone.FromWall(day) - minutes(1)
                                        : zone.FromWall(day + days(1));
      at = backwards ? std::min(edge, at - minutes(1))
                     : std::max(edge, at + minutes(1));
      continue;
    }
    const auto minute = floor<minutes>(wall) - floor<hours>(wall);
    if (schedule.AtMinute(static_cast<unsigned>(minute.count()))) return at;
    at += (backwards ? -1 : 1) * minutes(1);
  }
  return std::nullopt;
}

std::optional<SysSeconds> Fire(const CronSchedule& schedule,
                               const TimeZone& zone, SysSeconds from,
                               bool backwards) {
  if (schedule.at_reboot()) return std::nullopt;
  return schedule.EveryHour() ? HourlyFire(schedule, zone, from, backwards)
                              : FixedFire(schedule, zone, from, backwards);
}

}  // namespace

std::optional<SysSeconds> NextFire(const CronSchedule& schedule,
                                   const TimeZone& zone, SysSeconds after) {
  return Fire(schedule, zone, after, false);
}

std::optional<SysSeconds> LastFire(const CronSchedule& schedule,
                                   const TimeZone& zone, SysSeconds at) {
  return Fire(schedule, zone, at, true);
}

}  // namespace benchkeep::jobs
