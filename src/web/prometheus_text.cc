// Writing the text format of Prometheus.

#include "web/prometheus_text.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"

namespace benchkeep::web {
namespace {

// Backslash and newline; in label values the quote as well.
std::string Escape(std::string_view text, bool quote) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (quote && c == '"')) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (value == std::floor(value) && std::abs(value) < kExact) {
    return fmt::format("{:.0f}", value);
  }
  return fmt::format("{}", value);
}

}  // namespace

void MetricsText::Metric(std::string_view name, MetricType type,
                         std::string_view help) {
  name_ = name;
  head_ =
      fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, Escape(help, false),
                  type == MetricType::kGauge ? "gauge" : "counter");
}

void MetricsText::Sample(double value, const Labels& labels) {
  text_ += head_;
  head_.clear();
  text_ += name_;
  if (!labels.empty()) {
    text_ += '{';
    for (std::size_t i = 0; i < labels.size(); ++i) {
      text_ += fmt::format("{}{}=\"{}\"", i == 0 ? "" : ",", labels[i].first,
                           Escape(CleanUtf8(labels[i].second), true));
    }
    text_ += '}';
  }
  text_ += fmt::format(" {}\n", Number(value));
}

}  // namespace benchkeep::web
