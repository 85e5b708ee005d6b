// Metrics in the text format of Prometheus, version 0.0.4.
//
// Our own writer of a hundred lines: prometheus-cpp-core keeps metrics as
// counters that a program moves, and ours are read off documents at once.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace benchkeep::web {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

enum class MetricType { kGauge, kCounter };

class MetricsText {
 public:
  // Begins a metric; the samples that follow are its own.  A metric without
  // samples is not written at all.
  void Metric(std::string_view name, MetricType type, std::string_view help);
  void Sample(double value, const Labels& labels = {});

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string head_;  // HELP and TYPE, until the first sample.
  std::string name_;
  std::string text_;
};

}  // namespace benchkeep::web
