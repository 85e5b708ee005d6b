// Kept versions of increments.

#include "store/guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "fs/sha256.h"
#include "store/guard_files.h"
#include "store/parquet_footer.h"

namespace benchkeep::store {
namespace {

constexpr const char* kData = ".parquet";

Json ToJson(const KeptIncrement& kept) {
  Json json = GuardJson(kept.source, kept.kept);
  json.Set("name", Json::String(kept.name));
  json.Set("rows", Json::Uint(kept.rows));
  json.Set("sha256", Json::String(kept.sha256));
  const auto when = [](const std::optional<TimePoint>& time) {
    return time ? Json::Int(GuardNanos(*time)) : Json();
  };
  json.Set("open", when(kept.open));
  json.Set("deleted", when(kept.deleted));
  return json;
}

KeptIncrement FromJson(const std::string& id, const Json& json,
                       const fs::Path& folder) {
  KeptIncrement kept;
  kept.id = id;
  kept.name = json.StringAt("name").value_or("");
  kept.source = GuardSource(json);
  kept.rows = static_cast<std::uint64_t>(json.IntAt("rows").value_or(0));
  kept.sha256 = json.StringAt("sha256").value_or("");
  kept.kept = GuardTime(json.IntAt("kept").value_or(0));
  if (const auto open = json.IntAt("open")) kept.open = GuardTime(*open);
  if (const auto deleted = json.IntAt("deleted")) {
    kept.deleted = GuardTime(*deleted);
  }
  kept.file = folder / (id + kData);
  return kept;
}

// Nullopt for what is no complete Parquet file (yet).
Result<std::optional<std::uint64_t>> RowsOf(const fs::HeldFile& file) {
  BENCHKEEP_ASSIGN(const auto bytes, file.Read());
  const Result<ParquetFooter> footer = ParquetFooter::Read(*bytes, file.path());
  if (footer.ok()) return std::optional<std::uint64_t>(footer->rows());
  if (footer.error().code != Code::kCorruption) {
    return Unexpected(footer.error());
  }
  return std::optional<std::uint64_t>();
}

}  // namespace

// What is durable in a folder is lost with the name of the folder.
Status Guard::MakeFolder(const fs::Path& folder) {
  const Layout& layout = store_->layout();
  BENCHKEEP_TRY(store_->file_system().MakeDirs(folder, 0700));
  if (durable_.contains(folder)) return {};
  for (const fs::Path& parent :
       {layout.guard_dir(), layout.state(), layout.root()}) {
    BENCHKEEP_TRY(store_->file_system().SyncDir(parent));
  }
  durable_.insert(folder);
  return {};
}

Result<std::string> Guard::NewId(const fs::Path& folder) {
  BENCHKEEP_TRY(MakeFolder(folder));
  const TimePoint now = store_->clock().Now();
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(now) -
                      std::chrono::floor<std::chrono::seconds>(now);
  // Sorts by time; two daemons of one store there are not.
  return fmt::format("{}-{:03}-{:06}", FormatStamp(now), millis.count(),
                     ++counter_ % 1'000'000U);
}

Result<std::vector<KeptIncrement>> Guard::Increments() const {
  const fs::Path folder = store_->layout().guard_increments();
  BENCHKEEP_ASSIGN(const auto notes,
                   ReadGuardNotes(store_->file_system(), folder));
  std::vector<KeptIncrement> all;
  for (const auto& [id, json] : notes) {
    KeptIncrement kept = FromJson(id, json, folder);
    // Taken into a transaction, or its copy was never finished.
    BENCHKEEP_ASSIGN(const bool there,
                     fs::Exists(store_->file_system(), kept.file));
    if (there) all.push_back(std::move(kept));
  }
  return all;
}

// What is remembered of the file and still there.
Result<std::vector<KeptIncrement*>> Guard::KeptOf(const fs::FileInfo& file) {
  if (!memory_) {
    BENCHKEEP_ASSIGN(const std::vector<KeptIncrement> all, Increments());
    memory_.emplace();
    for (const KeptIncrement& one : all) {
      memory_->emplace(FileId(one.source.device, one.source.inode), one);
    }
  }
  std::vector<KeptIncrement*> kept;
  auto [at, end] = memory_->equal_range(FileId(file.device, file.inode));
  while (at != end) {
    BENCHKEEP_ASSIGN(const bool there,
                     fs::Exists(store_->file_system(), at->second.file));
    if (there) kept.push_back(&at->second);
    at = there ? std::next(at) : memory_->erase(at);
  }
  return kept;
}

bool Guard::IsWhole(const KeptIncrement& kept) {
  if (kept.sha256.empty() || whole_.contains(kept.id)) return true;
  const Result<std::string> sha256 =
      fs::Sha256OfFile(store_->file_system(), kept.file);
  if (!sha256.ok() || *sha256 != kept.sha256) return false;
  whole_.insert(kept.id);
  return true;
}

Result<std::optional<KeptIncrement>> Guard::Keep(
    const std::string& name, const fs::HeldFile& file,
    std::optional<TimePoint> open) {
  const fs::Path folder = store_->layout().guard_increments();
  BENCHKEEP_ASSIGN(const fs::FileInfo now, file.Info());
  BENCHKEEP_ASSIGN(const std::vector<KeptIncrement*> before, KeptOf(now));
  const auto known =
      std::find_if(before.begin(), before.end(), [&](const KeptIncrement* one) {
        return one->source.SameState(now) && IsWhole(*one);
      });
  std::optional<std::uint64_t> rows;
  if (known != before.end()) {
    BENCHKEEP_TRY(ReleaseEarlier(before, **known));
  } else {
    BENCHKEEP_ASSIGN(rows, RowsOf(file));
  }
  if (!rows) {
    // Whoever has it open is about to make a version of it.
    if (!file.IsQuiet()) {
      return Fail(Code::kBusy, Say(N_("{0} is being written"), name));
    }
    return std::optional<KeptIncrement>();
  }
  KeptIncrement kept;
  BENCHKEEP_ASSIGN(kept.id, NewId(folder));
  kept.name = name;
  kept.rows = *rows;
  kept.open = open;
  kept.kept = store_->clock().Now();
  kept.file = folder / (kept.id + kData);
  BENCHKEEP_ASSIGN(kept.source, file.CopyTo(store_->file_system(), kept.file,
                                            fs::Durable::kNo));
  // Between the look at the footer and the copy a writer may have been there.
  if (!kept.source.SameState(now)) {
    IgnoreError(store_->file_system().Remove(kept.file), "it is not used");
    return Fail(Code::kBusy, Say(N_("{0} is being written"), name));
  }
  const auto note = [&]() -> Status {
    BENCHKEEP_ASSIGN(kept.sha256,
                     fs::Sha256OfFile(store_->file_system(), kept.file));
    return WriteFirstGuardNote(store_->file_system(), folder, kept.id,
                               ToJson(kept));
  };
  if (const Status noted = note(); !noted.ok()) {
    IgnoreError(Release(kept.id), "what is left of it is found when pruning");
    return Unexpected(noted.error());
  }
  whole_.insert(kept.id);
  memory_->emplace(FileId(kept.source.device, kept.source.inode), kept);
  BENCHKEEP_TRY(ReleaseEarlier(before, kept));
  return std::optional<KeptIncrement>(std::move(kept));
}

// Written again in place: the rows of before and more.
Status Guard::ReleaseEarlier(const std::vector<KeptIncrement*>& before,
                             const KeptIncrement& present) {
  for (const KeptIncrement* one : before) {
    const bool earlier = one->id != present.id && !one->deleted &&
                         one->name == present.name && one->rows <= present.rows;
    if (earlier) BENCHKEEP_TRY(Release(one->id));
  }
  return {};
}

Status Guard::Mark(KeptIncrement& kept, TimePoint when) {
  KeptIncrement marked = kept;
  marked.deleted = when;
  BENCHKEEP_TRY(store_->file_system().SyncFile(marked.file));
  BENCHKEEP_TRY(WriteGuardNote(store_->file_system(),
                               store_->layout().guard_increments(), marked.id,
                               ToJson(marked)));
  kept = std::move(marked);
  return {};
}

Result<std::size_t> Guard::MarkDeleted(const fs::FileInfo& file,
                                       TimePoint when) {
  BENCHKEEP_ASSIGN(const std::vector<KeptIncrement*> all, KeptOf(file));
  Status first_error;
  for (KeptIncrement* one : all) {
    Status marked = one->deleted ? Status() : Mark(*one, when);
    if (first_error.ok()) first_error = std::move(marked);
  }
  if (!first_error.ok()) return Unexpected(first_error.error());
  return all.size();
}

Status Guard::Release(const std::string& id) {
  return RemoveGuarded(store_->file_system(),
                       store_->layout().guard_increments(), id, kData);
}

Result<std::vector<KeptIncrement>> Guard::Prune() {
  const Settings& settings = store_->settings();
  BENCHKEEP_ASSIGN(std::vector<KeptIncrement> all, Increments());
  std::uint64_t bytes = 0;
  for (const KeptIncrement& one : all) bytes += one.source.size;
  const TimePoint oldest =
      store_->clock().Now() - std::chrono::days(settings.guard_keep_days);
  std::vector<KeptIncrement> lost;
  for (const KeptIncrement& one : all) {
    const bool too_much = bytes > settings.guard_max_bytes;
    if (!too_much && one.kept >= oldest) continue;
    BENCHKEEP_TRY(Release(one.id));
    bytes -= one.source.size;
    if (one.deleted) lost.push_back(one);
  }
  BENCHKEEP_TRY(PruneImages());
  std::set<std::string> known;
  for (const KeptIncrement& one : all) known.insert(one.id);
  memory_.reset();
  std::erase_if(whole_, [&](const auto& id) { return !known.contains(id); });
  BENCHKEEP_TRY(RemoveGuardLeftovers(store_->file_system(),
                                     store_->layout().guard_increments(), known,
                                     store_->clock().Now()));
  return lost;
}

Status ReleaseGuarded(const Store& store, const fs::Path& folder) {
  Guard guard(store);
  BENCHKEEP_ASSIGN(const std::vector<KeptIncrement> all, guard.Increments());
  if (all.empty()) return {};
  const Result<std::vector<fs::DirEntry>> entries =
      store.file_system().List(folder);
  if (!entries.ok()) {
    if (entries.error().code == Code::kNotFound) return {};
    return Unexpected(entries.error());
  }
  for (const fs::DirEntry& entry : *entries) {
    const Result<fs::FileInfo> info =
        store.file_system().Info(folder / entry.name);
    if (!info.ok()) continue;
    for (const KeptIncrement& one : all) {
      if (one.source.SameState(*info)) BENCHKEEP_TRY(guard.Release(one.id));
    }
  }
  return {};
}

}  // namespace benchkeep::store
