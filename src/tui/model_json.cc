// The model as JSON, for scripts.

#include "tui/model.h"

namespace benchkeep::tui {
namespace {

constexpr int kShortly = 10;
constexpr int kHour = 60;

Json Int(const std::optional<std::int64_t>& value) {
  return value ? Json::Int(*value) : Json();
}
Json Real(const std::optional<double>& value) {
  return value ? Json::Double(*value) : Json();
}
Json Time(const std::optional<TimePoint>& time) {
  return time ? Json::String(FormatIso(*time)) : Json();
}
Json Text(const std::string& text) {
  return text.empty() ? Json() : Json::String(text);
}

// Tests a minute, lately.
void SetPace(Json& json, const std::vector<double>& minutes) {
  json.Set("per_minute_10", Real(PerMinute(minutes, kShortly, 0)));
  json.Set("per_minute_60", Real(PerMinute(minutes, kHour, 0)));
}

Json PaceJson(const Model& model) {
  Json json = Json::Object();
  json.Set("timed", Json::Bool(model.timed));
  SetPace(json, model.minutes);
  Json& list = json.Set("last_hour", Json::Array());
  const std::size_t size = model.minutes.size();
  const std::size_t skipped = size > kHour ? size - kHour : 0;
  for (std::size_t i = skipped; i < size; ++i) {
    list.Append(Json::Double(model.minutes[i]));
  }
  return json;
}

Json WriterJson(const WriterRow& row) {
  Json json = Json::Object();
  json.Set("pid", Json::Int(row.pid));
  json.Set("name", Json::String(row.name));
  json.Set("state", Json::String(row.state));
  json.Set("certain", Json::Bool(row.certain));
  json.Set("last_write", Time(row.last_write));
  json.Set("cpu_seconds", Real(row.cpu_seconds));
  json.Set("rss_bytes", Int(row.rss_bytes));
  return json;
}

Json CauseJson(const CauseRow& row) {
  Json json = Json::Object();
  json.Set("class", Json::String(row.kind));
  json.Set("pattern", Json::String(row.pattern));
  json.Set("count", Json::Int(row.count));
  json.Set("recent", Json::Int(row.recent));
  json.Set("last", Text(row.last));
  json.Set("new", Json::Bool(row.is_new));
  return json;
}

Json JobJson(const JobRow& row) {
  Json json = Json::Object();
  json.Set("name", Json::String(row.name));
  json.Set("state", Json::String(row.state));
  json.Set("last", Time(row.last));
  json.Set("last_status", Text(row.last_status));
  json.Set("next", Time(row.next));
  json.Set("failures", Json::Int(row.failures));
  return json;
}

Json MachineJson(const Model& model) {
  if (!model.machine) return {};
  Json json = Json::Object();
  json.Set("memory_bytes", Json::Int(model.machine->memory_bytes));
  json.Set("available_bytes", Json::Int(model.machine->available_bytes));
  json.Set("load", Json::Double(model.machine->load));
  json.Set("processors", Json::Int(model.machine->processors));
  json.Set("cpu_pressure", Real(model.machine->cpu_pressure));
  json.Set("memory_pressure", Real(model.machine->memory_pressure));
  json.Set("io_pressure", Real(model.machine->io_pressure));
  return json;
}

Json DiskJson(const Model& model) {
  if (!model.disk) return {};
  Json json = Json::Object();
  json.Set("total_bytes", Json::Int(model.disk->total_bytes));
  json.Set("free_bytes", Json::Int(model.disk->free_bytes));
  json.Set("used_percent", Json::Double(model.disk->used_percent));
  json.Set("hours_to_full", Real(model.disk->hours_to_full));
  return json;
}

Json BackupJson(const Model& model) {
  const BackupRow* newest = model.NewestGoodBackup();
  if (newest == nullptr) return {};
  Json json = Json::Object();
  json.Set("id", Json::String(newest->id));
  json.Set("created_at", Time(newest->created));
  json.Set("age_seconds", Json::Int(std::chrono::floor<std::chrono::seconds>(
                                        model.now - *newest->created)
                                        .count()));
  json.Set("total_tests", Int(newest->tests));
  return json;
}

Json PartJson(const std::string& name, const PartState& part,
              const Model& model) {
  Json json = Json::Object();
  json.Set("name", Json::String(name));
  json.Set("up", Json::Bool(part.collected && !part.stale));
  json.Set("age_seconds",
           part.collected ? Json::Int(std::chrono::floor<std::chrono::seconds>(
                                          model.now - *part.collected)
                                          .count())
                          : Json());
  json.Set("problem", Text(part.problem));
  return json;
}

}  // namespace

Json ModelToJson(const Model& model) {
  Json json = Json::Object();
  json.Set("time", Json::String(FormatIso(model.now)));
  json.Set("store", Json::String(model.path));
  json.Set("source", Text(model.source));
  json.Set("total_tests", Int(model.tests));
  json.Set("success_rate", Real(model.success_rate));
  Json& waiting = json.Set("increments", Json::Object());
  waiting.Set("files", Int(model.waiting_files));
  waiting.Set("rows", Int(model.waiting_rows));
  waiting.Set("oldest_age_seconds", Int(model.waiting_age_seconds));
  Json& processes = json.Set("processes", Json::Object());
  const auto writers = model.parts.find("writers");
  const bool known =
      writers != model.parts.end() && writers->second.collected.has_value();
  for (const char* state : {"alive", "stuck", "dead"}) {
    processes.Set(state,
                  known ? Json::Int(model.WritersThatAre(state)) : Json());
  }
  json.Set("pace", PaceJson(model));
  Json& models = json.Set("models", Json::Array());
  for (const ModelRow& row : model.models) {
    Json& one = models.Append(Json::Object());
    one.Set("name", Text(row.name));
    one.Set("total_tests", Json::Int(row.tests));
    one.Set("success_rate", Real(row.success_rate));
    SetPace(one, row.minutes);
  }
  Json& rows = json.Set("writers", Json::Array());
  for (const WriterRow& row : model.writers) rows.Append(WriterJson(row));
  Json& errors = json.Set("errors", Json::Array());
  for (const CauseRow& row : model.causes) errors.Append(CauseJson(row));
  Json& jobs = json.Set("jobs", Json::Array());
  for (const JobRow& row : model.jobs) jobs.Append(JobJson(row));
  json.Set("daemon_runs",
           model.daemon_runs ? Json::Bool(*model.daemon_runs) : Json());
  Json& checks = json.Set("checks", Json::Array());
  for (const CheckRow& row : model.checks) {
    Json& one = checks.Append(Json::Object());
    one.Set("name", Json::String(row.name));
    one.Set("status", Json::String(row.status));
    one.Set("message", Json::String(row.message));
    one.Set("fix", Text(row.fix));
  }
  json.Set("backup", BackupJson(model));
  json.Set("machine", MachineJson(model));
  json.Set("disk", DiskJson(model));
  Json& parts = json.Set("parts", Json::Array());
  for (const auto& [name, part] : model.parts) {
    parts.Append(PartJson(name, part, model));
  }
  return json;
}

}  // namespace benchkeep::tui
