// What the monitor knows: figures out of the documents of other commands.
//
// A plain value.  Nothing in it is older or newer than it says: every part has
// the time at which it was collected.  What is not known is absent.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace benchkeep::tui {

// One document, as the collectors keep it.
struct PartInput {
  std::optional<Json> document;
  TimePoint collected{};
  bool stale = false;
  std::string problem;  // Why there is no newer one; may be empty.
};

// Parts by the names of their collectors: status, pace, writers, check, errors,
// jobs, backups, breakdown, machine.
using Inputs = std::map<std::string, PartInput>;

struct PartState {
  std::optional<TimePoint> collected;  // None: never.
  bool stale = false;
  std::string problem;
};

struct ModelRow {
  std::string name;
  std::int64_t tests = 0;
  std::optional<double> success_rate;
  std::vector<double> minutes;  // Tests of each minute, as Model::minutes.
  // Tests and success by prompt type.
  struct Prompt {
    std::string name;
    std::int64_t tests = 0;
    std::optional<double> success_rate;
  };
  std::vector<Prompt> prompts;
};

struct WriterRow {
  std::int64_t pid = 0;
  std::string name;   // Its script, or else its program.
  std::string state;  // alive, stuck, dead
  bool certain = true;
  std::string sign;
  std::string evidence;
  std::optional<TimePoint> started;
  std::optional<TimePoint> last_write;
  std::optional<double> usual_gap_seconds;
  std::optional<double> cpu_seconds;
  std::optional<std::int64_t> rss_bytes;
};

struct CauseRow {
  std::string kind;  // rate_limit, ...
  std::string pattern;
  std::int64_t count = 0;
  std::int64_t recent = 0;  // In 24 hours.
  bool is_new = false;
  bool spike = false;
  std::string example;
  std::string model;
  std::string file;
  std::string first;                 // On the clock of the logs.
  std::string last;                  // Likewise.
  std::optional<TimePoint> last_at;  // The same, UTC.
};

struct JobRow {
  std::string name;
  std::string state;  // waiting, running, ...
  std::string schedule;
  std::string command;
  std::optional<TimePoint> last;
  std::string last_status;
  std::optional<TimePoint> next;
  std::int64_t failures = 0;
};

struct CheckRow {
  std::string name;
  std::string status;  // ok, warning, critical, unknown
  std::string message;
  std::string fix;
  std::optional<TimePoint> last_good;
};

struct BackupRow {
  std::string id;
  std::string state;  // good, suspect, bad
  std::optional<TimePoint> created;
  std::int64_t bytes = 0;
  std::optional<std::int64_t> tests;
};

struct MachineState {
  std::int64_t memory_bytes = 0;  // 0: unknown.
  std::int64_t available_bytes = 0;
  double load = 0;
  std::int64_t processors = 1;
  // Per cent of ten seconds in which somebody waited.
  std::optional<double> cpu_pressure;
  std::optional<double> memory_pressure;
  std::optional<double> io_pressure;

  [[nodiscard]] double MemoryShare() const;
};

struct DiskState {
  std::int64_t total_bytes = 0;
  std::int64_t free_bytes = 0;
  double used_percent = 0;
  std::optional<double> hours_to_full;
};

// The figures of one moment that has been.
struct Point {
  TimePoint time{};
  std::optional<std::int64_t> tests;
  std::optional<double> success_rate;
  std::optional<std::int64_t> waiting_files;
  std::optional<std::int64_t> waiting_rows;
  std::optional<std::int64_t> alive;
  std::optional<std::int64_t> stuck;
  std::optional<std::int64_t> dead;
  std::optional<double> memory_share;
  std::optional<double> load_share;  // Of the processors.
  std::optional<double> io_pressure;
  std::map<std::string, std::int64_t> models;  // Tests of each.
};

struct Model {
  std::string store;  // The name of its folder.
  std::string path;
  TimePoint now{};
  std::chrono::seconds utc_offset{0};
  std::map<std::string, PartState> parts;

  // Which of the two the figures are of: results, master, or neither (empty).
  std::string source;
  std::optional<std::int64_t> tests;
  std::optional<double> success_rate;
  std::optional<std::int64_t> results_tests;
  std::optional<std::int64_t> master_tests;
  std::optional<std::int64_t> summary_tests;  // What the master's summary says.
  std::string newest;  // The newest result, on the clock of the results.
  std::optional<std::int64_t> waiting_files;
  std::optional<std::int64_t> waiting_rows;
  std::optional<std::int64_t> waiting_age_seconds;  // Of the oldest.
  std::optional<std::int64_t> quarantined;

  // Results of each minute up to `minutes_end`; `timed`: by the times of the
  // results, otherwise by how the total grew while we looked.
  std::vector<double> minutes;
  TimePoint minutes_end{};
  bool timed = false;

  std::vector<ModelRow> models;
  std::vector<WriterRow> writers;  // The worst first.
  std::vector<CauseRow> causes;    // The newest first.
  std::int64_t error_count = 0;
  std::vector<JobRow> jobs;
  std::optional<bool> daemon_runs;
  std::vector<CheckRow> checks;    // The worst first.
  std::vector<BackupRow> backups;  // The newest first.
  std::optional<MachineState> machine;
  std::optional<DiskState> disk;
  std::vector<Point> history;  // By time.

  [[nodiscard]] std::int64_t WritersThatAre(const std::string& state) const;
  [[nodiscard]] std::int64_t ChecksThatAre(const std::string& status) const;
  [[nodiscard]] const BackupRow* NewestGoodBackup() const;
  // The point of that moment or just before; nullptr without one.
  [[nodiscard]] const Point* PointAt(TimePoint time) const;
};

// Everything but `history` and, for results that tell no time, `minutes`.
Model ReadModel(const Inputs& inputs, TimePoint now,
                std::chrono::seconds utc_offset);

// The present, to be remembered.
Point PointOf(const Model& model);

// Tests of the last `count` minutes before `back` minutes ago, a minute.
// Nullopt when that is not known.
std::optional<double> PerMinute(const std::vector<double>& minutes, int count,
                                int back);

// The model for `monitor --once --json`.
Json ModelToJson(const Model& model);

}  // namespace benchkeep::tui
