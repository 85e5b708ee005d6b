// gzip files: written by all processors, read with bounds.
//
// A file is a row of gzip members of up to 1 MiB of input each (RFC 1952, 2.2:
// every gunzip reads them as one stream).  The bytes depend on the input alone,
// not on the number of threads.  What does not compress is stored.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fs/file_system.h"
#include "fs/sha256.h"

struct z_stream_s;

namespace benchkeep::fs {

class GzipWriter {
 public:
  // `file` must outlive the writer; it is neither synced nor closed by it.
  GzipWriter(WritableFile& file, int threads);

  Status Write(std::string_view bytes);
  // Writes what is left; an empty input makes a valid, empty gzip file.
  Status Finish();

  // After Finish(): what was written.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::string sha256() { return sum_.Hex(); }

 private:
  Status CompressBatch();

  WritableFile* file_;
  std::size_t batch_bytes_;
  int threads_;
  std::string pending_;
  std::uint64_t bytes_ = 0;
  bool any_ = false;
  Sha256 sum_;
};

class GzipReader {
 public:
  // Reads `file` from its start; both must outlive the reader.  `path` is used
  // in messages.
  GzipReader(ReadableFile& file, Path path);
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;
  ~GzipReader();

  // Fills `buffer`; fewer bytes at the end only.  kCorruption says at which
  // byte of the file it makes no sense any more; a file that ends within a
  // member, or holds anything behind the last one, is damage, too.
  Result<std::size_t> Read(std::span<std::byte> buffer);

  [[nodiscard]] std::uint64_t bytes_read() const { return offset_; }
  // Reads the file to its end and gives the sum of all its bytes, good or bad.
  Result<std::string> Sha256OfAll();

 private:
  Status FillInput();
  [[nodiscard]] Unexpected Damaged(const char* why) const;

  ReadableFile* file_;
  Path path_;
  std::vector<std::byte> input_;
  std::uint64_t offset_ = 0;  // Of the file: what was read so far.
  std::unique_ptr<z_stream_s> stream_;
  bool in_member_ = false;
  bool at_end_ = false;
  Sha256 sum_;
};

}  // namespace benchkeep::fs
