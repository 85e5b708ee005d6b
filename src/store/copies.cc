// Finding copies by name.

#include "store/copies.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>
#include <string_view>

#include "fs/atomic_file.h"

namespace benchkeep::store {
namespace {

constexpr std::string_view kBackupsFolder = "backups";

bool Digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

int Number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

class Finder {
 public:
  Finder(const Store& store, fs::Path original, std::string_view extension)
      : store_(store),
        original_(std::move(original)),
        extension_(extension),
        stem_(original_.stem().string()) {}

  std::vector<CopyFile> Find() {
    const fs::Path home = original_.parent_path();
    const fs::Path backups = store_.layout().root() / store_.settings().backups;
    Folder(home);
    Folder(home / kBackupsFolder);
    Folder(store_.layout().root());
    Folder(backups);
    for (const fs::DirEntry& entry : List(backups)) {
      if (entry.type != fs::FileType::kDirectory || entry.name[0] == '.') {
        continue;
      }
      const fs::Path folder = backups / entry.name;
      Take(folder / original_.filename(), CopyKind::kBackup, entry.name);
      Take(folder / home.filename() / original_.filename(), CopyKind::kBackup,
           entry.name);
    }
    std::stable_sort(found_.begin(), found_.end(),
                     [](const CopyFile& a, const CopyFile& b) {
                       return a.time_ns > b.time_ns;
                     });
    return std::move(found_);
  }

 private:
  std::vector<fs::DirEntry> List(const fs::Path& folder) const {
    Result<std::vector<fs::DirEntry>> entries =
        store_.file_system().List(folder);
    return entries.ok() ? std::move(*entries) : std::vector<fs::DirEntry>();
  }

  void Folder(const fs::Path& folder) {
    for (const fs::DirEntry& entry : List(folder)) {
      if (entry.type == fs::FileType::kRegular && LooksLike(entry.name)) {
        Take(folder / entry.name, CopyKind::kByHand, {});
      }
    }
  }

  // "<stem>...": but no lock, no unfinished file, and nothing compressed.
  [[nodiscard]] bool LooksLike(const std::string& name) const {
    if (!name.starts_with(stem_)) return false;
    if (name.find(fs::kStagingInfix) != std::string::npos) return false;
    for (const std::string_view end :
         {".lock", ".tmp", ".gz", ".zip", ".xz", ".zst", ".part"}) {
      if (name.ends_with(end)) return false;
    }
    return name.find(extension_) != std::string::npos;
  }

  void Take(const fs::Path& path, CopyKind kind, const std::string& id) {
    if (path == original_ || !seen_.insert(path.string()).second) return;
    const Result<fs::FileInfo> info = store_.file_system().Info(path);
    if (!info.ok() || info->type != fs::FileType::kRegular || info->size == 0) {
      return;
    }
    CopyFile copy;
    copy.kind = kind;
    copy.path = path;
    copy.name = store_.layout().Relative(path);
    copy.backup_id = id;
    copy.bytes = info->size;
    copy.time_ns = TimeInName(id.empty() ? path.filename().string() : id);
    if (copy.time_ns == 0) copy.time_ns = info->mtime_ns;
    found_.push_back(std::move(copy));
  }

  const Store& store_;
  const fs::Path original_;
  const std::string_view extension_;
  const std::string stem_;
  std::set<std::string> seen_;
  std::vector<CopyFile> found_;
};

}  // namespace

std::int64_t TimeInName(const std::string& name) {
  constexpr std::size_t kDate = 8;
  constexpr std::size_t kTime = 6;
  for (std::size_t at = 0; at + kDate <= name.size(); ++at) {
    const std::string_view date = std::string_view(name).substr(at, kDate);
    if (!Digits(date) || (at > 0 && Digits(name.substr(at - 1, 1)))) continue;
    const std::chrono::year_month_day day{
        std::chrono::year{Number(date.substr(0, 4))},
        std::chrono::month(static_cast<unsigned>(Number(date.substr(4, 2)))),
        std::chrono::day(static_cast<unsigned>(Number(date.substr(6, 2))))};
    if (!day.ok() || date[0] != '2') continue;
    std::chrono::seconds past{0};
    const std::size_t clock = at + kDate + 1;
    if (clock + kTime <= name.size() &&
        (name[clock - 1] == '_' || name[clock - 1] == '-')) {
      const std::string_view time = std::string_view(name).substr(clock, kTime);
      if (Digits(time)) {
        past = std::chrono::hours(Number(time.substr(0, 2))) +
               std::chrono::minutes(Number(time.substr(2, 2))) +
               std::chrono::seconds(Number(time.substr(4, 2)));
      }
    }
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::sys_days(day).time_since_epoch() + past)
        .count();
  }
  return 0;
}

std::vector<CopyFile> MasterCopies(const Store& store) {
  return Finder(store, store.layout().master(), ".json").Find();
}

std::vector<CopyFile> ResultsCopies(const Store& store) {
  return Finder(store, store.layout().results(), ".parquet").Find();
}

}  // namespace benchkeep::store
