// Diagnosis of the results: file, increments, side files, and the cells of the
// master database against them.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/json_pointer.h"
#include "ops/diagnose_parts.h"
#include "ops/job_limits.h"
#include "store/parquet_decode.h"
#include "store/parquet_footer.h"
#include "store/parquet_results.h"
#include "store/result_cells.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kNanos = 1'000'000'000;
constexpr std::uint64_t kMaxSideFile = std::uint64_t{64} << 20;

class ResultsDoctor {
 public:
  ResultsDoctor(const MasterView& view, Diagnosis& out, Progress& progress)
      : view_(view),
        out_(out),
        progress_(progress),
        layout_(out.store().layout()),
        limits_(LimitsFor(out.options().memory_bytes)) {}

  void Run() {
    Results();
    Increments();
    if (statistics_) {
      Metadata();
      ModelStats();
    }
    Cells();
  }

 private:
  void Results() {
    const fs::Path& path = layout_.results();
    const auto read = [&]() -> Result<store::ResultsStatistics> {
      BENCHKEEP_ASSIGN(const auto results,
                       store::ParquetResults::Open(out_.store(), limits_));
      return results->Statistics();
    };
    Result<store::ResultsStatistics> statistics = read();
    if (statistics.ok()) {
      statistics_ = std::move(*statistics);
      Decode(path);
      return;
    }
    const Error& error = statistics.error();
    if (error.code == Code::kNotFound) {
      if (store::ResultsCopies(out_.store()).empty()) return;
      out_.Add("results_missing", Severity::kWarning, out_.Name(path),
               Say(N_("{0} is gone, though there are copies of it"),
                   out_.Name(path)),
               Say(N_("restore it from a backup, or make it anew: benchkeep "
                      "migrate")));
      return;
    }
    if (error.code == Code::kBusy) {
      out_.Add("results_unreadable", Severity::kWarning, out_.Name(path),
               error.message, error.fix);
      return;
    }
    const bool broken = error.code == Code::kCorruption;
    out_.Add(broken ? "results_torn" : "results_unreadable",
             Severity::kCritical, out_.Name(path), error.message,
             broken ? Say(N_("benchkeep repair recovers what its pages still "
                             "hold"))
                    : error.fix);
  }

  void Increments() {
    fs::FileSystem& files = out_.store().file_system();
    const fs::Path& folder = layout_.increments();
    const auto entries = files.List(folder);
    if (!entries.ok()) {
      if (entries.error().code != Code::kNotFound) {
        out_.Add("increments_unreadable", Severity::kCritical,
                 out_.Name(folder), entries.error().message,
                 entries.error().fix);
      }
      return;
    }
    for (const fs::DirEntry& entry : *entries) {
      if (!layout_.IsIncrementName(entry.name)) continue;
      const fs::Path path = folder / entry.name;
      if (entry.type != fs::FileType::kRegular) {
        out_.Add("increment_not_a_file", Severity::kWarning, out_.Name(path),
                 Say(N_("{0} has the name of an increment, but is no file"),
                     out_.Name(path)),
                 Say(N_("remove it by hand")));
        continue;
      }
      Increment(path);
    }
  }

  void Increment(const fs::Path& path) {
    fs::FileSystem& files = out_.store().file_system();
    const Result<fs::FileInfo> info = files.Info(path);
    if (!info.ok()) return;  // Merged by somebody a moment ago.
    const auto source = store::ParquetSource::Open(path);
    if (source.ok()) {
      Decode(path);
      return;
    }
    const Error& error = source.error();
    const std::int64_t now = out_.store().clock().Now().time_since_epoch() /
                             std::chrono::nanoseconds{1};
    const bool young =
        now - info->mtime_ns < out_.store().settings().settle_seconds * kNanos;
    if (error.code == Code::kBusy ||
        (error.code == Code::kCorruption && young)) {
      out_.Add("increment_busy", Severity::kInfo, out_.Name(path),
               Say(N_("{0} is probably being written"), out_.Name(path)));
      return;
    }
    if (error.code == Code::kNotFound) return;
    const bool torn = error.code == Code::kCorruption;
    out_.Add(torn ? "increment_torn" : "increment_unreadable",
             Severity::kWarning, out_.Name(path), error.message,
             torn ? Say(N_("benchkeep repair recovers what its pages still "
                           "hold; benchkeep consolidate moves it to the "
                           "quarantine"))
                  : error.fix);
  }

  // Every page of every column, with --deep.
  void Decode(const fs::Path& path) {
    if (!out_.options().deep || progress_.Cancelled()) return;
    progress_.Stage(Say(N_("reading every page of {0}"), out_.Name(path)), 0);
    const Result<std::uint64_t> rows = store::DecodeParquet(path, limits_);
    if (rows.ok()) {
      ++out_.report().files_decoded;
      out_.report().rows_decoded += *rows;
      return;
    }
    const bool busy = rows.error().code == Code::kBusy;
    out_.Add("pages_damaged", busy ? Severity::kWarning : Severity::kCritical,
             out_.Name(path), rows.error().message,
             busy ? rows.error().fix
                  : Say(N_("restore it from a backup; benchkeep repair keeps "
                           "what can still be read")));
  }

  // metadata.json of the campaign's converter.
  void Metadata() {
    const fs::Path path = layout_.metadata();
    const auto text =
        fs::ReadFile(out_.store().file_system(), path, kMaxSideFile);
    if (!text.ok()) {
      if (text.error().code != Code::kNotFound) {
        out_.Add("side_file_unreadable", Severity::kWarning, out_.Name(path),
                 text.error().message, text.error().fix);
      }
      return;
    }
    const Result<Json> json = ParseJson(*text);
    if (!json.ok()) {
      out_.Add("side_file_unreadable", Severity::kWarning, out_.Name(path),
               json.error().message, SideFix());
      return;
    }
    const auto records = json->IntAt("total_records");
    if (records && *records != static_cast<std::int64_t>(statistics_->rows) &&
        *records != static_cast<std::int64_t>(statistics_->total_tests)) {
      out_.Add("side_file_stale", Severity::kInfo, out_.Name(path),
               Say(N_("{0} speaks of {1} records; the results hold {2} rows "
                      "and {3} tests"),
                   out_.Name(path), *records, statistics_->rows,
                   statistics_->total_tests),
               SideFix());
    }
  }

  // model_stats.parquet: only whether it can be read, and its models.
  void ModelStats() {
    const fs::Path path = layout_.model_stats();
    const auto source = store::ParquetSource::Open(path);
    if (!source.ok()) {
      if (source.error().code == Code::kNotFound) return;
      out_.Add("side_file_unreadable",
               source.error().code == Code::kBusy ? Severity::kInfo
                                                  : Severity::kWarning,
               out_.Name(path), source.error().message, SideFix());
      return;
    }
    if (source->footer().rows() != statistics_->models.size()) {
      out_.Add("side_file_stale", Severity::kInfo, out_.Name(path),
               Say(N_("{0} speaks of {1} models; the results hold {2}"),
                   out_.Name(path), source->footer().rows(),
                   statistics_->models.size()),
               SideFix());
    }
    Decode(path);
  }

  static Message SideFix() {
    return Say(
        N_("the campaign's own converter writes it anew; benchkeep does not "
           "use it"));
  }

  void Cells() {
    if (!view_.master || !statistics_ || view_.master->leaves.empty()) return;
    progress_.Stage(
        Say(N_("comparing the cells of the master database and the results")),
        0);
    const Result<store::ResultCells> counted =
        store::CountCells(out_.store(), limits_);
    if (!counted.ok()) {
      out_.Add("cells_not_compared", Severity::kInfo,
               out_.Name(layout_.results()), counted.error().message);
      return;
    }
    Compare(*counted);
  }

  void Compare(const store::ResultCells& results) {
    std::map<store::CellKey, const store::Leaf*> master;
    std::map<store::CellKey, std::int64_t> tests;
    for (const store::Leaf& leaf : view_.master->leaves) {
      const store::CellKey key = store::KeyOf(leaf);
      tests[key] += store::TestsOf(leaf);
      master[key] = &leaf;
    }
    CellComparison& out = out_.report().cells.emplace();
    const auto differ = [&](const store::CellKey& key,
                            std::optional<std::int64_t> ours,
                            std::optional<std::int64_t> theirs) {
      if (out.differences.size() < kMaxDifferences) {
        out.differences.push_back({key.Text(), ours, theirs});
      }
    };
    for (const auto& [key, count] : tests) {
      const auto found = results.cells.find(key);
      if (found == results.cells.end()) {
        // A cell without tests has no rows anywhere.
        if (count == 0) continue;
        ++out.only_master;
        differ(key, count, std::nullopt);
        continue;
      }
      const store::CellCount& there = found->second;
      const bool fits = count >= there.least &&
                        (count <= there.most || !results.increments_counted);
      if (fits) {
        ++out.equal;
      } else {
        ++out.different;
        differ(key, count, there.most);
      }
    }
    for (const auto& [key, count] : results.cells) {
      if (tests.contains(key) || count.most == 0) continue;
      ++out.only_results;
      differ(key, std::nullopt, count.most);
    }
    Report(out);
  }

  void Report(const CellComparison& cells) {
    if (cells.different + cells.only_master + cells.only_results == 0) return;
    std::string first;
    if (!cells.differences.empty()) first = cells.differences.front().cell;
    out_.Add(
        "cells_differ", Severity::kWarning, out_.Name(layout_.results()),
        Say(N_("master database and results count {0} cells alike and {1} "
               "differently; {2} are in the master database only, {3} in the "
               "results only; the first: {4}"),
            cells.equal, cells.different, cells.only_master, cells.only_results,
            first),
        statistics_->shape == store::Shape::kSummary
            ? Say(N_("if the master database is right: benchkeep migrate "
                     "--shape summary --merge; if the results are: benchkeep "
                     "migrate --to json --replace"))
            : Say(N_("if the master database is right: benchkeep migrate "
                     "--merge; if the results are: benchkeep migrate --to "
                     "json --replace")));
  }

  const MasterView& view_;
  Diagnosis& out_;
  Progress& progress_;
  const store::Layout& layout_;
  const store::ResultsOptions limits_;
  std::optional<store::ResultsStatistics> statistics_;
};

}  // namespace

void DiagnoseResults(const MasterView& view, Diagnosis& out,
                     Progress& progress) {
  ResultsDoctor(view, out, progress).Run();
}

}  // namespace benchkeep::ops
