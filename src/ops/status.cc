// Status: what is in the store right now.

#include "ops/status.h"

#include <algorithm>

#include "ops/job_limits.h"
#include "store/parquet_footer.h"
#include "store/parquet_results.h"
#include "store/transaction.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kNanos = 1'000'000'000;

// A part that could not be read is unknown: said, not guessed.
void Unknown(const char* code, const fs::Path& path, const store::Store& store,
             const Error& error, Findings& findings) {
  findings.push_back(
      {code,
       error.code == Code::kBusy ? Severity::kWarning : Severity::kCritical,
       store.layout().Relative(path), error.message, error.fix});
}

void ReadResults(const store::Store& store, const StatusOptions& options,
                 StatusReport& report) {
  const auto read = [&]() -> Result<store::ResultsStatistics> {
    BENCHKEEP_ASSIGN(
        const auto results,
        store::ParquetResults::Open(store, LimitsFor(options.memory_bytes)));
    return results->Statistics();
  };
  Result<store::ResultsStatistics> statistics = read();
  if (statistics.ok()) {
    report.results = std::move(*statistics);
  } else if (statistics.error().code != Code::kNotFound) {
    Unknown("results_unreadable", store.layout().results(), store,
            statistics.error(), report.findings);
  }
}

void ReadMaster(const store::Store& store, StatusReport& report) {
  const fs::Path& path = store.layout().master();
  const Result<store::MasterDatabase> master =
      store::LoadMaster(store.file_system(), path);
  if (!master.ok()) {
    if (master.error().code == Code::kNotFound) return;
    Unknown("master_unreadable", path, store, master.error(), report.findings);
    return;
  }
  report.master = store::StatisticsOf(*master);
  report.findings.insert(report.findings.end(), master->findings.begin(),
                         master->findings.end());
  const auto claimed = report.master->summary_total;
  if (claimed &&
      static_cast<std::uint64_t>(*claimed) != report.master->total_tests) {
    report.findings.push_back(
        {"master_summary_stale",
         Severity::kWarning,
         store.layout().Relative(path),
         Say(N_("its summary claims {0} tests, its cells hold {1}; the cells "
                "count"),
             *claimed, report.master->total_tests),
         {}});
  }
}

void ReadIncrements(const store::Store& store, StatusReport& report) {
  fs::FileSystem& file_system = store.file_system();
  const fs::Path& folder = store.layout().increments();
  const Result<std::vector<fs::DirEntry>> entries = file_system.List(folder);
  if (!entries.ok()) {
    if (entries.error().code != Code::kNotFound) {
      Unknown("increments_unreadable", folder, store, entries.error(),
              report.findings);
    }
    return;
  }
  IncrementStatistics out;
  std::optional<std::int64_t> oldest;
  for (const fs::DirEntry& entry : *entries) {
    if (!store.layout().IsIncrementName(entry.name) ||
        entry.type != fs::FileType::kRegular) {
      continue;
    }
    const fs::Path path = folder / entry.name;
    const Result<fs::FileInfo> info = file_system.Info(path);
    if (!info.ok()) continue;  // Gone: merged by somebody a moment ago.
    ++out.files;
    out.bytes += info->size;
    oldest = std::min(oldest.value_or(info->mtime_ns), info->mtime_ns);
    const auto file = file_system.Open(path);
    const Result<store::ParquetFooter> footer =
        file.ok() ? store::ParquetFooter::Read(**file, path)
                  : Result<store::ParquetFooter>(Unexpected(file.error()));
    if (footer.ok()) {
      out.rows += footer->rows();
      continue;
    }
    ++out.unreadable;
    report.findings.push_back(
        {"increment_unreadable", Severity::kWarning,
         store.layout().Relative(path), footer.error().message,
         Say(N_("it may still be written; `benchkeep consolidate` waits for it "
                "or moves it to the quarantine"))});
  }
  if (oldest) {
    const std::int64_t now =
        store.clock().Now().time_since_epoch() / std::chrono::nanoseconds{1};
    out.oldest_age_seconds =
        std::max<std::int64_t>(0, (now - *oldest) / kNanos);
  }
  report.increments = out;
}

void ReadQuarantine(const store::Store& store, StatusReport& report) {
  fs::FileSystem& file_system = store.file_system();
  const fs::Path folder = store.layout().quarantine_dir();
  const auto runs = file_system.List(folder);
  if (!runs.ok()) {
    if (runs.error().code == Code::kNotFound) report.quarantine.emplace();
    return;
  }
  QuarantineStatistics out;
  for (const fs::DirEntry& run : *runs) {
    const auto files = file_system.List(folder / run.name);
    if (!files.ok()) return;
    for (const fs::DirEntry& file : *files) {
      if (!file.name.ends_with(".why.json")) ++out.files;
    }
  }
  report.quarantine = out;
}

}  // namespace

Result<StatusReport> ReadStatus(const store::Store& store,
                                const StatusOptions& options) {
  StatusReport report;
  ReadResults(store, options, report);
  ReadMaster(store, report);
  ReadIncrements(store, report);
  ReadQuarantine(store, report);
  BENCHKEEP_ASSIGN(const std::vector<std::string> unfinished,
                   store::UnfinishedTransactions(store));
  for (const std::string& id : unfinished) {
    report.findings.push_back(
        {"transaction_unfinished", Severity::kWarning,
         store.layout().Relative(store.layout().txn_dir() / id),
         Say(N_("a run is in progress or was interrupted: {0}"), id),
         Say(N_("the next command that changes the store, for example "
                "`benchkeep consolidate`, finishes it or takes it back"))});
  }
  return report;
}

}  // namespace benchkeep::ops
