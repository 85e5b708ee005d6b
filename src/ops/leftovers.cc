// Temporary files that runs which died have left in a store.

#include "ops/leftovers.h"

#include <charconv>
#include <set>
#include <string>
#include <string_view>

#include "fs/atomic_file.h"
#include "fs/file_lock.h"
#include "fs/read_lease.h"
#include "host/processes.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kNanos = 1'000'000'000;
constexpr std::int64_t kYoungSeconds = 3600;
constexpr int kMaxDepth = 8;
constexpr std::string_view kExportPrefix = ".benchkeep-export-";

// The pid in ".name.benchkeep-tmp-<pid>-<n>"; 0: another name.
int PidOf(const std::string& name) {
  const std::size_t at = name.find(fs::kStagingInfix);
  if (at == std::string::npos || !name.starts_with('.')) return 0;
  const char* begin = name.data() + at + fs::kStagingInfix.size();
  int pid = 0;
  std::from_chars(begin, name.data() + name.size(), pid);
  return pid;
}

bool IsYoung(const store::Store& store, const fs::FileInfo& info) {
  const std::int64_t now =
      store.clock().Now().time_since_epoch() / std::chrono::nanoseconds{1};
  return now - info.mtime_ns < kYoungSeconds * kNanos;
}

// A process of that number that may have made the file.
bool MakerLives(int pid, const fs::FileInfo& info) {
  const auto process = host::ProcessTable().Find(pid);
  return process &&
         process->started.time_since_epoch() <=
             std::chrono::nanoseconds(info.mtime_ns) + std::chrono::seconds(2);
}

// True when nobody has any file below `path` open for writing.
Result<bool> NobodyWrites(fs::FileSystem& files, const fs::Path& path,
                          const fs::FileInfo& info) {
  if (info.type == fs::FileType::kDirectory) {
    BENCHKEEP_ASSIGN(const auto entries, files.List(path));
    for (const fs::DirEntry& entry : entries) {
      BENCHKEEP_ASSIGN(const fs::FileInfo inner, files.Info(path / entry.name));
      BENCHKEEP_ASSIGN(const bool quiet,
                       NobodyWrites(files, path / entry.name, inner));
      if (!quiet) return false;
    }
    return true;
  }
  if (info.type != fs::FileType::kRegular) return true;
  return fs::ReadLease::Take(path).ok();
}

class Search {
 public:
  explicit Search(const store::Store& store)
      : store_(store), layout_(store.layout()), files_(store.file_system()) {}

  Result<std::vector<Leftover>> Run() {
    BENCHKEEP_TRY(Scratch());
    const store::Settings& settings = store_.settings();
    BENCHKEEP_TRY(Look(layout_.root(), 0));
    for (const fs::Path& file : {layout_.results(), layout_.master()}) {
      BENCHKEEP_TRY(Look(file.parent_path(), 0));
    }
    for (const fs::Path& folder :
         {layout_.increments(), layout_.root() / settings.config,
          layout_.exports(), layout_.reports(), layout_.state(),
          layout_.backups()}) {
      BENCHKEEP_TRY(Look(folder, 0));
    }
    for (const fs::Path& folder :
         {layout_.root() / settings.logs, layout_.quarantine_dir()}) {
      BENCHKEEP_TRY(Look(folder, kMaxDepth));
    }
    return std::move(found_);
  }

 private:
  // Spill folders, and what was being removed: all below tmp/.
  Status Scratch() {
    const auto entries = files_.List(layout_.tmp_dir());
    if (!entries.ok()) return MissingIsFine(entries.error());
    for (const fs::DirEntry& entry : *entries) {
      BENCHKEEP_TRY(Add(layout_.tmp_dir() / entry.name));
    }
    return {};
  }

  Status Look(const fs::Path& folder, int depth) {
    if (!seen_.insert(folder).second) return {};
    const auto entries = files_.List(folder);
    if (!entries.ok()) return MissingIsFine(entries.error());
    for (const fs::DirEntry& entry : *entries) {
      const bool is_folder = entry.type == fs::FileType::kDirectory;
      const bool ours =
          (entry.type == fs::FileType::kRegular && PidOf(entry.name) > 0) ||
          (is_folder && entry.name.starts_with(kExportPrefix));
      if (ours) {
        BENCHKEEP_TRY(Add(folder / entry.name));
      } else if (is_folder && depth > 0) {
        BENCHKEEP_TRY(Look(folder / entry.name, depth - 1));
      }
    }
    return {};
  }

  Status Add(const fs::Path& path) {
    const auto info = files_.Info(path);
    if (!info.ok()) return MissingIsFine(info.error());
    BENCHKEEP_ASSIGN(const bool dead, IsDead(store_, path));
    found_.push_back({path, info->mtime_ns, dead});
    return {};
  }

  // Also links and folders that we may not read: nothing of ours is there.
  static Status MissingIsFine(const Error& error) {
    if (error.code == Code::kNotFound || error.code == Code::kPermission) {
      return {};
    }
    return Unexpected(error);
  }

  const store::Store& store_;
  const store::Layout& layout_;
  fs::FileSystem& files_;
  std::set<fs::Path> seen_;
  std::vector<Leftover> found_;
};

}  // namespace

Result<bool> IsDead(const store::Store& store, const fs::Path& path) {
  fs::FileSystem& files = store.file_system();
  BENCHKEEP_ASSIGN(const fs::FileInfo info, files.Info(path));
  if (path.parent_path() == store.layout().tmp_dir()) {
    BENCHKEEP_ASSIGN(const bool has_lock, fs::Exists(files, path / "lock"));
    // The moment between making the folder and locking it.
    if (!has_lock) {
      return path.filename().string().starts_with("purge-") ||
             !IsYoung(store, info);
    }
    return fs::FileLock::Acquire(path / "lock", store.clock(),
                                 std::chrono::nanoseconds{0}, 0600)
        .ok();
  }
  if (IsYoung(store, info)) return false;
  const int pid = PidOf(path.filename().string());
  if (pid > 0 && MakerLives(pid, info)) return false;
  return NobodyWrites(files, path, info);
}

Result<std::vector<Leftover>> FindLeftovers(const store::Store& store) {
  return Search(store).Run();
}

}  // namespace benchkeep::ops
