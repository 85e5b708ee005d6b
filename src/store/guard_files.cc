// Files of the guard.

#include "store/guard_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "fs/atomic_file.h"
#include "store/transaction_record.h"

namespace benchkeep::store {
namespace {

constexpr std::string_view kNote = ".json";
constexpr std::uint64_t kMaxNoteBytes = std::uint64_t{16} << 20;

Status RemoveIfThere(fs::FileSystem& file_system, const fs::Path& file) {
  Status removed = file_system.Remove(file);
  if (!removed.ok() && removed.error().code == Code::kNotFound) return {};
  return removed;
}

}  // namespace

std::int64_t GuardNanos(TimePoint time) {
  return time.time_since_epoch() / std::chrono::nanoseconds(1);
}

TimePoint GuardTime(std::int64_t nanoseconds) {
  return TimePoint(std::chrono::nanoseconds(nanoseconds));
}

Json GuardJson(const fs::FileInfo& source, TimePoint kept) {
  Json json = Json::Object();
  json.Set("source", InfoToJson(source));
  json.Set("kept", Json::Int(GuardNanos(kept)));
  return json;
}

fs::FileInfo GuardSource(const Json& json) {
  const Json* source = json.Find("source");
  return source == nullptr ? fs::FileInfo() : InfoFromJson(*source);
}

Status WriteGuardNote(fs::FileSystem& file_system, const fs::Path& folder,
                      const std::string& id, const Json& note) {
  return fs::ReplaceFile(file_system, folder / (id + std::string(kNote)),
                         note.Dump(1) + "\n", 0600);
}

Status WriteFirstGuardNote(fs::FileSystem& file_system, const fs::Path& folder,
                           const std::string& id, const Json& note) {
  const std::string name = id + std::string(kNote);
  const fs::Path staging =
      folder / fmt::format(".{}{}", name, fs::kStagingInfix);
  const auto write = [&]() -> Status {
    BENCHKEEP_ASSIGN(const std::unique_ptr<fs::WritableFile> file,
                     file_system.Create(staging, 0600));
    BENCHKEEP_TRY(file->Append(note.Dump(1) + "\n"));
    BENCHKEEP_TRY(file->Close());
    return file_system.Rename(staging, folder / name);
  };
  Status written = write();
  if (!written.ok()) {
    IgnoreError(file_system.Remove(staging), "the first error counts");
  }
  return written;
}

Result<std::vector<std::pair<std::string, Json>>> ReadGuardNotes(
    fs::FileSystem& file_system, const fs::Path& folder) {
  std::vector<std::pair<std::string, Json>> notes;
  BENCHKEEP_ASSIGN(const bool exists, fs::Exists(file_system, folder));
  if (!exists) return notes;
  BENCHKEEP_ASSIGN(const auto entries, file_system.List(folder));
  for (const fs::DirEntry& entry : entries) {
    if (!entry.name.ends_with(kNote) || entry.name.starts_with('.')) continue;
    const Result<std::string> text =
        fs::ReadFile(file_system, folder / entry.name, kMaxNoteBytes);
    if (!text.ok()) {
      if (text.error().code == Code::kNotFound) continue;  // Just released.
      return Unexpected(text.error());
    }
    Result<Json> json = ParseJson(*text);
    if (!json.ok()) continue;
    notes.emplace_back(entry.name.substr(0, entry.name.size() - kNote.size()),
                       std::move(*json));
  }
  std::sort(notes.begin(), notes.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return notes;
}

Status RemoveGuarded(fs::FileSystem& file_system, const fs::Path& folder,
                     const std::string& id, const char* data) {
  BENCHKEEP_TRY(RemoveIfThere(file_system, folder / (id + std::string(kNote))));
  return RemoveIfThere(file_system, folder / (id + data));
}

Status RemoveGuardLeftovers(fs::FileSystem& file_system, const fs::Path& folder,
                            const std::set<std::string>& known, TimePoint now) {
  BENCHKEEP_ASSIGN(const bool exists, fs::Exists(file_system, folder));
  if (!exists) return {};
  BENCHKEEP_ASSIGN(const auto entries, file_system.List(folder));
  for (const fs::DirEntry& entry : entries) {
    const std::string id = fs::Path(entry.name).stem().string();
    if (known.contains(id)) continue;
    const Result<fs::FileInfo> info = file_system.Info(folder / entry.name);
    const bool old =
        info.ok() && GuardTime(info->mtime_ns) < now - std::chrono::hours(1);
    if (old) BENCHKEEP_TRY(RemoveIfThere(file_system, folder / entry.name));
  }
  return {};
}

}  // namespace benchkeep::store
