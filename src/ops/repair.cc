// Planning and applying repairs.

#include "ops/repair.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/json_pointer.h"
#include "base/json_style.h"
#include "fs/atomic_file.h"
#include "fs/sha256.h"
#include "ops/export_staging.h"
#include "ops/job_limits.h"
#include "ops/repair_lost_updates.h"
#include "ops/repair_parquet.h"
#include "store/master_copies.h"
#include "store/master_salvage.h"
#include "store/master_writer.h"
#include "store/parquet_results.h"
#include "store/transaction.h"

namespace benchkeep::ops {
namespace {

using store::MasterCopy;
using store::SalvageSource;

constexpr const char* kStagedMaster = "master_database.json";
constexpr std::uint64_t kMaxPlan = std::uint64_t{1} << 30;

class Planner {
 public:
  Planner(const store::Store& store, const RepairOptions& options,
          Progress& progress)
      : store_(store),
        options_(options),
        progress_(progress),
        path_(store.layout().master()),
        name_(store.layout().Relative(path_)) {}

  Result<PlannedRepair> Run() {
    BENCHKEEP_TRY(CheckOnly());
    RepairPlan& plan = out_.plan;
    plan.created = FormatIso(store_.clock().Now());
    plan.only = options_.only;
    progress_.Stage(Say(N_("planning the repair")), 0);
    BENCHKEEP_TRY(Master());
    BENCHKEEP_TRY(PlanRecoveries(store_, LimitsFor(options_.memory_bytes), plan,
                                 out_.plan.uncured));
    if (progress_.Cancelled()) {
      return Fail(Code::kCancelled, Say(N_("interrupted")));
    }
    return std::move(out_);
  }

 private:
  Status CheckOnly() const {
    const auto& codes = RepairableCodes();
    if (options_.only.empty() ||
        std::find(codes.begin(), codes.end(), options_.only) != codes.end()) {
      return {};
    }
    std::string all;
    for (const std::string& code : codes) {
      all += (all.empty() ? "" : ", ") + code;
    }
    return Fail(Code::kInvalidArgument,
                Say(N_("no repair cures \"{0}\""), options_.only),
                Say(N_("the codes are: {0}"), all));
  }

  [[nodiscard]] bool Wanted(const std::string& code) const {
    return options_.only.empty() || options_.only == code;
  }

  Status Master() {
    Result<store::MasterText> read =
        store::ReadMasterText(store_.file_system(), path_);
    if (!read.ok() && read.error().code != Code::kNotFound) {
      return Unexpected(read.error());
    }
    const bool missing = !read.ok();
    const std::string text = missing ? std::string() : std::move(read->text);
    const JsonPrefix prefix = ParseJsonPrefix(text);
    if (prefix.refused) {
      return Fail(Code::kCorruption,
                  Say(N_("{0} cannot be used: {1}"), name_,
                      prefix.error.message.English()),
                  Say(N_("correct the place by hand, or restore a copy")),
                  path_);
    }
    std::string code;
    Json base = Json::Object();
    std::string cut;
    if (missing) {
      code = "master_missing";
    } else if (!prefix.whole) {
      code = text.empty() ? "master_empty" : "master_torn";
      base = prefix.value;
      cut = prefix.open;
    } else {
      const Result<store::MasterDatabase> master =
          store::MasterOf(prefix.value);
      const bool empty = !master.ok() || master->leaves.empty();
      if (!master.ok() && !prefix.value.is_object()) {
        return Unexpected(master.error());
      }
      base = prefix.value;
      if (empty) code = "master_empty";
    }
    if (!code.empty() && !Wanted(code)) return {};
    if (code.empty()) {
      return Whole(text, base);
    }
    return Salvage(text, prefix, std::move(base), cut, code, missing);
  }

  // Cells as the guard kept them, and the numbers above them anew.
  Status BringBack(const std::string& text, Json document) {
    BENCHKEEP_ASSIGN(out_.plan.changes, CellsToBringBack(store_, document));
    if (out_.plan.changes.empty()) return {};
    BENCHKEEP_ASSIGN(const store::MasterDatabase master,
                     store::MasterOf(document));
    std::int64_t before = 0;
    for (const store::Leaf& leaf : master.leaves) {
      before += store::TestsOf(leaf);
    }
    for (const PlannedChange& change : out_.plan.changes) {
      BENCHKEEP_CHECK(
          SetAt(document, change.correction.pointer, change.correction.after));
    }
    AddChanges(document, [](const store::Correction&) { return true; });
    out_.plan.tests_before = before;
    return Finish(text, PlanBase::kWhole, true);
  }

  // A document that can be read: its numbers.
  Status Whole(const std::string& text, const Json& document) {
    if (options_.only == kLostUpdate) return BringBack(text, document);
    AddChanges(document, [&](const store::Correction& correction) {
      return Wanted(correction.code);
    });
    return Finish(text, PlanBase::kWhole, !out_.plan.changes.empty());
  }

  Status Salvage(const std::string& text, const JsonPrefix& prefix, Json base,
                 const std::string& cut, const std::string& code,
                 bool missing) {
    std::vector<SalvageSource> sources;
    std::vector<PlanInput> inputs;
    FromResults(sources, inputs);
    FromCopies(base, code, sources, inputs);
    const bool nothing = !base.is_object() || base.members().empty();
    if (sources.empty() && nothing) {
      if (missing) return {};  // Nothing that could be done, nothing to do.
      out_.plan.uncured.push_back(
          {code,
           Severity::kCritical,
           name_,
           Say(N_("nothing is left of {0}, and neither the results nor any "
                  "copy can take its place"),
               name_),
           {}});
      return {};
    }
    store::SalvagePlan salvage =
        store::PlanSalvage(std::move(base), cut, code, sources);
    RepairPlan& plan = out_.plan;
    if (code == "master_empty" && prefix.whole && salvage.refills.empty()) {
      return {};  // A new one, with nothing to take over.
    }
    plan.base = prefix.whole   ? PlanBase::kWhole
                : text.empty() ? PlanBase::kNew
                               : PlanBase::kPrefix;
    plan.prefix_bytes =
        plan.base == PlanBase::kPrefix ? prefix.error.offset : 0;
    Json document = salvage.base;
    std::set<std::size_t> used;
    for (store::Refill& refill : salvage.refills) {
      used.insert(refill.source);
      BENCHKEEP_CHECK(
          SetAt(document, refill.correction.pointer, refill.correction.after));
      plan.changes.push_back({std::move(refill.correction),
                              ChangeOrigin{sources[refill.source].kind,
                                           sources[refill.source].file}});
    }
    for (const std::size_t source : used) plan.inputs.push_back(inputs[source]);
    Take(salvage.findings);
    if (salvage.cells_kept + salvage.cells_refilled == 0) {
      plan.changes.clear();
      plan.base = PlanBase::kWhole;
      out_.plan.uncured.push_back(
          {code, Severity::kCritical, name_,
           Say(N_("no cell is left of {0}, and neither the results nor any "
                  "copy holds one"),
               name_),
           Say(N_("benchkeep backup list"))});
      return {};
    }
    AddChanges(document, [](const store::Correction&) { return true; });
    plan.tests_before = salvage.tests_kept;
    const bool copied = std::any_of(
        sources.begin(), sources.end(),
        [](const SalvageSource& source) { return source.kind != "parquet"; });
    if (plan.base == PlanBase::kPrefix && !copied) {
      plan.uncured.push_back(
          {code,
           Severity::kCritical,
           name_,
           Say(N_("what stood after byte {0} of {1} is lost, but for what the "
                  "results hold: there is no good copy of this database"),
               plan.prefix_bytes, text.size()),
           {}});
    }
    return Finish(text, plan.base, true);
  }

  // The results as a document.
  void FromResults(std::vector<SalvageSource>& sources,
                   std::vector<PlanInput>& inputs) {
    const auto build = [&]() -> Result<store::MasterDocument> {
      BENCHKEEP_ASSIGN(const std::unique_ptr<store::Results> results,
                       store::ParquetResults::Open(
                           store_, LimitsFor(options_.memory_bytes)));
      BENCHKEEP_ASSIGN(const store::ResultsStatistics statistics,
                       results->Statistics());
      BENCHKEEP_ASSIGN(const std::unique_ptr<store::RowScan> scan,
                       results->Scan({}));
      return store::BuildMaster(*scan, statistics.shape, store_.settings(),
                                FormatIso(store_.clock().Now()), progress_);
    };
    const fs::Path& path = store_.layout().results();
    Result<store::MasterDocument> built = build();
    if (!built.ok() || built->leaves == 0) return;
    const Result<std::string> hash =
        fs::Sha256OfFile(store_.file_system(), path);
    const Result<fs::FileInfo> info = store_.file_system().Info(path);
    if (!hash.ok() || !info.ok()) return;
    const std::string file = store_.layout().Relative(path);
    sources.push_back({"parquet", file, std::move(built->document)});
    inputs.push_back({file, *hash, info->size});
  }

  // The newest good copy of the same database.  Of one that was emptied or
  // lost its head nobody knows when it was begun: then the newest of all.
  void FromCopies(const Json& base, const std::string& code,
                  std::vector<SalvageSource>& sources,
                  std::vector<PlanInput>& inputs) {
    const std::string created = base.StringAt("created_at").value_or("");
    const bool same_only = code == "master_torn" && !created.empty();
    for (const MasterCopy& copy : store::ReadMasterCopies(store_)) {
      if (!copy.good) continue;
      if (same_only && copy.created_at != created) continue;
      Result<Json> document = store::DocumentOf(store_, copy);
      if (!document.ok()) continue;
      sources.push_back(
          {copy.file.kind == store::CopyKind::kBackup ? "backup" : "by_hand",
           copy.file.name, std::move(*document)});
      inputs.push_back({copy.file.name, copy.sha256, copy.file.bytes});
      return;
    }
  }

  template <typename Filter>
  void AddChanges(const Json& document, const Filter& wanted) {
    const Result<store::MasterDatabase> master = store::MasterOf(document);
    if (!master.ok()) return;
    store::MasterAudit audit = store::AuditMaster(document, *master);
    RepairPlan& plan = out_.plan;
    plan.tests_before = audit.leaf.tests;
    for (store::Correction& correction : audit.corrections) {
      if (!wanted(correction)) continue;
      plan.changes.push_back({correction, std::nullopt});
    }
    for (const Finding& finding : audit.findings) {
      if (finding.severity != Severity::kInfo) {
        out_.plan.uncured.push_back(finding);
      }
    }
    Lost(audit);
    out_.before = std::move(audit);
  }

  void Lost(const store::MasterAudit& audit) {
    for (const store::Shortfall& gap : audit.shortfalls) {
      out_.plan.uncured.push_back(
          {"tests_possibly_lost", Severity::kCritical, gap.pointer,
           Say(N_("\"{0}\" claims {1} tests, its cells hold {2}: the claim is "
                  "made equal to the cells"),
               gap.model, gap.claimed, gap.held),
           Say(N_("first see with `benchkeep diagnose` which copy holds "
                  "more"))});
    }
  }

  // The result of the changes, and its hash.
  Status Finish(const std::string& text, PlanBase base, bool changes) {
    RepairPlan& plan = out_.plan;
    plan.base = base;
    plan.tests_after = plan.tests_before;
    if (!changes && base == PlanBase::kWhole) return {};
    plan.master = name_;
    plan.inputs.insert(
        plan.inputs.begin(),
        {name_, text.empty() ? "" : fs::Sha256Of(text), text.size()});
    BENCHKEEP_ASSIGN(const std::string after, TextAfter(plan, text));
    plan.result_sha256 = fs::Sha256Of(after);
    BENCHKEEP_ASSIGN(const store::MasterDatabase master,
                     store::ParseMaster(after));
    plan.tests_after = 0;
    for (const store::Leaf& leaf : master.leaves) {
      plan.tests_after += store::TestsOf(leaf);
    }
    return {};
  }

  void Take(Findings& findings) {
    std::move(findings.begin(), findings.end(),
              std::back_inserter(out_.plan.uncured));
  }

  const store::Store& store_;
  const RepairOptions& options_;
  Progress& progress_;
  const fs::Path path_;
  const std::string name_;
  PlannedRepair out_;
};

// Every input must be what it was when the plan was made.
Status CheckInputs(const store::Store& store, const RepairPlan& plan) {
  for (const PlanInput& input : plan.inputs) {
    const fs::Path path = store.layout().root() / input.file;
    const auto hash = fs::Sha256OfFile(store.file_system(), path);
    if (!hash.ok() && hash.error().code != Code::kNotFound) {
      return Unexpected(hash.error());
    }
    // A file that is not there and one without bytes are the same to a plan.
    const std::string now =
        !hash.ok() || *hash == fs::Sha256Of("") ? std::string() : *hash;
    if (now == input.sha256) continue;
    return Fail(Code::kBusy,
                Say(N_("{0} has changed since the plan was made; nothing was "
                       "changed"),
                    input.file),
                Say(N_("make a new plan: benchkeep repair")), path);
  }
  return {};
}

// A plan may come from anywhere: it must stay inside of the store's own files.
Status CheckNames(const store::Store& store, const RepairPlan& plan) {
  const store::Layout& layout = store.layout();
  const auto refuse = [](const std::string& name) {
    return Fail(Code::kPermission,
                Say(N_("the plan names {0}, which no repair changes"), name));
  };
  if (!plan.master.empty() && plan.master != layout.Relative(layout.master())) {
    return refuse(plan.master);
  }
  for (const PlannedRecovery& recovery : plan.recoveries) {
    const fs::Path path = layout.root() / recovery.file;
    const bool increment = path.parent_path() == layout.increments() &&
                           layout.IsIncrementName(path.filename().string());
    if (path != layout.results() && !increment) return refuse(recovery.file);
  }
  for (const PlanInput& input : plan.inputs) {
    const fs::Path name = input.file;
    if (name.is_absolute() ||
        std::find(name.begin(), name.end(), "..") != name.end()) {
      return refuse(input.file);
    }
  }
  return {};
}

Status StageMaster(const store::Store& store, const RepairPlan& plan,
                   store::Transaction& txn) {
  fs::FileSystem& files = store.file_system();
  const fs::Path& path = store.layout().master();
  std::string original;
  std::optional<fs::FileInfo> present;
  Result<store::MasterText> read = store::ReadMasterText(files, path);
  if (read.ok()) {
    original = std::move(read->text);
    present = read->info;
  } else if (read.error().code != Code::kNotFound) {
    return Unexpected(read.error());
  }
  BENCHKEEP_ASSIGN(const std::string text, TextAfter(plan, original));
  const fs::Path staged = txn.staging() / kStagedMaster;
  BENCHKEEP_TRY(fs::ReplaceFile(files, staged, text));
  BENCHKEEP_ASSIGN(const std::string written,
                   fs::ReadFile(files, staged, text.size() + 1));
  if (written != text) {
    return Fail(Code::kIo,
                Say(N_("{0} does not read back as it was written"), staged),
                staged);
  }
  BENCHKEEP_TRY(files.MakeDirs(path.parent_path(), 0777));
  return txn.Replace(staged, path, present);
}

}  // namespace

const std::vector<std::string>& RepairableCodes() {
  static const std::vector<std::string> codes = {
      "field_missing",       "increment_torn",       "leaf_count_missing",
      "leaf_total_mismatch", "level_total_wrong",    kLostUpdate,
      "master_empty",        "master_missing",       "master_summary_stale",
      "master_torn",         "model_total_missing",  "model_total_wrong",
      "rate_mismatch",       "rate_out_of_range",    "results_torn",
      "summary_missing",     "summary_models_stale", "summary_total_missing"};
  return codes;
}

Result<PlannedRepair> PlanRepair(const store::Store& store,
                                 const RepairOptions& options,
                                 Progress& progress) {
  return Planner(store, options, progress).Run();
}

Result<RepairReport> ApplyRepair(const store::Store& store,
                                 const store::StoreLock& lock,
                                 const RepairPlan& plan,
                                 const RepairOptions& options,
                                 Progress& progress) {
  RepairReport report;
  report.plan = plan;
  BENCHKEEP_TRY(CheckNames(store, plan));
  BENCHKEEP_TRY(CheckInputs(store, plan));
  if (!plan.empty()) {
    progress.Stage(Say(N_("repairing")), 0);
    BENCHKEEP_ASSIGN(store::Transaction txn,
                     store::Transaction::Begin(store, lock, "repair"));
    for (const PlannedRecovery& recovery : plan.recoveries) {
      BENCHKEEP_TRY(
          StageRecovery(store, recovery, LimitsFor(options.memory_bytes), txn));
    }
    BENCHKEEP_ASSIGN(const store::WriterLocks writers,
                     store::WriterLocks::Acquire(store));
    // Once more, now that nobody writes.
    BENCHKEEP_TRY(CheckInputs(store, plan));
    if (!plan.master.empty()) BENCHKEEP_TRY(StageMaster(store, plan, txn));
    txn.Note("changes", Json::Uint(plan.changes.size()));
    txn.Note("files_recovered", Json::Uint(plan.recoveries.size()));
    txn.Note("tests_before", Json::Int(plan.tests_before));
    txn.Note("tests_after", Json::Int(plan.tests_after));
    report.txn = txn.id();
    BENCHKEEP_TRY(txn.Commit());
    if (plan.only == kLostUpdate) BENCHKEEP_TRY(SettleLostUpdates(store));
  }
  DiagnoseOptions diagnose;
  diagnose.memory_bytes = options.memory_bytes;
  BENCHKEEP_ASSIGN(report.after, Diagnose(store, diagnose, progress));
  // What was lost for good does not show any more.
  for (const Finding& finding : plan.uncured) {
    const bool again = std::any_of(
        report.after.findings.begin(), report.after.findings.end(),
        [&](const Finding& other) {
          return other.code == finding.code && other.path == finding.path;
        });
    if (!again) report.after.findings.push_back(finding);
  }
  return report;
}

Status WritePlanFile(const store::Store& store, const fs::Path& file,
                     const RepairPlan& plan) {
  BENCHKEEP_TRY(CheckExportTarget(store.file_system(), store.layout(), file));
  return fs::ReplaceFile(store.file_system(), file,
                         PlanToJson(plan).Dump(2) + "\n");
}

Result<RepairPlan> ReadPlanFile(fs::FileSystem& file_system,
                                const fs::Path& file) {
  BENCHKEEP_ASSIGN(const std::string text,
                   fs::ReadFile(file_system, file, kMaxPlan));
  BENCHKEEP_ASSIGN(const Json json, ParseJson(text));
  return PlanFromJson(json);
}

}  // namespace benchkeep::ops
