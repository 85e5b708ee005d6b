// Counting what a store holds.

#include "ops/store_counts.h"

#include <algorithm>
#include <tuple>

#include "ops/job_limits.h"
#include "store/master_database.h"
#include "store/parquet_footer.h"
#include "store/parquet_results.h"

namespace benchkeep::ops {
namespace {

bool IsDamage(Code code) {
  return code == Code::kCorruption || code == Code::kTooNew ||
         code == Code::kInvalidArgument;
}

std::vector<store::ModelTests> TestsOf(
    const std::vector<store::ModelStatistics>& models) {
  std::vector<store::ModelTests> tests;
  for (const store::ModelStatistics& model : models) {
    tests.push_back({model.name, model.total_tests});
  }
  return tests;
}

Status CountMaster(const store::Store& store, CountedStore& out) {
  const Result<store::MasterDatabase> master =
      store::LoadMaster(store.file_system(), store.layout().master());
  if (master.ok()) {
    const store::MasterStatistics statistics = store::StatisticsOf(*master);
    out.counts.master = store::StoreCounts::Master{
        statistics.version, statistics.leaves, statistics.total_tests,
        TestsOf(statistics.models)};
    return {};
  }
  const Error& error = master.error();
  if (error.code == Code::kNotFound) return {};
  if (!IsDamage(error.code)) return Unexpected(error);
  out.problems.push_back({"master_unreadable", {error.message.English()}});
  return {};
}

Status CountIncrements(const store::Store& store, CountedStore& out) {
  BENCHKEEP_ASSIGN(const bool any, fs::Exists(store.file_system(),
                                              store.layout().increments()));
  if (!any) return {};
  BENCHKEEP_ASSIGN(const auto entries,
                   store.file_system().List(store.layout().increments()));
  for (const fs::DirEntry& entry : entries) {
    if (!store.layout().IsIncrementName(entry.name) ||
        entry.type != fs::FileType::kRegular) {
      continue;
    }
    const fs::Path path = store.layout().increments() / entry.name;
    const auto file = store.file_system().Open(path);
    if (!file.ok()) continue;  // Merged a moment ago.
    ++out.counts.increments;
    const auto footer = store::ParquetFooter::Read(**file, path);
    if (footer.ok()) {
      out.counts.increment_rows += footer->rows();
    } else {
      ++out.counts.increments_unreadable;
    }
  }
  return {};
}

Status CountResults(const store::Store& store, std::uint64_t memory_bytes,
                    Progress& progress, CountedStore& out) {
  const auto count = [&]() -> Status {
    BENCHKEEP_ASSIGN(const auto results, store::ParquetResults::Open(
                                             store, LimitsFor(memory_bytes)));
    const Result<store::ResultsStatistics> statistics = results->Statistics();
    if (statistics.ok()) {
      out.counts.results = store::StoreCounts::Results{
          store::ShapeName(statistics->shape), statistics->rows,
          statistics->total_tests, TestsOf(statistics->models)};
    } else if (statistics.error().code != Code::kNotFound) {
      return Unexpected(statistics.error());
    }
    BENCHKEEP_ASSIGN(const std::vector<store::IncrementFile> increments,
                     UsableIncrements(store));
    if (!statistics.ok() && increments.empty()) return {};
    BENCHKEEP_ASSIGN(
        const store::MergeOutcome outcome,
        results->Merge(increments, {}, store::Rehearse::kYes, progress));
    out.counts.keys = outcome.after.rows;
    return {};
  };
  const Status counted = count();
  if (counted.ok()) return {};
  if (!IsDamage(counted.error().code)) return counted;
  out.problems.push_back(
      {"results_unreadable", {counted.error().message.English()}});
  return {};
}

}  // namespace

Result<std::vector<store::IncrementFile>> UsableIncrements(
    const store::Store& store) {
  std::vector<store::IncrementFile> increments;
  fs::FileSystem& file_system = store.file_system();
  const fs::Path& folder = store.layout().increments();
  BENCHKEEP_ASSIGN(const bool any, fs::Exists(file_system, folder));
  if (!any) return increments;
  BENCHKEEP_ASSIGN(const auto entries, file_system.List(folder));
  for (const fs::DirEntry& entry : entries) {
    if (!store.layout().IsIncrementName(entry.name)) continue;
    const fs::Path path = folder / entry.name;
    const auto file = file_system.Open(path);
    if (!file.ok() || !store::ParquetFooter::Read(**file, path).ok()) continue;
    BENCHKEEP_ASSIGN(const fs::FileInfo info, (*file)->Info());
    increments.push_back({path, entry.name, info.mtime_ns});
  }
  std::sort(increments.begin(), increments.end(),
            [](const store::IncrementFile& a, const store::IncrementFile& b) {
              return std::tie(a.mtime_ns, a.name) <
                     std::tie(b.mtime_ns, b.name);
            });
  return increments;
}

Result<CountedStore> CountStore(const store::Store& store,
                                std::uint64_t memory_bytes,
                                Progress& progress) {
  CountedStore out;
  BENCHKEEP_TRY(CountMaster(store, out));
  BENCHKEEP_TRY(CountIncrements(store, out));
  BENCHKEEP_TRY(CountResults(store, memory_bytes, progress, out));
  return out;
}

}  // namespace benchkeep::ops
