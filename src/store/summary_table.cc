// Leaves as one row per cell.

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "store/leaf_tables.h"

namespace benchkeep::store {
namespace {

using engine::Type;

// More statistics than that share kOtherColumn.
constexpr std::size_t kMaxColumns = 1000;

std::string Lower(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// The kinds of values that one statistic has in all leaves.
struct Kinds {
  bool integer = false;
  bool real = false;
  bool boolean = false;
  bool text = false;

  void Add(const Json& value) {
    integer = integer || value.IsIntegerText();
    real = real || (value.is_number() && !value.IsIntegerText());
    boolean = boolean || value.is_bool();
    text = text || value.is_string();
  }
  [[nodiscard]] std::optional<Type> ColumnType() const {
    if (real) return Type::kDouble;
    if (integer) return Type::kInt64;
    if (boolean) return Type::kBool;
    if (text) return Type::kText;
    return std::nullopt;
  }
};

// `value` in a column of `type`, when nothing of it is lost.
std::optional<Cell> Fit(const Json& value, Type type) {
  switch (type) {
    case Type::kBool:
      if (value.is_bool()) return BoolCell(value.bool_value());
      return std::nullopt;
    case Type::kText:
      if (value.is_string()) return TextCell(value.text());
      return std::nullopt;
    case Type::kInt64:
      if (const auto number = value.AsInt()) return IntCell(*number);
      return std::nullopt;
    default:
      break;
  }
  const std::optional<double> number = value.AsDouble();
  if (!number) return std::nullopt;
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (value.IsIntegerText() && std::abs(*number) >= kExact) return std::nullopt;
  const bool spelled_out =
      !value.text().empty() && value.text().find_first_of("0123456789") ==
                                   std::string::npos;  // Infinity, NaN.
  if (!std::isfinite(*number) && !spelled_out) return std::nullopt;
  return DoubleCell(*number);
}

// Which statistic goes where.
class SummaryLayout {
 public:
  explicit SummaryLayout(const MasterDatabase& master) {
    for (const char* name : {"model", "prompt_type", "tool_success_rate",
                             "difficulty", "task_type"}) {
      const bool rate = std::string_view(name) == "tool_success_rate";
      columns_.push_back({name, rate ? Type::kDouble : Type::kText});
    }
    std::set<std::string> taken = {"total", kRateTextColumn, kTimeColumn,
                                   kOtherColumn};
    for (const TableColumn& column : columns_) taken.insert(column.name);
    Place("total", Type::kInt64);

    std::vector<std::string> names;  // In the order they were met.
    std::map<std::string, Kinds> kinds;
    for (const Leaf& leaf : master.leaves) {
      needs_rate_text_ = needs_rate_text_ || HasOddRate(leaf);
      for (const auto& [name, value] : leaf.statistics) {
        const auto [place, fresh] = kinds.try_emplace(name);
        if (fresh) names.push_back(name);
        place->second.Add(value);
      }
    }
    for (const std::string& name : names) {
      const std::optional<Type> type = kinds[name].ColumnType();
      if (!type || name.empty() || columns_.size() >= kMaxColumns ||
          name.find('\0') != std::string::npos ||
          !taken.insert(Lower(name)).second) {
        continue;
      }
      Place(name, *type);
    }
    time_ = Add(kTimeColumn);
    if (needs_rate_text_) rate_text_ = Add(kRateTextColumn);
    for (const Leaf& leaf : master.leaves) {
      needs_other_ = needs_other_ || !OthersOf(leaf).members().empty();
    }
    if (needs_other_) other_ = Add(kOtherColumn);
  }

  [[nodiscard]] const std::vector<TableColumn>& columns() const {
    return columns_;
  }

  // The row of `leaf`; its views reach into the leaf and `other`.
  std::vector<Cell> RowOf(const Leaf& leaf, std::string& other) const {
    std::vector<Cell> row(columns_.size());
    row[0] = TextCell(leaf.model);
    row[1] = TextCell(leaf.prompt_type);
    if (const auto rate = RateNumber(leaf.rate)) row[2] = DoubleCell(*rate);
    row[3] = TextCell(leaf.difficulty);
    row[4] = TextCell(leaf.task_type);
    for (const auto& [name, value] : leaf.statistics) {
      const auto placed = PlaceOf(leaf, name, value);
      if (placed) row[placed->first] = placed->second;
    }
    if (leaf.last_test_time) row[time_] = TextCell(*leaf.last_test_time);
    if (needs_rate_text_ && HasOddRate(leaf)) {
      row[rate_text_] = TextCell(*leaf.rate);
    }
    if (needs_other_) {
      const Json others = OthersOf(leaf);
      if (!others.members().empty()) {
        other = others.Dump();
        row[other_] = TextCell(other);
      }
    }
    return row;
  }

 private:
  static bool HasOddRate(const Leaf& leaf) {
    const std::optional<double> rate = RateNumber(leaf.rate);
    return rate ? PythonRepr(*rate) != *leaf.rate : leaf.rate.has_value();
  }

  std::size_t Add(const char* text_column) {
    columns_.push_back({text_column, Type::kText});
    return columns_.size() - 1;
  }

  void Place(const std::string& name, Type type) {
    places_[name] = columns_.size();
    columns_.push_back({name, type});
  }

  // The column of a statistic, and what to put there.
  [[nodiscard]] std::optional<std::pair<std::size_t, Cell>> PlaceOf(
      const Leaf& leaf, const std::string& name, const Json& value) const {
    const auto place = places_.find(name);
    if (place == places_.end()) return std::nullopt;
    // A total that is no count would spoil every sum.
    if (name == "total" && !leaf.total) return std::nullopt;
    const auto cell = Fit(value, columns_[place->second].type);
    if (!cell) return std::nullopt;
    return std::pair(place->second, *cell);
  }

  // The statistics that no column can hold.
  [[nodiscard]] Json OthersOf(const Leaf& leaf) const {
    Json others = Json::Object();
    for (const auto& [name, value] : leaf.statistics) {
      if (PlaceOf(leaf, name, value)) continue;
      others.members().emplace_back(name, value);
    }
    return others;
  }

  std::vector<TableColumn> columns_;
  std::map<std::string, std::size_t> places_;  // Statistic to column.
  std::size_t time_ = 0;
  std::size_t rate_text_ = 0;
  std::size_t other_ = 0;
  bool needs_rate_text_ = false;
  bool needs_other_ = false;
};

// A row stands for its whole cell: two of one key could not both be kept.
Status CheckCells(const MasterDatabase& master) {
  using Key = std::tuple<std::string, std::string, std::optional<double>,
                         std::string, std::string>;
  std::map<Key, const Leaf*> seen;
  for (const Leaf& leaf : master.leaves) {
    const auto [place, fresh] = seen.try_emplace(
        Key(leaf.model, leaf.prompt_type, RateNumber(leaf.rate),
            leaf.difficulty, leaf.task_type),
        &leaf);
    if (fresh) continue;
    return Fail(Code::kCorruption,
                Say(N_("{0} and {1} are the same cell"), place->second->pointer,
                    leaf.pointer),
                Say(N_("--shape records keeps the tests of both")));
  }
  return {};
}

}  // namespace

Result<std::uint64_t> WriteSummary(const MasterDatabase& master,
                                   fs::FileSystem& file_system,
                                   const TableOptions& options,
                                   Progress& progress) {
  BENCHKEEP_TRY(CheckCells(master));
  const SummaryLayout layout(master);
  BENCHKEEP_ASSIGN(TableWriter table,
                   TableWriter::Create(file_system, options, layout.columns()));
  progress.Stage(Say(N_("writing a row for each cell")), master.leaves.size());
  std::uint64_t done = 0;
  std::string other;
  for (const Leaf& leaf : master.leaves) {
    BENCHKEEP_TRY(table.Append(layout.RowOf(leaf, other)));
    progress.Advance(++done);
  }
  return table.Finish();
}

}  // namespace benchkeep::store
