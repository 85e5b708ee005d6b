// Staging beside the target, and what may be a target.

#include "ops/export_staging.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <system_error>
#include <utility>

namespace benchkeep::ops {
namespace {

constexpr std::uint32_t kPrivate = 0700;
constexpr const char* kFolderPrefix = ".benchkeep-export-";
constexpr std::uint32_t kNewFile = 0666;  // Less the umask.

fs::Path FolderOf(const fs::Path& target) {
  return target.has_parent_path() ? target.parent_path() : fs::Path(".");
}

// Where `target` really is: absolute, its folder without links.
fs::Path Resolve(const fs::Path& target) {
  std::error_code error;
  fs::Path folder = std::filesystem::canonical(FolderOf(target), error);
  if (error) folder = FolderOf(target).lexically_normal();
  return folder / target.filename();
}

bool IsWithin(const fs::Path& path, const fs::Path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end())
             .first == folder.end();
}

Unexpected Ours(const fs::Path& target) {
  return Fail(
      Code::kInvalidArgument,
      Say(N_("{0} belongs to the store and is never overwritten"), target),
      Say(N_("choose another name with -o")), target);
}

// The info of `path`, or nothing where nothing is.
Result<std::optional<fs::FileInfo>> InfoIfAny(fs::FileSystem& file_system,
                                              const fs::Path& path) {
  Result<fs::FileInfo> info = file_system.Info(path);
  if (info.ok()) return std::optional<fs::FileInfo>(*info);
  if (info.error().code == Code::kNotFound) {
    return std::optional<fs::FileInfo>();
  }
  return Unexpected(std::move(info).error());
}

Status CheckFolder(fs::FileSystem& file_system, const fs::Path& target) {
  const fs::Path folder = FolderOf(target);
  // "." behind the name lets a link to a folder count as one.
  const Result<fs::FileInfo> info = file_system.Info(folder / ".");
  if (info.ok() && info->type == fs::FileType::kDirectory) return {};
  if (!info.ok() && info.error().code != Code::kNotFound) {
    return Unexpected(info.error());
  }
  return Fail(Code::kNotFound,
              Say(N_("there is no folder {0} to write {1} into"), folder,
                  target.filename()),
              Say(N_("create it first: mkdir -p {0}"), folder), folder);
}

Result<fs::FileLock> LockIn(const fs::Path& folder, Clock& clock) {
  return fs::FileLock::Acquire(folder / "lock", clock,
                               std::chrono::nanoseconds{0}, 0600);
}

// Removes what killed exports left in `parent`; one that lives holds its lock.
void RemoveDead(fs::FileSystem& file_system, Clock& clock,
                const fs::Path& parent) {
  const auto entries = file_system.List(parent);
  if (!entries.ok()) return;
  for (const fs::DirEntry& entry : *entries) {
    if (!entry.name.starts_with(kFolderPrefix)) continue;
    const fs::Path folder = parent / entry.name;
    const Result<fs::FileInfo> info = file_system.Info(folder);
    if (!info.ok() || info->type != fs::FileType::kDirectory ||
        info->mode != kPrivate) {
      continue;
    }
    const Result<fs::FileLock> dead = LockIn(folder, clock);
    if (!dead.ok()) continue;
    IgnoreError(fs::RemoveTree(file_system, folder),
                "the next export tries again");
  }
}

}  // namespace

Status CheckExportTarget(fs::FileSystem& file_system,
                         const store::Layout& layout, const fs::Path& target) {
  if (!target.has_filename() || target.filename() == "." ||
      target.filename() == "..") {
    return Fail(Code::kInvalidArgument,
                Say(N_("{0} is not the name of a file"), target), target);
  }
  BENCHKEEP_TRY(CheckFolder(file_system, target));

  const fs::Path real = Resolve(target);
  for (const fs::Path& folder : {layout.state(), layout.increments()}) {
    if (IsWithin(real, folder)) return Ours(target);
  }
  for (const fs::Path& file :
       {layout.results(), layout.master(), layout.settings_file()}) {
    if (real == file) return Ours(target);
  }

  BENCHKEEP_ASSIGN(const std::optional<fs::FileInfo> info,
                   InfoIfAny(file_system, target));
  if (!info) return {};
  if (info->type == fs::FileType::kSymlink) {
    return Fail(Code::kPermission,
                Say(N_("{0} is a symbolic link, which an export never follows"),
                    target),
                Say(N_("name the file itself, or remove the link")), target);
  }
  if (info->type != fs::FileType::kRegular) {
    return Fail(
        Code::kAlreadyExists,
        Say(N_("{0} is there already and is not a regular file"), target),
        Say(N_("choose another name with -o")), target);
  }
  for (const fs::Path& file : {layout.results(), layout.master()}) {
    BENCHKEEP_ASSIGN(const std::optional<fs::FileInfo> own,
                     InfoIfAny(file_system, file));
    if (own && own->SameFile(*info)) return Ours(target);
  }
  return {};
}

Result<StagedOutput> StagedOutput::Create(fs::FileSystem& file_system,
                                          Clock& clock, fs::Path target) {
  constexpr int kTries = 100;
  const fs::Path parent = FolderOf(target);
  RemoveDead(file_system, clock, parent);
  std::random_device random;
  for (int attempt = 1;; ++attempt) {
    const std::uint64_t salt =
        std::uint64_t{random()} << 32 | std::uint64_t{random()};
    fs::Path folder = parent / fmt::format("{}{:016x}", kFolderPrefix, salt);
    BENCHKEEP_ASSIGN(const bool taken, fs::Exists(file_system, folder));
    if (taken) continue;
    BENCHKEEP_TRY(file_system.MakeDirs(folder, kPrivate));
    Result<fs::FileLock> lock = LockIn(folder, clock);
    if (lock.ok()) {
      return StagedOutput(file_system, std::move(target), std::move(folder),
                          std::move(*lock));
    }
    // Another export took the folder for a dead one's, before it was locked.
    const bool swept = lock.error().code == Code::kNotFound ||
                       lock.error().code == Code::kBusy;
    if (!swept || attempt == kTries) return Unexpected(lock.error());
  }
}

StagedOutput::StagedOutput(StagedOutput&& other) noexcept
    : file_system_(other.file_system_),
      target_(std::move(other.target_)),
      folder_(std::exchange(other.folder_, {})),
      lock_(std::move(other.lock_)) {}

StagedOutput::~StagedOutput() {
  if (folder_.empty()) return;
  IgnoreError(fs::RemoveTree(*file_system_, folder_),
              "the export has failed or is done; its outcome is reported");
}

Result<std::uint64_t> StagedOutput::Seal() {
  BENCHKEEP_ASSIGN(const std::optional<fs::FileInfo> old,
                   InfoIfAny(*file_system_, target_));
  if (old) BENCHKEEP_TRY(file_system_->SetMode(file(), old->mode));
  BENCHKEEP_TRY(file_system_->SyncFile(file()));
  BENCHKEEP_ASSIGN(const fs::FileInfo info, file_system_->Info(file()));
  return info.size;
}

Status StagedOutput::Publish() {
  BENCHKEEP_TRY(file_system_->Rename(file(), target_));
  BENCHKEEP_TRY(fs::RemoveTree(*file_system_, folder_));
  folder_.clear();
  return file_system_->SyncDir(FolderOf(target_));
}

Result<std::unique_ptr<FileSink>> FileSink::Create(fs::FileSystem& file_system,
                                                   const fs::Path& file) {
  BENCHKEEP_ASSIGN(std::unique_ptr<fs::WritableFile> opened,
                   file_system.Create(file, kNewFile));
  return std::unique_ptr<FileSink>(new FileSink(std::move(opened)));
}

}  // namespace benchkeep::ops
