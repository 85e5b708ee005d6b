// The sample campaign on disk.
//
//   1. The tests of the campaign, in memory.
//   2. The results file: the first half of them, consolidated long ago.
//   3. The increments: the other half and some of the first, written by several
//      processes at once; one of them torn.
//   4. Master database, logs, configuration.
//   5. The marker, last: only a complete demo is one.

#include "ops/demo.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "host/child_processes.h"
#include "ops/demo_campaign.h"
#include "ops/demo_logs.h"
#include "store/layout.h"
#include "store/record_row.h"

namespace benchkeep::ops {
namespace {

constexpr const char* kMarker = ".benchkeep-demo";
constexpr std::uint64_t kEarly = 12;  // Rows with an outcome corrected later.
constexpr std::uint64_t kMinTests = 200;
constexpr std::uint64_t kMaxTests = 100'000'000;
constexpr std::uint64_t kWriterMemory = std::uint64_t{64} << 20;

// A run of tests, by their positions in the campaign.
struct Span {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

class DemoMaker {
 public:
  DemoMaker(fs::FileSystem& file_system, const DemoOptions& options,
            Progress& progress)
      : files_(file_system),
        options_(options),
        progress_(progress),
        layout_(options.folder, settings_) {}

  Result<DemoReport> Make() {
    BENCHKEEP_TRY(CheckOptions());
    BENCHKEEP_ASSIGN(const bool replaces, CheckFolder());
    Plan();
    if (options_.dry_run) return std::move(report_);
    if (replaces) BENCHKEEP_TRY(fs::RemoveTree(files_, layout_.root()));
    progress_.Stage(Say(N_("making a campaign of {0} tests"), options_.tests),
                    0);
    for (const fs::Path& folder :
         {layout_.increments(), layout_.master().parent_path(),
          layout_.root() / settings_.logs, layout_.root() / settings_.config,
          ScratchOf(0)}) {
      BENCHKEEP_TRY(files_.MakeDirs(folder, 0777));
    }
    BENCHKEEP_TRY(RunWriters());
    BENCHKEEP_TRY(WriteTests({0, consolidated_}, kEarly, 0, layout_.results()));
    BENCHKEEP_TRY(WriteTorn());
    BENCHKEEP_TRY(WriteTexts());
    BENCHKEEP_TRY(fs::RemoveTree(files_, ScratchOf(0).parent_path()));
    BENCHKEEP_TRY(WriteFile(layout_.root() / kMarker, Marker(), 0666));
    return std::move(report_);
  }

 private:
  Status CheckOptions() const {
    if (options_.tests >= kMinTests && options_.tests <= kMaxTests &&
        options_.writers > 0 && options_.files_per_writer > 0) {
      return {};
    }
    return Fail(Code::kInvalidArgument,
                Say(N_("a demo has {0} to {1} tests and at least one writer"),
                    kMinTests, kMaxTests));
  }

  // True when a demo of ours is there, and may be replaced.
  Result<bool> CheckFolder() {
    Result<std::vector<fs::DirEntry>> entries = files_.List(layout_.root());
    if (!entries.ok() && entries.error().code == Code::kNotFound) return false;
    if (!entries.ok()) return tl::make_unexpected(entries.error());
    if (entries->empty()) return false;
    const bool ours = std::any_of(
        entries->begin(), entries->end(), [](const fs::DirEntry& entry) {
          return entry.name == kMarker && entry.type == fs::FileType::kRegular;
        });
    if (ours && options_.force) return true;
    return Fail(Code::kAlreadyExists,
                ours ? Say(N_("{0} holds a demo already"), layout_.root())
                     : Say(N_("{0} is not empty"), layout_.root()),
                ours ? Say(N_("--force makes it anew"))
                     : Say(N_("name a folder that does not exist yet")),
                layout_.root());
  }

  void Plan() {
    campaign_ = MakeCampaign(options_.seed, options_.tests);
    consolidated_ = options_.tests / 2;
    const auto count = static_cast<std::uint64_t>(options_.writers) *
                       static_cast<std::uint64_t>(options_.files_per_writer);
    const std::uint64_t waiting = options_.tests - consolidated_;
    const std::uint64_t overlap =
        std::max<std::uint64_t>(waiting / count / 20, 1);
    for (std::uint64_t i = 0; i < count; ++i) {
      // Each begins a little before the one in front of it ended.
      const std::uint64_t from = consolidated_ + waiting * i / count;
      increments_.push_back(
          {from - overlap, consolidated_ + waiting * (i + 1) / count});
    }
    // The first tests ran again, and ended otherwise.
    rerun_ = {0, kEarly};

    report_.folder = layout_.root().string();
    report_.seed = options_.seed;
    report_.dry_run = options_.dry_run;
    report_.tests = options_.tests;
    for (const store::Leaf& leaf : campaign_.leaves) {
      if (leaf.total != 0) ++report_.cells;
    }
    report_.models = campaign_.models;
    report_.rows_in_results = consolidated_;
    report_.rows_in_increments = kEarly;
    for (const Span& span : increments_) {
      report_.rows_in_increments += span.to - span.from;
    }
    report_.overlapping =
        report_.rows_in_results + report_.rows_in_increments - report_.tests;
    report_.conflicting = kEarly;
    report_.increments = count;
    report_.summary_claims = SummaryClaims();
    // Results, increments with the torn one, master, logs, key, marker.
    report_.files = 1 + count + 1 + 1 + 3 + 1 + 1;
  }

  [[nodiscard]] std::uint64_t SummaryClaims() const {
    return options_.tests * 47 / 100;
  }

  // A folder that one process has for itself.
  [[nodiscard]] fs::Path ScratchOf(int writer) const {
    return layout_.root() / ".demo" / std::to_string(writer);
  }

  [[nodiscard]] fs::Path IncrementPath(std::uint64_t position) const {
    return layout_.increments() / fmt::format("increment_{}_{}.parquet",
                                              host::ProcessId(),
                                              DemoSeconds(position));
  }

  // All writers at once, each with every so many of the increments.
  Status RunWriters() {
    std::vector<std::function<Status()>> tasks;
    for (int writer = 0; writer < options_.writers; ++writer) {
      tasks.emplace_back([this, writer] { return WriteIncrements(writer); });
    }
    return host::RunInChildren(tasks);
  }

  Status WriteIncrements(int writer) {
    BENCHKEEP_TRY(files_.MakeDirs(ScratchOf(writer), 0777));
    const auto step = static_cast<std::size_t>(options_.writers);
    for (auto i = static_cast<std::size_t>(writer); i < increments_.size();
         i += step) {
      const Span& span = increments_[i];
      BENCHKEEP_TRY(WriteTests(span, 0, writer, IncrementPath(span.to)));
    }
    return {};
  }

  // Writes the tests of `span` to `target`; the first `early` ones with an
  // outcome that was wrong.  The last increment also holds the repetitions.
  Status WriteTests(const Span& span, std::uint64_t early, int writer,
                    const fs::Path& target) {
    store::RecordRow row;
    const store::TableOptions table{ScratchOf(writer), "table", kWriterMemory};
    BENCHKEEP_ASSIGN(store::TableWriter out,
                     store::TableWriter::Create(files_, table, row.columns()));
    for (std::uint64_t i = span.from; i < span.to; ++i) {
      BENCHKEEP_TRY(WriteTest(i, i - span.from < early, row, out));
    }
    if (span.to == options_.tests) {
      for (std::uint64_t i = rerun_.from; i < rerun_.to; ++i) {
        BENCHKEEP_TRY(WriteTest(i, false, row, out));
      }
    }
    BENCHKEEP_ASSIGN(const std::uint64_t rows, out.Finish());
    BENCHKEEP_CHECK(rows >= span.to - span.from);
    BENCHKEEP_TRY(files_.Rename(table.folder / table.name, target));
    return SetTime(target, DemoSeconds(span.to));
  }

  Status WriteTest(std::uint64_t position, bool wrong, store::RecordRow& row,
                   store::TableWriter& out) const {
    const DemoTest& test = campaign_.tests[position];
    const bool success = test.outcome != store::Outcome::kFailed;
    const std::optional<std::string> time = DemoTime(position);
    row.SetLeaf(campaign_.leaves[test.leaf]);
    row.SetTest(test.outcome, test.number, success != wrong,
                test.outcome == store::Outcome::kPartial);
    row.SetTimestamp(time);
    return out.Append(row.cells());
  }

  // A writer died while it rewrote this one; its rows are in the others, too.
  Status WriteTorn() {
    const fs::Path whole = ScratchOf(0) / "torn";
    BENCHKEEP_TRY(WriteTests(increments_[0], 0, 0, whole));
    BENCHKEEP_ASSIGN(const std::string bytes,
                     fs::ReadFile(files_, whole, kWriterMemory));
    const std::uint64_t position = increments_[0].from;
    const fs::Path torn = IncrementPath(position);
    BENCHKEEP_TRY(WriteFile(
        torn, std::string_view(bytes).substr(0, bytes.size() * 3 / 5), 0666));
    report_.torn = torn.filename().string();
    return SetTime(torn, DemoSeconds(position));
  }

  Status WriteTexts() {
    const Json master = DemoMaster(campaign_, report_.summary_claims);
    BENCHKEEP_TRY(WriteFile(layout_.master(), master.Dump(2) + "\n", 0666));
    for (const DemoLog& log : MakeDemoLogs(options_.seed)) {
      BENCHKEEP_TRY(WriteFile(layout_.root() / settings_.logs / log.name,
                              log.text, 0666));
    }
    return WriteFile(layout_.root() / settings_.config / "config.json",
                     "{\n  \"api_key\": \"sk-demo-not-a-key-0000\",\n"
                     "  \"api_base\": \"https://api.example.com/v1\"\n}\n",
                     0600);
  }

  [[nodiscard]] std::string Marker() const {
    return fmt::format("{{\"demo\": 1, \"seed\": {}, \"tests\": {}}}\n",
                       options_.seed, options_.tests);
  }

  Status WriteFile(const fs::Path& path, std::string_view bytes,
                   std::uint32_t mode) {
    BENCHKEEP_ASSIGN(const std::unique_ptr<fs::WritableFile> file,
                     files_.Create(path, mode));
    BENCHKEEP_TRY(file->Append(bytes));
    return file->Close();
  }

  // Keep-last goes by the time of the file.
  static Status SetTime(const fs::Path& path, std::int64_t seconds) {
    const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
    std::error_code error;
    std::filesystem::last_write_time(
        path, std::chrono::file_clock::from_sys(time), error);
    if (error) {
      return FailSys(error.value(), N_("setting the time of {0}: {1}"), path);
    }
    return {};
  }

  fs::FileSystem& files_;
  const DemoOptions& options_;
  Progress& progress_;
  const store::Settings settings_;
  const store::Layout layout_;
  DemoCampaign campaign_;
  std::uint64_t consolidated_ = 0;
  std::vector<Span> increments_;
  Span rerun_;
  DemoReport report_;
};

}  // namespace

Result<DemoReport> MakeDemo(fs::FileSystem& file_system,
                            const DemoOptions& options, Progress& progress) {
  return DemoMaker(file_system, options, progress).Make();
}

}  // namespace benchkeep::ops
