// An open Parquet file that DuckDB may read.

#include "store/parquet_source.h"

#include <fmt/format.h>

#include "fs/posix_file_system.h"
#include "store/parquet_fields.h"

namespace benchkeep::store {

Result<ParquetSource> ParquetSource::Open(const fs::Path& path) {
  BENCHKEEP_ASSIGN(fs::ReadLease lease, fs::ReadLease::Take(path));
  BENCHKEEP_ASSIGN(const fs::FileInfo info, lease.Info());
  BENCHKEEP_ASSIGN(auto file, fs::ReadDescriptor(lease.fd(), path));
  BENCHKEEP_ASSIGN(ParquetFooter footer, ParquetFooter::Read(*file, path));
  return ParquetSource(std::move(lease), std::move(file), std::move(footer),
                       info);
}

std::string ParquetSource::From() const {
  return FromFiles({lease_.FdPath()}, footer_.columns().size());
}

const ThriftValue& ChunkOf(const ParquetSource& source, std::size_t group,
                           std::size_t column) {
  return source.footer()
      .tree()
      .Field(parquet::file_meta::kRowGroups)
      ->items[group]
      .Field(parquet::group::kColumns)
      ->items[column];
}

std::string ColumnSlot(std::size_t index) { return fmt::format("c{}", index); }

std::string ColumnSlots(std::size_t count) {
  std::string out = "t(";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ", ";
    out += ColumnSlot(i);
  }
  return out + ")";
}

std::string FromFiles(const std::vector<fs::Path>& paths, std::size_t columns) {
  std::string list;
  for (const fs::Path& path : paths) {
    if (!list.empty()) list += ", ";
    list += engine::Literal(path.string());
  }
  return fmt::format(
      "read_parquet([{}], hive_partitioning = false, union_by_name = false) {}",
      list, ColumnSlots(columns));
}

Result<std::vector<std::string>> ColumnTypes(engine::Connection& connection,
                                             const ParquetSource& source) {
  const std::vector<ParquetColumn>& columns = source.footer().columns();
  BENCHKEEP_ASSIGN(engine::Rows rows,
                   connection.Query(fmt::format(
                       "SELECT column_type FROM (DESCRIBE SELECT * FROM {})",
                       source.From())));
  std::vector<std::string> types;
  while (true) {
    BENCHKEEP_ASSIGN(const engine::Chunk chunk, rows.Next());
    if (chunk.rows() == 0) break;
    const engine::Column type = chunk.column(0);
    for (std::uint64_t i = 0; i < chunk.rows(); ++i) {
      types.emplace_back(type.Text(i));
    }
  }
  if (types.size() != columns.size()) {
    return Fail(
        Code::kCorruption,
        Say(N_("the footer names {0} columns, the query engine sees {1}"),
            columns.size(), types.size()));
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].always_null) types[i] = "NULL";
  }
  return types;
}

}  // namespace benchkeep::store
