// An open Parquet file that DuckDB may read.
//
// The file is pinned by its descriptor and proven quiet by a read lease, so
// what is read is one version of one inode, whatever happens to its name.
// Inside SQL its columns are called c0, c1, ... by position: true names may
// differ only in case, which SQL cannot tell apart.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/database.h"
#include "fs/read_lease.h"
#include "store/parquet_footer.h"

namespace benchkeep::store {

class ParquetSource {
 public:
  // kBusy while somebody writes it, kCorruption when it is no whole Parquet
  // file.
  static Result<ParquetSource> Open(const fs::Path& path);

  [[nodiscard]] const ParquetFooter& footer() const { return footer_; }
  [[nodiscard]] const fs::ReadLease& lease() const { return lease_; }
  [[nodiscard]] fs::ReadableFile& file() const { return *file_; }
  [[nodiscard]] const fs::FileInfo& info() const { return info_; }

  // "read_parquet('/proc/self/fd/7', ...) t(c0, c1, ...)".  The virtual column
  // file_row_number counts rows from 0 in it.
  [[nodiscard]] std::string From() const;

 private:
  ParquetSource(fs::ReadLease lease, std::unique_ptr<fs::ReadableFile> file,
                ParquetFooter footer, fs::FileInfo info)
      : lease_(std::move(lease)),
        file_(std::move(file)),
        footer_(std::move(footer)),
        info_(info) {}
  fs::ReadLease lease_;
  std::unique_ptr<fs::ReadableFile> file_;
  ParquetFooter footer_;
  fs::FileInfo info_;
};

// The metadata of a column chunk; both must be there.
const ThriftValue& ChunkOf(const ParquetSource& source, std::size_t group,
                           std::size_t column);

// "c<index>".
std::string ColumnSlot(std::size_t index);
// "t(c0, c1, ...)" for `count` columns.
std::string ColumnSlots(std::size_t count);
// "read_parquet([...], ...) t(c0, ...)" of several files with equal schemas.
std::string FromFiles(const std::vector<fs::Path>& paths, std::size_t columns);

// DuckDB's names of the types of a file's columns, in order; "NULL" for columns
// that can hold nothing.  kCorruption when it refuses to read the file.
Result<std::vector<std::string>> ColumnTypes(engine::Connection& connection,
                                             const ParquetSource& source);

}  // namespace benchkeep::store
