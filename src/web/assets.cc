// Looking up and unpacking the built-in files.

#include "web/assets.h"

#include <zlib.h>

#include <algorithm>

#include "base/result.h"

namespace benchkeep::web {

const Asset* FindAsset(std::string_view path) {
  const std::span<const Asset> all = Assets();
  const auto found =
      std::find_if(all.begin(), all.end(),
                   [&](const Asset& asset) { return asset.path == path; });
  return found == all.end() ? nullptr : &*found;
}

std::string Inflate(const Asset& asset) {
  constexpr int kGzip = 16 + MAX_WBITS;
  constexpr std::size_t kPiece = 64 * 1024;
  z_stream stream{};
  BENCHKEEP_CHECK(inflateInit2(&stream, kGzip) == Z_OK);
  std::string in(asset.gzip);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  std::string out;
  int result = Z_OK;
  while (result == Z_OK) {
    const std::size_t before = out.size();
    out.resize(before + kPiece);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = kPiece;
    result = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  BENCHKEEP_CHECK(result == Z_STREAM_END);
  return out;
}

}  // namespace benchkeep::web
