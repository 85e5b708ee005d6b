// Recovering rows from Parquet files without footer.

#include "ops/repair_parquet.h"

#include <memory>
#include <optional>
#include <utility>

#include "fs/sha256.h"
#include "store/copies.h"
#include "store/parquet_decode.h"
#include "store/parquet_salvage.h"
#include "store/parquet_source.h"
#include "store/scratch_folder.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kNanos = 1'000'000'000;
constexpr std::size_t kMaxSiblings = 32;

// Whole files of the store whose columns may be those of a torn one.
std::vector<fs::Path> Siblings(const store::Store& store) {
  std::vector<fs::Path> found = {store.layout().results()};
  for (const store::CopyFile& copy : store::ResultsCopies(store)) {
    found.push_back(copy.path);
  }
  const auto entries = store.file_system().List(store.layout().increments());
  if (entries.ok()) {
    for (const fs::DirEntry& entry : *entries) {
      if (store.layout().IsIncrementName(entry.name)) {
        found.push_back(store.layout().increments() / entry.name);
      }
    }
  }
  return found;
}

struct Found {
  store::ParquetRemains remains;
  fs::Path sibling;
};

// Whether its pages can be decoded and make sense: a sibling with other types
// gives rows, too.
Result<bool> CanBeRead(const store::Store& store, fs::ReadableFile& file,
                       const store::ParquetRemains& remains,
                       const store::ResultsOptions& limits) {
  BENCHKEEP_ASSIGN(const store::ScratchFolder scratch,
                   store::ScratchFolder::Create(store));
  const fs::Path copy = scratch.path() / "remains.parquet";
  BENCHKEEP_TRY(store::WriteRemains(store.file_system(), file, remains, copy));
  const Result<std::uint64_t> rows = store::DecodeParquet(copy, limits);
  if (!rows.ok() || *rows != remains.rows) return false;
  return store::NumbersLookRight(copy, limits);
}

// The sibling whose columns give the most rows that can be read.
Result<std::optional<Found>> BestRemains(const store::Store& store,
                                         const fs::Path& path,
                                         const store::ResultsOptions& limits) {
  BENCHKEEP_ASSIGN(const auto file, store.file_system().Open(path));
  std::optional<Found> best;
  std::size_t tried = 0;
  for (const fs::Path& other : Siblings(store)) {
    if (other == path) continue;
    const auto sibling = store::ParquetSource::Open(other);
    if (!sibling.ok()) continue;
    if (++tried > kMaxSiblings) break;
    Result<store::ParquetRemains> remains =
        store::FindRemains(*file, path, sibling->footer());
    if (!remains.ok() || remains->rows == 0) continue;
    if (best && remains->rows <= best->remains.rows) continue;
    BENCHKEEP_ASSIGN(const bool readable,
                     CanBeRead(store, *file, *remains, limits));
    if (readable) best = Found{std::move(*remains), other};
  }
  return best;
}

// A file without footer that nobody writes, or nullopt.
std::optional<fs::FileInfo> Torn(const store::Store& store,
                                 const fs::Path& path, bool must_settle) {
  const Result<fs::FileInfo> info = store.file_system().Info(path);
  if (!info.ok() || info->type != fs::FileType::kRegular) return std::nullopt;
  const std::int64_t now =
      store.clock().Now().time_since_epoch() / std::chrono::nanoseconds{1};
  if (must_settle &&
      now - info->mtime_ns < store.settings().settle_seconds * kNanos) {
    return std::nullopt;
  }
  const auto source = store::ParquetSource::Open(path);
  if (source.ok() || source.error().code != Code::kCorruption) {
    return std::nullopt;
  }
  return *info;
}

Status Plan(const store::Store& store, const fs::Path& path, const char* code,
            const store::ResultsOptions& limits, RepairPlan& plan,
            Findings& findings) {
  if (!plan.only.empty() && plan.only != code) return {};
  const bool results = path == store.layout().results();
  const std::optional<fs::FileInfo> info = Torn(store, path, !results);
  if (!info) return {};
  const std::string name = store.layout().Relative(path);
  const Result<std::string> hash = fs::Sha256OfFile(store.file_system(), path);
  if (!hash.ok()) return {};
  BENCHKEEP_ASSIGN(const std::optional<Found> found,
                   BestRemains(store, path, limits));
  if (!found) {
    findings.push_back(
        {code, results ? Severity::kCritical : Severity::kWarning, name,
         Say(N_("no whole row group of {0} could be found with the columns of "
                "any other file"),
             name),
         results ? Say(N_("restore it from a backup, or make it anew: "
                          "benchkeep migrate --replace"))
                 : Say(N_("benchkeep consolidate moves it to the "
                          "quarantine"))});
    return {};
  }
  const store::ParquetRemains& remains = found->remains;
  plan.inputs.push_back({name, *hash, info->size});
  plan.recoveries.push_back(
      {code, name, store.layout().Relative(found->sibling), remains.rows,
       remains.row_groups, remains.bytes_used, remains.bytes, remains.columns,
       remains.columns_cut});
  return {};
}

}  // namespace

Status PlanRecoveries(const store::Store& store,
                      const store::ResultsOptions& limits, RepairPlan& plan,
                      Findings& findings) {
  const store::Layout& layout = store.layout();
  BENCHKEEP_TRY(
      Plan(store, layout.results(), "results_torn", limits, plan, findings));
  const auto entries = store.file_system().List(layout.increments());
  if (!entries.ok()) return {};
  for (const fs::DirEntry& entry : *entries) {
    if (!layout.IsIncrementName(entry.name)) continue;
    BENCHKEEP_TRY(Plan(store, layout.increments() / entry.name,
                       "increment_torn", limits, plan, findings));
  }
  return {};
}

Status StageRecovery(const store::Store& store, const PlannedRecovery& recovery,
                     const store::ResultsOptions& limits,
                     store::Transaction& txn) {
  const fs::Path path = store.layout().root() / recovery.file;
  const fs::Path other = store.layout().root() / recovery.sibling;
  BENCHKEEP_ASSIGN(const store::ParquetSource sibling,
                   store::ParquetSource::Open(other));
  BENCHKEEP_ASSIGN(const auto file, store.file_system().Open(path));
  BENCHKEEP_ASSIGN(const fs::FileInfo info, file->Info());
  BENCHKEEP_ASSIGN(const store::ParquetRemains remains,
                   store::FindRemains(*file, path, sibling.footer()));
  const fs::Path staged =
      txn.staging() / ("recovered-" + path.filename().string());
  BENCHKEEP_TRY(
      store::WriteRemains(store.file_system(), *file, remains, staged));
  BENCHKEEP_ASSIGN(const std::uint64_t rows,
                   store::DecodeParquet(staged, limits));
  if (rows != recovery.rows) {
    return Fail(Code::kCorruption,
                Say(N_("{0} gives {1} rows instead of the {2} of the plan; "
                       "nothing was changed"),
                    recovery.file, rows, recovery.rows),
                Say(N_("make a new plan: benchkeep repair")), path);
  }
  return txn.Replace(staged, path, info);
}

}  // namespace benchkeep::ops
