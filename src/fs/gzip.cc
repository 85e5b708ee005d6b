// gzip by zlib.

#include "fs/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace benchkeep::fs {
namespace {

constexpr std::size_t kMemberBytes = std::size_t{1} << 20;
constexpr std::size_t kBlocksPerThread = 4;
constexpr int kLevel = 6;

// The first part of a block tells whether the rest is worth the trouble.
constexpr std::size_t kSampleBytes = std::size_t{1} << 16;
constexpr double kWorthIt = 0.97;

// windowBits: the largest window, in the gzip format.
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemoryLevel = 8;

std::string Deflate(std::string_view bytes, int level) {
  z_stream stream{};
  // Both calls fail for want of memory only.
  BENCHKEEP_CHECK(deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow,
                               kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  BENCHKEEP_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string CompressMember(std::string_view bytes) {
  const std::string_view sample = bytes.substr(0, kSampleBytes);
  const std::size_t tried = Deflate(sample, 1).size();
  const bool worth = static_cast<double>(tried) <
                     kWorthIt * static_cast<double>(sample.size());
  return Deflate(bytes, worth ? kLevel : 0);
}

}  // namespace

GzipWriter::GzipWriter(WritableFile& file, int threads)
    : file_(&file),
      batch_bytes_(kMemberBytes * kBlocksPerThread *
                   static_cast<std::size_t>(std::max(threads, 1))),
      threads_(std::max(threads, 1)) {}

Status GzipWriter::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t taken =
        std::min(bytes.size(), batch_bytes_ - pending_.size());
    pending_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (pending_.size() == batch_bytes_) BENCHKEEP_TRY(CompressBatch());
  }
  return {};
}

Status GzipWriter::Finish() {
  if (!pending_.empty() || !any_) return CompressBatch();
  return {};
}

Status GzipWriter::CompressBatch() {
  std::vector<std::string_view> blocks;
  std::string_view rest = pending_;
  do {
    blocks.push_back(rest.substr(0, kMemberBytes));
    rest.remove_prefix(blocks.back().size());
  } while (!rest.empty());
  std::vector<std::string> members(blocks.size());
  const auto work = [&](std::size_t first, std::size_t step) {
    for (std::size_t i = first; i < blocks.size(); i += step) {
      members[i] = CompressMember(blocks[i]);
    }
  };
  const std::size_t workers =
      std::min<std::size_t>(static_cast<std::size_t>(threads_), blocks.size());
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < workers; ++i) {
      others.emplace_back(work, i, workers);
    }
    work(0, workers);
  }
  any_ = true;
  pending_.clear();
  for (const std::string& member : members) {
    BENCHKEEP_TRY(file_->Append(member));
    sum_.Add(member);
    bytes_ += member.size();
  }
  return {};
}

GzipReader::GzipReader(ReadableFile& file, Path path)
    : file_(&file),
      path_(std::move(path)),
      input_(kMemberBytes),
      stream_(std::make_unique<z_stream_s>()) {
  BENCHKEEP_CHECK(inflateInit2(stream_.get(), kGzipWindow) == Z_OK);
}

GzipReader::~GzipReader() { inflateEnd(stream_.get()); }

Unexpected GzipReader::Damaged(const char* why) const {
  return Fail(Code::kCorruption,
              Say(N_("{0} is damaged at byte {1}: {2}"), path_,
                  offset_ - stream_->avail_in, why),
              path_);
}

Status GzipReader::FillInput() {
  if (stream_->avail_in > 0 || at_end_) return {};
  BENCHKEEP_ASSIGN(const std::size_t got, file_->ReadAt(offset_, input_));
  sum_.Add(input_.data(), got);
  offset_ += got;
  at_end_ = got == 0;
  stream_->next_in = reinterpret_cast<Bytef*>(input_.data());
  stream_->avail_in = static_cast<uInt>(got);
  return {};
}

Result<std::size_t> GzipReader::Read(std::span<std::byte> buffer) {
  stream_->next_out = reinterpret_cast<Bytef*>(buffer.data());
  stream_->avail_out = static_cast<uInt>(buffer.size());
  while (stream_->avail_out > 0) {
    BENCHKEEP_TRY(FillInput());
    if (stream_->avail_in == 0) {
      if (in_member_) return Damaged("it was cut off");
      if (offset_ == 0) return Damaged("it is empty");
      break;
    }
    if (!in_member_) {
      inflateReset(stream_.get());
      in_member_ = true;
    }
    const int done = inflate(stream_.get(), Z_NO_FLUSH);
    if (done == Z_STREAM_END) {
      in_member_ = false;
    } else if (done != Z_OK && done != Z_BUF_ERROR) {
      return Damaged(stream_->msg == nullptr ? "not gzip" : stream_->msg);
    }
  }
  return buffer.size() - stream_->avail_out;
}

Result<std::string> GzipReader::Sha256OfAll() {
  while (!at_end_) {
    stream_->avail_in = 0;
    BENCHKEEP_TRY(FillInput());
  }
  return sum_.Hex();
}

}  // namespace benchkeep::fs
