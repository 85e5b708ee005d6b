// Counting the results by cell.

#include "store/result_cells.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "engine/database.h"

namespace benchkeep::store {
namespace {

std::string TextOf(const Cell& cell) {
  switch (cell.kind) {
    case Cell::Kind::kNull:
      return "unknown";
    case Cell::Kind::kBool:
      return cell.boolean ? "true" : "false";
    case Cell::Kind::kInt:
      return std::to_string(cell.integer);
    case Cell::Kind::kUint:
      return std::to_string(cell.unsigned_integer);
    case Cell::Kind::kDouble:
      return PythonRepr(cell.real);
    case Cell::Kind::kText:
      return std::string(cell.text);
  }
  return {};
}

std::int64_t CountOf(const Cell& cell) {
  if (cell.kind == Cell::Kind::kInt) return cell.integer;
  if (cell.kind == Cell::Kind::kUint) {
    return static_cast<std::int64_t>(cell.unsigned_integer);
  }
  return cell.kind == Cell::Kind::kDouble ? static_cast<std::int64_t>(cell.real)
                                          : 0;
}

class Counter {
 public:
  Counter(const Store& store, const ResultsOptions& options)
      : store_(store), settings_(store.settings()), options_(options) {}

  Result<ResultCells> Run() {
    BENCHKEEP_ASSIGN(results_, ParquetResults::Open(store_, options_));
    BENCHKEEP_ASSIGN(const ResultsStatistics statistics,
                     results_->Statistics());
    out_.shape = statistics.shape;
    BENCHKEEP_TRY(Add("results", Side::kResults));
    BENCHKEEP_ASSIGN(const std::size_t waiting, Waiting());
    constexpr std::size_t kMost = 512;  // What a query takes.
    if (waiting > kMost) {
      out_.increments_counted = false;
    } else if (waiting > 0) {
      const Status added = Add(AllSource(), Side::kAll);
      // Increments of another shape: nothing to add them up with.
      if (!added.ok()) out_.increments_counted = false;
    }
    return std::move(out_);
  }

 private:
  enum class Side { kResults, kAll };

  Result<std::size_t> Waiting() const {
    const Result<std::vector<fs::DirEntry>> entries =
        store_.file_system().List(store_.layout().increments());
    std::size_t count = 0;
    if (!entries.ok()) return count;
    for (const fs::DirEntry& entry : *entries) {
      const fs::Path path = store_.layout().increments() / entry.name;
      if (!store_.layout().IsIncrementName(entry.name)) continue;
      if (ParquetSource::Open(path).ok()) ++count;
    }
    return count;
  }

  [[nodiscard]] std::string Columns() const {
    std::string list;
    for (const std::string& name : settings_.summary_key) {
      list += engine::Identifier(name) + ", ";
    }
    return list;
  }

  [[nodiscard]] std::string AllSource() const {
    const bool records = out_.shape == Shape::kRecords;
    std::string columns = Columns();
    if (records) {
      for (const std::string& name : settings_.key) {
        columns += engine::Identifier(name) + ", ";
      }
      columns += engine::Identifier(settings_.success);
    } else {
      columns += engine::Identifier(settings_.total) + ", " +
                 engine::Identifier(settings_.success);
    }
    return fmt::format(
        "(SELECT {0} FROM results UNION ALL BY NAME SELECT {0} FROM "
        "increments)",
        columns);
  }

  Status Add(const std::string& source, Side side) {
    const std::string success = engine::Identifier(settings_.success);
    std::string counts;
    if (out_.shape == Shape::kSummary) {
      counts = fmt::format(
          "CAST(sum({0}) AS BIGINT), CAST(sum({1}) AS BIGINT), CAST(max({0}) "
          "AS BIGINT)",
          engine::Identifier(settings_.total), success);
    } else {
      std::string key;
      for (const std::string& name : settings_.key) {
        key += (key.empty() ? "" : ", ") + engine::Identifier(name);
      }
      counts = fmt::format(
          "count(DISTINCT ({})), CAST(sum(CAST({} AS INT)) AS BIGINT), 0", key,
          success);
    }
    const std::string sql = fmt::format("SELECT {}{} FROM {} GROUP BY ALL",
                                        Columns(), counts, source);
    BENCHKEEP_ASSIGN(const std::unique_ptr<RowScan> scan, results_->Query(sql));
    constexpr std::size_t kParts = 5;
    if (settings_.summary_key.size() != kParts) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("the cells of these results have no five parts")));
    }
    while (true) {
      BENCHKEEP_ASSIGN(const std::vector<Cell>* row, scan->Next());
      if (row == nullptr) return {};
      const auto& cells = *row;
      CellKey key{TextOf(cells[0]), TextOf(cells[1]), TextOf(cells[2]),
                  TextOf(cells[3]), TextOf(cells[4])};
      key.rate = RateWord(key.rate);
      CellCount& count = out_.cells[key];
      const std::int64_t total = CountOf(cells[kParts]);
      if (side == Side::kResults) {
        count.least = count.most = total;
        count.success = CountOf(cells[kParts + 1]);
      } else {
        // A summary row may replace the old one or add to it.
        if (out_.shape == Shape::kSummary) {
          count.least = std::min(count.least, CountOf(cells[kParts + 2]));
        }
        count.most = std::max(count.most, total);
      }
    }
  }

  const Store& store_;
  const Settings& settings_;
  const ResultsOptions options_;
  std::unique_ptr<ParquetResults> results_;
  ResultCells out_;
};

}  // namespace

std::string CellKey::Text() const {
  // 0.8, not what 32 bits make of it.
  const std::optional<double> number = RateNumber(rate);
  return fmt::format(
      "{}/{}/{}/{}/{}", model, prompt_type,
      number ? fmt::format("{}", static_cast<float>(*number)) : rate,
      difficulty, task_type);
}

CellKey KeyOf(const Leaf& leaf) {
  return {leaf.model, leaf.prompt_type, RateWord(leaf.rate), leaf.difficulty,
          leaf.task_type};
}

Result<ResultCells> CountCells(const Store& store,
                               const ResultsOptions& options) {
  return Counter(store, options).Run();
}

}  // namespace benchkeep::store
