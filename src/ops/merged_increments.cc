// Increments that lie in their folder although their rows are in the results.

#include "ops/merged_increments.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "fs/read_lease.h"
#include "fs/sha256.h"
#include "ops/job_limits.h"
#include "store/parquet_results.h"
#include "store/transaction.h"
#include "store/transaction_record.h"

namespace benchkeep::ops {
namespace {

// An increment in the trash.
struct Merged {
  fs::Path path;
  std::string txn;
};

// The step of a record that put the results in place, or nullptr.
const Json* ResultsStep(const store::Store& store, const Json& record) {
  const Json* steps = record.Find("steps");
  if (steps == nullptr) return nullptr;
  const std::string results = store.layout().Relative(store.layout().results());
  for (const Json& step : steps->items()) {
    if (step.StringAt("target").value_or("") == results) return &step;
    if (step.StringAt("do").value_or("") == "remove" &&
        step.StringAt("from").value_or("") == results) {
      return &step;
    }
  }
  return nullptr;
}

bool IsMerge(const std::string& op) {
  return op == "consolidate" || op == "dedupe" || op == "ingest";
}

class Search {
 public:
  explicit Search(const store::Store& store) : store_(store) {}

  // Taken-in files of the merges that the results still rest on, by size.
  Status Collect() {
    BENCHKEEP_ASSIGN(const auto results, InfoIfAny(store_.layout().results()));
    if (!results) return {};
    BENCHKEEP_ASSIGN(const auto all, store::ListTransactions(store_));
    bool newest = true;
    for (const store::PastTransaction& past : all) {
      const Json* step = ResultsStep(store_, past.record);
      if (step != nullptr) {
        // An undo that stands leaves an older version: its files may be newer.
        if (past.undone_by.empty() && !IsMerge(past.op)) return {};
        if (newest && !IsResult(*step, *results)) return {};
        newest = false;
      }
      if (past.op != "consolidate" || !past.undone_by.empty()) continue;
      BENCHKEEP_TRY(AddTaken(past.id));
    }
    return {};
  }

  [[nodiscard]] bool empty() const { return merged_.empty(); }

  // The merge that took in a file of these bytes.
  Result<std::optional<std::string>> MergedBy(std::uint64_t size,
                                              const std::string& sha256) {
    for (auto [at, end] = merged_.equal_range(size); at != end; ++at) {
      const Result<fs::ReadLease> lease = fs::ReadLease::Take(at->second.path);
      if (!lease.ok()) continue;  // Nothing is proven by it.
      BENCHKEEP_ASSIGN(const std::string hash,
                       fs::Sha256OfFd(lease->fd(), at->second.path));
      if (hash == sha256) return at->second.txn;
    }
    return std::nullopt;
  }

  [[nodiscard]] bool HasSize(std::uint64_t size) const {
    return merged_.contains(size);
  }

 private:
  Result<std::optional<fs::FileInfo>> InfoIfAny(const fs::Path& path) const {
    const Result<fs::FileInfo> info = store_.file_system().Info(path);
    if (info.ok()) return *info;
    if (info.error().code == Code::kNotFound) return std::nullopt;
    return Unexpected(info.error());
  }

  static bool IsResult(const Json& step, const fs::FileInfo& now) {
    const Json* result = step.Find("result");
    return result != nullptr && now.SameState(store::InfoFromJson(*result));
  }

  Status AddTaken(const std::string& txn) {
    const fs::Path folder =
        store_.layout().trash_dir() / txn / store::kTakenFolder;
    BENCHKEEP_ASSIGN(const bool any, fs::Exists(store_.file_system(), folder));
    if (!any) return {};
    BENCHKEEP_ASSIGN(const auto entries, store_.file_system().List(folder));
    for (const fs::DirEntry& entry : entries) {
      BENCHKEEP_ASSIGN(const auto info, InfoIfAny(folder / entry.name));
      if (!info || info->type != fs::FileType::kRegular) continue;
      merged_.emplace(info->size, Merged{folder / entry.name, txn});
    }
    return {};
  }

  const store::Store& store_;
  std::multimap<std::uint64_t, Merged> merged_;
};

}  // namespace

Result<std::vector<MergedIncrement>> FindMergedIncrements(
    const store::Store& store, std::uint64_t memory_bytes, Progress& progress) {
  std::vector<MergedIncrement> found;
  const fs::Path folder = store.layout().increments();
  BENCHKEEP_ASSIGN(const bool any, fs::Exists(store.file_system(), folder));
  if (!any) return found;
  BENCHKEEP_ASSIGN(const auto entries, store.file_system().List(folder));
  Search search(store);
  BENCHKEEP_TRY(search.Collect());
  if (search.empty()) return found;
  std::vector<store::IncrementFile> files;
  for (const fs::DirEntry& entry : entries) {
    if (entry.type != fs::FileType::kRegular ||
        !store.layout().IsIncrementName(entry.name)) {
      continue;
    }
    const fs::Path path = folder / entry.name;
    const Result<fs::ReadLease> lease = fs::ReadLease::Take(path);
    if (!lease.ok()) continue;  // In use: not proven.
    BENCHKEEP_ASSIGN(const fs::FileInfo info, lease->Info());
    if (!search.HasSize(info.size)) continue;
    BENCHKEEP_ASSIGN(const std::string sha256,
                     fs::Sha256OfFd(lease->fd(), path));
    BENCHKEEP_ASSIGN(const auto txn, search.MergedBy(info.size, sha256));
    if (!txn || !lease->Held()) continue;
    files.push_back({path, entry.name, info.mtime_ns});
    found.push_back({entry.name, info, sha256, *txn});
  }
  if (found.empty()) return found;
  BENCHKEEP_ASSIGN(const auto results,
                   store::ParquetResults::Open(store, LimitsFor(memory_bytes)));
  std::vector<MergedIncrement> proven;
  for (std::size_t i = 0; i < files.size(); ++i) {
    BENCHKEEP_ASSIGN(
        const store::MergeOutcome outcome,
        results->Merge({files[i]}, {}, store::Rehearse::kYes, progress));
    if (outcome.rejected.empty() && outcome.rows_added == 0) {
      proven.push_back(std::move(found[i]));
    }
  }
  BENCHKEEP_TRY(results->StillUnchanged());
  std::sort(proven.begin(), proven.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return proven;
}

}  // namespace benchkeep::ops
