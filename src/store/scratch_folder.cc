// A folder for spill files, gone when its owner is.

#include "store/scratch_folder.h"

#include <unistd.h>

#include <string>

namespace benchkeep::store {
namespace {

constexpr const char* kLockName = "lock";

}  // namespace

Result<ScratchFolder> ScratchFolder::Create(const Store& store) {
  fs::FileSystem& file_system = store.file_system();
  const fs::Path parent = store.layout().tmp_dir();
  BENCHKEEP_TRY(file_system.MakeDirs(parent, 0700));
  for (int attempt = 0;; ++attempt) {
    const fs::Path path =
        parent / (std::to_string(::getpid()) + "-" + std::to_string(attempt));
    BENCHKEEP_ASSIGN(const bool taken, fs::Exists(file_system, path));
    if (taken) continue;
    BENCHKEEP_TRY(file_system.MakeDirs(path, 0700));
    BENCHKEEP_ASSIGN(fs::FileLock lock,
                     fs::FileLock::Acquire(path / kLockName, store.clock(),
                                           std::chrono::nanoseconds{0}, 0600));
    return ScratchFolder(file_system, path, std::move(lock));
  }
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept
    : file_system_(other.file_system_),
      path_(std::exchange(other.path_, fs::Path())),
      lock_(std::move(other.lock_)) {}

ScratchFolder::~ScratchFolder() {
  if (path_.empty()) return;
  IgnoreError(fs::RemoveTree(*file_system_, path_),
              "the next command that changes the store removes it");
}

Status RemoveDeadScratchFolders(const Store& store) {
  fs::FileSystem& file_system = store.file_system();
  const fs::Path parent = store.layout().tmp_dir();
  BENCHKEEP_ASSIGN(const bool any, fs::Exists(file_system, parent));
  if (!any) return {};
  BENCHKEEP_ASSIGN(const auto entries, file_system.List(parent));
  for (const fs::DirEntry& entry : entries) {
    if (entry.type != fs::FileType::kDirectory) continue;
    const fs::Path path = parent / entry.name;
    const Result<fs::FileLock> dead = fs::FileLock::Acquire(
        path / kLockName, store.clock(), std::chrono::nanoseconds{0}, 0600);
    if (!dead.ok()) continue;  // Its owner lives.
    BENCHKEEP_TRY(fs::RemoveTree(file_system, path));
  }
  return {};
}

}  // namespace benchkeep::store
