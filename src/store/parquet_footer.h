// The footer of a Parquet file: what is in it, without reading the rows.
//
// Read with our own bounds, since the footer of a half-written or hostile file
// may claim anything.  Source: apache/parquet-format, parquet.thrift; the field
// numbers in the .cc are its field ids.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fs/file_system.h"
#include "store/thrift_compact.h"

namespace benchkeep::store {

// A column as the file declares it.
struct ParquetColumn {
  std::string name;
  std::int64_t physical = -1;    // parquet.thrift Type; -1: nested.
  std::int64_t type_length = 0;  // FIXED_LEN_BYTE_ARRAY only.
  std::int64_t repetition = 1;   // 0 required, 1 optional, 2 repeated.
  bool always_null = false;      // Logical type UNKNOWN: has no values.
  // Everything that says how the bytes of a value are meant; equal encodings
  // with equal physical types can stand in one file.
  std::string encoding;

  bool operator==(const ParquetColumn&) const = default;
};

inline constexpr std::string_view kParquetMagic = "PAR1";

// Bytes [begin, end) of a file.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct ParquetRowGroup {
  std::uint64_t rows = 0;
  std::uint64_t begin = 0;  // First byte of its pages.
  std::uint64_t end = 0;    // One past the last.
};

class ParquetFooter {
 public:
  // Reads and checks the footer of `file`.  kCorruption says what is wrong and
  // where: too short, no magic bytes, a footer longer than the file, row groups
  // outside of it, counts that disagree.
  static Result<ParquetFooter> Read(fs::ReadableFile& file,
                                    const fs::Path& path);

  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  // Top-level columns in order.
  [[nodiscard]] const std::vector<ParquetColumn>& columns() const {
    return columns_;
  }
  [[nodiscard]] const std::vector<ParquetRowGroup>& row_groups() const {
    return row_groups_;
  }
  // All columns are plain values: none is a list, map or struct.
  [[nodiscard]] bool flat() const { return flat_; }
  // The index of the column, or -1.
  [[nodiscard]] int Find(const std::string& name) const;

  // False when the statistics rule out a zero in the FLOAT or DOUBLE column
  // `index` of a flat file.
  [[nodiscard]] bool MayHoldZero(std::size_t index) const;

  // Equal for files whose columns have equal names, order and types.
  [[nodiscard]] std::string Signature() const;

  [[nodiscard]] const ThriftValue& tree() const { return tree_; }

 private:
  ThriftValue tree_;
  std::uint64_t rows_ = 0;
  std::vector<ParquetColumn> columns_;
  std::vector<ParquetRowGroup> row_groups_;
  bool flat_ = true;
};

// The pages of a column chunk, if the footer is right about them; `limit` is
// where the footer begins.
std::optional<ByteRange> ChunkRange(const ThriftValue& column_chunk,
                                    std::uint64_t limit);

// The bytes there, read into `buffer`, which only grows: used again, it saves
// the clearing of fresh memory.  Nullopt without a range, or when the file ends
// before.
Result<std::optional<std::string_view>> ReadRange(
    fs::ReadableFile& file, const std::optional<ByteRange>& range,
    std::string& buffer);

// The metadata of a row group as it reads after its pages moved by `by` bytes
// (modulo 2^64: they may move to the front).
ThriftValue MovedRowGroup(ThriftValue row_group, std::uint64_t by);

// What follows the pages: the footer, its length and the magic bytes.
std::string ParquetTail(const ThriftValue& footer);

// Where the rows of a new file come from: row groups of existing files, copied
// byte by byte.
struct ParquetPiece {
  fs::ReadableFile* file = nullptr;
  const ParquetFooter* footer = nullptr;
  std::vector<std::size_t> row_groups;  // Indices, in order.
};

// Writes a Parquet file whose rows are those of `pieces`, in order.  The schema
// elements and key-value metadata are those of `model`'s tree; every piece must
// have the same number of columns, types and encodings as `model` (names may
// differ: internal names become the true ones).  `target` is closed on return;
// the disk has begun to write it, and SyncFile() is the caller's business.
Status AssembleParquet(fs::FileSystem& file_system, const fs::Path& target,
                       std::uint32_t mode, const ThriftValue& model,
                       const std::vector<ParquetPiece>& pieces);

}  // namespace benchkeep::store
