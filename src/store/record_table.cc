// Leaves as one row per test.

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

#include "store/leaf_tables.h"
#include "store/record_row.h"

namespace benchkeep::store {
namespace {

// Instances speak for their leaf only when they are all there.
bool HasAllInstances(const Leaf& leaf) {
  return !leaf.instances.empty() &&
         static_cast<std::int64_t>(leaf.instances.size()) == TestsOf(leaf);
}

RecordExtras ExtrasOf(const MasterDatabase& master) {
  RecordExtras extras;
  for (const Leaf& leaf : master.leaves) {
    extras.flaws = extras.flaws || leaf.is_flawed || leaf.flaw_type;
    extras.instances = extras.instances || HasAllInstances(leaf);
  }
  return extras;
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
  RecordWriter(RecordRow& row, TableWriter& writer)
      : row_(row), writer_(writer) {}

  Status Write(const Leaf& leaf) {
    Numbers& next = next_[CellName(leaf)];
    row_.SetLeaf(leaf);
    if (HasAllInstances(leaf)) return WriteInstances(leaf, next);

    const Tally tally = TallyOf(leaf);
    for (int i = 0; i < kOutcomes; ++i) {
      const auto outcome = static_cast<Outcome>(i);
      std::int64_t& number = next.at(static_cast<std::size_t>(i));
      const std::int64_t end = number + tally.of(outcome);
      for (; number < end; ++number) {
        row_.SetTest(outcome, number, SuccessOf(tally, outcome),
                     PartialOf(tally, outcome));
        BENCHKEEP_TRY(writer_.Append(row_.cells()));
      }
    }
    return {};
  }

 private:
  using Numbers = std::array<std::int64_t, kOutcomes>;

  Status WriteInstances(const Leaf& leaf, Numbers& next) {
    for (const Instance& instance : leaf.instances) {
      const Outcome outcome = OutcomeOf(instance);
      row_.SetTest(outcome, next.at(static_cast<std::size_t>(outcome))++,
                   instance.success, instance.partial_success);
      row_.SetTimestamp(instance.timestamp);
      row_.SetInstance(instance);
      BENCHKEEP_TRY(writer_.Append(row_.cells()));
    }
    return {};
  }

  RecordRow& row_;
  TableWriter& writer_;
  std::unordered_map<std::string, Numbers> next_;  // By cell.
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
  RecordRow row(ExtrasOf(master));
  BENCHKEEP_ASSIGN(TableWriter table,
                   TableWriter::Create(file_system, options, row.columns()));
  RecordWriter writer(row, table);
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
