// Rows to Parquet by way of the query engine.

#include "store/table_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "store/key_hash.h"
#include "store/parquet_copy.h"

namespace benchkeep::store {
namespace {

// One row group of the engine, some 30 MB; never spilled, which costs more than
// a second pass over the parts.
constexpr std::uint64_t kPartRows = 122'880;

const char* SqlType(engine::Type type) {
  switch (type) {
    case engine::Type::kBool:
      return "BOOLEAN";
    case engine::Type::kInt32:
      return "INTEGER";
    case engine::Type::kInt64:
      return "BIGINT";
    case engine::Type::kFloat:
      return "FLOAT";
    case engine::Type::kDouble:
      return "DOUBLE";
    case engine::Type::kText:
      return "VARCHAR";
    default:
      BENCHKEEP_CHECK(false);
  }
}

Result<KeySum> SumKeys(engine::Connection& connection,
                       const std::string& query) {
  KeySum sum;
  BENCHKEEP_ASSIGN(engine::Rows rows, connection.Query(query));
  KeyHasher hasher(0, rows.columns().size());
  for (;;) {
    BENCHKEEP_ASSIGN(const engine::Chunk chunk, rows.Next());
    if (chunk.rows() == 0) return sum;
    hasher.Bind(chunk);
    for (std::uint64_t row = 0; row < chunk.rows(); ++row) {
      KeyHash hash;
      hasher.Hash(row, hash);
      AddTo(sum, hash);
    }
  }
}

Result<engine::Database> OpenIn(const TableOptions& options) {
  engine::Options engine_options;
  engine_options.memory_bytes = options.memory_bytes;
  engine_options.temp_directory = options.folder / "spill";
  engine_options.allowed_directories = {options.folder};
  return engine::Database::Open(engine_options);
}

}  // namespace

Cell NullCell() { return {}; }

Cell BoolCell(bool value) {
  Cell cell;
  cell.kind = Cell::Kind::kBool;
  cell.boolean = value;
  return cell;
}

Cell IntCell(std::int64_t value) {
  Cell cell;
  cell.kind = Cell::Kind::kInt;
  cell.integer = value;
  return cell;
}

Cell DoubleCell(double value) {
  Cell cell;
  cell.kind = Cell::Kind::kDouble;
  cell.real = value;
  return cell;
}

Cell TextCell(std::string_view value) {
  Cell cell;
  cell.kind = Cell::Kind::kText;
  cell.text = value;
  return cell;
}

TableWriter::TableWriter(fs::FileSystem& file_system,
                         const TableOptions& options, engine::Database database,
                         engine::Connection connection,
                         engine::Appender appender, std::size_t columns)
    : file_system_(&file_system),
      target_(options.folder / options.name),
      database_(std::move(database)),
      connection_(std::move(connection)),
      appender_(std::move(appender)),
      columns_(columns) {}

Result<TableWriter> TableWriter::Create(
    fs::FileSystem& file_system, const TableOptions& options,
    const std::vector<TableColumn>& columns) {
  BENCHKEEP_ASSIGN(engine::Database database, OpenIn(options));
  BENCHKEEP_ASSIGN(engine::Connection connection, database.Connect());
  std::string list;
  for (const TableColumn& column : columns) {
    if (!list.empty()) list += ", ";
    list += engine::Identifier(column.name) + " " + SqlType(column.type);
  }
  BENCHKEEP_TRY(connection.Run(fmt::format("CREATE TABLE staged ({})", list)));
  BENCHKEEP_ASSIGN(engine::Appender appender,
                   engine::Appender::Open(connection, "staged"));
  return TableWriter(file_system, options, std::move(database),
                     std::move(connection), std::move(appender),
                     columns.size());
}

Status TableWriter::Append(const std::vector<Cell>& row) {
  BENCHKEEP_CHECK(row.size() == columns_);
  for (const Cell& cell : row) {
    switch (cell.kind) {
      case Cell::Kind::kNull:
        appender_.Null();
        break;
      case Cell::Kind::kBool:
        appender_.Bool(cell.boolean);
        break;
      case Cell::Kind::kInt:
        appender_.Int(cell.integer);
        break;
      case Cell::Kind::kUint:
        BENCHKEEP_CHECK(std::in_range<std::int64_t>(cell.unsigned_integer));
        appender_.Int(static_cast<std::int64_t>(cell.unsigned_integer));
        break;
      case Cell::Kind::kDouble:
        appender_.Double(cell.real);
        negative_zero_ |= cell.real == 0 && std::signbit(cell.real);
        break;
      case Cell::Kind::kText:
        appender_.Text(cell.text);
        break;
    }
  }
  BENCHKEEP_TRY(appender_.EndRow());
  ++rows_;
  return ++rows_in_table_ < kPartRows ? Status() : EndPart();
}

Status TableWriter::Copy(const std::string& source, const fs::Path& file) {
  return connection_.Run(
      fmt::format("COPY {} TO {} (FORMAT parquet, COMPRESSION zstd{})", source,
                  engine::Literal(file.string()),
                  negative_zero_ ? kWithoutDictionaries : ""));
}

Status TableWriter::CopyTable(const fs::Path& file) {
  BENCHKEEP_TRY(appender_.Close());
  return Copy("staged", file);
}

Status TableWriter::EndPart() {
  fs::Path part = target_;
  part += fmt::format(".part{}", parts_.size());
  BENCHKEEP_TRY(CopyTable(part));
  parts_.push_back(std::move(part));
  BENCHKEEP_TRY(connection_.Run("TRUNCATE staged"));
  BENCHKEEP_ASSIGN(appender_, engine::Appender::Open(connection_, "staged"));
  rows_in_table_ = 0;
  return {};
}

Status TableWriter::JoinParts() {
  BENCHKEEP_TRY(EndPart());
  std::string list;
  for (const fs::Path& part : parts_) {
    if (!list.empty()) list += ", ";
    list += engine::Literal(part.string());
  }
  BENCHKEEP_TRY(Copy(fmt::format("(FROM read_parquet([{}]))", list), target_));
  for (const fs::Path& part : parts_) {
    BENCHKEEP_TRY(file_system_->Remove(part));
  }
  return {};
}

Result<std::uint64_t> TableWriter::Finish() {
  if (parts_.empty()) {
    BENCHKEEP_TRY(CopyTable(target_));
  } else {
    BENCHKEEP_TRY(JoinParts());
  }
  BENCHKEEP_TRY(file_system_->SyncFile(target_));
  BENCHKEEP_TRY(file_system_->SyncDir(target_.parent_path()));
  return rows_;
}

Result<TableCount> CountTable(const TableOptions& options, Shape shape) {
  BENCHKEEP_ASSIGN(engine::Database database, OpenIn(options));
  BENCHKEEP_ASSIGN(engine::Connection connection, database.Connect());
  const std::string table =
      fmt::format("read_parquet({})",
                  engine::Literal((options.folder / options.name).string()));
  const bool records = shape == Shape::kRecords;

  const char* key = records ? "test_id"
                            : "model, prompt_type, tool_success_rate, "
                              "difficulty, task_type";

  TableCount count;
  BENCHKEEP_ASSIGN(
      const std::int64_t distinct,
      connection.QueryInt(fmt::format(
          "SELECT count(*) FROM (SELECT DISTINCT {} FROM {})", key, table)));
  count.distinct_keys = static_cast<std::uint64_t>(distinct);
  BENCHKEEP_ASSIGN(
      count.keys,
      SumKeys(connection, fmt::format("SELECT {} FROM {}", key, table)));
  BENCHKEEP_ASSIGN(
      engine::Rows rows,
      connection.Query(fmt::format(
          "SELECT model, count(*)::BIGINT, {}, {} FROM {} GROUP BY model "
          "ORDER BY model",
          records ? "count(*)::BIGINT" : "coalesce(sum(total), 0)::BIGINT",
          records ? "count_if(success)::BIGINT" : "0::BIGINT", table)));
  for (;;) {
    BENCHKEEP_ASSIGN(const engine::Chunk chunk, rows.Next());
    if (chunk.rows() == 0) break;
    for (std::uint64_t row = 0; row < chunk.rows(); ++row) {
      count.rows += chunk.column(1).Uint(row);
      ModelCount model{std::string(chunk.column(0).Text(row)),
                       chunk.column(2).Uint(row), chunk.column(3).Uint(row)};
      if (model.tests > 0) count.models.push_back(std::move(model));
    }
  }
  return count;
}

}  // namespace benchkeep::store
