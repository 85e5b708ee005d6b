// Crash-safe replacement of one file, by a staging file and a rename.

#include "fs/atomic_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <utility>

namespace benchkeep::fs {
namespace {

// Leaves room for the rest of the staging name within NAME_MAX (255).
constexpr std::size_t kLongestStem = 200;
constexpr int kNameTries = 100;

// Unique among live processes; names that a dead one left are passed over,
// since Create() refuses them.
Path StagingPath(const Path& target) {
  static std::atomic<unsigned> next{0};
  const std::string stem = target.filename().string().substr(0, kLongestStem);
  return target.parent_path() /
         fmt::format(".{}{}{}-{}", stem, kStagingInfix, ::getpid(), ++next);
}

Path FolderOf(const Path& file) {
  return file.has_parent_path() ? file.parent_path() : Path(".");
}

// The file to be replaced, if there is one.
Result<std::optional<FileInfo>> FindReplaced(FileSystem& file_system,
                                             const Path& target) {
  const Result<FileInfo> info = file_system.Info(target);
  if (!info.ok()) {
    if (info.error().code == Code::kNotFound) return std::nullopt;
    return Unexpected(info.error());
  }
  if (info->type != FileType::kRegular) {
    return Fail(Code::kPermission,
                Say(N_("{0} is not a file and is left alone"), target), target);
  }
  return *info;
}

}  // namespace

Result<AtomicFile> AtomicFile::Create(FileSystem& file_system, Path target,
                                      std::uint32_t mode) {
  constexpr std::uint32_t kPrivate = 0600;
  BENCHKEEP_ASSIGN(auto replaced, FindReplaced(file_system, target));
  for (int attempt = 1;; ++attempt) {
    Path staging = StagingPath(target);
    auto file = file_system.Create(staging, replaced ? kPrivate : mode);
    if (file.ok()) {
      return AtomicFile(file_system, std::move(target), std::move(staging),
                        std::move(*file), replaced);
    }
    if (file.error().code != Code::kAlreadyExists || attempt == kNameTries) {
      return Unexpected(std::move(file).error());
    }
  }
}

AtomicFile::AtomicFile(FileSystem& file_system, Path target, Path staging,
                       std::unique_ptr<WritableFile> file,
                       std::optional<FileInfo> replaced)
    : file_system_(&file_system),
      target_(std::move(target)),
      staging_(std::move(staging)),
      file_(std::move(file)),
      replaced_(replaced) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : file_system_(other.file_system_),
      target_(std::move(other.target_)),
      staging_(std::exchange(other.staging_, Path())),
      file_(std::move(other.file_)),
      replaced_(other.replaced_),
      written_(other.written_) {}

AtomicFile::~AtomicFile() {
  if (staging_.empty()) return;
  file_.reset();
  IgnoreError(file_system_->Remove(staging_),
              "the error that brought us here matters more, and the staging "
              "name tells what it is");
}

Status AtomicFile::Write(std::string_view bytes) {
  BENCHKEEP_CHECK(file_ != nullptr);
  BENCHKEEP_TRY(file_->Append(bytes));
  written_ += bytes.size();
  return {};
}

Status AtomicFile::Commit() {
  BENCHKEEP_CHECK(file_ != nullptr);
  // Whatever happens below, there is no second try.
  const std::unique_ptr<WritableFile> file = std::move(file_);
  BENCHKEEP_TRY(KeepOwnerAndMode());
  BENCHKEEP_ASSIGN(const FileInfo info, file_system_->Info(staging_));
  if (info.size != written_) {
    return Fail(Code::kIo,
                Say(N_("{0} has {1} bytes after {2} were written"), staging_,
                    info.size, written_),
                staging_);
  }
  BENCHKEEP_TRY(file->Sync());
  BENCHKEEP_TRY(file->Close());
  BENCHKEEP_TRY(file_system_->Rename(staging_, target_));
  staging_.clear();
  return file_system_->SyncDir(FolderOf(target_));
}

Status AtomicFile::KeepOwnerAndMode() {
  if (!replaced_) return {};
  BENCHKEEP_ASSIGN(const FileInfo info, file_system_->Info(staging_));
  if (info.uid != replaced_->uid || info.gid != replaced_->gid) {
    IgnoreError(
        file_system_->SetOwner(staging_, replaced_->uid, replaced_->gid),
        "only root may give files away; the new file is ours then");
  }
  // After the owner, since a new owner clears the set-id bits.
  return file_system_->SetMode(staging_, replaced_->mode);
}

Status ReplaceFile(FileSystem& file_system, const Path& target,
                   std::string_view bytes, std::uint32_t mode) {
  BENCHKEEP_ASSIGN(AtomicFile file,
                   AtomicFile::Create(file_system, target, mode));
  BENCHKEEP_TRY(file.Write(bytes));
  return file.Commit();
}

}  // namespace benchkeep::fs
