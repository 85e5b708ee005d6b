// Report: what a day or a week brought, for people who were not there.
//
// Results and success with their certainty, what really changed against the
// period before, what infrastructure failed, what has not been tested, errors,
// health, backups, jobs, growth.  Every table carries the query that gives it.
// A part that cannot be told says why and is left empty: nothing is made up.
// Takes no lock; changes nothing but what `check` and `logs errors` remember.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "base/statistics.h"
#include "ops/check.h"
#include "ops/log_errors.h"
#include "store/backup_manifest.h"
#include "store/job_history.h"
#include "store/store.h"

namespace benchkeep::ops {

enum class ReportSpan { kDay, kWeek };
const char* ReportSpanName(ReportSpan span);  // "daily", "weekly"
std::chrono::seconds LengthOf(ReportSpan span);

struct ReportCount {
  std::uint64_t total_tests = 0;
  std::uint64_t known = 0;  // With a known outcome.
  std::uint64_t successes = 0;
  // Failed tests that infrastructure failed; none where the results do not say
  // why tests failed.
  std::optional<std::uint64_t> infrastructure;

  [[nodiscard]] Proportion all() const { return {successes, known}; }
  // Without those; the same as all() where nothing is known about them.
  [[nodiscard]] Proportion without() const;
  [[nodiscard]] std::optional<double> success_rate() const;
  [[nodiscard]] std::optional<double> rate_without() const;
  ReportCount& operator+=(const ReportCount& other);
};

// Tests by the values of one column, most first.
struct ReportTable {
  struct Line {
    std::optional<std::string> value;
    ReportCount count;
  };
  std::string column;
  std::vector<Line> lines;
  std::string query;
};

// One value of a column, before and now.
struct ReportChange {
  std::string column;
  std::optional<std::string> value;
  ReportCount before;
  ReportCount now;
  std::optional<ProportionTest> test;  // None: one side has no outcome.
  double adjusted = 1;                 // p, for all comparisons together.
  // The same without the tests that infrastructure failed.
  std::optional<ProportionTest> test_without;
  double adjusted_without = 1;

  [[nodiscard]] double difference() const;  // Of the success rates.
  [[nodiscard]] bool real() const;          // No accident.
  [[nodiscard]] bool drop() const { return real() && difference() < 0; }
  // A real drop that is none without the tests that infrastructure failed.
  [[nodiscard]] bool explained() const;
};
inline constexpr double kReportLevel = 0.05;

struct ReportChanges {
  Message unknown;  // Why nothing can be compared; empty when it can.
  // By column; real changes first, then most tests now.
  std::vector<ReportChange> lines;
  std::size_t comparisons = 0;  // How many were tested together.
  ReportCount before;
  ReportCount now;
  std::vector<std::string> queries;  // One per column.
  std::string failures_query;        // Why tests failed in both periods.
};

// Why tests failed, in the words of the results.
struct ReportFailures {
  Message unknown;             // Why nothing is told; empty when it is.
  bool timeouts_only = false;  // Cells count nothing else.
  struct Reason {
    std::string text;
    ErrorClass kind = ErrorClass::kOther;
    std::uint64_t tests = 0;
  };
  std::vector<Reason> reasons;      // Most first; at most kMaxReasons.
  std::uint64_t other_reasons = 0;  // Different ones beyond those.
  std::array<std::uint64_t, kErrorClasses> by_class = {};
  std::uint64_t explained = 0;  // Failed tests that say why.
  ReportCount all;
  std::string query;
};
inline constexpr std::size_t kMaxReasons = 50;

// Which cells of models x prompt types have been tested.  A setting is the rest
// of the columns of a cell (difficulty, tool success rate); a model should have
// those that any model has for that prompt type.
struct ReportCoverage {
  struct Cell {
    std::size_t tested = 0;  // Settings.
    std::size_t wanted = 0;
    std::uint64_t total_tests = 0;
  };
  struct Gap {
    std::size_t row = 0;
    std::size_t column = 0;
    std::vector<std::string> settings;
  };
  std::vector<std::string> rows;     // Models.
  std::vector<std::string> columns;  // Prompt types.
  std::vector<std::vector<Cell>> cells;
  std::vector<Gap> gaps;
  std::size_t tested = 0;
  std::size_t wanted = 0;
  std::vector<std::string> names;  // Of the columns of the results.
  std::string query;
};

struct ReportBackup {
  std::string id;
  bool foreign = false;
  store::BackupState state = store::BackupState::kBad;
  std::optional<std::int64_t> age_seconds;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> total_tests;
};

struct ReportJob {
  std::string name;
  std::string schedule;
  bool enabled = true;
  std::optional<store::JobRun> last;
  std::int64_t failures = 0;  // In a row.
};

struct ReportGrowth {
  struct Day {
    std::string day;  // "2026-01-31"
    std::uint64_t total_tests = 0;
    std::uint64_t known = 0;
    std::uint64_t successes = 0;
  };
  enum class Source { kNone, kResults, kBackups };
  Source source = Source::kNone;
  std::vector<Day> days;  // Days with tests, in order.
  std::string query;
  // By the results' days or the totals of backups, of the last 30 days.
  std::optional<double> tests_per_day;
  std::optional<LineFit> tests_fit;  // Tests in the store, by day.
  Message tests_unknown;
  std::uint64_t results_bytes = 0;
  std::optional<double> bytes_per_day;  // By the free bytes of the disk.
  std::optional<LineFit> bytes_fit;
  std::size_t samples = 0;  // Of the free bytes.
  double sampled_days = 0;
  Message bytes_unknown;
  std::optional<std::uint64_t> free_bytes;
  std::optional<double> days_to_full;
};

struct KeptReport {
  std::string name;
  std::string span;
  std::string made;  // ISO, UTC.
  std::uint64_t bytes = 0;
};

struct Report {
  ReportSpan span = ReportSpan::kWeek;
  std::string store;  // The root.
  TimePoint made{};
  // In the results' own clock: seconds since 1970.
  std::int64_t since = 0;
  std::int64_t until = 0;
  std::int64_t before_since = 0;

  enum class Source { kNone, kResults, kMaster };
  Source source = Source::kNone;
  std::optional<std::string> newest;  // The newest test.
  ReportCount all;
  std::vector<ReportTable> tables;  // Models, prompt types.
  ReportChanges changes;
  ReportFailures failures;
  ReportCoverage coverage;
  std::optional<LogErrorsReport> errors;
  std::optional<CheckReport> health;
  Message backups_unknown;
  std::vector<ReportBackup> backups;  // Newest first.
  Message jobs_unknown;
  std::vector<ReportJob> jobs;
  ReportGrowth growth;
  Findings findings;
};

struct ReportOptions {
  ReportSpan span = ReportSpan::kWeek;
  std::optional<std::int64_t> until;  // The results' clock; none: now.
  std::uint64_t memory_bytes = 0;
  int threads = 2;
  // What the checks need.
  CheckOptions check = {};
  bool remember = true;
};

Result<Report> MakeReport(const store::Store& store,
                          const ReportOptions& options, Progress& progress);

// The reports in the store's folder of reports, newest first.
Result<std::vector<KeptReport>> ListReports(const store::Store& store);

// Writes a report to a file: whole, or the old one stays.  Refuses the files of
// the store.  `folder_is_ours`: it is made when it is missing.
Status WriteReport(const store::Store& store, const fs::Path& file,
                   const std::string& text, bool folder_is_ours);

}  // namespace benchkeep::ops
