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

// What `schedule install` is about to write, or has written.
struct InstallPlan {
  std::string kind;  // cron, systemd, service
  bool remove = false;
  bool dry_run = false;
  bool changed = false;  // Something is not yet as planned.
  bool done = false;
  std::string text;                  // All that is written.
  std::string folder;                // Of the units; empty for cron.
  std::vector<std::string> files;    // Units written there.
  std::vector<std::string> removed;  // Units that go.
  Findings findings;
};
Document InstallDocument(const InstallPlan& plan, const Face& face);

Document FireTimesDocument(const CronSchedule& schedule,
                           const jobs::TimeZone& zone,
                           const std::vector<jobs::SysSeconds>& times,
                           const Face& face);

// In a word; a msgid.
const char* RunStatusWord(store::RunStatus status);

}  // namespace benchkeep::render
