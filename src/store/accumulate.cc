// Adding summary rows up.

#include "store/accumulate.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>

#include "store/fresh_table.h"

namespace benchkeep::store {
namespace {

bool IsAverage(std::string_view name) {
  return name.starts_with("avg_") || name.ends_with("_rate") ||
         name.ends_with("_score") || name.ends_with("_mean");
}

bool IsInteger(std::string_view type) {
  return type.ends_with("INT") || type == "INTEGER" || type == "UINTEGER";
}

bool IsNumber(std::string_view type) {
  return IsInteger(type) || type == "FLOAT" || type == "DOUBLE" ||
         type.starts_with("DECIMAL");
}

}  // namespace

Result<std::string> AccumulatedCells(engine::Connection& connection,
                                     const ParquetSource* base,
                                     const std::vector<std::string>& base_types,
                                     SchemaUnion& schema,
                                     const Settings& settings) {
  const std::vector<std::size_t> key = schema.Key();
  const auto is_key = [&](std::size_t i) {
    return std::find(key.begin(), key.end(), i) != key.end();
  };
  for (std::size_t i = 0; i < schema.columns().size(); ++i) {
    const UnionColumn& column = schema.columns()[i];
    if (!is_key(i) && IsAverage(column.name) && IsInteger(column.type)) {
      schema.Retype(i, "DOUBLE");
    }
  }

  // All rows in one place; `seq` is the keep-last order.
  std::string rows = "SELECT * FROM fresh";
  std::string keys;
  std::string complete;
  for (const std::size_t place : key) {
    keys += (keys.empty() ? "" : ", ") + ColumnSlot(place);
    complete +=
        (complete.empty() ? "" : " AND ") + ColumnSlot(place) + " IS NOT NULL";
  }
  if (base != nullptr) {
    std::vector<std::size_t> places(base_types.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    // The cells of the results count once each: a summary is small.
    BENCHKEEP_TRY(connection.Run(fmt::format(
        "CREATE TABLE base_cells AS SELECT file_row_number AS seq, {} FROM {}",
        UnionSelectList(schema.columns(), base_types, places), base->From())));
    rows += fmt::format(
        " UNION ALL SELECT * FROM base_cells WHERE NOT ({0}) OR seq IN (SELECT "
        "max(seq) FROM base_cells WHERE {0} GROUP BY {1})",
        complete, keys);
  }

  const std::string total =
      ColumnSlot(static_cast<std::size_t>(schema.Find(settings.total)));
  std::string list;
  for (std::size_t i = 0; i < schema.columns().size(); ++i) {
    const UnionColumn& column = schema.columns()[i];
    const std::string slot = ColumnSlot(i);
    std::string value;
    if (is_key(i)) {
      value = fmt::format("any_value({})", slot);
    } else if (IsNumber(column.type) && IsAverage(column.name)) {
      value = fmt::format(
          "coalesce(sum({0}::DOUBLE * {1}) FILTER ({0} IS NOT NULL) / "
          "nullif(sum({1}) FILTER ({0} IS NOT NULL), 0), arg_max({0}, seq))",
          slot, total);
    } else if (IsNumber(column.type)) {
      value = fmt::format("sum({})", slot);
    } else {
      value = fmt::format("arg_max({}, seq)", slot);
    }
    list += fmt::format("{}CAST({} AS {}) AS {}", i == 0 ? "" : ", ", value,
                        Storable(column.type), slot);
  }
  // Rows with an incomplete key are groups of their own.
  return fmt::format(
      "SELECT * EXCLUDE (seq) FROM (SELECT max(seq) AS seq, {} FROM ({}) GROUP "
      "BY {}, CASE WHEN {} THEN -1 ELSE seq END) ORDER BY seq",
      list, rows, keys, complete);
}

}  // namespace benchkeep::store
