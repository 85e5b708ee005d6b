// Rows of JSON lines or CSV with the types that their columns must have.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "ops/ingest.h"
#include "store/settings.h"

namespace benchkeep::ops {

enum class IngestType { kBool, kInt, kDouble, kText, kOther };

// What the results say about a column; "BIGINT" is kInt.
IngestType IngestTypeOf(const std::string& engine_type);

class IngestRows {
 public:
  // `known` are the columns of the results.
  IngestRows(const store::Settings& settings,
             std::map<std::string, IngestType> known)
      : settings_(settings), known_(std::move(known)) {}

  void ReadJson(std::string_view input);
  void ReadCsv(std::string_view input);
  // After the last row: types of columns, keys, everything about rows.
  void Check();

  struct Column {
    std::string name;
    IngestType type = IngestType::kText;
    bool decided = false;  // By the results, or by a value.
  };
  struct Row {
    std::uint64_t line = 0;
    bool bad = false;
    std::vector<Json> values;  // Parallel to the columns so far.
  };
  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  [[nodiscard]] std::uint64_t bad_rows() const { return bad_rows_; }
  [[nodiscard]] const std::vector<RowProblem>& problems() const {
    return problems_;
  }

 private:
  void Complain(Row& row, const std::string& column, Message reason);
  std::size_t ColumnOf(const std::string& name);
  void AddObject(const Json& object, std::uint64_t line);
  void CheckValue(Row& row, std::size_t column);
  void CheckKeys(Row& row);

  const store::Settings& settings_;
  std::map<std::string, IngestType> known_;
  std::vector<Column> columns_;
  std::map<std::string, std::size_t> places_;
  std::vector<Row> rows_;
  std::uint64_t bad_rows_ = 0;
  std::vector<RowProblem> problems_;
  bool from_csv_ = false;
};

}  // namespace benchkeep::ops
