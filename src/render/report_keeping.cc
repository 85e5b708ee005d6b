// Health, jobs and backups, as sections of a report.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "render/backup.h"
#include "render/check.h"
#include "render/report_parts.h"
#include "render/schedule.h"

namespace benchkeep::render {
namespace {

using ops::CheckState;
using ops::Report;
using ops::ReportBackup;

constexpr std::size_t kMaxBackupsShown = 8;

PageTable::Column Left(std::string title) {
  return {std::move(title), Align::kLeft};
}
PageTable::Column Right(std::string title) {
  return {std::move(title), Align::kRight};
}

Tone ToneOf(CheckState state) {
  switch (state) {
    case CheckState::kOk:
      return Tone::kGood;
    case CheckState::kWarning:
      return Tone::kWarning;
    case CheckState::kUnknown:
    case CheckState::kCritical:
      return Tone::kBad;
  }
  return Tone::kPlain;
}

std::string Age(std::int64_t seconds, const Face& face) {
  return HumanAge(std::chrono::seconds(seconds), face);
}

const ReportBackup* NewestGood(const Report& report) {
  const auto found = std::find_if(
      report.backups.begin(), report.backups.end(),
      [](const ReportBackup& backup) {
        return !backup.foreign && backup.state == store::BackupState::kGood;
      });
  return found == report.backups.end() ? nullptr : &*found;
}

PageSection HealthSection(const Report& report, const Face& face) {
  PageSection section{"health", face.Tr(N_("Health of the data")), {}};
  if (!report.health) return section;
  PageTable table;
  table.command = "benchkeep check --level quick --json";
  table.columns = {Left(face.Tr(N_("check"))), Left(face.Tr(N_("status"))),
                   Left(face.Tr(N_("message"))), Left(face.Tr(N_("cure")))};
  for (const ops::CheckResult& check : report.health->checks) {
    table.rows.push_back(
        {{face.Tr(CheckWords(check.name))},
         {face.Tr(CheckStateWords(check.state)), ToneOf(check.state)},
         {face.Tr(check.message)},
         {face.Tr(check.fix), Tone::kDim}});
  }
  section.blocks.push_back(std::move(table));
  return section;
}

PageSection BackupSection(const Report& report, const Face& face) {
  PageSection section{"backups", face.Tr(N_("Backups")), {}};
  if (!report.backups_unknown.empty()) {
    section.blocks.push_back(
        PageText{face.Tr(report.backups_unknown), Tone::kWarning});
    return section;
  }
  if (report.backups.empty()) {
    section.blocks.push_back(PageText{
        face.Tr(N_("There is no backup; `benchkeep backup create` makes one.")),
        Tone::kBad});
    return section;
  }
  std::uint64_t bytes = 0;
  for (const ReportBackup& backup : report.backups) bytes += backup.bytes;
  section.blocks.push_back(PageText{face.Tr(
      Say(N_("{0} backups, {1}."), report.backups.size(), HumanBytes(bytes)))});
  PageTable table;
  table.command = "benchkeep backup list --json";
  table.columns = {Left(face.Tr(N_("backup"))), Left(face.Tr(N_("state"))),
                   Right(face.Tr(N_("age"))), Right(face.Tr(N_("tests"))),
                   Right(face.Tr(N_("size")))};
  for (const ReportBackup& backup : report.backups) {
    if (table.rows.size() == kMaxBackupsShown) break;
    const bool good =
        !backup.foreign && backup.state == store::BackupState::kGood;
    table.rows.push_back(
        {{backup.id},
         {backup.foreign ? face.Tr(N_("foreign"))
                         : StateWord(backup.state, face),
          good ? Tone::kGood
               : (backup.state == store::BackupState::kBad ? Tone::kBad
                                                           : Tone::kWarning)},
         {backup.age_seconds ? Age(*backup.age_seconds, face) : "-"},
         {backup.total_tests ? Thousands(*backup.total_tests) : "-"},
         {HumanBytes(backup.bytes)}});
  }
  section.blocks.push_back(std::move(table));
  if (report.backups.size() > kMaxBackupsShown) {
    section.blocks.push_back(
        PageText{face.Tr(Say(N_("and {0} older ones"),
                             report.backups.size() - kMaxBackupsShown)),
                 Tone::kDim});
  }
  return section;
}

PageSection JobSection(const Report& report, const Face& face) {
  PageSection section{"jobs", face.Tr(N_("Jobs")), {}};
  if (!report.jobs_unknown.empty()) {
    section.blocks.push_back(
        PageText{face.Tr(report.jobs_unknown), Tone::kWarning});
  }
  if (report.jobs.empty()) {
    section.blocks.push_back(
        PageText{face.Tr(N_("There are no jobs.")), Tone::kDim});
    return section;
  }
  PageTable table;
  table.command = "benchkeep schedule list --json";
  table.columns = {Left(face.Tr(N_("job"))), Left(face.Tr(N_("schedule"))),
                   Left(face.Tr(N_("last run"))), Left(face.Tr(N_("result"))),
                   Right(face.Tr(N_("failures in a row")))};
  const std::int64_t now = std::chrono::floor<std::chrono::seconds>(report.made)
                               .time_since_epoch()
                               .count();
  for (const ops::ReportJob& job : report.jobs) {
    PageCell last{"-", Tone::kDim};
    PageCell result{face.Tr(job.enabled ? N_("never ran") : N_("disabled")),
                    Tone::kDim};
    if (job.last) {
      const std::int64_t started =
          std::chrono::floor<std::chrono::seconds>(job.last->started)
              .time_since_epoch()
              .count();
      last = {Age(std::max<std::int64_t>(0, now - started), face)};
      const bool running = job.last->status == store::RunStatus::kRunning;
      result = {face.Tr(RunStatusWord(job.last->status)),
                running || store::IsGood(job.last->status) ? Tone::kGood
                                                           : Tone::kBad};
    }
    table.rows.push_back({{job.name},
                          {job.schedule, Tone::kDim},
                          last,
                          result,
                          {std::to_string(job.failures),
                           job.failures > 0 ? Tone::kBad : Tone::kDim}});
  }
  section.blocks.push_back(std::move(table));
  return section;
}

}  // namespace

std::vector<PageSection> KeepingSections(const Report& report,
                                         const Face& face) {
  return {HealthSection(report, face), BackupSection(report, face),
          JobSection(report, face)};
}

PageFigure HealthFigure(const Report& report, const Face& face) {
  if (!report.health) return {face.Tr(N_("health")), "-", "", Tone::kDim};
  const auto& checks = report.health->checks;
  const auto good = std::count_if(checks.begin(), checks.end(),
                                  [](const ops::CheckResult& check) {
                                    return check.state == CheckState::kOk;
                                  });
  return {face.Tr(N_("health")), face.Tr(CheckStateWords(report.health->state)),
          face.Tr(Say(N_("{0} of {1} checks ok"), good, checks.size())),
          ToneOf(report.health->state)};
}

PageFigure BackupFigure(const Report& report, const Face& face) {
  const ReportBackup* good = NewestGood(report);
  if (good == nullptr || !good->age_seconds) {
    return {face.Tr(N_("newest good backup")), face.Tr(N_("none")), "",
            Tone::kBad};
  }
  constexpr std::int64_t kDay = 86'400;
  return {face.Tr(N_("newest good backup")), Age(*good->age_seconds, face),
          good->id,
          *good->age_seconds < 2 * kDay ? Tone::kGood : Tone::kWarning};
}

}  // namespace benchkeep::render
