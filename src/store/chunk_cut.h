// Cutting rows out of a row group without decoding it.
//
// Pages that lose no row are taken over byte by byte.  The others are
// decompressed, the bytes of the lost values taken out, and compressed again:
// every value that stays keeps its bits.  Minimum and maximum of a column go
// when the last value equal to one of them goes; all other metadata is kept
// true.
//
// What is not understood (nested or encrypted columns, rare codecs and
// encodings) is refused as a whole; the engine can rewrite it then.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "fs/file_system.h"
#include "store/data_page.h"
#include "store/parquet_footer.h"

namespace benchkeep::store {

struct CutGroup {
  std::string bytes;      // Its pages, column by column.
  ThriftValue row_group;  // Offsets as if the bytes began at kCutOrigin.
};
inline constexpr std::uint64_t kCutOrigin = 4;

// What cutting a row group fills, used again for the next: fresh memory costs
// more than the cutting.
struct CutBuffers {
  std::string pages;  // Becomes the bytes of the group; to be given back.
  std::string chunk;
  std::string dictionary;
  OpenedPage page;
  PageChange change;
};

// Row group `index` of `file` without the rows at `removed` (ascending, counted
// within it; some must stay).  Nullopt when it cannot be cut; kCorruption when
// a page does not match its checksum.
Result<std::optional<CutGroup>> CutRowGroup(
    fs::ReadableFile& file, const ParquetFooter& footer, std::size_t index,
    std::span<const std::uint32_t> removed, CutBuffers& buffers);

}  // namespace benchkeep::store
