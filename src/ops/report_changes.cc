// Which differences between two periods are no accident.

#include <algorithm>
#include <cmath>
#include <tuple>

#include "ops/report_parts.h"

namespace benchkeep::ops {
namespace {

// Adjusts the p values of those that were tested.
void Adjust(std::vector<ReportChange>& lines,
            std::optional<ProportionTest> ReportChange::*test,
            double ReportChange::*adjusted) {
  std::vector<double> p;
  for (const ReportChange& line : lines) {
    if (line.*test) p.push_back((line.*test)->p);
  }
  const std::vector<double> out = HolmAdjusted(p);
  std::size_t at = 0;
  for (ReportChange& line : lines) {
    if (line.*test) line.*adjusted = out[at++];
  }
}

std::string PercentOf(std::optional<double> share) {
  if (!share) return "-";
  constexpr double kPerMille = 1000;
  std::string text = std::to_string(std::lround(*share * kPerMille));
  if (text.size() < 2) text.insert(0, "0");
  return text.insert(text.size() - 1, ".") + "%";
}

Finding DropFinding(const ReportChange& line) {
  const std::string name = line.value.value_or("-");
  const std::string from = PercentOf(line.before.success_rate());
  const std::string to = PercentOf(line.now.success_rate());
  if (line.explained()) {
    return {"report_drop_infrastructure", Severity::kWarning, "",
            Say(N_("{0} {1}: success fell from {2} to {3}, because of failures "
                   "of the infrastructure"),
                line.column, name, from, to),
            Say(N_("`benchkeep logs errors` names their causes"))};
  }
  return {"report_drop",
          Severity::kWarning,
          "",
          Say(N_("{0} {1}: success fell from {2} to {3}, and that is no "
                 "accident"),
              line.column, name, from, to),
          {}};
}

}  // namespace

double ReportChange::difference() const {
  return now.success_rate().value_or(0) - before.success_rate().value_or(0);
}

bool ReportChange::real() const { return test && adjusted < kReportLevel; }

bool ReportChange::explained() const {
  return drop() && now.infrastructure.value_or(0) > 0 && test_without &&
         adjusted_without >= kReportLevel;
}

void JudgeChanges(Report& report) {
  std::vector<ReportChange>& lines = report.changes.lines;
  for (ReportChange& line : lines) {
    line.test = CompareProportions(line.before.all(), line.now.all());
    line.test_without =
        CompareProportions(line.before.without(), line.now.without());
  }
  Adjust(lines, &ReportChange::test, &ReportChange::adjusted);
  Adjust(lines, &ReportChange::test_without, &ReportChange::adjusted_without);
  report.changes.comparisons = static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(),
      [](const ReportChange& line) { return line.test.has_value(); }));
  // The columns keep their order.
  std::stable_sort(lines.begin(), lines.end(),
                   [](const ReportChange& a, const ReportChange& b) {
                     if (a.column != b.column) return false;
                     return std::tuple(a.real(), a.now.total_tests) >
                            std::tuple(b.real(), b.now.total_tests);
                   });
  for (const ReportChange& line : lines) {
    if (line.drop()) report.findings.push_back(DropFinding(line));
  }
}

}  // namespace benchkeep::ops
