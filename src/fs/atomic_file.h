// Crash-safe replacement of one file.
//
// A reader sees the old bytes or the new bytes, never a mixture; once Commit()
// returns ok the new bytes also survive a power cut.  Safe against other
// processes replacing the same path: the last rename wins.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "fs/file_system.h"

namespace benchkeep::fs {

// Part of every staging name; what a crash left behind is known by it.
inline constexpr std::string_view kStagingInfix = ".benchkeep-tmp-";

// What a new file is made with, less the umask.
inline constexpr std::uint32_t kDefaultMode = 0666;

class AtomicFile {
 public:
  // Opens a uniquely named staging file beside `target`, so the final rename
  // never crosses a mount.  A file that is there already passes its mode, and
  // its owner where we may, on to its replacement; otherwise `mode` counts.
  // Anything but a regular file at `target` is refused.  `file_system` must
  // outlive the AtomicFile.
  static Result<AtomicFile> Create(FileSystem& file_system, Path target,
                                   std::uint32_t mode = kDefaultMode);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();  // Removes the staging file unless Commit() renamed it.

  Status Write(std::string_view bytes);

  // Check the length, sync file, close, rename, sync directory: in that order.
  // On error the object is spent; a failed sync is never retried, since the
  // kernel may have dropped the dirty pages already.  If only the last step
  // failed, the new bytes are visible but not yet durable.
  Status Commit();

 private:
  AtomicFile(FileSystem& file_system, Path target, Path staging,
             std::unique_ptr<WritableFile> file,
             std::optional<FileInfo> replaced);
  Status KeepOwnerAndMode();

  FileSystem* file_system_;
  Path target_;
  Path staging_;  // Empty once renamed or moved from.
  std::unique_ptr<WritableFile> file_;
  std::optional<FileInfo> replaced_;
  std::uint64_t written_ = 0;  // Bytes.
};

// Writes a whole small file: Create, Write and Commit.
Status ReplaceFile(FileSystem& file_system, const Path& target,
                   std::string_view bytes, std::uint32_t mode = kDefaultMode);

}  // namespace benchkeep::fs
