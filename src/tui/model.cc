// Documents to figures.

#include "tui/model.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace benchkeep::tui {
namespace {

// An object to look into; never null.
const Json& At(const Json& json, std::string_view name) {
  static const Json none;
  const Json* found = json.Find(name);
  return found == nullptr ? none : *found;
}

std::string TextAt(const Json& json, std::string_view name) {
  return json.StringAt(name).value_or("");
}

std::optional<double> NumberAt(const Json& json, std::string_view name) {
  return At(json, name).AsDouble();
}

std::int64_t CountAt(const Json& json, std::string_view name) {
  return json.IntAt(name).value_or(0);
}

bool BoolAt(const Json& json, std::string_view name) {
  const Json& value = At(json, name);
  return value.is_bool() && value.bool_value();
}

std::optional<TimePoint> TimeAt(const Json& json, std::string_view name) {
  const std::optional<std::string> text = json.StringAt(name);
  return text ? ParseIso(*text) : std::nullopt;
}

// The data of a document that is there.
const Json& DataOf(const Inputs& inputs, const std::string& name) {
  static const Json none;
  const auto found = inputs.find(name);
  if (found == inputs.end() || !found->second.document) return none;
  return At(*found->second.document, "data");
}

const Json& CheckOf(const Json& data, std::string_view name) {
  static const Json none;
  for (const Json& check : At(data, "checks").items()) {
    if (check.StringAt("name") == name) return check;
  }
  return none;
}

void ReadStatus(const Json& data, Model& model) {
  const Json& results = At(data, "results");
  const Json& master = At(data, "master");
  model.results_tests = results.IntAt("total_tests");
  model.master_tests = master.IntAt("total_tests");
  model.summary_tests = master.IntAt("summary_total_tests");
  // As in `breakdown`: whichever holds more tests.
  const bool by_master =
      model.master_tests.value_or(-1) > model.results_tests.value_or(-1);
  const Json& source = by_master ? master : results;
  if (!source.is_object()) model.source = "";
  if (source.is_object()) model.source = by_master ? "master" : "results";
  model.tests = source.IntAt("total_tests");
  model.success_rate = NumberAt(source, "success_rate");
  model.newest = TextAt(source, "newest");
  for (const Json& one : At(source, "models").items()) {
    model.models.push_back({.name = TextAt(one, "name"),
                            .tests = CountAt(one, "total_tests"),
                            .success_rate = NumberAt(one, "success_rate"),
                            .minutes = {},
                            .prompts = {}});
  }
  const Json& increments = At(data, "increments");
  model.waiting_files = increments.IntAt("files");
  model.waiting_rows = increments.IntAt("rows");
  model.waiting_age_seconds = increments.IntAt("oldest_age_seconds");
  model.quarantined = At(data, "quarantine").IntAt("files");
}

ModelRow& RowOf(Model& model, const std::string& name) {
  for (ModelRow& row : model.models) {
    if (row.name == name) return row;
  }
  ModelRow& row = model.models.emplace_back();
  row.name = name;
  return row;
}

void ReadPace(const Json& data, Model& model) {
  const std::optional<TimePoint> start = TimeAt(data, "start");
  const std::int64_t minutes = CountAt(data, "minutes");
  const std::vector<Json>& all = At(data, "all").items();
  if (!start || minutes <= 0 ||
      all.size() != static_cast<std::size_t>(minutes)) {
    return;
  }
  model.timed = data.StringAt("source") == "rows";
  // Samples are of the master database.
  if (!model.timed && model.source != "master") return;
  model.minutes_end = *start + std::chrono::minutes(minutes);
  for (const Json& tests : all) {
    model.minutes.push_back(tests.AsDouble().value_or(0));
  }
  for (const Json& one : At(data, "models").items()) {
    ModelRow& row = RowOf(model, TextAt(one, "name"));
    row.minutes.assign(model.minutes.size(), 0);
    const std::vector<Json>& counts = At(one, "minutes").items();
    const std::size_t known = std::min(counts.size(), model.minutes.size());
    for (std::size_t i = 0; i < known; ++i) {
      row.minutes[i] = counts[i].AsDouble().value_or(0);
    }
  }
}

void ReadBreakdown(const Json& data, Model& model) {
  const std::vector<Json>& dimensions = At(data, "dimensions").items();
  const std::vector<Json>& matrices = At(data, "matrices").items();
  if (dimensions.size() < 2 || matrices.empty()) return;
  const std::vector<Json>& rows = At(dimensions[0], "parts").items();
  const std::vector<Json>& columns = At(dimensions[1], "parts").items();
  for (const Json& cell : At(matrices.front(), "cells").items()) {
    const auto row = static_cast<std::size_t>(CountAt(cell, "row"));
    const auto column = static_cast<std::size_t>(CountAt(cell, "column"));
    if (row >= rows.size() || column >= columns.size()) continue;
    const std::string name = TextAt(rows[row], "value");
    for (ModelRow& model_row : model.models) {
      if (model_row.name != name) continue;
      model_row.prompts.push_back({TextAt(columns[column], "value"),
                                   CountAt(cell, "total_tests"),
                                   NumberAt(cell, "success_rate")});
    }
  }
}

int Gravity(const std::string& state) {
  if (state == "critical" || state == "stuck") return 0;
  if (state == "unknown" || state == "dead") return 1;
  return state == "warning" ? 2 : 3;
}

void ReadWriters(const Json& data, Model& model) {
  const Json& check = CheckOf(data, "processes");
  for (const Json& one : At(At(check, "details"), "writers").items()) {
    WriterRow row;
    row.pid = CountAt(one, "pid");
    row.name = TextAt(one, "script");
    row.name.erase(0, row.name.find_last_of('/') + 1);
    if (row.name.empty()) row.name = TextAt(one, "name");
    row.state = TextAt(one, "state");
    row.certain = BoolAt(one, "certain");
    row.sign = TextAt(one, "sign");
    row.evidence = TextAt(one, "evidence");
    row.started = TimeAt(one, "started");
    if (const auto seconds = one.IntAt("last_write")) {
      row.last_write = TimePoint(std::chrono::seconds(*seconds));
    }
    row.usual_gap_seconds = NumberAt(one, "usual_gap_seconds");
    row.cpu_seconds = NumberAt(one, "cpu_seconds");
    row.rss_bytes = one.IntAt("rss_bytes");
    model.writers.push_back(std::move(row));
  }
  std::stable_sort(model.writers.begin(), model.writers.end(),
                   [](const WriterRow& a, const WriterRow& b) {
                     return std::tuple(Gravity(a.state), !a.certain) <
                            std::tuple(Gravity(b.state), !b.certain);
                   });
}

void ReadErrors(const Json& data, Model& model) {
  model.error_count = CountAt(data, "errors");
  for (const Json& one : At(data, "causes").items()) {
    CauseRow row;
    row.kind = TextAt(one, "class");
    row.pattern = TextAt(one, "pattern");
    row.count = CountAt(one, "count");
    row.recent = CountAt(one, "recent");
    row.is_new = BoolAt(one, "new");
    row.spike = At(one, "spike").is_object();
    row.example = TextAt(one, "example");
    row.model = TextAt(one, "model");
    row.file = TextAt(one, "file");
    row.first = TextAt(one, "first");
    row.last = TextAt(one, "last");
    if (const auto local = ParseIso(row.last)) {
      row.last_at = *local - model.utc_offset;
    }
    model.causes.push_back(std::move(row));
  }
  std::stable_sort(
      model.causes.begin(), model.causes.end(),
      [](const CauseRow& a, const CauseRow& b) { return a.last > b.last; });
}

void ReadJobs(const Json& data, Model& model) {
  const Json& daemon = At(data, "daemon");
  if (daemon.is_object()) model.daemon_runs = BoolAt(daemon, "running");
  for (const Json& one : At(data, "jobs").items()) {
    model.jobs.push_back({TextAt(one, "name"), TextAt(one, "state"),
                          TextAt(one, "schedule"), TextAt(one, "command"),
                          TimeAt(one, "last"), TextAt(one, "last_status"),
                          TimeAt(one, "next"), CountAt(one, "failures")});
  }
}

void ReadChecks(const Json& data, Model& model) {
  for (const Json& one : At(data, "checks").items()) {
    model.checks.push_back({TextAt(one, "name"), TextAt(one, "status"),
                            TextAt(one, "message"), TextAt(one, "fix"),
                            TimeAt(one, "last_good")});
  }
  const Json& disk = At(CheckOf(data, "disk"), "details");
  if (disk.is_object() && !disk.members().empty()) {
    model.disk =
        DiskState{CountAt(disk, "total_bytes"), CountAt(disk, "free_bytes"),
                  NumberAt(disk, "used_percent").value_or(0),
                  NumberAt(disk, "hours_to_full")};
  }
  std::stable_sort(model.checks.begin(), model.checks.end(),
                   [](const CheckRow& a, const CheckRow& b) {
                     return Gravity(a.status) < Gravity(b.status);
                   });
}

void ReadBackups(const Json& data, Model& model) {
  for (const Json& one : At(data, "backups").items()) {
    model.backups.push_back({TextAt(one, "id"), TextAt(one, "state"),
                             TimeAt(one, "created_at"), CountAt(one, "bytes"),
                             one.IntAt("total_tests")});
  }
}

void ReadMachine(const Json& data, Model& model) {
  if (!data.is_object()) return;
  MachineState machine;
  machine.memory_bytes = CountAt(data, "memory_bytes");
  machine.available_bytes = CountAt(data, "available_bytes");
  machine.load = NumberAt(data, "load").value_or(0);
  machine.processors = std::max<std::int64_t>(CountAt(data, "processors"), 1);
  machine.cpu_pressure = NumberAt(data, "cpu_pressure");
  machine.memory_pressure = NumberAt(data, "memory_pressure");
  machine.io_pressure = NumberAt(data, "io_pressure");
  model.machine = machine;
}

}  // namespace

double MachineState::MemoryShare() const {
  if (memory_bytes <= 0) return 0;
  return 1 - static_cast<double>(available_bytes) /
                 static_cast<double>(memory_bytes);
}

std::int64_t Model::WritersThatAre(const std::string& state) const {
  return std::count_if(
      writers.begin(), writers.end(),
      [&](const WriterRow& row) { return row.certain && row.state == state; });
}

std::int64_t Model::ChecksThatAre(const std::string& status) const {
  return std::count_if(checks.begin(), checks.end(), [&](const CheckRow& row) {
    return row.status == status;
  });
}

const BackupRow* Model::NewestGoodBackup() const {
  const auto found = std::find_if(
      backups.begin(), backups.end(),
      [](const BackupRow& row) { return row.state == "good" && row.created; });
  return found == backups.end() ? nullptr : &*found;
}

const Point* Model::PointAt(TimePoint time) const {
  const auto after = std::upper_bound(
      history.begin(), history.end(), time,
      [](TimePoint t, const Point& point) { return t < point.time; });
  return after == history.begin() ? nullptr : &*std::prev(after);
}

Model ReadModel(const Inputs& inputs, TimePoint now,
                std::chrono::seconds utc_offset) {
  Model model;
  model.now = now;
  model.utc_offset = utc_offset;
  for (const auto& [name, input] : inputs) {
    PartState& part = model.parts[name];
    if (input.document) part.collected = input.collected;
    part.stale = input.stale;
    part.problem = input.problem;
  }
  ReadStatus(DataOf(inputs, "status"), model);
  ReadPace(DataOf(inputs, "pace"), model);
  // Those that move come first.
  constexpr int kHour = 60;
  std::stable_sort(model.models.begin(), model.models.end(),
                   [](const ModelRow& a, const ModelRow& b) {
                     return PerMinute(a.minutes, kHour, 0).value_or(0) >
                            PerMinute(b.minutes, kHour, 0).value_or(0);
                   });
  ReadBreakdown(DataOf(inputs, "breakdown"), model);
  ReadWriters(DataOf(inputs, "writers"), model);
  ReadErrors(DataOf(inputs, "errors"), model);
  ReadJobs(DataOf(inputs, "jobs"), model);
  ReadChecks(DataOf(inputs, "check"), model);
  ReadBackups(DataOf(inputs, "backups"), model);
  ReadMachine(DataOf(inputs, "machine"), model);
  return model;
}

Point PointOf(const Model& model) {
  Point point;
  point.time = model.now;
  point.tests = model.tests;
  point.success_rate = model.success_rate;
  point.waiting_files = model.waiting_files;
  point.waiting_rows = model.waiting_rows;
  const auto writers = model.parts.find("writers");
  if (writers != model.parts.end() && writers->second.collected) {
    point.alive = model.WritersThatAre("alive");
    point.stuck = model.WritersThatAre("stuck");
    point.dead = model.WritersThatAre("dead");
  }
  if (model.machine) {
    point.memory_share = model.machine->MemoryShare();
    point.load_share =
        model.machine->load / static_cast<double>(model.machine->processors);
    point.io_pressure = model.machine->io_pressure;
  }
  for (const ModelRow& row : model.models) point.models[row.name] = row.tests;
  return point;
}

std::optional<double> PerMinute(const std::vector<double>& minutes, int count,
                                int back) {
  const auto size = static_cast<int>(minutes.size());
  const int end = size - back;
  const int begin = std::max(0, end - count);
  if (end <= 0 || begin >= end) return std::nullopt;
  return std::accumulate(minutes.begin() + begin, minutes.begin() + end, 0.0) /
         (end - begin);
}

}  // namespace benchkeep::tui
