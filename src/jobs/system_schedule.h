// The jobs of a store for the system's own scheduler: lines of a crontab, and
// timers of systemd.  Texts in, texts out; who may write them is the caller's
// affair.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.h"
#include "jobs/job.h"
#include "jobs/job_runner.h"

namespace benchkeep::jobs {

// --- crontab ---

// The lines that run the active jobs, between two marks that name the store.
// Jobs that cron cannot run as they are (a time zone of their own) are left
// out, with a finding.
std::string CrontabBlock(const std::vector<Job>& jobs, const Program& program,
                         const TimeZone& local, Findings& findings);

// `crontab` with the block of this store put in place of the one that is there,
// or at its end; without the block when that is empty.  All other lines stay as
// they are.  A block whose end mark is missing is left alone, and ours added.
std::string WithBlock(std::string_view crontab, const std::string& block,
                      const fs::Path& root);

// Numbers (from 1) of the lines that call the Python function which deletes
// increments instead of merging them.
std::vector<std::size_t> DeletingLines(std::string_view crontab);

// `crontab` with these lines turned into comments.
std::string WithoutLines(std::string_view crontab,
                         const std::vector<std::size_t>& lines);

// --- systemd ---

struct UnitFile {
  std::string name;  // "benchkeep-campaign-1a2b3c4d-backup.timer"
  std::string text;
};

// A service and a timer per active job.
std::vector<UnitFile> TimerUnits(const std::vector<Job>& jobs,
                                 const Program& program);
// One service: the daemon.
std::vector<UnitFile> DaemonUnit(const Program& program);

// The start of the names of all units of this store.
std::string UnitPrefix(const fs::Path& root);

// The expressions for OnCalendar= that stand for a schedule; empty for @reboot.
std::vector<std::string> CalendarExpressions(const CronSchedule& schedule,
                                             const std::string& zone);

}  // namespace benchkeep::jobs
