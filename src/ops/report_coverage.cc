// What has not been tested yet.

#include <algorithm>
#include <map>
#include <set>

#include "ops/report_parts.h"

namespace benchkeep::ops {
namespace {

constexpr std::size_t kSettings = 2;  // Tool success rate and difficulty.

struct Seen {
  std::set<std::string> settings;
  std::uint64_t tests = 0;
};

// The values behind model and prompt type: "0.8, easy".
std::string SettingOf(const store::TestGroup& group) {
  std::string text;
  for (std::size_t i = 2; i < group.values.size() && i < 2 + kSettings; ++i) {
    text += (i == 2 ? "" : ", ") + group.values[i].value_or("-");
  }
  return text;
}

// Most tests first.
std::vector<std::string> Ranked(
    const std::map<std::string, std::uint64_t>& tests) {
  std::vector<std::string> names;
  names.reserve(tests.size());
  for (const auto& [name, count] : tests) names.push_back(name);
  std::stable_sort(names.begin(), names.end(),
                   [&tests](const std::string& a, const std::string& b) {
                     return tests.at(a) > tests.at(b);
                   });
  return names;
}

}  // namespace

ReportCoverage CoverageOf(const std::vector<store::TestGroup>& groups,
                          const std::vector<std::string>& columns) {
  ReportCoverage out;
  out.names = columns;
  out.names.resize(std::min(columns.size(), 2 + kSettings));
  std::map<std::string, std::uint64_t> models;
  std::map<std::string, std::uint64_t> prompts;
  std::map<std::string, std::set<std::string>> wanted;  // By prompt type.
  std::map<std::pair<std::string, std::string>, Seen> seen;
  for (const store::TestGroup& group : groups) {
    if (group.total_tests == 0) continue;
    const std::string model = group.values[0].value_or("-");
    const std::string prompt =
        group.values.size() > 1 ? group.values[1].value_or("-") : "-";
    const std::string setting = SettingOf(group);
    models[model] += group.total_tests;
    prompts[prompt] += group.total_tests;
    wanted[prompt].insert(setting);
    Seen& cell = seen[{model, prompt}];
    cell.settings.insert(setting);
    cell.tests += group.total_tests;
  }
  out.rows = Ranked(models);
  out.columns = Ranked(prompts);
  for (std::size_t row = 0; row < out.rows.size(); ++row) {
    std::vector<ReportCoverage::Cell>& cells = out.cells.emplace_back();
    for (std::size_t column = 0; column < out.columns.size(); ++column) {
      const std::set<std::string>& all = wanted[out.columns[column]];
      const Seen& cell = seen[{out.rows[row], out.columns[column]}];
      cells.push_back({cell.settings.size(), all.size(), cell.tests});
      out.tested += cell.settings.size();
      out.wanted += all.size();
      ReportCoverage::Gap gap{.row = row, .column = column, .settings = {}};
      std::set_difference(all.begin(), all.end(), cell.settings.begin(),
                          cell.settings.end(),
                          std::back_inserter(gap.settings));
      if (!gap.settings.empty()) out.gaps.push_back(std::move(gap));
    }
  }
  return out;
}

}  // namespace benchkeep::ops
