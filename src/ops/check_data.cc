// The checks of the data: master database, results file, increments.

#include <algorithm>

#include "ops/check_parts.h"
#include "ops/job_limits.h"
#include "ops/status.h"
#include "store/guard.h"
#include "store/master_database.h"
#include "store/parquet_footer.h"
#include "store/parquet_results.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kNanos = 1'000'000'000;

bool IsThere(const CheckInput& input, const fs::Path& path) {
  const Result<bool> exists = fs::Exists(input.store.file_system(), path);
  return exists.ok() && *exists;
}

// Rows of the results file by its footer.
Result<std::uint64_t> FooterRows(const CheckInput& input) {
  const fs::Path& path = input.store.layout().results();
  BENCHKEEP_ASSIGN(const auto file, input.store.file_system().Open(path));
  BENCHKEEP_ASSIGN(const store::ParquetFooter footer,
                   store::ParquetFooter::Read(*file, path));
  return footer.rows();
}

// What every row says, added up.
void CheckStatistics(const CheckInput& input, CheckResult& result) {
  const auto read = [&input]() -> Result<store::ResultsStatistics> {
    BENCHKEEP_ASSIGN(const auto results,
                     store::ParquetResults::Open(
                         input.store, LimitsFor(input.options.memory_bytes)));
    return results->Statistics();
  };
  const Result<store::ResultsStatistics> statistics = read();
  if (!statistics.ok()) return Unreadable(result, statistics.error());
  result.details.Set("total_tests", Json::Uint(statistics->total_tests));
  result.details.Set("success_rate",
                     statistics->success_rate
                         ? Json::Double(*statistics->success_rate)
                         : Json());
  result.details.Set("models", Json::Uint(statistics->models.size()));
  result.details.Set("newest", statistics->newest
                                   ? Json::String(*statistics->newest)
                                   : Json());
  result.message = Say(N_("{0} tests of {1} models, readable"),
                       statistics->total_tests, statistics->models.size());
}

// What the guard of the daemon saw falling, unless it was brought back.
void CheckLostUpdates(const CheckInput& input,
                      const store::MasterDatabase& master,
                      CheckResult& result) {
  const auto lost = store::Guard(input.store).StillLost(master);
  if (!lost.ok()) return Unreadable(result, lost.error());
  std::size_t cells = 0;
  for (const store::LostUpdate& one : *lost) cells += one.cells.size();
  result.details.Set("lost_updates", Json::Uint(cells));
  if (cells == 0) return;
  const store::FallenCell& first = lost->front().cells.front();
  Worsen(result, CheckState::kCritical,
         Say(N_("{0} cells held more tests before a writer put older counts "
                "over them: {1}, {2} -> {3}"),
             cells, first.cell, first.before, first.after),
         Say(N_("`benchkeep repair --lost-updates`")));
}

}  // namespace

CheckOutput CheckMaster(const CheckInput& input) {
  CheckOutput output;
  CheckResult& result = output.result;
  const fs::Path& path = input.store.layout().master();
  result.state = CheckState::kOk;
  const Result<store::MasterDatabase> master =
      store::LoadMaster(input.store.file_system(), path);
  if (!master.ok()) {
    if (master.error().code == Code::kNotFound) {
      Worsen(result, CheckState::kWarning,
             Say(N_("there is no {0}"), input.store.settings().master),
             Say(N_("`benchkeep migrate --to json` makes one of the results; "
                    "`benchkeep backup list` shows older ones")));
    } else {
      Unreadable(result, master.error());
      if (result.fix.empty()) {
        result.fix =
            Say(N_("`benchkeep diagnose` says where; `benchkeep "
                   "repair` saves what can be read"));
      }
    }
    return output;
  }
  const store::MasterStatistics statistics = store::StatisticsOf(*master);
  result.value = static_cast<double>(statistics.total_tests);
  KeepSample(input, store::kMasterTestsSample, *result.value, output);
  result.message = Say(N_("{0} models, {1} tests"), statistics.models.size(),
                       statistics.total_tests);
  result.details.Set("models", Json::Uint(statistics.models.size()));
  result.details.Set("total_tests", Json::Uint(statistics.total_tests));
  result.details.Set(
      "summary_total_tests",
      statistics.summary_total ? Json::Int(*statistics.summary_total) : Json());
  result.details.Set("findings", Json::Uint(master->findings.size()));
  const Message repair =
      Say(N_("`benchkeep diagnose` explains it, `benchkeep repair` corrects "
             "it"));
  if (statistics.summary_total &&
      static_cast<std::uint64_t>(*statistics.summary_total) !=
          statistics.total_tests) {
    Worsen(result, CheckState::kWarning,
           Say(N_("{0} tests in its cells, but its summary says {1}"),
               statistics.total_tests, *statistics.summary_total),
           repair);
  }
  const auto grave = std::count_if(
      master->findings.begin(), master->findings.end(),
      [](const Finding& each) { return each.severity != Severity::kInfo; });
  if (grave > 0) {
    Worsen(result, CheckState::kWarning,
           Say(N_("{0} tests; {1} places of it are not as they should be"),
               statistics.total_tests, grave),
           repair);
  }
  CheckLostUpdates(input, *master, result);
  return output;
}

CheckOutput CheckResultsFile(const CheckInput& input) {
  CheckOutput output;
  CheckResult& result = output.result;
  result.state = CheckState::kOk;
  const fs::Path& path = input.store.layout().results();
  const Result<std::uint64_t> rows = FooterRows(input);
  if (!rows.ok()) {
    if (rows.error().code != Code::kNotFound) {
      Unreadable(result, rows.error());
      if (result.state == CheckState::kCritical) {
        result.fix =
            Say(N_("`benchkeep undo list`, or `benchkeep backup "
                   "restore`"));
      }
    } else if (IsThere(input, input.store.layout().increments())) {
      Worsen(result, CheckState::kWarning,
             Say(N_("there is no {0} yet"), input.store.settings().results),
             Say(N_("`benchkeep consolidate` makes it of the increments")));
    } else {
      Worsen(result, CheckState::kWarning,
             Say(N_("there is no {0} yet"), input.store.settings().results),
             Say(N_("`benchkeep migrate` makes it of the master database")));
    }
    return output;
  }
  result.value = static_cast<double>(*rows);
  result.details.Set("rows", Json::Uint(*rows));
  const Result<fs::FileInfo> info = input.store.file_system().Info(path);
  if (info.ok()) {
    result.details.Set("bytes", Json::Uint(info->size));
    result.details.Set("changed", Json::Int(info->mtime_ns / kNanos));
  }
  result.message = Say(N_("{0} rows"), *rows);
  if (*rows == 0) {
    Worsen(result, CheckState::kWarning, Say(N_("the results file is empty")),
           Say(N_("`benchkeep undo list`, or `benchkeep backup list`")));
  }
  if (input.options.level != CheckLevel::kQuick) {
    CheckStatistics(input, result);
  }
  if (input.options.level == CheckLevel::kDeep &&
      result.state != CheckState::kCritical) {
    ProveResults(input, result);
  }
  return output;
}

CheckOutput CheckIncrements(const CheckInput& input) {
  CheckOutput output;
  CheckResult& result = output.result;
  result.state = CheckState::kOk;
  fs::FileSystem& file_system = input.store.file_system();
  const fs::Path& folder = input.store.layout().increments();
  const store::Settings& settings = input.store.settings();
  result.limits = {
      static_cast<double>(settings.check_increment_hours), {}, "h"};
  const auto entries = file_system.List(folder);
  if (!entries.ok()) {
    if (entries.error().code != Code::kNotFound) {
      Unreadable(result, entries.error());
      return output;
    }
    result.value = 0;
    result.message = Say(N_("nothing waits to be consolidated"));
    return output;
  }
  std::uint64_t files = 0;
  std::uint64_t rows = 0;
  std::uint64_t torn = 0;  // Beyond the time that a writer may take.
  std::int64_t oldest = input.now;
  for (const fs::DirEntry& entry : *entries) {
    if (entry.type != fs::FileType::kRegular ||
        !input.store.layout().IsIncrementName(entry.name)) {
      continue;
    }
    const Result<fs::FileInfo> info = file_system.Info(folder / entry.name);
    if (!info.ok()) continue;  // Merged by somebody a moment ago.
    ++files;
    const std::int64_t changed = info->mtime_ns / kNanos;
    oldest = std::min(oldest, changed);
    const auto file = file_system.Open(folder / entry.name);
    const auto footer =
        file.ok() ? store::ParquetFooter::Read(**file, folder / entry.name)
                  : Result<store::ParquetFooter>(Unexpected(file.error()));
    if (footer.ok()) {
      rows += footer->rows();
    } else if (changed + settings.settle_seconds < input.now) {
      ++torn;
    }
  }
  const double hours = static_cast<double>(input.now - oldest) / kHour;
  result.details.Set("files", Json::Uint(files));
  result.details.Set("rows", Json::Uint(rows));
  result.details.Set("unreadable", Json::Uint(torn));
  const CheckState state =
      Compare(result, files == 0 ? 0 : hours, result.limits);
  result.message = files == 0
                       ? Say(N_("nothing waits to be consolidated"))
                       : Say(N_("{0} files with {1} rows wait"), files, rows);
  const Message consolidate = Say(N_("`benchkeep consolidate`"));
  Worsen(result, state,
         Say(N_("{0} files with {1} rows wait, the oldest for {2} h"), files,
             rows, static_cast<std::int64_t>(hours)),
         consolidate);
  if (torn > 0) {
    Worsen(result, CheckState::kWarning,
           Say(N_("{0} of {1} increments cannot be read, and nobody writes "
                  "them any more"),
               torn, files),
           Say(N_("`benchkeep consolidate` moves them to the quarantine")));
  }
  return output;
}

}  // namespace benchkeep::ops
