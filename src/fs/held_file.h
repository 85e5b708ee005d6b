// A file that stays readable though somebody may unlink it.
//
// Holds the file itself, not its name: what is done to the name (unlinked,
// replaced) does not matter, as long as this object lives.

#pragma once

#include <memory>

#include "base/result.h"
#include "fs/fd.h"
#include "fs/file_system.h"

namespace benchkeep::fs {

// Whether bytes must outlast a power cut.
enum class Durable { kNo, kYes };

class HeldFile {
 public:
  // kNotFound, or kInvalidArgument for anything but a regular file.
  static Result<HeldFile> Open(const Path& path);

  [[nodiscard]] const Path& path() const { return path_; }
  [[nodiscard]] Result<FileInfo> Info() const;

  // The path that it was opened by still names it.
  [[nodiscard]] bool IsNamed() const;

  // Nobody has it open for writing at this moment; true where no lease can be
  // had to tell.
  [[nodiscard]] bool IsQuiet() const;

  // Copies one version of it to the new file `to` (with its mode and time
  // of change), sharing blocks where the file system can.  Returns the
  // version that was copied.  kBusy: somebody writes it or wants to; where no
  // lease can be had, an unchanged state before and after has to do.  Nothing
  // stays at `to` on an error.  kYes is about the bytes, not the name.
  Result<FileInfo> CopyTo(FileSystem& file_system, const Path& to,
                          Durable durable) const;

  // Its bytes, by the descriptor.
  [[nodiscard]] Result<std::unique_ptr<ReadableFile>> Read() const;

 private:
  HeldFile(Path path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  Path path_;
  Fd fd_;
};

}  // namespace benchkeep::fs
