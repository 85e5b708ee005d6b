// A folder for spill files, gone when its owner is.

#include "store/scratch_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <string>

namespace benchkeep::store {
namespace {

constexpr const char* kLockName = "lock";

// Folders outside of the store: others may make some there, too.
constexpr const char* kOutsidePrefix = "benchkeep-scratch-";
constexpr std::int64_t kOldSeconds = 3600;

Result<fs::FileLock> LockIn(const Store& store, const fs::Path& folder) {
  return fs::FileLock::Acquire(folder / kLockName, store.clock(),
                               std::chrono::nanoseconds{0}, 0600);
}

// A folder of ours that nobody else can look into or could have put there.
bool IsOurs(const Result<fs::FileInfo>& info) {
  constexpr std::uint32_t kPrivate = 0700;
  return info.ok() && info->type == fs::FileType::kDirectory &&
         info->uid == ::geteuid() && info->mode == kPrivate;
}

// What a killed process left behind.  A young folder may be one that is being
// made.
void RemoveOldOutside(const Store& store) {
  fs::FileSystem& file_system = store.file_system();
  const auto entries = file_system.List(store.spill_outside());
  if (!entries.ok()) return;
  const std::int64_t now =
      store.clock().Now().time_since_epoch() / std::chrono::seconds{1};
  for (const fs::DirEntry& entry : *entries) {
    if (!entry.name.starts_with(kOutsidePrefix)) continue;
    const fs::Path path = store.spill_outside() / entry.name;
    const Result<fs::FileInfo> info = file_system.Info(path);
    constexpr std::int64_t kNanos = 1'000'000'000;
    if (!IsOurs(info) || now - info->mtime_ns / kNanos < kOldSeconds) continue;
    const Result<fs::FileLock> dead = LockIn(store, path);
    if (!dead.ok()) continue;  // Its owner lives.
    IgnoreError(fs::RemoveTree(file_system, path), "the next one tries again");
  }
}

Status MakeOutside(const Store& store, const fs::Path& path) {
  Status made = store.file_system().MakeDirs(path, 0700);
  // Somebody who guessed the name would have been faster.
  if (made.ok() && !IsOurs(store.file_system().Info(path))) {
    made = Fail(Code::kPermission, Say(N_("{0} is in the way"), path), path);
  }
  if (!made.ok()) {
    made.error().fix = Say(N_("set TMPDIR to a folder of your own"));
  }
  return made;
}

}  // namespace

Result<ScratchFolder> ScratchFolder::Create(const Store& store) {
  const bool outside = !store.spill_outside().empty();
  if (outside) RemoveOldOutside(store);
  const fs::Path parent =
      outside ? store.spill_outside() : store.layout().tmp_dir();
  fs::FileSystem& file_system = store.file_system();
  if (!outside) BENCHKEEP_TRY(file_system.MakeDirs(parent, 0700));
  std::random_device random;
  for (int attempt = 0;; ++attempt) {
    const std::string name =
        outside
            ? fmt::format("{}{:08x}{:08x}", kOutsidePrefix, random(), random())
            : fmt::format("{}-{}", ::getpid(), attempt);
    const fs::Path path = parent / name;
    BENCHKEEP_ASSIGN(const bool taken, fs::Exists(file_system, path));
    if (taken) continue;
    BENCHKEEP_TRY(outside ? MakeOutside(store, path)
                          : file_system.MakeDirs(path, 0700));
    BENCHKEEP_ASSIGN(fs::FileLock lock, LockIn(store, path));
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
    const Result<fs::FileLock> dead = LockIn(store, path);
    if (!dead.ok()) continue;  // Its owner lives.
    BENCHKEEP_TRY(fs::RemoveTree(file_system, path));
  }
  return {};
}

}  // namespace benchkeep::store
