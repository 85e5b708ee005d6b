// Which member of which document is which metric.

#include "web/metrics.h"

#include <initializer_list>
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

double Seconds(TimePoint time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

class Writer {
 public:
  explicit Writer(const std::map<std::string, Snapshot>& documents)
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
  void Findings();
  void Health(const std::vector<CollectorHealth>& health);

  MetricsText out;

 private:
  const std::map<std::string, Snapshot>& documents_;
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

void Writer::Health(const std::vector<CollectorHealth>& health) {
  const auto each = [&](std::string_view name, MetricType type,
                        std::string_view help, auto value) {
    out.Metric(name, type, help);
    for (const CollectorHealth& one : health) {
      if (const std::optional<double> number = value(one)) {
        out.Sample(*number, {{"collector", one.name}});
      }
    }
  };
  using Number = std::optional<double>;
  each("benchkeep_collector_up", kGauge,
       "1 when the last answer of the collector is there and fresh; the values "
       "of a collector that is down are left out.",
       [](const CollectorHealth& one) { return Number(one.up ? 1 : 0); });
  each("benchkeep_collector_duration_seconds", kGauge,
       "How long its last run took.", [](const CollectorHealth& one) {
         return one.runs == 0 ? Number() : Number(one.seconds);
       });
  each("benchkeep_collector_failures_total", kCounter,
       "Runs of the collector that failed.", [](const CollectorHealth& one) {
         return Number(static_cast<double>(one.failures));
       });
  each("benchkeep_collector_last_success_timestamp_seconds", kGauge,
       "When its last answer came.", [](const CollectorHealth& one) {
         return one.last_success ? Number(Seconds(*one.last_success))
                                 : Number();
       });
}

}  // namespace

std::string MetricsOf(const std::map<std::string, Snapshot>& documents,
                      const std::vector<CollectorHealth>& health,
                      const std::string& version) {
  Writer writer(documents);
  writer.out.Metric("benchkeep_build_info", kGauge,
                    "1, with the version of benchkeep.");
  writer.out.Sample(1, {{"version", version}});
  writer.Status();
  writer.Models();
  writer.Findings();
  writer.Health(health);
  return writer.out.text();
}

}  // namespace benchkeep::web
