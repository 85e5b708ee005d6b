// Which member of which document is which metric.

#include "web/metrics.h"

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string_view>

#include "web/prometheus_text.h"

namespace benchkeep::web {
namespace {

constexpr auto kGauge = MetricType::kGauge;
constexpr auto kCounter = MetricType::kCounter;

// More models than that would be a burden for Prometheus.
constexpr std::size_t kMaxModels = 100;

const Json* At(const Json* json, std::initializer_list<std::string_view> path) {
  for (const std::string_view name : path) {
    if (json == nullptr) return nullptr;
    json = json->Find(name);
  }
  return json;
}

std::optional<double> NumberAt(const Json* json,
                               std::initializer_list<std::string_view> path) {
  const Json* found = At(json, path);
  return found == nullptr ? std::nullopt : found->AsDouble();
}

std::vector<Json> Items(const Json* json, std::string_view name) {
  const Json* list = At(json, {name});
  return list == nullptr ? std::vector<Json>() : list->items();
}

// Seconds since 1970 of a time of ours ("2026-01-31T23:59:59Z").
std::optional<double> SecondsAt(const Json& json, std::string_view member) {
  std::tm parts{};
  const std::string text = json.StringAt(member).value_or("");
  if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) == nullptr) {
    return std::nullopt;
  }
  return static_cast<double>(::timegm(&parts));
}

double Seconds(TimePoint time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

class Writer {
 public:
  explicit Writer(const std::map<std::string, jobs::Snapshot>& documents)
      : documents_(documents) {}

  // "data" of a document; nullptr when it is not the present.
  [[nodiscard]] const Json* Data(const std::string& name) const {
    const auto found = documents_.find(name);
    return found == documents_.end() ? nullptr
                                     : found->second.document.Find("data");
  }

  void Value(std::string_view name, std::optional<double> value,
             std::string_view help, MetricType type = kGauge) {
    out.Metric(name, type, help);
    if (value) out.Sample(*value);
  }

  void Status();
  void Models();
  void Errors();
  void Checks();
  void CheckDetails();
  void Jobs();
  void Backups();
  void Findings();
  void Health(const std::vector<jobs::CollectorHealth>& health);

  MetricsText out;

 private:
  const std::map<std::string, jobs::Snapshot>& documents_;
};

void Writer::Status() {
  const Json* data = Data("status");
  if (data == nullptr) return;
  const Json* results = At(data, {"results"});
  // No results file is no tests; one that could not be read is a finding, and
  // its number is unknown.
  const bool unreadable = [&] {
    const Json* findings = documents_.at("status").document.Find("findings");
    for (const Json& finding :
         findings == nullptr ? std::vector<Json>() : findings->items()) {
      if (finding.StringAt("code") == "results_unreadable") return true;
    }
    return false;
  }();
  std::optional<double> total = NumberAt(results, {"total_tests"});
  if (!total && !unreadable) total = 0;
  Value("pilot_bench_total_tests", total, "Tests in the results file.");
  Value("pilot_bench_success_rate", NumberAt(results, {"success_rate"}),
        "Share of tests that succeeded, 0 to 1.");
  Value("pilot_bench_incremental_files",
        NumberAt(data, {"increments", "files"}),
        "Increments that wait to be merged.");
  Value("benchkeep_results_rows", NumberAt(results, {"rows"}),
        "Rows of the results file.");
  Value("benchkeep_results_bytes", NumberAt(results, {"bytes"}),
        "Size of the results file.");
  Value("benchkeep_master_tests", NumberAt(data, {"master", "total_tests"}),
        "Tests in the cells of the master database.");
  Value("benchkeep_waiting_rows", NumberAt(data, {"increments", "rows"}),
        "Rows of increments that wait to be merged.");
  Value("benchkeep_waiting_bytes", NumberAt(data, {"increments", "bytes"}),
        "Size of the increments that wait to be merged.");
  Value("benchkeep_waiting_unreadable_files",
        NumberAt(data, {"increments", "unreadable"}),
        "Increments without a complete footer.");
  Value("benchkeep_waiting_oldest_age_seconds",
        NumberAt(data, {"increments", "oldest_age_seconds"}),
        "Age of the oldest increment that waits.");
  Value("benchkeep_quarantine_files", NumberAt(data, {"quarantine", "files"}),
        "Files in quarantine.");
}

void Writer::Models() {
  const Json* models = At(Data("status"), {"results", "models"});
  if (models == nullptr) return;
  const auto each = [&](std::string_view member) {
    std::size_t count = 0;
    for (const Json& model : models->items()) {
      if (++count > kMaxModels) break;
      const auto value = NumberAt(&model, {member});
      if (!value) continue;
      out.Sample(*value, {{"model", model.StringAt("name").value_or("")}});
    }
  };
  out.Metric("benchkeep_model_tests", kGauge,
             "Tests of a model in the results file.");
  each("total_tests");
  out.Metric("benchkeep_model_success_ratio", kGauge,
             "Share of a model's tests that succeeded, 0 to 1.");
  each("success_rate");
  const std::size_t all = models->items().size();
  Value("benchkeep_models_omitted",
        all > kMaxModels ? static_cast<double>(all - kMaxModels) : 0.0,
        "Models beyond the first hundred, left out of these metrics.");
}

void Writer::Errors() {
  // Totals never shrink when logs are removed; those of the logs that are
  // there do.
  const Json* data = Data("errors");
  const Json* classes = At(data, {"total", "classes"});
  if (classes == nullptr) classes = At(data, {"classes"});
  if (classes == nullptr) return;
  double api = 0;
  for (const std::string_view name :
       {"rate_limit", "auth", "timeout", "network"}) {
    api += NumberAt(classes, {name}).value_or(0);
  }
  Value("pilot_bench_api_errors_total", api,
        "Errors of API calls in the logs: rate limits, authentication, "
        "timeouts, network.",
        kCounter);
  out.Metric("benchkeep_log_errors_total", kCounter,
             "Errors in the logs, by class.");
  for (const auto& [name, count] : classes->members()) {
    if (const auto number = count.AsDouble()) {
      out.Sample(*number, {{"class", name}});
    }
  }
}

void Writer::Checks() {
  constexpr std::string_view kStates[] = {"ok", "warning", "critical",
                                          "unknown"};
  out.Metric("benchkeep_check_status", kGauge,
             "0 ok, 1 warning, 2 critical, 3 unknown.");
  for (const Json& check : Items(Data("check"), "checks")) {
    const std::string status = check.StringAt("status").value_or("unknown");
    const auto* found =
        std::find(std::begin(kStates), std::end(kStates), status);
    const auto value = std::min<std::ptrdiff_t>(found - kStates, 3);
    out.Sample(static_cast<double>(value),
               {{"check", check.StringAt("name").value_or("")}});
  }
}

void Writer::CheckDetails() {
  const Json* processes = nullptr;
  const Json* disk = nullptr;
  const std::vector<Json> checks = Items(Data("check"), "checks");
  for (const Json& check : checks) {
    const std::optional<std::string> name = check.StringAt("name");
    if (name == "processes") processes = check.Find("details");
    if (name == "disk") disk = check.Find("details");
  }
  if (At(processes, {"writers"}) != nullptr) {
    std::map<std::string, double> states = {
        {"alive", 0}, {"stuck", 0}, {"dead", 0}};
    for (const Json& writer : Items(processes, "writers")) {
      ++states[writer.StringAt("state").value_or("unknown")];
    }
    out.Metric("benchkeep_writers", kGauge,
               "Programs that write results, by state.");
    for (const auto& [state, count] : states) {
      out.Sample(count, {{"state", state}});
    }
  }
  const auto scaled = [&](std::string_view member, double factor) {
    const std::optional<double> value = NumberAt(disk, {member});
    return value ? std::optional<double>(*value * factor) : std::nullopt;
  };
  constexpr double kPercent = 0.01;
  constexpr double kHour = 3600;
  Value("benchkeep_disk_total_bytes", scaled("total_bytes", 1),
        "Size of the file system of the store.");
  Value("benchkeep_disk_free_bytes", scaled("free_bytes", 1),
        "What is free on the file system of the store.");
  Value("benchkeep_disk_inodes_used_ratio",
        scaled("inodes_used_percent", kPercent),
        "Share of the inodes that are used, 0 to 1.");
  Value("benchkeep_disk_full_in_seconds", scaled("hours_to_full", kHour),
        "When the disk will be full if it goes on like this.");
  Value("benchkeep_disk_needed_bytes", scaled("needed_bytes", 1),
        "What the next consolidation or backup needs.");
}

void Writer::Jobs() {
  const std::vector<Json> jobs = Items(Data("jobs"), "jobs");
  const auto each = [&](std::string_view name, std::string_view help,
                        auto value) {
    out.Metric(name, kGauge, help);
    for (const Json& job : jobs) {
      if (const std::optional<double> number = value(job)) {
        out.Sample(*number, {{"job_name", job.StringAt("name").value_or("")}});
      }
    }
  };
  using Number = std::optional<double>;
  each("benchkeep_job_last_run_timestamp_seconds",
       "When the newest run of the job began.",
       [](const Json& job) { return SecondsAt(job, "last"); });
  each("benchkeep_job_last_success_timestamp_seconds",
       "When the newest run of the job began that went well.",
       [](const Json& job) {
         if (job.Find("last_success") != nullptr) {
           return SecondsAt(job, "last_success");
         }
         const std::string status = job.StringAt("last_status").value_or("");
         return status == "ok" || status == "findings" ? SecondsAt(job, "last")
                                                       : Number();
       });
  each("benchkeep_job_next_run_timestamp_seconds", "When the job is due next.",
       [](const Json& job) { return SecondsAt(job, "next"); });
  each("benchkeep_job_failures",
       "Runs of the job that failed since the last good one.",
       [](const Json& job) { return NumberAt(&job, {"failures"}); });
  if (const Json* running = At(Data("jobs"), {"daemon", "running"})) {
    Value("benchkeep_daemon_up", running->bool_value() ? 1.0 : 0.0,
          "1 while the daemon runs.");
  }
}

void Writer::Backups() {
  const Json* data = Data("backups");
  if (data == nullptr) return;
  std::map<std::string, double> states = {
      {"good", 0}, {"suspect", 0}, {"bad", 0}};
  std::optional<double> newest;
  for (const Json& backup : Items(data, "backups")) {
    const std::string state = backup.StringAt("state").value_or("unknown");
    ++states[state];
    const std::optional<double> made = SecondsAt(backup, "created_at");
    if (state == "good" && made) newest = std::max(newest.value_or(0), *made);
  }
  out.Metric("benchkeep_backups", kGauge, "Backups, by state.");
  for (const auto& [state, count] : states) {
    out.Sample(count, {{"state", state}});
  }
  Value("benchkeep_backup_last_success_timestamp_seconds", newest,
        "When the newest good backup was made.");
}

void Writer::Findings() {
  out.Metric("benchkeep_findings", kGauge,
             "Findings of the commands, by severity.");
  for (const std::string_view severity : {"info", "warning", "critical"}) {
    std::size_t count = 0;
    for (const auto& [name, snapshot] : documents_) {
      const Json* findings = snapshot.document.Find("findings");
      for (const Json& finding :
           findings == nullptr ? std::vector<Json>() : findings->items()) {
        if (finding.StringAt("severity") == severity) ++count;
      }
    }
    out.Sample(static_cast<double>(count),
               {{"severity", std::string(severity)}});
  }
}

void Writer::Health(const std::vector<jobs::CollectorHealth>& health) {
  const auto each = [&](std::string_view name, MetricType type,
                        std::string_view help, auto value) {
    out.Metric(name, type, help);
    for (const jobs::CollectorHealth& one : health) {
      if (const std::optional<double> number = value(one)) {
        out.Sample(*number, {{"collector", one.name}});
      }
    }
  };
  using Number = std::optional<double>;
  each("benchkeep_collector_up", kGauge,
       "1 when the last answer of the collector is there and fresh; the values "
       "of a collector that is down are left out.",
       [](const jobs::CollectorHealth& one) { return Number(one.up ? 1 : 0); });
  each("benchkeep_collector_duration_seconds", kGauge,
       "How long its last run took.", [](const jobs::CollectorHealth& one) {
         return one.runs == 0 ? Number() : Number(one.seconds);
       });
  each("benchkeep_collector_failures_total", kCounter,
       "Runs of the collector that failed.",
       [](const jobs::CollectorHealth& one) {
         return Number(static_cast<double>(one.failures));
       });
  each("benchkeep_collector_last_success_timestamp_seconds", kGauge,
       "When its last answer came.", [](const jobs::CollectorHealth& one) {
         return one.last_success ? Number(Seconds(*one.last_success))
                                 : Number();
       });
}

}  // namespace

std::string MetricsOf(const std::map<std::string, jobs::Snapshot>& documents,
                      const std::vector<jobs::CollectorHealth>& health,
                      const std::string& version) {
  Writer writer(documents);
  writer.out.Metric("benchkeep_build_info", kGauge,
                    "1, with the version of benchkeep.");
  writer.out.Sample(1, {{"version", version}});
  writer.Status();
  writer.Models();
  writer.Errors();
  writer.Checks();
  writer.CheckDetails();
  writer.Jobs();
  writer.Backups();
  writer.Findings();
  writer.Health(health);
  return writer.out.text();
}

}  // namespace benchkeep::web
