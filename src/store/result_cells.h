// The results counted cell by cell, to be held against the master database.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "store/leaf.h"
#include "store/parquet_results.h"
#include "store/store.h"

namespace benchkeep::store {

// A cell by what both sides can name: its rate is the 32-bit number of it.
struct CellKey {
  std::string model;
  std::string prompt_type;
  std::string rate;  // RateWord()
  std::string difficulty;
  std::string task_type;

  auto operator<=>(const CellKey&) const = default;
  [[nodiscard]] std::string Text() const;  // Joined by "/".
};
CellKey KeyOf(const Leaf& leaf);

// Waiting increments may or may not be counted in the master database already:
// hence a least and a most.
struct CellCount {
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::optional<std::int64_t> success;  // Of the results file alone.
};

struct ResultCells {
  Shape shape = Shape::kRecords;
  std::map<CellKey, CellCount> cells;
  bool increments_counted = true;  // False: too many to look at.
};

// kNotFound without a results file and increments; kInvalidArgument when the
// results have no columns that name a cell.
Result<ResultCells> CountCells(const Store& store,
                               const ResultsOptions& options);

}  // namespace benchkeep::store
