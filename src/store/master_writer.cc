// Results as a master database.

#include "store/master_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/leaf.h"
#include "store/leaf_tables.h"

namespace benchkeep::store {
namespace {

constexpr std::size_t kNoColumn = std::numeric_limits<std::size_t>::max();
constexpr std::uint64_t kProgressStep = 4096;

// Shortest text of a real that reads back as the same value of its width.
std::string RealText(const Cell& cell) {
  if (!cell.single) return PythonRepr(cell.real);
  const std::string text = fmt::format("{}", static_cast<float>(cell.real));
  const bool whole = text.find_first_not_of("-0123456789") == std::string::npos;
  return whole ? text + ".0" : text;
}

// The value as it stood in the document; nullopt for "absent".
std::optional<Json> ToJson(const Cell& cell) {
  switch (cell.kind) {
    case Cell::Kind::kNull:
      return std::nullopt;
    case Cell::Kind::kBool:
      return Json::Bool(cell.boolean);
    case Cell::Kind::kInt:
      return Json::Int(cell.integer);
    case Cell::Kind::kUint:
      return Json::Uint(cell.unsigned_integer);
    case Cell::Kind::kDouble:
      return std::isfinite(cell.real) ? Json::RawNumber(RealText(cell))
                                      : Json::Double(cell.real);
    case Cell::Kind::kText:
      return Json::String(std::string(cell.text));
  }
  BENCHKEEP_CHECK(false);
}

// A part of the cell's path; nullopt when it is missing.
std::optional<std::string> PartText(const Cell& cell) {
  if (cell.kind == Cell::Kind::kDouble) return RealText(cell);
  const std::optional<Json> value = ToJson(cell);
  return value ? std::optional(value->text()) : std::nullopt;
}

// The tests of one cell in shape `records`.
struct Counts {
  std::int64_t total = 0;
  std::int64_t success = 0;
  std::int64_t partial = 0;
  std::int64_t failed = 0;

  Counts& operator+=(const Counts& other) {
    total += other.total;
    success += other.success;
    partial += other.partial;
    failed += other.failed;
    return *this;
  }

  void Add(const Cell& success_cell, const Cell& partial_cell) {
    const auto is = [](const Cell& cell, bool wanted) {
      return cell.kind == Cell::Kind::kBool && cell.boolean == wanted;
    };
    ++total;
    if (is(success_cell, true)) ++success;
    if (is(partial_cell, true)) ++partial;
    if (is(success_cell, false) && !is(partial_cell, true)) ++failed;
  }

  [[nodiscard]] Json ToStatistics() const {
    Json json = Json::Object();
    json.Set("total", Json::Int(total));
    json.Set("success", Json::Int(success));
    json.Set("partial", Json::Int(partial));
    json.Set("failed", Json::Int(failed));
    const auto share = [&](std::int64_t count) {
      return Json::RawNumber(
          PythonRepr(static_cast<double>(count) / static_cast<double>(total)));
    };
    json.Set("success_rate", share(success));
    json.Set("partial_rate", share(partial));
    json.Set("failure_rate", share(failed));
    return json;
  }
};

// One branch of the tree, with its children in the order they were met.
struct Node {
  std::vector<std::pair<std::string, std::size_t>> children;  // Into nodes_.
  std::unordered_map<std::string, std::size_t> index;         // Same.
  std::size_t leaf = kNoColumn;                               // Into leaves_.
};

class Builder {
 public:
  Builder(const std::vector<std::string>& columns, Shape shape,
          const Settings& settings)
      : columns_(columns), shape_(shape), nodes_(1) {
    const auto find = [&](std::string_view name) {
      const auto at = std::find(columns.begin(), columns.end(), name);
      return at == columns.end()
                 ? kNoColumn
                 : static_cast<std::size_t>(at - columns.begin());
    };
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      parts_[i] = find(kPartNames.at(i));
    }
    rate_text_ = find(kRateTextColumn);
    other_ = find(kOtherColumn);
    time_ = find(settings.time);
    success_ = find(settings.success);
    partial_ = find("partial_success");
    reserved_.assign(columns.size(), false);
    for (const std::size_t part : parts_) Reserve(part);
    for (const std::size_t column : {rate_text_, other_, time_}) {
      Reserve(column);
    }
  }

  Status CheckColumns() const {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      // Campaigns without rates are fine: the rate is unknown then.
      if (parts_.at(i) != kNoColumn || i == kRatePart) continue;
      return Fail(Code::kInvalidArgument,
                  Say(N_("the results have no column {0}, which a master "
                         "database needs"),
                      kPartNames.at(i)));
    }
    return {};
  }

  Status Add(const std::vector<Cell>& row) {
    ++rows_;
    BENCHKEEP_ASSIGN(const std::size_t leaf, LeafOf(row));
    if (time_ != kNoColumn && row[time_].kind == Cell::Kind::kText) {
      std::string& newest = newest_[model_];
      newest = std::max(newest, std::string(row[time_].text));
    }
    if (shape_ == Shape::kRecords) {
      static const Cell unknown;
      counts_[leaf].Add(success_ == kNoColumn ? unknown : row[success_],
                        partial_ == kNoColumn ? unknown : row[partial_]);
      return {};
    }
    return SetStatistics(row, statistics_[leaf]);
  }

  MasterDocument Finish(const std::string& now) {
    Json models = Json::Object();
    Json names = Json::Array();
    Counts all;
    std::string newest;
    for (const auto& [name, child] : nodes_[0].children) {
      Counts sums;
      Json tree = Build(child, 1, sums);
      const std::string& last = newest_[name];
      newest = std::max(newest, last);
      Json model = Json::Object();
      model.Set("model_name", Json::String(name));
      model.Set("last_test_time", last.empty() ? Json() : Json::String(last));
      model.Set("total_tests", Json::Int(sums.total));
      model.Set("overall_stats", Json::Object());
      model.Set("by_prompt_type", std::move(tree));
      models.members().emplace_back(name, std::move(model));
      names.Append(Json::String(name));
      all += sums;
    }
    Json summary = Json::Object();
    summary.Set("total_tests", Json::Int(all.total));
    summary.Set("total_success", Json::Int(all.success));
    summary.Set("total_partial", Json::Int(all.partial));
    summary.Set("total_failure", Json::Int(all.failed));
    summary.Set("models_tested", std::move(names));
    summary.Set("last_test_time",
                newest.empty() ? Json() : Json::String(newest));

    MasterDocument result;
    Json& document = result.document = Json::Object();
    document.Set("version", Json::String("3.0"));
    document.Set("created_at", Json::String(now));
    document.Set("last_updated", Json::String(now));
    document.Set("test_groups", Json::Object());
    document.Set("models", std::move(models));
    document.Set("summary", std::move(summary));
    result.leaves = leaves_;
    result.rows = rows_;
    result.total_tests = static_cast<std::uint64_t>(all.total);
    result.findings = std::move(findings_);
    return result;
  }

 private:
  static constexpr std::array<const char*, 5> kPartNames = {
      "model", "prompt_type", "tool_success_rate", "difficulty", "task_type"};
  static constexpr std::size_t kRatePart = 2;
  static constexpr std::array<const char*, 3> kContainers = {
      "by_tool_success_rate", "by_difficulty", "by_task_type"};

  void Reserve(std::size_t column) {
    if (column != kNoColumn) reserved_[column] = true;
  }

  Result<std::string> PartOf(const std::vector<Cell>& row, std::size_t part) {
    if (part == kRatePart && rate_text_ != kNoColumn &&
        row[rate_text_].kind == Cell::Kind::kText) {
      return std::string(row[rate_text_].text);
    }
    const std::size_t column = parts_.at(part);
    std::optional<std::string> text;
    if (column != kNoColumn) text = PartText(row[column]);
    if (text) return *text;
    if (part == kRatePart) return std::string("unknown");
    return Fail(Code::kCorruption,
                Say(N_("row {0} has no {1}: it belongs to no cell"), rows_,
                    kPartNames.at(part)));
  }

  // Walks down to the leaf of `row`, making what is missing.
  Result<std::size_t> LeafOf(const std::vector<Cell>& row) {
    std::size_t node = 0;
    for (std::size_t part = 0; part < kPartNames.size(); ++part) {
      BENCHKEEP_ASSIGN(const std::string name, PartOf(row, part));
      if (part == 0) model_ = name;
      const auto [place, fresh] =
          nodes_[node].index.try_emplace(name, nodes_.size());
      const std::size_t child = place->second;
      if (fresh) {
        nodes_[node].children.emplace_back(name, child);
        nodes_.emplace_back();
      }
      node = child;
    }
    Node& end = nodes_[node];
    const bool fresh = end.leaf == kNoColumn;
    if (fresh) {
      end.leaf = leaves_++;
      if (shape_ == Shape::kRecords) {
        counts_.emplace_back();
      } else {
        statistics_.push_back(Json::Object());
      }
    } else if (shape_ == Shape::kSummary) {
      statistics_[end.leaf] = Json::Object();
      findings_.push_back(
          {"cell_twice", Severity::kWarning, "",
           Say(N_("row {0} is a second row of its cell: the last one counts"),
               rows_),
           Say(N_("benchkeep dedupe"))});
    }
    return end.leaf;
  }

  Status SetStatistics(const std::vector<Cell>& row, Json& statistics) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (reserved_[i]) continue;
      if (std::optional<Json> value = ToJson(row[i])) {
        statistics.members().emplace_back(columns_[i], std::move(*value));
      }
    }
    if (other_ == kNoColumn || row[other_].kind != Cell::Kind::kText) return {};
    BENCHKEEP_ASSIGN(Json others, ParseJson(row[other_].text));
    for (auto& [name, value] : others.members()) {
      statistics.Set(name, std::move(value));
    }
    return {};
  }

  // The JSON of the branch at `node`; adds its counts to `sums`.
  Json Build(std::size_t node, std::size_t depth, Counts& sums) {
    Json json = Json::Object();
    for (const auto& [name, child] : nodes_[node].children) {
      Json below;
      if (depth <= kContainers.size()) {
        below = Json::Object();
        below.Set(kContainers.at(depth - 1), Build(child, depth + 1, sums));
      } else {
        below = BuildLeaf(nodes_[child].leaf, sums);
      }
      json.members().emplace_back(name, std::move(below));
    }
    return json;
  }

  Json BuildLeaf(std::size_t leaf, Counts& sums) {
    if (shape_ == Shape::kRecords) {
      sums += counts_[leaf];
      return counts_[leaf].ToStatistics();
    }
    const Json& statistics = statistics_[leaf];
    const auto count =
        [&](std::initializer_list<std::string_view> names) -> std::int64_t {
      for (const std::string_view name : names) {
        if (const auto value = statistics.IntAt(name)) return *value;
      }
      return 0;
    };
    sums +=
        {count({"total"}), count({"success", "successful"}),
         count({"partial", "partial_success"}), count({"failed", "failure"})};
    return std::move(statistics_[leaf]);
  }

  const std::vector<std::string>& columns_;
  const Shape shape_;
  std::array<std::size_t, 5> parts_{};
  std::size_t rate_text_ = kNoColumn;
  std::size_t other_ = kNoColumn;
  std::size_t time_ = kNoColumn;
  std::size_t success_ = kNoColumn;
  std::size_t partial_ = kNoColumn;
  std::vector<bool> reserved_;  // Columns that are no statistics.

  std::vector<Node> nodes_;       // The root first.
  std::vector<Counts> counts_;    // Of leaves, shape `records`.
  std::vector<Json> statistics_;  // Of leaves, shape `summary`.
  std::size_t leaves_ = 0;
  std::uint64_t rows_ = 0;
  std::string model_;                          // Of the present row.
  std::map<std::string, std::string> newest_;  // Time, by model.
  Findings findings_;
};

}  // namespace

Result<MasterDocument> BuildMaster(RowScan& scan, Shape shape,
                                   const Settings& settings,
                                   const std::string& now, Progress& progress) {
  Builder builder(scan.columns(), shape, settings);
  BENCHKEEP_TRY(builder.CheckColumns());
  progress.Stage(Say(N_("counting the tests of each cell")), 0);
  for (std::uint64_t rows = 0;; ++rows) {
    if (rows % kProgressStep == 0) {
      if (progress.Cancelled()) {
        return Fail(Code::kCancelled, Say(N_("interrupted")));
      }
      progress.Advance(rows);
    }
    BENCHKEEP_ASSIGN(const std::vector<Cell>* row, scan.Next());
    if (row == nullptr) break;
    BENCHKEEP_TRY(builder.Add(*row));
  }
  return builder.Finish(now);
}

}  // namespace benchkeep::store
