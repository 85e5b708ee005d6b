// The compressions of Parquet pages that benchkeep can undo and do itself.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace benchkeep::store {

// CompressionCodec of parquet.thrift.
enum class PageCodec : std::int64_t {
  kNone = 0,
  kSnappy = 1,
  kGzip = 2,
  kZstd = 6,
};

// False for the others (LZ4, Brotli, LZO).
bool IsKnownCodec(std::int64_t codec);

// `full` becomes the `size` bytes that `bytes` hold; it points into `bytes` or
// `buffer`, which only grows.  False when they hold anything else.
bool DecompressPage(PageCodec codec, std::string_view bytes, std::size_t size,
                    std::string& buffer, std::string_view& full);

// `packed` points into `bytes` or `buffer`, which only grows.  False when the
// library could not.
bool CompressPage(PageCodec codec, std::string_view bytes, std::string& buffer,
                  std::string_view& packed);

}  // namespace benchkeep::store
