// Reading every page.

#include "store/parquet_decode.h"

#include <fmt/format.h>

#include "engine/database.h"
#include "store/parquet_source.h"

namespace benchkeep::store {

Result<std::uint64_t> DecodeParquet(const fs::Path& path,
                                    const ResultsOptions& options) {
  BENCHKEEP_ASSIGN(const ParquetSource source, ParquetSource::Open(path));
  engine::Options engine_options;
  engine_options.memory_bytes = options.memory_bytes;
  engine_options.threads = options.threads;
  engine_options.allowed_paths = {source.lease().FdPath(), path};
  BENCHKEEP_ASSIGN(engine::Database database,
                   engine::Database::Open(engine_options));
  BENCHKEEP_ASSIGN(engine::Connection connection, database.Connect());
  // A hash needs every value; count(*) needs the footer only.
  std::string sql = "SELECT count(*)";
  for (std::size_t i = 0; i < source.footer().columns().size(); ++i) {
    sql += fmt::format(", bit_xor(hash({}))", ColumnSlot(i));
  }
  BENCHKEEP_ASSIGN(engine::Rows rows,
                   connection.Query(sql + " FROM " + source.From()));
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

}  // namespace benchkeep::store
