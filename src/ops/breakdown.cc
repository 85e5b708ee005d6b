// Tests and success by the columns of a cell, and over time.

#include "ops/breakdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "ops/job_limits.h"
#include "store/master_database.h"
#include "store/parquet_results.h"

namespace benchkeep::ops {
namespace {

constexpr std::size_t kMaxCells = 200'000;
constexpr std::size_t kMaxMatrixCells = 20'000;

std::optional<double> Number(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end) return std::nullopt;
  return value;
}

// 0.8 was often 32 bits wide: "0.800000011920929" is the same rate.
std::optional<std::string> Tidy(std::optional<std::string> value) {
  if (value == "nan") return std::nullopt;
  if (!value || value->find('.') == std::string::npos) return value;
  const std::optional<double> number = Number(*value);
  if (!number) return value;
  return fmt::format("{:.6g}", *number);
}

void Add(BreakdownCount& to, const store::TestGroup& group) {
  to.total_tests += group.total_tests;
  to.known += group.known;
  to.successes += group.successes;
}

bool Before(const Dimension::Part& a, const Dimension::Part& b) {
  // What has no value comes last, numbers go by size.
  if (a.value.has_value() != b.value.has_value()) return a.value.has_value();
  const auto left = a.value ? Number(*a.value) : std::nullopt;
  const auto right = b.value ? Number(*b.value) : std::nullopt;
  if (left && right) return *left < *right;
  if (left.has_value() != right.has_value()) return left.has_value();
  return std::tie(b.count.total_tests, a.value) <
         std::tie(a.count.total_tests, b.value);
}

// One column of all groups.
Dimension DimensionOf(const std::string& column, std::size_t index,
                      const std::vector<store::TestGroup>& groups) {
  std::map<std::optional<std::string>, BreakdownCount> parts;
  for (const store::TestGroup& group : groups) {
    Add(parts[group.values[index]], group);
  }
  Dimension dimension{.column = column, .parts = {}};
  for (auto& [value, count] : parts) {
    dimension.parts.push_back({value, count});
  }
  std::sort(dimension.parts.begin(), dimension.parts.end(), Before);
  return dimension;
}

Matrix MatrixOf(const Dimension& rows, const Dimension& columns,
                std::size_t index,
                const std::vector<store::TestGroup>& groups) {
  const auto places = [](const Dimension& dimension) {
    std::map<std::optional<std::string>, std::size_t> at;
    for (std::size_t i = 0; i < dimension.parts.size(); ++i) {
      at[dimension.parts[i].value] = i;
    }
    return at;
  };
  const auto row_of = places(rows);
  const auto column_of = places(columns);
  std::map<std::pair<std::size_t, std::size_t>, BreakdownCount> cells;
  for (const store::TestGroup& group : groups) {
    Add(cells[{row_of.at(group.values[0]), column_of.at(group.values[index])}],
        group);
  }
  Matrix matrix{.rows = rows.column, .columns = columns.column, .cells = {}};
  for (const auto& [place, count] : cells) {
    matrix.cells.push_back({place.first, place.second, count});
  }
  return matrix;
}

// The cells of a master database, in the columns of [store] summary_key.
std::vector<store::TestGroup> GroupsOf(
    const store::MasterDatabase& master,
    const std::vector<std::string>& columns) {
  std::vector<store::TestGroup> groups;
  for (const store::Leaf& leaf : master.leaves) {
    const std::map<std::string, std::optional<std::string>> values = {
        {"model", leaf.model},
        {"prompt_type", leaf.prompt_type},
        {"tool_success_rate", leaf.rate},
        {"difficulty", leaf.difficulty},
        {"task_type", leaf.task_type}};
    const store::Tally tally = store::TallyOf(leaf);
    const bool inside = tally.convention == store::Convention::kPartialInside;
    store::TestGroup group;
    for (const std::string& column : columns) {
      const auto found = values.find(column);
      group.values.push_back(found == values.end() ? std::nullopt
                                                   : found->second);
    }
    group.total_tests = static_cast<std::uint64_t>(tally.tests());
    group.known = static_cast<std::uint64_t>(tally.tests() - tally.unknown);
    group.successes =
        static_cast<double>(tally.success + (inside ? tally.partial : 0));
    groups.push_back(std::move(group));
  }
  return groups;
}

using Groups = std::vector<store::TestGroup>;

std::uint64_t TestsIn(const Groups& groups) {
  std::uint64_t tests = 0;
  for (const store::TestGroup& group : groups) tests += group.total_tests;
  return tests;
}

// nullopt when there is no results file.
Result<std::optional<Groups>> FromResults(const store::Store& store,
                                          const BreakdownOptions& options,
                                          BreakdownReport& report) {
  BENCHKEEP_ASSIGN(
      const auto results,
      store::ParquetResults::Open(store, LimitsFor(options.memory_bytes)));
  Result<Groups> groups =
      results->Groups(store.settings().summary_key, kMaxCells);
  if (!groups.ok()) {
    if (groups.error().code == Code::kNotFound) return std::nullopt;
    return Unexpected(groups.error());
  }
  BENCHKEEP_ASSIGN(report.timeline, results->OverTime(options.slots));
  return std::optional<Groups>(std::move(*groups));
}

// nullopt when there is no master database, or it cannot be read and there are
// results to show.
Result<std::optional<Groups>> FromMaster(const store::Store& store,
                                         bool needed) {
  const Result<store::MasterDatabase> master =
      store::LoadMaster(store.file_system(), store.layout().master());
  if (master.ok()) {
    return std::optional<Groups>(
        GroupsOf(*master, store.settings().summary_key));
  }
  if (!needed || master.error().code == Code::kNotFound) return std::nullopt;
  return Unexpected(master.error());
}

Result<Groups> ReadGroups(const store::Store& store,
                          const BreakdownOptions& options,
                          BreakdownReport& report) {
  BENCHKEEP_ASSIGN(std::optional<Groups> results,
                   FromResults(store, options, report));
  BENCHKEEP_ASSIGN(std::optional<Groups> master,
                   FromMaster(store, !results.has_value()));
  // A results file that has just begun says less than the master database.
  if (master && (!results || TestsIn(*master) > TestsIn(*results))) {
    report.source = BreakdownReport::Source::kMaster;
    return std::move(*master);
  }
  if (!results) return Groups();
  report.source = BreakdownReport::Source::kResults;
  return std::move(*results);
}

}  // namespace

Result<BreakdownReport> ReadBreakdown(const store::Store& store,
                                      const BreakdownOptions& options) {
  BreakdownReport report;
  BENCHKEEP_ASSIGN(Groups groups, ReadGroups(store, options, report));
  for (store::TestGroup& group : groups) {
    Add(report.all, group);
    // Names of models are names, even when they look like numbers.
    for (std::size_t i = 1; i < group.values.size(); ++i) {
      group.values[i] = Tidy(std::move(group.values[i]));
    }
  }
  const std::vector<std::string>& columns = store.settings().summary_key;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    report.dimensions.push_back(DimensionOf(columns[i], i, groups));
  }
  for (std::size_t i = 1; i < columns.size(); ++i) {
    Matrix matrix =
        MatrixOf(report.dimensions[0], report.dimensions[i], i, groups);
    if (matrix.cells.size() <= kMaxMatrixCells) {
      report.matrices.push_back(std::move(matrix));
    }
  }
  return report;
}

}  // namespace benchkeep::ops
