// Jobs, their runs and their times, as JSON and text.

#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/cron.h"
#include "jobs/overview.h"
#include "jobs/time_zone.h"
#include "render/document.h"

namespace benchkeep::render {

// `now` is for ages; times are shown in the zone of each job.
Document ScheduleListDocument(const jobs::Overview& overview, TimePoint now,
                              const Face& face);

Document JobHistoryDocument(const std::vector<store::JobRun>& runs,
                            const jobs::TimeZone& zone, const Face& face);
// One run with all that it said.
Document JobRunDocument(const std::string& command, const store::JobRun& run,
                        const jobs::TimeZone& zone, const Face& face);

Document FireTimesDocument(const CronSchedule& schedule,
                           const jobs::TimeZone& zone,
                           const std::vector<jobs::SysSeconds>& times,
                           const Face& face);

}  // namespace benchkeep::render
