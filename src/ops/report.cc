// Report: what a day or a week brought.

#include "ops/report.h"

#include <algorithm>
#include <memory>

#include "fs/atomic_file.h"
#include "ops/export_staging.h"
#include "ops/job_limits.h"
#include "ops/query.h"
#include "ops/report_parts.h"
#include "store/backup_catalog.h"

namespace benchkeep::ops {
namespace {

std::int64_t SecondsOf(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time)
      .time_since_epoch()
      .count();
}

void Unreadable(const Error& error, Report& report) {
  report.findings.push_back({"report_part_unreadable", Severity::kWarning,
                             error.path.string(), error.message, error.fix});
}

// What answers without asking anybody outside, and without reading rows.
CheckReport CheckCheaply(const store::Store& store,
                         const ReportOptions& options, Progress& progress) {
  CheckOptions check = options.check;
  check.level = CheckLevel::kQuick;
  check.only = {"processes", "master_database", "results", "increments",
                "disk",      "backup",          "jobs"};
  check.memory_bytes = options.memory_bytes;
  check.remember = options.remember;
  return RunChecks(store, check, progress);
}

void ReadErrors(const store::Store& store, const ReportOptions& options,
                Report& report, Progress& progress) {
  LogErrorsOptions errors;
  errors.recall = options.remember ? LogRecall::kRemember : LogRecall::kLook;
  errors.threads = options.threads;
  errors.utc_offset = options.check.utc_offset;
  errors.recent = LengthOf(report.span);
  const auto local = SecondsOf(report.made) + options.check.utc_offset.count();
  errors.recent_ago =
      std::chrono::seconds(std::max<std::int64_t>(0, local - report.until));
  Result<LogErrorsReport> read = ReadLogErrors(store, errors, progress);
  if (read.ok()) {
    report.errors = std::move(*read);
  } else {
    Unreadable(read.error(), report);
  }
}

void ReadBackups(const store::Store& store, Report& report) {
  const auto backups = store::ListBackups(store);
  if (!backups.ok()) {
    report.backups_unknown = backups.error().message;
    return;
  }
  const std::int64_t now = SecondsOf(report.made);
  for (const store::BackupEntry& entry : *backups) {
    ReportBackup& one = report.backups.emplace_back();
    one.id = entry.id;
    one.foreign = entry.foreign;
    one.state = entry.state;
    one.bytes = entry.bytes;
    if (!entry.manifest) continue;
    one.age_seconds = std::max<std::int64_t>(0, now - entry.manifest->time);
    one.total_tests = entry.manifest->counts.total_tests();
  }
}

void ReadJobs(const store::Store& store, Report& report) {
  std::map<std::string, store::JobRun> newest;
  Result<store::JobHistory> history =
      store::JobHistory::OpenToRead(store.layout());
  if (history.ok()) {
    auto runs = history->Newest();
    if (runs.ok()) {
      newest = std::move(*runs);
    } else {
      report.jobs_unknown = runs.error().message;
    }
  } else if (history.error().code != Code::kNotFound) {
    report.jobs_unknown = history.error().message;
  }
  for (const store::JobSettings& job : store.settings().jobs) {
    ReportJob& one = report.jobs.emplace_back();
    one.name = job.name;
    one.schedule = job.schedule;
    one.enabled = job.enabled;
    const auto run = newest.find(job.name);
    if (run == newest.end()) continue;
    one.last = run->second;
    const Result<std::int64_t> failures = history->FailuresInARow(job.name);
    if (failures.ok()) one.failures = *failures;
  }
}

// Everything that is counted in rows.
Status ReadTests(const store::Store& store, const ReportOptions& options,
                 Report& report, Progress& progress) {
  const store::ResultsOptions limits = LimitsFor(options.memory_bytes);
  Result<std::unique_ptr<QueryTables>> tables =
      OpenQueryTables(store, "results, cells", limits, progress);
  // The one that cannot be read must not hide the other.
  if (!tables.ok()) Unreadable(tables.error(), report);
  for (const char* alone : {"results", "cells"}) {
    if (tables.ok()) break;
    if (tables.error().code == Code::kCancelled) break;
    tables = OpenQueryTables(store, alone, limits, progress);
  }
  if (!tables.ok()) return Unexpected(tables.error());
  progress.Stage(Say(N_("counting tests")), 0);
  Status counted = CountTests({store, options, (*tables)->results()}, report);
  if (!counted.ok()) Unreadable(counted.error(), report);
  return counted;
}

}  // namespace

const char* ReportSpanName(ReportSpan span) {
  return span == ReportSpan::kDay ? "daily" : "weekly";
}

std::chrono::seconds LengthOf(ReportSpan span) {
  constexpr std::chrono::seconds kDay{86'400};
  return span == ReportSpan::kDay ? kDay : 7 * kDay;
}

Proportion ReportCount::without() const {
  const std::uint64_t failed = known > successes ? known - successes : 0;
  return {successes, known - std::min(infrastructure.value_or(0), failed)};
}

std::optional<double> ReportCount::success_rate() const {
  if (known == 0) return std::nullopt;
  return static_cast<double>(successes) / static_cast<double>(known);
}

std::optional<double> ReportCount::rate_without() const {
  const Proportion share = without();
  if (share.tests == 0 || !infrastructure) return std::nullopt;
  return static_cast<double>(share.successes) /
         static_cast<double>(share.tests);
}

ReportCount& ReportCount::operator+=(const ReportCount& other) {
  total_tests += other.total_tests;
  known += other.known;
  successes += other.successes;
  if (other.infrastructure) {
    infrastructure = infrastructure.value_or(0) + *other.infrastructure;
  }
  return *this;
}

Result<Report> MakeReport(const store::Store& store,
                          const ReportOptions& options, Progress& progress) {
  Report report;
  report.span = options.span;
  report.store = store.layout().root().string();
  report.made = store.clock().Now();
  report.until = options.until.value_or(SecondsOf(report.made) +
                                        options.check.utc_offset.count());
  const std::int64_t length = LengthOf(options.span).count();
  report.since = report.until - length;
  report.before_since = report.since - length;
  // The checks run in processes of their own: before there are threads.
  report.health = CheckCheaply(store, options, progress);
  ReadErrors(store, options, report, progress);
  if (progress.Cancelled()) {
    return Fail(Code::kCancelled, Say(N_("interrupted")));
  }
  ReadBackups(store, report);
  ReadJobs(store, report);
  const Status counted = ReadTests(store, options, report, progress);
  if (!counted.ok()) {
    if (counted.error().code == Code::kCancelled) {
      return Unexpected(counted.error());
    }
    report.changes.unknown = counted.error().message;
    report.failures.unknown = counted.error().message;
    ReadGrowth(store, {}, {}, report);
  }
  JudgeChanges(report);
  return report;
}

Result<std::vector<KeptReport>> ListReports(const store::Store& store) {
  std::vector<KeptReport> reports;
  const fs::Path& folder = store.layout().reports();
  const auto entries = store.file_system().List(folder);
  if (!entries.ok()) {
    if (entries.error().code == Code::kNotFound) return reports;
    return Unexpected(entries.error());
  }
  for (const fs::DirEntry& entry : *entries) {
    const auto name = store::ParseReportName(entry.name);
    if (!name || entry.type != fs::FileType::kRegular) continue;
    const auto info = store.file_system().Info(folder / entry.name);
    if (!info.ok()) continue;  // Gone a moment ago.
    reports.push_back({entry.name, name->span, name->made, info->size});
  }
  std::sort(reports.begin(), reports.end(),
            [](const KeptReport& a, const KeptReport& b) {
              return std::tie(b.made, a.name) < std::tie(a.made, b.name);
            });
  return reports;
}

Status WriteReport(const store::Store& store, const fs::Path& file,
                   const std::string& text, bool folder_is_ours) {
  constexpr std::uint32_t kFolderMode = 0777;  // Less the umask.
  if (folder_is_ours) {
    BENCHKEEP_TRY(
        store.file_system().MakeDirs(file.parent_path(), kFolderMode));
  }
  BENCHKEEP_TRY(CheckExportTarget(store.file_system(), store.layout(), file));
  return fs::ReplaceFile(store.file_system(), file, text);
}

}  // namespace benchkeep::ops
