// When a schedule fires, in a time zone.
//
// On the days when the clocks change we do what cron(8) of Debian documents.  A
// schedule of fixed hours follows the clock on the wall: times that are skipped
// fire once, right after the gap; times that come twice fire the first time
// only.  A schedule of every hour follows the hours as they pass: it fires in
// both of the repeated ones, and nothing is made up for the hour that was not.

#pragma once

#include <optional>

#include "base/cron.h"
#include "jobs/time_zone.h"

namespace benchkeep::jobs {

// The first firing after `after`; nullopt when there is none in 60 years, and
// for @reboot.
std::optional<SysSeconds> NextFire(const CronSchedule& schedule,
                                   const TimeZone& zone, SysSeconds after);

// The last firing at or before `at`.
std::optional<SysSeconds> LastFire(const CronSchedule& schedule,
                                   const TimeZone& zone, SysSeconds at);

}  // namespace benchkeep::jobs
