// A new version of one output file, built where nobody looks.
//
// It grows in a hidden folder of its own beside the target, so that the final
// rename never crosses a mount, and takes the target's place in one step once
// it is complete and synced.  Until then the old file is untouched; a failed
// export leaves nothing behind, and the next one removes what a killed one
// left.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "fs/file_lock.h"
#include "fs/file_system.h"
#include "ops/export_writer.h"
#include "store/layout.h"

namespace benchkeep::ops {

// Refuses targets that must not be replaced: files of the store (its results,
// master database, settings, increments, everything in the state folder), links
// and whatever is not a regular file.  Its folder must exist.
Status CheckExportTarget(fs::FileSystem& file_system,
                         const store::Layout& layout, const fs::Path& target);

class StagedOutput {
 public:
  // `file_system` must outlive the object.
  static Result<StagedOutput> Create(fs::FileSystem& file_system, Clock& clock,
                                     fs::Path target);
  StagedOutput(StagedOutput&& other) noexcept;
  StagedOutput& operator=(StagedOutput&&) = delete;
  ~StagedOutput();  // Removes what was not published.

  // The file to be made, and the folder it is in: free for scratch files.
  [[nodiscard]] fs::Path file() const { return folder_ / "data"; }
  [[nodiscard]] const fs::Path& folder() const { return folder_; }
  [[nodiscard]] const fs::Path& target() const { return target_; }

  // Makes the finished file durable, with the mode of the file it replaces.
  // Returns its size in bytes.
  Result<std::uint64_t> Seal();

  // Puts the sealed file in the target's place, durably.
  Status Publish();

 private:
  StagedOutput(fs::FileSystem& file_system, fs::Path target, fs::Path folder,
               fs::FileLock lock)
      : file_system_(&file_system),
        target_(std::move(target)),
        folder_(std::move(folder)),
        lock_(std::move(lock)) {}

  fs::FileSystem* file_system_;
  fs::Path target_;
  fs::Path folder_;    // Empty once moved from.
  fs::FileLock lock_;  // In the folder: its owner lives.
};

// A sink into a new file.
class FileSink final : public ByteSink {
 public:
  static Result<std::unique_ptr<FileSink>> Create(fs::FileSystem& file_system,
                                                  const fs::Path& file);
  Status Write(std::string_view bytes) override { return file_->Append(bytes); }
  Status Close() { return file_->Close(); }

 private:
  explicit FileSink(std::unique_ptr<fs::WritableFile> file)
      : file_(std::move(file)) {}
  std::unique_ptr<fs::WritableFile> file_;
};

}  // namespace benchkeep::ops
