// Which increments a recovery merges into the results of a backup.

#include "ops/recover_replay.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "store/parquet_footer.h"
#include "store/transaction.h"
#include "store/transaction_record.h"

namespace benchkeep::ops {

Result<std::vector<store::IncrementFile>> MergedSince(
    const store::Store& store, const store::BackupManifest& backup) {
  std::vector<store::IncrementFile> files;
  fs::FileSystem& file_system = store.file_system();
  BENCHKEEP_ASSIGN(const auto all, store::ListTransactions(store));
  const std::string home = store.layout().Relative(store.layout().increments());
  for (const store::PastTransaction& past : all) {
    if (!past.undone_by.empty() ||
        past.record.StringAt("taken_from").value_or("") != home) {
      continue;
    }
    // Whole seconds: one of the same second may have come first.  Merged twice
    // it changes nothing, unless counts are added up.
    const std::int64_t time = store::ParseIsoTime(past.time).value_or(0);
    const bool adds_up =
        store.settings().summary_mode == store::SummaryMode::kAccumulate;
    if (time < backup.time || (adds_up && time == backup.time)) continue;
    const fs::Path folder =
        store.layout().trash_dir() / past.id / store::kTakenFolder;
    const auto entries = file_system.List(folder);
    if (!entries.ok()) {
      if (entries.error().code == Code::kNotFound) continue;
      return Unexpected(entries.error());
    }
    for (const fs::DirEntry& entry : *entries) {
      if (entry.type != fs::FileType::kRegular) continue;
      BENCHKEEP_ASSIGN(const fs::FileInfo info,
                       file_system.Info(folder / entry.name));
      files.push_back({folder / entry.name, entry.name, info.mtime_ns});
    }
  }
  return files;
}

std::vector<store::IncrementFile> ReplayOrder(
    std::vector<store::IncrementFile> of_backup,
    std::vector<store::IncrementFile> merged_since,
    std::vector<store::IncrementFile> waiting, store::SummaryMode mode) {
  std::set<std::string> later;
  std::set<std::pair<std::string, std::int64_t>> same;
  for (const auto* files : {&merged_since, &waiting}) {
    for (const store::IncrementFile& file : *files) {
      later.insert(file.name);
      same.emplace(file.name, file.mtime_ns);
    }
  }
  std::vector<store::IncrementFile> all;
  for (store::IncrementFile& file : of_backup) {
    if (same.contains({file.name, file.mtime_ns})) continue;
    // A writer adds to its file: the later state holds the earlier rows.
    if (mode == store::SummaryMode::kAccumulate && later.contains(file.name)) {
      continue;
    }
    all.push_back(std::move(file));
  }
  for (auto* files : {&merged_since, &waiting}) {
    std::move(files->begin(), files->end(), std::back_inserter(all));
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(a.mtime_ns, a.name) < std::tie(b.mtime_ns, b.name);
  });
  return all;
}

Result<std::uint64_t> RowsOfIncrement(const store::Store& store,
                                      const store::IncrementFile& file) {
  BENCHKEEP_ASSIGN(const auto open, store.file_system().Open(file.path));
  BENCHKEEP_ASSIGN(const store::ParquetFooter footer,
                   store::ParquetFooter::Read(*open, file.path));
  return footer.rows();
}

}  // namespace benchkeep::ops
