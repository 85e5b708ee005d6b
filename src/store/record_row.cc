// Columns and values of a record.

#include "store/record_row.h"

#include <array>
#include <cmath>
#include <limits>

#include "store/leaf_tables.h"

namespace benchkeep::store {
namespace {

using engine::Type;

// Statistics that the campaign's converter copies into each row.
constexpr std::array<const char*, 8> kCopied = {
    "success_rate",           "partial_rate",       "failure_rate",
    "weighted_success_score", "avg_execution_time", "avg_turns",
    "tool_coverage_rate",     "avg_tool_calls"};

// Columns of the campaign's converter, in its order.
enum Position : std::size_t {
  kModel,
  kPromptType,
  kRate,
  kDifficulty,
  kTaskType,
  kTotal,
  kSuccessful,
  kPartial,
  kFailed,
  kFirstCopied,
  kTimestamp = kFirstCopied + kCopied.size(),
  kSource,
  kTestId,
  kSuccess,
  kPartialSuccess,
  kFirstExtra,
};
constexpr std::size_t kFlawColumns = 2;

Cell Maybe(const std::optional<std::int64_t>& value) {
  return value ? IntCell(*value) : NullCell();
}
Cell Maybe(const std::optional<double>& value) {
  return value ? DoubleCell(*value) : NullCell();
}
Cell Maybe(const std::optional<bool>& value) {
  return value ? BoolCell(*value) : NullCell();
}
Cell Maybe(const std::optional<std::string>& value) {
  return value ? TextCell(*value) : NullCell();
}

}  // namespace

RecordRow::RecordRow(RecordExtras extras)
    : extras_(extras), width_(columns().size()) {}

std::vector<TableColumn> RecordRow::columns() const {
  std::vector<TableColumn> columns = {{"model", Type::kText},
                                      {"prompt_type", Type::kText},
                                      {"tool_success_rate", Type::kFloat},
                                      {"difficulty", Type::kText},
                                      {"task_type", Type::kText},
                                      {"total", Type::kInt32},
                                      {"successful", Type::kInt32},
                                      {"partial", Type::kInt32},
                                      {"failed", Type::kInt32}};
  for (const char* name : kCopied) columns.push_back({name, Type::kDouble});
  columns.insert(columns.end(), {{kTimeColumn, Type::kText},
                                 {"source", Type::kText},
                                 {"test_id", Type::kText},
                                 {"success", Type::kBool},
                                 {"partial_success", Type::kBool}});
  if (extras_.flaws) {
    columns.insert(columns.end(),
                   {{"is_flawed", Type::kBool}, {"flaw_type", Type::kText}});
  }
  if (extras_.instances) {
    columns.insert(columns.end(), {{"execution_time", Type::kDouble},
                                   {"error_message", Type::kText}});
  }
  return columns;
}

void RecordRow::SetLeaf(const Leaf& leaf) {
  cell_name_ = CellName(leaf);
  cells_.assign(width_, NullCell());
  cells_[kModel] = TextCell(leaf.model);
  cells_[kPromptType] = TextCell(leaf.prompt_type);
  const std::optional<double> rate = RateNumber(leaf.rate);
  if (rate && std::abs(*rate) <= std::numeric_limits<float>::max()) {
    cells_[kRate] = DoubleCell(*rate);
  }
  cells_[kDifficulty] = TextCell(leaf.difficulty);
  cells_[kTaskType] = TextCell(leaf.task_type);
  cells_[kTotal] = Maybe(leaf.total);
  cells_[kSuccessful] = Maybe(leaf.success);
  cells_[kPartial] = Maybe(leaf.partial);
  cells_[kFailed] = Maybe(leaf.failed);
  for (const auto& [name, value] : leaf.statistics) {
    for (std::size_t i = 0; i < kCopied.size(); ++i) {
      if (name == kCopied.at(i)) {
        cells_[kFirstCopied + i] = Maybe(value.AsDouble());
      }
    }
  }
  cells_[kTimestamp] = Maybe(leaf.last_test_time);
  cells_[kSource] = TextCell("master_database.json");
  if (extras_.flaws) {
    cells_[kFirstExtra] = Maybe(leaf.is_flawed);
    cells_[kFirstExtra + 1] = Maybe(leaf.flaw_type);
  }
}

void RecordRow::SetTest(Outcome outcome, std::int64_t number,
                        std::optional<bool> success,
                        std::optional<bool> partial) {
  id_ = cell_name_;
  id_ += '_';
  id_ += OutcomeName(outcome);
  id_ += '_';
  id_ += std::to_string(number);
  cells_[kTestId] = TextCell(id_);
  cells_[kSuccess] = Maybe(success);
  cells_[kPartialSuccess] = Maybe(partial);
}

void RecordRow::SetTimestamp(const std::optional<std::string>& timestamp) {
  cells_[kTimestamp] = Maybe(timestamp);
}

void RecordRow::SetInstance(const Instance& instance) {
  BENCHKEEP_CHECK(extras_.instances);
  const std::size_t first = kFirstExtra + (extras_.flaws ? kFlawColumns : 0);
  cells_[first] = Maybe(instance.execution_time);
  cells_[first + 1] = Maybe(instance.error_message);
}

}  // namespace benchkeep::store
