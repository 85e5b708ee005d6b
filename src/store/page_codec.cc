// Compression of single pages.

#include "store/page_codec.h"

#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <limits>
#include <span>

namespace benchkeep::store {
namespace {

constexpr int kGzipWindow = 15 + 16;  // Adds the header of gzip.
constexpr int kAnyHeader = 15 + 32;   // Some writers make zlib streams.

bool FitsZlib(std::size_t size) {
  return size <= std::numeric_limits<uInt>::max();
}

Bytef* ZlibInput(std::string_view bytes) {
  // zlib does not write to its input.
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

bool Inflate(std::string_view bytes, std::span<char> out) {
  z_stream stream{};
  if (!FitsZlib(bytes.size()) || !FitsZlib(out.size()) ||
      inflateInit2(&stream, kAnyHeader) != Z_OK) {
    return false;
  }
  stream.next_in = ZlibInput(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = inflate(&stream, Z_FINISH);
  const bool whole = code == Z_STREAM_END && stream.avail_out == 0;
  inflateEnd(&stream);
  return whole;
}

// Makes room without clearing what is there.
void Grow(std::string& buffer, std::size_t size) {
  if (buffer.size() < size) buffer.resize(size);
}

bool Deflate(std::string_view bytes, std::string& out,
             std::string_view& packed) {
  constexpr int kMemoryLevel = 8;
  z_stream stream{};
  if (!FitsZlib(bytes.size()) ||
      deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow,
                   kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    return false;
  }
  Grow(out, deflateBound(&stream, bytes.size()));
  stream.next_in = ZlibInput(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  packed = std::string_view(out).substr(0, stream.total_out);
  deflateEnd(&stream);
  return code == Z_STREAM_END;
}

}  // namespace

bool IsKnownCodec(std::int64_t codec) {
  switch (static_cast<PageCodec>(codec)) {
    case PageCodec::kNone:
    case PageCodec::kSnappy:
    case PageCodec::kGzip:
    case PageCodec::kZstd:
      return true;
  }
  return false;
}

bool DecompressPage(PageCodec codec, std::string_view bytes, std::size_t size,
                    std::string& buffer, std::string_view& full) {
  if (codec == PageCodec::kNone) {
    full = bytes;
    return bytes.size() == size;
  }
  Grow(buffer, size);
  full = std::string_view(buffer).substr(0, size);
  switch (codec) {
    case PageCodec::kNone:
      break;
    case PageCodec::kSnappy: {
      std::size_t claimed = 0;
      return snappy::GetUncompressedLength(bytes.data(), bytes.size(),
                                           &claimed) &&
             claimed == size &&
             snappy::RawUncompress(bytes.data(), bytes.size(), buffer.data());
    }
    case PageCodec::kGzip:
      return Inflate(bytes, std::span(buffer).first(size));
    case PageCodec::kZstd:
      return ZSTD_decompress(buffer.data(), size, bytes.data(), bytes.size()) ==
             size;
  }
  return false;
}

bool CompressPage(PageCodec codec, std::string_view bytes, std::string& buffer,
                  std::string_view& packed) {
  switch (codec) {
    case PageCodec::kNone:
      packed = bytes;
      return true;
    case PageCodec::kSnappy: {
      Grow(buffer, snappy::MaxCompressedLength(bytes.size()));
      std::size_t size = 0;
      snappy::RawCompress(bytes.data(), bytes.size(), buffer.data(), &size);
      packed = std::string_view(buffer).substr(0, size);
      return true;
    }
    case PageCodec::kGzip:
      return Deflate(bytes, buffer, packed);
    case PageCodec::kZstd: {
      Grow(buffer, ZSTD_compressBound(bytes.size()));
      const std::size_t size =
          ZSTD_compress(buffer.data(), buffer.size(), bytes.data(),
                        bytes.size(), ZSTD_CLEVEL_DEFAULT);
      if (ZSTD_isError(size) != 0) return false;
      packed = std::string_view(buffer).substr(0, size);
      return true;
    }
  }
  return false;
}

}  // namespace benchkeep::store
