// Writes rows into one new Parquet file, and counts what a file holds.
//
// The rows pass through a table of the query engine, and from it in parts to
// files of their own, so memory stays bounded however many there are.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/database.h"
#include "fs/file_system.h"
#include "store/results.h"

namespace benchkeep::store {

struct TableColumn {
  std::string name;
  engine::Type type = engine::Type::kText;
};

struct TableOptions {
  fs::Path folder;   // Ours alone; the file and all spilling stay in it.
  std::string name;  // Of the file.
  std::uint64_t memory_bytes = std::uint64_t{256} << 20;
};

// Values for a row.
Cell NullCell();
Cell BoolCell(bool value);
Cell IntCell(std::int64_t value);
Cell DoubleCell(double value);
Cell TextCell(std::string_view value);  // Keeps the view.

class TableWriter {
 public:
  // `file_system` must outlive the writer.
  static Result<TableWriter> Create(fs::FileSystem& file_system,
                                    const TableOptions& options,
                                    const std::vector<TableColumn>& columns);

  // One value per column, in their order.
  Status Append(const std::vector<Cell>& row);

  // Writes and syncs the file; the number of rows.  The writer is spent.
  Result<std::uint64_t> Finish();

 private:
  TableWriter(fs::FileSystem& file_system, const TableOptions& options,
              engine::Database database, engine::Connection connection,
              engine::Appender appender, std::size_t columns);

  // Writes the rows of `source`, a table or a query in brackets, to `file`.
  Status Copy(const std::string& source, const fs::Path& file);
  // Writes the rows of the table to `file`.
  Status CopyTable(const fs::Path& file);
  // Moves the rows of the table to a part.
  Status EndPart();
  // Puts the parts together.
  Status JoinParts();

  fs::FileSystem* file_system_;
  fs::Path target_;
  engine::Database database_;
  engine::Connection connection_;
  engine::Appender appender_;
  std::size_t columns_;
  std::uint64_t rows_ = 0;
  bool negative_zero_ = false;  // See store/parquet_copy.h.
  std::uint64_t rows_in_table_ = 0;
  std::vector<fs::Path> parts_;
};

// What a file holds, counted by reading it.
struct ModelCount {
  std::string name;
  std::uint64_t tests = 0;
  std::uint64_t successes = 0;  // Shape `records` only.
  bool operator==(const ModelCount&) const = default;
};
struct TableCount {
  std::uint64_t rows = 0;
  std::uint64_t distinct_keys = 0;
  std::vector<ModelCount> models;  // By name; models without tests left out.
  KeySum keys;                     // For the ledger.

  // Equal but for `keys`, which only a file has.
  [[nodiscard]] bool SameAs(const TableCount& other) const {
    return rows == other.rows && distinct_keys == other.distinct_keys &&
           models == other.models;
  }
};

// Counts a file as TableWriter wrote it: with `test_id` and `success` in shape
// `records`, with the five key columns and `total` in shape `summary`.
Result<TableCount> CountTable(const TableOptions& options, Shape shape);

}  // namespace benchkeep::store
