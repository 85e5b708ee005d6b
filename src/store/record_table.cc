// Leaves as one row per test.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

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
  kFirstExtra,  // is_flawed and flaw_type, then what instances have.
};

struct Extras {
  bool flaws = false;
  bool instances = false;
};

// Instances speak for their leaf only when they are all there.
bool HasAllInstances(const Leaf& leaf) {
  return !leaf.instances.empty() &&
         static_cast<std::int64_t>(leaf.instances.size()) == TestsOf(leaf);
}

Extras ExtrasOf(const MasterDatabase& master) {
  Extras extras;
  for (const Leaf& leaf : master.leaves) {
    extras.flaws = extras.flaws || leaf.is_flawed || leaf.flaw_type;
    extras.instances = extras.instances || HasAllInstances(leaf);
  }
  return extras;
}

std::vector<TableColumn> ColumnsOf(const Extras& extras) {
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
  if (extras.flaws) {
    columns.insert(columns.end(),
                   {{"is_flawed", Type::kBool}, {"flaw_type", Type::kText}});
  }
  if (extras.instances) {
    columns.insert(columns.end(), {{"execution_time", Type::kDouble},
                                   {"error_message", Type::kText}});
  }
  return columns;
}

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

Outcome OutcomeOf(const Instance& instance) {
  if (instance.partial_success.value_or(false)) return Outcome::kPartial;
  if (!instance.success) return Outcome::kUnknown;
  return *instance.success ? Outcome::kSuccess : Outcome::kFailed;
}

std::optional<bool> SuccessOf(const Tally& tally, Outcome outcome) {
  if (outcome == Outcome::kUnknown) return std::nullopt;
  if (outcome != Outcome::kPartial) return outcome == Outcome::kSuccess;
  if (!tally.partial_decided) return std::nullopt;
  return tally.convention == Convention::kPartialInside;
}

std::optional<bool> PartialOf(const Tally& tally, Outcome outcome) {
  if (outcome == Outcome::kUnknown) return std::nullopt;
  if (outcome == Outcome::kSuccess && !tally.partial_known) {
    return std::nullopt;
  }
  return outcome == Outcome::kPartial;
}

// Writes the tests of one leaf after the other.
class RecordWriter {
 public:
  RecordWriter(const Extras& extras, TableWriter& writer)
      : extras_(extras), writer_(writer) {}

  Status Write(const Leaf& leaf) {
    const std::string cell = CellName(leaf);
    next_ = &numbers_[cell];
    FillRow(leaf);
    if (HasAllInstances(leaf)) return WriteInstances(leaf, cell);

    const Tally tally = TallyOf(leaf);
    for (int i = 0; i < kOutcomes; ++i) {
      const auto outcome = static_cast<Outcome>(i);
      row_[kSuccess] = Maybe(SuccessOf(tally, outcome));
      row_[kPartialSuccess] = Maybe(PartialOf(tally, outcome));
      for (std::int64_t n = 0; n < tally.of(outcome); ++n) {
        BENCHKEEP_TRY(WriteRow(cell, outcome));
      }
    }
    return {};
  }

 private:
  using Numbers = std::array<std::int64_t, kOutcomes>;

  // The values that all tests of the leaf share.
  void FillRow(const Leaf& leaf) {
    row_.assign(
        kFirstExtra + (extras_.flaws ? 2 : 0) + (extras_.instances ? 2 : 0),
        NullCell());
    row_[kModel] = TextCell(leaf.model);
    row_[kPromptType] = TextCell(leaf.prompt_type);
    const std::optional<double> rate = RateNumber(leaf.rate);
    if (rate && std::abs(*rate) <= std::numeric_limits<float>::max()) {
      row_[kRate] = DoubleCell(*rate);
    }
    row_[kDifficulty] = TextCell(leaf.difficulty);
    row_[kTaskType] = TextCell(leaf.task_type);
    row_[kTotal] = Maybe(leaf.total);
    row_[kSuccessful] = Maybe(leaf.success);
    row_[kPartial] = Maybe(leaf.partial);
    row_[kFailed] = Maybe(leaf.failed);
    for (const auto& [name, value] : leaf.statistics) {
      for (std::size_t i = 0; i < kCopied.size(); ++i) {
        if (name == kCopied.at(i)) {
          row_[kFirstCopied + i] = Maybe(value.AsDouble());
        }
      }
    }
    row_[kTimestamp] = Maybe(leaf.last_test_time);
    row_[kSource] = TextCell("master_database.json");
    if (extras_.flaws) {
      row_[kFirstExtra] = Maybe(leaf.is_flawed);
      row_[kFirstExtra + 1] = Maybe(leaf.flaw_type);
    }
  }

  Status WriteInstances(const Leaf& leaf, const std::string& cell) {
    const std::size_t own = kFirstExtra + (extras_.flaws ? 2 : 0);
    for (const Instance& instance : leaf.instances) {
      row_[kSuccess] = Maybe(instance.success);
      row_[kPartialSuccess] = Maybe(instance.partial_success);
      row_[kTimestamp] = Maybe(instance.timestamp);
      row_[own] = Maybe(instance.execution_time);
      row_[own + 1] = Maybe(instance.error_message);
      BENCHKEEP_TRY(WriteRow(cell, OutcomeOf(instance)));
    }
    return {};
  }

  Status WriteRow(const std::string& cell, Outcome outcome) {
    id_ = cell;
    id_ += '_';
    id_ += OutcomeName(outcome);
    id_ += '_';
    id_ += std::to_string(next_->at(static_cast<std::size_t>(outcome))++);
    row_[kTestId] = TextCell(id_);
    return writer_.Append(row_);
  }

  const Extras extras_;
  TableWriter& writer_;
  std::unordered_map<std::string, Numbers> numbers_;  // Next ones, by cell.
  Numbers* next_ = nullptr;
  std::vector<Cell> row_;
  std::string id_;
};

void CountRecords(const Leaf& leaf, ModelCount& model) {
  model.tests += static_cast<std::uint64_t>(TestsOf(leaf));
  if (HasAllInstances(leaf)) {
    for (const Instance& instance : leaf.instances) {
      if (instance.success.value_or(false)) ++model.successes;
    }
  } else if (leaf.success) {
    model.successes +=
        static_cast<std::uint64_t>(std::min(*leaf.success, TestsOf(leaf)));
  }
}

}  // namespace

Result<std::uint64_t> WriteRecords(const MasterDatabase& master,
                                   fs::FileSystem& file_system,
                                   const TableOptions& options,
                                   Progress& progress) {
  const Extras extras = ExtrasOf(master);
  BENCHKEEP_ASSIGN(TableWriter table, TableWriter::Create(file_system, options,
                                                          ColumnsOf(extras)));
  RecordWriter writer(extras, table);
  progress.Stage(Say(N_("writing the tests of each cell")),
                 master.leaves.size());
  std::uint64_t done = 0;
  for (const Leaf& leaf : master.leaves) {
    if (progress.Cancelled()) {
      return Fail(Code::kCancelled, Say(N_("interrupted")));
    }
    BENCHKEEP_TRY(writer.Write(leaf));
    progress.Advance(++done);
  }
  return table.Finish();
}

TableCount ExpectedCount(const MasterDatabase& master, Shape shape) {
  TableCount count;
  std::map<std::string, ModelCount> models;
  for (const Leaf& leaf : master.leaves) {
    ModelCount& model = models[leaf.model];
    if (shape == Shape::kRecords) {
      count.rows += static_cast<std::uint64_t>(TestsOf(leaf));
      CountRecords(leaf, model);
    } else {
      ++count.rows;
      model.tests += static_cast<std::uint64_t>(leaf.total.value_or(0));
    }
  }
  count.distinct_keys = count.rows;
  for (auto& [name, model] : models) {
    model.name = name;
    if (model.tests > 0) count.models.push_back(model);
  }
  return count;
}

}  // namespace benchkeep::store
