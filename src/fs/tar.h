// Archives in the tar format, written the same way each time and read with
// distrust.
//
// Written: POSIX ustar with pax headers for what ustar cannot say (long names,
// large files, nanoseconds).  Read: regular files and folders only, of ustar,
// pax and GNU tar; a link, device, absolute name, "..", a name that occurs
// twice or anything beyond the limits is an error of the whole archive.
// Owners are neither written nor read.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fs/file_system.h"

namespace benchkeep::fs {

struct TarEntry {
  std::string path;  // Relative, without "." or ".." parts.
  bool folder = false;
  std::uint64_t size = 0;     // Bytes; 0 for a folder.
  std::uint32_t mode = 0644;  // At most 0777.
  std::int64_t mtime_ns = 0;
};

class TarWriter {
 public:
  using Sink = std::function<Status(std::string_view)>;
  explicit TarWriter(Sink sink) : sink_(std::move(sink)) {}

  // Then exactly entry.size bytes by Write().
  Status Begin(const TarEntry& entry);
  Status Write(std::string_view bytes);
  // Two empty blocks end the archive.
  Status Finish();

 private:
  Status Pad();

  Sink sink_;
  std::uint64_t left_ = 0;  // Of the present entry.
  std::uint64_t size_ = 0;
};

// What an archive may hold at most.
struct TarLimits {
  std::uint64_t entries = 1'000'000;
  std::uint64_t entry_bytes = std::uint64_t{1} << 40;
  std::uint64_t total_bytes = std::uint64_t{1} << 40;
};

class TarReader {
 public:
  // Gives the next bytes of the archive; fewer than asked for at its end only.
  using Source = std::function<Result<std::size_t>(std::span<std::byte>)>;

  // `path` is used in messages.
  TarReader(Source source, Path path, TarLimits limits = {})
      : source_(std::move(source)), path_(std::move(path)), limits_(limits) {}

  // The next file or folder (what was not read of the one before is skipped);
  // nullopt at the end.  After an error the reader is spent.
  Result<std::optional<TarEntry>> Next();

  // Bytes of the present entry; 0 at its end.
  Result<std::size_t> Read(std::span<std::byte> buffer);

 private:
  struct Extended {
    std::optional<std::string> path;
    std::optional<std::uint64_t> size;
    std::optional<std::int64_t> mtime_ns;
  };

  [[nodiscard]] Unexpected Refuse(Message why) const;
  Status Fill(std::span<std::byte> block);
  Result<std::string> ReadSmall(std::uint64_t size);
  Status ReadPax(std::string_view text, Extended& extended) const;
  Status Skip();
  Result<std::optional<TarEntry>> Finished();
  Status Check(const TarEntry& entry);

  Source source_;
  Path path_;
  TarLimits limits_;
  std::uint64_t left_ = 0;     // Of the present entry.
  std::uint64_t padding_ = 0;  // Behind it.
  std::uint64_t entries_ = 0;
  std::uint64_t total_ = 0;
  std::set<std::string, std::less<>> names_;
};

// `name` as a relative path without empty and "." parts; nullopt when it is
// absolute, leads out by "..", is empty, too long, or holds a zero byte.
std::optional<std::string> SafeRelativeName(std::string_view name);

}  // namespace benchkeep::fs
