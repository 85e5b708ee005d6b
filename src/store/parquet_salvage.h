// Rows of a Parquet file that has lost its footer.
//
// The pages of a Parquet file stand one after the other from byte 4 on, each
// with a header; only which of them belong to which column and row group stands
// in the footer.  With the columns of a sibling (another file of the same
// writer) that can be found out again: every column of a row group has as many
// values as it has rows.  Row groups whose pages are all there come back; of
// the last one, cut in its middle, nothing does, since its rows lack columns.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "fs/file_system.h"
#include "store/parquet_footer.h"

namespace benchkeep::store {

struct ParquetRemains {
  std::uint64_t rows = 0;
  std::uint64_t row_groups = 0;
  std::uint64_t bytes = 0;       // Of the file.
  std::uint64_t bytes_used = 0;  // Up to the end of the last whole row group.
  std::uint64_t columns = 0;
  std::uint64_t columns_cut = 0;  // Whole columns of the row group that is not.
  std::string tail;               // The footer, rebuilt, and what follows.
};

// Walks the pages of `file` with the columns of `sibling`, a flat file.  No
// rows is an answer, too.  kCorruption when it is no Parquet file at all or its
// pages do not suit the sibling; kInvalidArgument when the sibling has lists.
Result<ParquetRemains> FindRemains(fs::ReadableFile& file, const fs::Path& path,
                                   const ParquetFooter& sibling);

// Writes them to the new file `target`, synced.  Whether its pages can be
// decoded is for the caller to find out.
Status WriteRemains(fs::FileSystem& file_system, fs::ReadableFile& file,
                    const ParquetRemains& remains, const fs::Path& target);

}  // namespace benchkeep::store
