// Reading every page.

#include "store/parquet_decode.h"

#include <fmt/format.h>

#include "engine/database.h"
#include "store/parquet_fields.h"
#include "store/parquet_source.h"

namespace benchkeep::store {
namespace {

// One file, and a database that may read nothing else.
struct Reader {
  ParquetSource source;
  engine::Database database;
  engine::Connection connection;
};

Result<Reader> OpenReader(const fs::Path& path, const ResultsOptions& options) {
  BENCHKEEP_ASSIGN(ParquetSource source, ParquetSource::Open(path));
  engine::Options engine_options;
  engine_options.memory_bytes = options.memory_bytes;
  engine_options.threads = options.threads;
  engine_options.allowed_paths = {source.lease().FdPath(), path};
  BENCHKEEP_ASSIGN(engine::Database database,
                   engine::Database::Open(engine_options));
  BENCHKEEP_ASSIGN(engine::Connection connection, database.Connect());
  return Reader{std::move(source), std::move(database), std::move(connection)};
}

// The values of a column that are none of its type; empty for columns of which
// nothing can be told.
std::string OddValues(const ParquetColumn& column, const std::string& slot) {
  const auto between = [&](const char* low, const char* high) {
    return fmt::format("abs({}::DOUBLE) BETWEEN {} AND {}", slot, low, high);
  };
  const auto far = [&](const char* low, const char* high) {
    return fmt::format("isfinite({0}) AND (abs({0}) < {1} OR abs({0}) > {2})",
                       slot, low, high);
  };
  if (column.encoding.size() > 1) return {};  // A time, a decimal ...
  if (column.physical == parquet::kInt32) return between("8.5e8", "1.3e9");
  if (column.physical == parquet::kInt64) return between("4.3e18", "4.95e18");
  if (column.physical == parquet::kFloat) return far("1e-35", "1e35");
  if (column.physical == parquet::kDouble) return far("1e-290", "1e290");
  return {};
}

}  // namespace

Result<std::uint64_t> DecodeParquet(const fs::Path& path,
                                    const ResultsOptions& options) {
  BENCHKEEP_ASSIGN(Reader reader, OpenReader(path, options));
  const ParquetSource& source = reader.source;
  // A hash needs every value; count(*) needs the footer only.
  std::string sql = "SELECT count(*)";
  for (std::size_t i = 0; i < source.footer().columns().size(); ++i) {
    sql += fmt::format(", bit_xor(hash({}))", ColumnSlot(i));
  }
  BENCHKEEP_ASSIGN(engine::Rows rows,
                   reader.connection.Query(sql + " FROM " + source.From()));
  BENCHKEEP_ASSIGN(const engine::Chunk chunk, rows.Next());
  if (chunk.empty() || chunk.rows() != 1) {
    return Fail(Code::kCorruption, Say(N_("{0} cannot be counted"), path),
                path);
  }
  const auto count = static_cast<std::uint64_t>(chunk.column(0).Int(0));
  if (count != source.footer().rows()) {
    return Fail(Code::kCorruption,
                Say(N_("{0} holds {1} rows instead of {2}"), path, count,
                    source.footer().rows()),
                path);
  }
  return count;
}

Result<bool> NumbersLookRight(const fs::Path& path,
                              const ResultsOptions& options) {
  BENCHKEEP_ASSIGN(Reader reader, OpenReader(path, options));
  const std::vector<ParquetColumn>& columns = reader.source.footer().columns();
  std::string sql = "SELECT count(*)";
  std::size_t asked = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string slot = ColumnSlot(i);
    const std::string odd = OddValues(columns[i], slot);
    if (odd.empty()) continue;
    sql += fmt::format(
        ", count(*) FILTER ({0} <> 0 AND {1}) * 2 <= count(*) FILTER ({0} <> "
        "0)",
        slot, odd);
    ++asked;
  }
  BENCHKEEP_ASSIGN(
      engine::Rows rows,
      reader.connection.Query(sql + " FROM " + reader.source.From()));
  BENCHKEEP_ASSIGN(const engine::Chunk chunk, rows.Next());
  for (std::size_t i = 1; i <= asked; ++i) {
    if (!chunk.column(i).Bool(0)) return false;
  }
  return true;
}

}  // namespace benchkeep::store
