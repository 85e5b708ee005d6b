// A page of a Parquet column: taken apart and put together again.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/page_codec.h"
#include "store/page_values.h"
#include "store/parquet_footer.h"
#include "store/thrift_compact.h"

namespace benchkeep::store {

struct ParquetPage {
  ThriftValue header;
  std::int64_t type = -1;  // parquet::PageType.
  std::string_view whole;  // With its header.
  std::string_view body;

  // Bytes with the header, without compression; what footers add up.
  [[nodiscard]] std::uint64_t FullBytes() const;
  // The part of the header about a data page; nullptr for other pages.
  [[nodiscard]] const ThriftValue* DataHeader() const;
};

// The page at `at`, which moves behind it.  False when there is none.
bool NextPage(std::string_view bytes, std::size_t& at, ParquetPage& page);

// What all pages of a column have in common.
struct PageForm {
  const ParquetColumn* column = nullptr;
  PageCodec codec = PageCodec::kNone;

  [[nodiscard]] bool optional() const;
};

// A data page, opened.  Its views point into the page and into itself.
struct OpenedPage {
  std::string buffer;       // Room for what was compressed.
  std::string_view levels;  // Runs of width 1; empty for required columns.
  PageValues values;
  std::uint64_t rows = 0;
};

enum class PageState {
  kFine,
  kUnknown,  // Not understood.
  kDamaged,  // Does not match its checksum.
};
PageState OpenPage(const PageForm& form, const ParquetPage& page,
                   OpenedPage& out);

// The dictionary's values, in the page or decompressed into `buffer`.
bool OpenDictionary(const PageForm& form, const ParquetPage& page,
                    std::string& buffer, PageValues& values);

// What a page became; its buffers can be used again for the next.
struct PageChange {
  std::uint64_t rows_gone = 0;
  std::uint64_t nulls_gone = 0;
  std::size_t level_bytes = 0;
  std::string bytes;   // Room for a length, then levels, then values.
  std::string packed;  // For AppendChanged().

  // Takes the levels and values to come.
  void Start(std::uint64_t rows, std::uint64_t nulls);
  void EndLevels();
};

// Appends the changed page to `out`; `full_bytes` grows by its size without
// compression.
bool AppendChanged(const PageForm& form, const ParquetPage& page,
                   PageChange& change, std::string& out,
                   std::uint64_t& full_bytes);

}  // namespace benchkeep::store
