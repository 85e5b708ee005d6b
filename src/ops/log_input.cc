// The text of a log: as it is, or through zlib.

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "ops/log_scan.h"

namespace benchkeep::ops {
namespace {

class PlainInput final : public LogInput {
 public:
  PlainInput(std::unique_ptr<fs::ReadableFile> file, std::uint64_t offset)
      : file_(std::move(file)), offset_(offset) {}

  Result<std::size_t> Read(std::span<char> buffer) override {
    BENCHKEEP_ASSIGN(const std::size_t got,
                     file_->ReadAt(offset_, std::as_writable_bytes(buffer)));
    offset_ += got;
    return got;
  }

 private:
  std::unique_ptr<fs::ReadableFile> file_;
  std::uint64_t offset_;
};

// One or more gzip members after one another.
class GzipInput final : public LogInput {
 public:
  GzipInput(std::unique_ptr<fs::ReadableFile> file, fs::Path path)
      : file_(std::move(file)), path_(std::move(path)), packed_(kPacked) {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK;
  }
  GzipInput(const GzipInput&) = delete;
  GzipInput& operator=(const GzipInput&) = delete;
  ~GzipInput() override { inflateEnd(&stream_); }

  Result<std::size_t> Read(std::span<char> buffer) override {
    if (!ready_) {
      return Fail(Code::kInternal, Say(N_("zlib could not be started")), path_);
    }
    stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream_.avail_out = static_cast<uInt>(buffer.size());
    while (stream_.avail_out > 0) {
      if (stream_.avail_in == 0) {
        BENCHKEEP_ASSIGN(
            const std::size_t got,
            file_->ReadAt(offset_, std::as_writable_bytes(std::span(packed_))));
        offset_ += got;
        stream_.next_in = reinterpret_cast<Bytef*>(packed_.data());
        stream_.avail_in = static_cast<uInt>(got);
        if (got == 0) {
          if (!between_) return Damaged(buffer);
          break;
        }
      }
      const int code = inflate(&stream_, Z_NO_FLUSH);
      between_ = code == Z_STREAM_END;
      if (between_) {
        inflateReset(&stream_);
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return Damaged(buffer);
      }
    }
    return buffer.size() - stream_.avail_out;
  }

 private:
  static constexpr std::size_t kPacked = std::size_t{256} << 10;

  // What came before the damage is given out first.
  Result<std::size_t> Damaged(std::span<char> buffer) {
    const std::size_t good = buffer.size() - stream_.avail_out;
    if (good > 0 && !damaged_) {
      damaged_ = true;
      return good;
    }
    return Fail(Code::kCorruption,
                Say(N_("{0} is cut off or damaged: it does not unpack to its "
                       "end"),
                    path_),
                path_);
  }

  std::unique_ptr<fs::ReadableFile> file_;
  fs::Path path_;
  std::vector<char> packed_;
  std::uint64_t offset_ = 0;
  z_stream stream_ = {};
  bool ready_ = false;
  bool between_ = false;  // At the end of a member: the file may end here.
  bool damaged_ = false;
};

}  // namespace

Result<std::unique_ptr<LogInput>> LogInput::Open(fs::FileSystem& file_system,
                                                 const fs::Path& path,
                                                 std::uint64_t offset) {
  BENCHKEEP_ASSIGN(std::unique_ptr<fs::ReadableFile> file,
                   file_system.Open(path));
  if (path.extension() != ".gz") {
    return std::make_unique<PlainInput>(std::move(file), offset);
  }
  auto input = std::make_unique<GzipInput>(std::move(file), path);
  std::vector<char> skipped(std::size_t{256} << 10);
  while (offset > 0) {
    const auto wanted = static_cast<std::size_t>(
        std::min<std::uint64_t>(offset, skipped.size()));
    BENCHKEEP_ASSIGN(const std::size_t got,
                     input->Read(std::span(skipped).first(wanted)));
    if (got == 0) break;
    offset -= got;
  }
  return std::unique_ptr<LogInput>(std::move(input));
}

}  // namespace benchkeep::ops
