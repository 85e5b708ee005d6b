// What clean would remove.

#include <algorithm>
#include <set>
#include <utility>

#include "host/processes.h"
#include "ops/clean.h"
#include "ops/leftovers.h"
#include "ops/merged_increments.h"
#include "store/backup_manifest.h"
#include "store/transaction_record.h"

namespace benchkeep::ops {
namespace {

using Kind = CleanItem::Kind;
using Fate = CleanItem::Fate;

constexpr std::int64_t kNanos = 1'000'000'000;
constexpr std::int64_t kDaySeconds = 86'400;

class Planner {
 public:
  Planner(const store::Store& store, const CleanOptions& options,
          Progress& progress)
      : store_(store),
        layout_(store.layout()),
        files_(store.file_system()),
        options_(options),
        progress_(progress) {}

  Result<CleanReport> Run() {
    report_.dry_run = true;
    BENCHKEEP_TRY(Trash());
    BENCHKEEP_TRY(Temporary());
    BENCHKEEP_TRY(Increments());
    BENCHKEEP_TRY(Quarantine());
    BENCHKEEP_TRY(Unknown());
    for (const CleanItem& item : report_.items) {
      if (item.fate == Fate::kGoes) {
        ++report_.removed;
        if (item.kind != Kind::kIncrement) report_.bytes_freed += item.bytes;
      } else {
        ++report_.kept;
      }
    }
    return std::move(report_);
  }

 private:
  [[nodiscard]] std::int64_t Now() const {
    return store_.clock().Now().time_since_epoch() / std::chrono::seconds{1};
  }

  // Entries of a folder that may be missing.
  Result<std::vector<fs::DirEntry>> Entries(const fs::Path& folder) {
    auto entries = files_.List(folder);
    if (entries.ok()) return entries;
    if (entries.error().code == Code::kNotFound) {
      return std::vector<fs::DirEntry>();
    }
    return entries;
  }

  // Bytes that removing everything below `path` would free.
  Result<std::uint64_t> BytesOf(const fs::Path& path) {
    const Result<fs::FileInfo> info = files_.Info(path);
    if (!info.ok()) {
      if (info.error().code == Code::kNotFound) return std::uint64_t{0};
      return Unexpected(info.error());
    }
    if (info->type != fs::FileType::kDirectory) {
      return info->links > 1 ? std::uint64_t{0} : info->size;
    }
    std::uint64_t bytes = 0;
    BENCHKEEP_ASSIGN(const auto entries, Entries(path));
    for (const fs::DirEntry& entry : entries) {
      BENCHKEEP_ASSIGN(const std::uint64_t inner, BytesOf(path / entry.name));
      bytes += inner;
    }
    return bytes;
  }

  Status Add(Kind kind, Fate fate, const fs::Path& path, std::int64_t time,
             Message why) {
    CleanItem item;
    item.kind = kind;
    item.fate = fate;
    item.path = layout_.Relative(path);
    BENCHKEEP_ASSIGN(item.bytes, BytesOf(path));
    item.age_seconds = std::max<std::int64_t>(0, Now() - time);
    item.why = std::move(why);
    report_.items.push_back(std::move(item));
    return {};
  }

  Status Trash() {
    BENCHKEEP_ASSIGN(auto entries, Entries(layout_.trash_dir()));
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    const std::int64_t keep = store_.settings().undo_keep_days * kDaySeconds;
    for (const fs::DirEntry& entry : entries) {
      const fs::Path path = layout_.trash_dir() / entry.name;
      const auto record = store::IsTxnId(entry.name)
                              ? store::ReadRecord(store_, path)
                              : Result<Json>(Unexpected(Error()));
      const auto time =
          record.ok()
              ? store::ParseIsoTime(record->StringAt("time").value_or(""))
              : std::nullopt;
      if (!time) {
        BENCHKEEP_TRY(Add(Kind::kUnknown, Fate::kStays, path, Now(),
                          Say(N_("it has no record that could be read"))));
        continue;
      }
      const bool past = Now() - *time > keep;
      const bool goes = past || options_.purge_trash;
      BENCHKEEP_TRY(Add(Kind::kChange, goes ? Fate::kGoes : Fate::kStays, path,
                        *time,
                        past   ? Say(N_("its time to be undone has passed"))
                        : goes ? Say(N_("it could still be undone"))
                               : Say(N_("it can be undone for {0} days"),
                                     store_.settings().undo_keep_days)));
    }
    return {};
  }

  Status Temporary() {
    BENCHKEEP_ASSIGN(const std::vector<Leftover> leftovers,
                     FindLeftovers(store_));
    for (const Leftover& leftover : leftovers) {
      BENCHKEEP_TRY(
          Add(Kind::kTemporary, leftover.dead ? Fate::kGoes : Fate::kStays,
              leftover.path, leftover.mtime_ns / kNanos,
              leftover.dead ? Say(N_("its run has died"))
                            : Say(N_("its run may still be at work"))));
    }
    return {};
  }

  Status Increments() {
    BENCHKEEP_ASSIGN(
        const auto merged,
        FindMergedIncrements(store_, options_.memory_bytes, progress_));
    std::set<std::string> names;
    for (const MergedIncrement& one : merged) {
      names.insert(one.name);
      BENCHKEEP_TRY(
          Add(Kind::kIncrement, Fate::kGoes, layout_.increments() / one.name,
              one.info.mtime_ns / kNanos,
              Say(N_("{0} has merged these very bytes"), one.merged_by)));
    }
    BENCHKEEP_ASSIGN(const auto entries, Entries(layout_.increments()));
    std::uint64_t waiting = 0;
    for (const fs::DirEntry& entry : entries) {
      if (layout_.IsIncrementName(entry.name) && !names.contains(entry.name)) {
        ++waiting;
        const auto info = files_.Info(layout_.increments() / entry.name);
        BENCHKEEP_TRY(Add(Kind::kIncrement, Fate::kStays,
                          layout_.increments() / entry.name,
                          info.ok() ? info->mtime_ns / kNanos : Now(),
                          Say(N_("it waits to be merged"))));
      }
    }
    if (waiting > 0) {
      report_.findings.push_back(
          {"increments_waiting", Severity::kInfo,
           layout_.Relative(layout_.increments()),
           Say(N_("{0} increments wait to be merged; age alone removes none"),
               waiting),
           Say(N_("merge them: benchkeep consolidate"))});
    }
    return {};
  }

  Status Quarantine() {
    BENCHKEEP_ASSIGN(const auto entries, Entries(layout_.quarantine_dir()));
    for (const fs::DirEntry& entry : entries) {
      const fs::Path path = layout_.quarantine_dir() / entry.name;
      const auto info = files_.Info(path);
      BENCHKEEP_TRY(Add(Kind::kQuarantine, Fate::kStays, path,
                        info.ok() ? info->mtime_ns / kNanos : Now(),
                        Say(N_("only you can tell what it is worth"))));
    }
    if (!entries.empty()) {
      report_.findings.push_back(
          {"quarantine_not_empty", Severity::kInfo,
           layout_.Relative(layout_.quarantine_dir()),
           Say(N_("the quarantine holds the files of {0} runs"),
               entries.size()),
           Say(N_("look at the notes *.why.json there, and remove what you do "
                  "not need by hand"))});
    }
    return {};
  }

  // Names that no part of benchkeep makes.
  Status Unknown() {
    BENCHKEEP_ASSIGN(const auto entries, Entries(layout_.state()));
    for (const fs::DirEntry& entry : entries) {
      if (store::Layout::IsStateName(entry.name)) continue;
      BENCHKEEP_TRY(Add(Kind::kUnknown, Fate::kStays,
                        layout_.state() / entry.name, Now(),
                        Say(N_("benchkeep does not know this name"))));
    }
    for (const CleanItem& item : report_.items) {
      if (item.kind != Kind::kUnknown) continue;
      report_.findings.push_back(
          {"unknown_file", Severity::kInfo, item.path, item.why,
           Say(N_("remove it by hand if it does not belong there"))});
    }
    return {};
  }

  const store::Store& store_;
  const store::Layout& layout_;
  fs::FileSystem& files_;
  const CleanOptions& options_;
  Progress& progress_;
  CleanReport report_;
};

}  // namespace

Result<CleanReport> PlanClean(const store::Store& store,
                              const CleanOptions& options, Progress& progress) {
  return Planner(store, options, progress).Run();
}

}  // namespace benchkeep::ops
