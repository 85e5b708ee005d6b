// Counting tests for a report.

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "ops/log_line.h"
#include "ops/report_parts.h"
#include "store/parquet_count.h"

namespace benchkeep::ops {
namespace {

using store::CountAnswer;
using store::CountRequest;
using store::TestGroup;
using Value = std::optional<std::string>;

constexpr const char* kNow = "now";
constexpr const char* kBefore = "before";
constexpr std::size_t kTables = 2;         // Models and prompt types.
constexpr std::size_t kMostReason = 1200;  // Bytes; the query cuts before.

ReportCount CountOf(const TestGroup& group) {
  ReportCount count;
  count.total_tests = group.total_tests;
  count.known = group.known;
  count.successes =
      static_cast<std::uint64_t>(std::llround(std::max(0.0, group.successes)));
  return count;
}

// Nullopt when there is no such table.
Result<std::optional<CountAnswer>> Maybe(store::Results& results,
                                         const CountRequest& request) {
  Result<CountAnswer> answer = results.Count(request);
  if (answer.ok()) return std::optional<CountAnswer>(std::move(*answer));
  if (answer.error().code == Code::kNotFound) return std::nullopt;
  return Unexpected(answer.error());
}

ReportCount SumOf(const CountAnswer& answer) {
  ReportCount sum;
  for (const TestGroup& group : answer.groups) sum += CountOf(group);
  return sum;
}

// Failed tests by class, for each value of the first two columns and each
// period.
struct Infrastructure {
  bool told = false;
  // By column, value and period ("" for all time).
  std::map<std::tuple<std::size_t, Value, std::string>, std::uint64_t> tests;

  void Take(const CountAnswer& answer, std::size_t columns, bool by_period) {
    told = answer.told;
    for (const TestGroup& group : answer.groups) {
      const std::string reason = group.values.back().value_or("");
      if (!IsInfrastructure(Classify(reason))) continue;
      const std::string period =
          by_period ? group.values[columns].value_or("") : "";
      for (std::size_t i = 0; i < columns; ++i) {
        tests[{i, group.values[i], period}] += group.total_tests;
      }
    }
  }

  [[nodiscard]] std::optional<std::uint64_t> Of(
      std::size_t column, const Value& value, const std::string& period) const {
    if (!told) return std::nullopt;
    const auto found = tests.find({column, value, period});
    return found == tests.end() ? 0 : found->second;
  }
};

void TakeReasons(const CountAnswer& answer, ReportFailures& failures) {
  // A report is passed on: keys that services repeat in their errors are not.
  std::map<std::pair<std::string, ErrorClass>, std::uint64_t> by_text;
  for (const TestGroup& group : answer.groups) {
    const std::string reason = group.values.back().value_or("");
    const ErrorClass kind = Classify(reason);
    by_text[{Scrubbed(reason, kMostReason), kind}] += group.total_tests;
    failures.by_class[static_cast<std::size_t>(kind)] += group.total_tests;
    failures.explained += group.total_tests;
  }
  std::vector<ReportFailures::Reason> reasons;
  reasons.reserve(by_text.size());
  for (const auto& [key, tests] : by_text) {
    reasons.push_back({key.first, key.second, tests});
  }
  std::stable_sort(
      reasons.begin(), reasons.end(),
      [](const auto& a, const auto& b) { return a.tests > b.tests; });
  if (reasons.size() > kMaxReasons) {
    failures.other_reasons = reasons.size() - kMaxReasons;
    reasons.resize(kMaxReasons);
  }
  failures.reasons = std::move(reasons);
}

class Counting {
 public:
  Counting(const ReportInput& input, Report& report)
      : input_(input), report_(report) {}

  Status Run() {
    BENCHKEEP_TRY(ChooseSource());
    if (report_.source != Report::Source::kNone) {
      BENCHKEEP_TRY(ReadReasons());
      BENCHKEEP_TRY(ReadTables());
    }
    BENCHKEEP_TRY(ReadChanges());
    return ReadDays();
  }

 private:
  [[nodiscard]] const std::vector<std::string>& Key(bool cells) const {
    static const std::vector<std::string> cell_names =
        store::CellSettings().summary_key;
    return cells ? cell_names : input_.store.settings().summary_key;
  }

  [[nodiscard]] std::vector<std::string> Tables(bool cells) const {
    std::vector<std::string> columns = Key(cells);
    columns.resize(std::min(columns.size(), kTables));
    return columns;
  }

  Status ChooseSource() {
    BENCHKEEP_ASSIGN(
        std::optional<CountAnswer> results,
        Maybe(input_.results, {.cells = false, .columns = Key(false)}));
    BENCHKEEP_ASSIGN(
        std::optional<CountAnswer> cells,
        Maybe(input_.results, {.cells = true, .columns = Key(true)}));
    has_results_ = results.has_value();
    if (!results && !cells) return {};
    // A results file that has just begun says less than the master database.
    cells_ = cells && (!results ||
                       SumOf(*cells).total_tests > SumOf(*results).total_tests);
    const CountAnswer& chosen = cells_ ? *cells : *results;
    report_.source =
        cells_ ? Report::Source::kMaster : Report::Source::kResults;
    report_.all = SumOf(chosen);
    report_.coverage = CoverageOf(chosen.groups, Key(cells_));
    report_.coverage.query = chosen.query;
    return {};
  }

  Status ReadReasons() {
    ReportFailures& failures = report_.failures;
    const std::vector<std::string> columns = Tables(cells_);
    const Result<CountAnswer> answer = input_.results.Count(
        {.cells = cells_, .columns = columns, .by_reason = true});
    if (!answer.ok()) {
      if (answer.error().code != Code::kInvalidArgument) {
        return Unexpected(answer.error());
      }
      failures.unknown =
          Say(N_("the failed tests say too many different things"));
      return {};
    }
    if (!answer->told) {
      failures.unknown =
          cells_ ? Say(N_("the master database does not say why tests failed"))
                 : Say(N_("the results have no column that says why a test "
                          "failed ([store] errors)"));
      return {};
    }
    failures.query = answer->query;
    TakeReasons(*answer, failures);
    all_time_.Take(*answer, columns.size(), false);
    failures.timeouts_only =
        answer->query.find("'timeout' AS reason") != std::string::npos;
    std::uint64_t outside = 0;
    for (std::size_t i = 0; i < failures.by_class.size(); ++i) {
      if (IsInfrastructure(static_cast<ErrorClass>(i))) {
        outside += failures.by_class[i];
      }
    }
    report_.all.infrastructure = outside;
    failures.all = report_.all;
    return {};
  }

  Status ReadTables() {
    const std::vector<std::string> columns = Tables(cells_);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      BENCHKEEP_ASSIGN(
          const CountAnswer answer,
          input_.results.Count({.cells = cells_, .columns = {columns[i]}}));
      ReportTable table{.column = columns[i], .lines = {}, .query = {}};
      table.query = answer.query;
      for (const TestGroup& group : answer.groups) {
        ReportTable::Line line{group.values[0], CountOf(group)};
        line.count.infrastructure = all_time_.Of(i, line.value, "");
        table.lines.push_back(std::move(line));
      }
      std::stable_sort(table.lines.begin(), table.lines.end(),
                       [](const auto& a, const auto& b) {
                         return a.count.total_tests > b.count.total_tests;
                       });
      report_.tables.push_back(std::move(table));
    }
    return {};
  }

  Status ReadChanges() {
    ReportChanges& changes = report_.changes;
    if (!has_results_) {
      changes.unknown =
          report_.source == Report::Source::kNone
              ? Say(N_("there are no results yet"))
              : Say(N_("the master database holds sums, not when each test "
                       "ran"));
      return {};
    }
    const std::vector<store::TimeWindow> windows = {
        {kBefore, report_.before_since, report_.since},
        {kNow, report_.since, report_.until}};
    const std::vector<std::string> columns = Tables(false);
    Infrastructure failed;
    const Result<CountAnswer> reasons = input_.results.Count(
        {.columns = columns, .windows = windows, .by_reason = true});
    if (reasons.ok()) {
      failed.Take(*reasons, columns.size(), true);
      changes.failures_query = reasons->query;
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      BENCHKEEP_ASSIGN(
          const CountAnswer answer,
          input_.results.Count({.columns = {columns[i]}, .windows = windows}));
      if (!answer.told) {
        changes.unknown =
            Say(N_("the results do not say when each test ran: they hold one "
                   "row per cell, or have no column {0}"),
                input_.store.settings().time);
        return {};
      }
      changes.queries.push_back(answer.query);
      std::map<Value, ReportChange> lines;
      for (const TestGroup& group : answer.groups) {
        const std::string period = group.values[1].value_or("");
        ReportChange& line = lines[group.values[0]];
        ReportCount count = CountOf(group);
        count.infrastructure = failed.Of(i, group.values[0], period);
        if (i == 0) (period == kNow ? changes.now : changes.before) += count;
        (period == kNow ? line.now : line.before) = count;
      }
      for (auto& [value, line] : lines) {
        line.column = columns[i];
        line.value = value;
        changes.lines.push_back(std::move(line));
      }
    }
    return {};
  }

  Status ReadDays() {
    if (!has_results_) {
      ReadGrowth(input_.store, {}, {}, report_);
      return {};
    }
    BENCHKEEP_ASSIGN(const CountAnswer days,
                     input_.results.Count({.columns = {}, .by_day = true}));
    if (days.told && !days.groups.empty()) {
      report_.newest = days.groups.back().values[0];
    }
    ReadGrowth(input_.store, days.groups, days.query, report_);
    return {};
  }

  const ReportInput& input_;
  Report& report_;
  bool has_results_ = false;
  bool cells_ = false;
  Infrastructure all_time_;
};

}  // namespace

Status CountTests(const ReportInput& input, Report& report) {
  return Counting(input, report).Run();
}

}  // namespace benchkeep::ops
