// Bringing a backup back.

#include "ops/backup_restore.h"

#include <algorithm>
#include <set>
#include <utility>

#include "fs/sha256.h"
#include "ops/job_limits.h"
#include "ops/restore_steps.h"
#include "ops/store_counts.h"
#include "store/parquet_results.h"

namespace benchkeep::ops {
namespace {

using store::BackupMember;
using store::Part;
using Action = RestoredFile::Action;

constexpr const char* kTakenOut = "restored";

bool IsBelow(const fs::Path& path, const fs::Path& folder) {
  return path.string().starts_with(folder.string() + "/");
}

// True when the file holds these very bytes.  One that changes meanwhile does
// not.
Result<bool> Holds(fs::FileSystem& file_system, const fs::Path& path,
                   const fs::FileInfo& info, const BackupMember& member) {
  if (info.type != fs::FileType::kRegular || info.size != member.bytes) {
    return false;
  }
  BENCHKEEP_ASSIGN(const std::string sum, fs::Sha256OfFile(file_system, path));
  BENCHKEEP_ASSIGN(const fs::FileInfo after, file_system.Info(path));
  return sum == member.sha256 && after.SameState(info);
}

// Decides for every member of the backup what becomes of its file.
class Planner {
 public:
  Planner(const store::Store& store, const store::BackupEntry& backup,
          const store::Parts& parts)
      : store_(store), backup_(backup), parts_(parts) {}

  struct Step {
    const BackupMember* member = nullptr;
    fs::Path target;
    Action action = Action::kSame;
    std::optional<fs::FileInfo> present;
  };

  Result<std::vector<Step>> Run() {
    std::vector<Step> steps;
    for (const BackupMember& member : backup_.manifest->members) {
      if (!parts_.Has(member.part)) continue;
      Step step{&member, {}, Action::kSame, {}};
      BENCHKEEP_ASSIGN(step.target, HomeOf(store_, member));
      BENCHKEEP_ASSIGN(step.present,
                       InfoIfAny(store_.file_system(), step.target));
      BENCHKEEP_ASSIGN(step.action, Decide(step));
      steps.push_back(std::move(step));
    }
    return steps;
  }

 private:
  Result<Action> Decide(const Step& step) const {
    if (!step.present) return Action::kCreate;
    if (step.present->type != fs::FileType::kRegular) {
      return Fail(Code::kAlreadyExists,
                  Say(N_("{0} is in the way: it is no file"),
                      store_.layout().Relative(step.target)),
                  step.target);
    }
    BENCHKEEP_ASSIGN(const bool same, Holds(store_.file_system(), step.target,
                                            *step.present, *step.member));
    if (same) return Action::kSame;
    if (IsIncrement(step.target)) return Action::kBeside;
    // The settings say where everything is: those of today stand.
    if (step.member->part == Part::kSettings) return Action::kKept;
    return Action::kReplace;
  }

  [[nodiscard]] bool IsIncrement(const fs::Path& path) const {
    return path.parent_path() == store_.layout().increments() &&
           store_.layout().IsIncrementName(path.filename().string());
  }

  const store::Store& store_;
  const store::BackupEntry& backup_;
  const store::Parts& parts_;
};

void AddFile(const store::Store& store, const Planner::Step& step,
             RestoreReport& report) {
  report.files.push_back(
      {store.layout().Relative(step.target), step.action, step.member->bytes});
  if (step.action == Action::kCreate || step.action == Action::kReplace ||
      step.action == Action::kBeside) {
    report.bytes += step.member->bytes;
  }
}

// Increments that are not in the backup stay: they hold what came after it.
Status AddKeptIncrements(const store::Store& store, RestoreReport& report) {
  BENCHKEEP_ASSIGN(const auto increments, UsableIncrements(store));
  std::set<std::string> known;
  for (const RestoredFile& file : report.files) known.insert(file.path);
  for (const store::IncrementFile& file : increments) {
    const std::string name = store.layout().Relative(file.path);
    if (known.contains(name)) continue;
    report.files.push_back({name, Action::kKept, 0});
  }
  return {};
}

Unexpected NotGood(const store::BackupEntry& backup) {
  const std::string why =
      backup.reasons.empty() ? "" : backup.reasons[0].English();
  return Fail(
      Code::kInvalidArgument,
      backup.state == store::BackupState::kBad
          ? Say(N_("the backup {0} is bad: {1}"), backup.id, why)
          : Say(N_("the backup {0} is suspect: {1}"), backup.id, why),
      Say(N_("take \"latest\", the newest good one; or look at it first with "
             "--to DIR; or add --even-if-not-good")),
      backup.folder);
}

Status CheckUsable(const store::BackupEntry& backup,
                   const RestoreOptions& options) {
  if (!backup.manifest) {
    return Fail(
        Code::kInvalidArgument,
        backup.foreign
            ? Say(N_("{0} was not made by benchkeep: it has no manifest"),
                  backup.id)
            : Say(N_("the manifest of {0} cannot be used: {1}"), backup.id,
                  backup.reasons[0].English()),
        backup.foreign ? Say(N_("benchkeep backup adopt"))
                       : Say(N_("copy what you need out of it by hand")),
        backup.folder);
  }
  if (backup.good() || options.even_if_not_good || options.to) return {};
  return NotGood(backup);
}

// What status would say before, and after by the manifest.
Status CountBefore(const store::Store& store, const RestoreOptions& options,
                   const store::BackupEntry& backup, RestoreReport& report,
                   Progress& progress) {
  const Result<CountedStore> now =
      CountStore(store, options.memory_bytes, progress);
  if (now.ok()) {
    if (now->counts.master) report.master_before = now->counts.master->tests;
    if (now->counts.results) report.rows_before = now->counts.results->rows;
  } else if (now.error().code != Code::kBusy) {
    return Unexpected(now.error());
  }
  report.master_after = report.master_before;
  report.rows_after = report.rows_before;
  const store::StoreCounts& then = backup.manifest->counts;
  if (options.parts.master && then.master) {
    report.master_after = then.master->tests;
  }
  if (options.parts.data && then.results) {
    report.rows_after = then.results->rows;
  }
  return {};
}

// Into a folder of its own, which appears whole or not at all.
Status RestoreTo(const store::Store& store, const store::BackupEntry& backup,
                 const RestoreOptions& options, RestoreReport& report,
                 Progress& progress) {
  fs::FileSystem& files = store.file_system();
  const fs::Path& to = *options.to;
  BENCHKEEP_ASSIGN(const auto present, InfoIfAny(files, to));
  if (present) {
    return Fail(Code::kAlreadyExists,
                Say(N_("{0} is there already and was left alone"), to),
                Say(N_("name a new folder")), to);
  }
  for (const BackupMember& member : backup.manifest->members) {
    if (!options.parts.Has(member.part)) continue;
    report.files.push_back({member.path, Action::kCreate, member.bytes});
    report.bytes += member.bytes;
  }
  if (report.dry_run) return {};
  fs::Path staging = to;
  staging += ".benchkeep-tmp-restore";
  BENCHKEEP_TRY(files.MakeDirs(staging, 0700));
  const auto fill = [&]() -> Status {
    BENCHKEEP_ASSIGN(
        const std::vector<store::Damage> damage,
        store::ExtractBackup(files, backup.folder, *backup.manifest,
                             options.parts, staging, progress));
    for (const store::Damage& one : damage) {
      report.findings.push_back({"backup_damaged", Severity::kCritical,
                                 backup.id + "/" + one.file, one.what,
                                 Say(N_("what could be read was restored; "
                                        "look for the rest in another "
                                        "backup"))});
    }
    BENCHKEEP_TRY(files.RenameNoReplace(staging, to));
    return files.SyncDir(to.has_parent_path() ? to.parent_path() : ".");
  };
  Status filled = fill();
  if (!filled.ok()) {
    IgnoreError(fs::RemoveTree(files, staging), "the first error counts");
  }
  return filled;
}

Status RestoreStore(const store::Store& store, const store::StoreLock& lock,
                    const store::BackupEntry& backup,
                    const RestoreOptions& options, RestoreReport& report,
                    Progress& progress) {
  BENCHKEEP_ASSIGN(store::Transaction txn,
                   store::Transaction::Begin(store, lock, "restore"));
  txn.Note("backup", Json::String(backup.id));
  BENCHKEEP_TRY(report.partial
                    ? StageTests(store, backup, options, txn, report, progress)
                    : StageRestore(store, backup, options.parts,
                                   options.memory_bytes, txn, report,
                                   progress));
  const bool any = std::any_of(
      report.files.begin(), report.files.end(), [](const RestoredFile& file) {
        return file.action != Action::kSame && file.action != Action::kKept;
      });
  if (!any) return {};  // All of it is there already.
  const auto note = [&](const char* name,
                        const std::optional<std::uint64_t>& value) {
    if (value) txn.Note(name, Json::Uint(*value));
  };
  note("rows_before", report.rows_before);
  note("rows_after", report.rows_after);
  note("tests_before", report.master_before);
  note("tests_after", report.master_after);
  BENCHKEEP_ASSIGN(const store::WriterLocks writers,
                   store::WriterLocks::Acquire(store));
  BENCHKEEP_ASSIGN(const auto leases, HoldTargets(store, report));
  BENCHKEEP_TRY(txn.Commit());
  report.txn = txn.id();
  return {};
}

}  // namespace

Result<fs::Path> HomeOf(const store::Store& store, const BackupMember& member) {
  const store::Layout& layout = store.layout();
  const fs::Path path = layout.root() / member.path;
  switch (member.part) {
    case Part::kMaster:
      return layout.master();
    case Part::kSettings:
      return layout.settings_file();
    case Part::kConfig:
      if (IsBelow(path, layout.config())) return path;
      break;
    case Part::kData:
      if (path == layout.results() || IsBelow(path, layout.increments()) ||
          (layout.data() != layout.root() && IsBelow(path, layout.data()))) {
        return path;
      }
      break;
  }
  return Fail(Code::kInvalidArgument,
              Say(N_("the backup holds {0}, where the settings of today have "
                     "no place for it"),
                  member.path),
              Say(N_("restore it into another folder with --to DIR")), path);
}

Result<std::optional<fs::FileInfo>> InfoIfAny(fs::FileSystem& file_system,
                                              const fs::Path& path) {
  Result<fs::FileInfo> info = file_system.Info(path);
  if (info.ok()) return std::optional(*info);
  if (info.error().code == Code::kNotFound) {
    return std::optional<fs::FileInfo>();
  }
  return Unexpected(info.error());
}

Status TakeOut(const store::Store& store, const store::BackupEntry& backup,
               const store::Parts& parts, const fs::Path& root,
               Progress& progress) {
  BENCHKEEP_TRY(store.file_system().MakeDirs(root, 0700));
  BENCHKEEP_ASSIGN(
      const std::vector<store::Damage> damage,
      store::ExtractBackup(store.file_system(), backup.folder, *backup.manifest,
                           parts, root, progress));
  if (damage.empty()) return {};
  return Fail(Code::kCorruption,
              Say(N_("the backup {0} is damaged: {1}"), backup.id,
                  damage[0].what.English()),
              Say(N_("take another one: benchkeep backup list; what can be "
                     "read comes out with --to DIR")),
              backup.folder);
}

Result<store::RowCount> CountRows(const store::Store& store,
                                  std::uint64_t memory_bytes,
                                  Progress& progress) {
  BENCHKEEP_ASSIGN(const bool any,
                   fs::Exists(store.file_system(), store.layout().results()));
  if (!any) return store::RowCount{};
  auto results = store::ParquetResults::Open(store, LimitsFor(memory_bytes));
  Result<store::MergeOutcome> outcome =
      results.ok()
          ? (*results)->Deduplicate({}, store::Rehearse::kYes, progress)
          : Result<store::MergeOutcome>(Unexpected(results.error()));
  if (outcome.ok()) return outcome->before;
  // Damaged results hold no rows that could be counted.
  if (outcome.error().code == Code::kCorruption) return store::RowCount{};
  return Unexpected(outcome.error());
}

Status StageRestore(const store::Store& store, const store::BackupEntry& backup,
                    const store::Parts& parts, std::uint64_t memory_bytes,
                    store::Transaction& txn, RestoreReport& report,
                    Progress& progress) {
  fs::FileSystem& files = store.file_system();
  const store::Layout& layout = store.layout();
  const fs::Path out = txn.staging() / kTakenOut;
  BENCHKEEP_TRY(TakeOut(store, backup, parts, out, progress));
  BENCHKEEP_ASSIGN(const std::vector<Planner::Step> steps,
                   Planner(store, backup, parts).Run());
  const store::Store restored = store.Elsewhere(out);
  std::uint64_t number = 0;
  for (const Planner::Step& step : steps) {
    AddFile(store, step, report);
    if (step.action == Action::kSame || step.action == Action::kKept) continue;
    if (step.target == layout.results()) {
      BENCHKEEP_ASSIGN(const store::RowCount before,
                       CountRows(store, memory_bytes, progress));
      BENCHKEEP_ASSIGN(const store::RowCount after,
                       CountRows(restored, memory_bytes, progress));
      const std::string name = layout.Relative(layout.results());
      txn.Book({"before", name, before});
      txn.Book({"seen", layout.Relative(backup.folder), after});
      txn.Book({"superseded", name, before});
      txn.Book({"after", name, after});
      report.rows_before = before.rows;
      report.rows_after = after.rows;
    }
    // Flat names: folders of the copy would stay behind in the trash.
    const fs::Path staged =
        txn.staging() / ("restored-" + std::to_string(number++));
    BENCHKEEP_TRY(files.Rename(out / step.member->path, staged));
    BENCHKEEP_TRY(files.MakeDirs(step.target.parent_path(), 0777));
    if (step.action == Action::kBeside) {
      BENCHKEEP_TRY(txn.Move(staged, step.target));
    } else {
      BENCHKEEP_TRY(txn.Replace(staged, step.target, step.present));
    }
  }
  return fs::RemoveTree(files, out);
}

Result<std::vector<fs::ReadLease>> HoldTargets(const store::Store& store,
                                               const RestoreReport& report) {
  std::vector<fs::ReadLease> leases;
  for (const RestoredFile& file : report.files) {
    if (file.action != Action::kReplace && file.action != Action::kMerge) {
      continue;
    }
    Result<fs::ReadLease> lease =
        fs::ReadLease::Take(store.layout().root() / file.path);
    if (lease.ok()) {
      leases.push_back(std::move(*lease));
    } else if (lease.error().code == Code::kBusy) {
      return Fail(Code::kBusy,
                  Say(N_("{0} is being written by another program; nothing "
                         "was changed"),
                      file.path),
                  Say(N_("stop the writers first, or let `benchkeep recover` "
                         "do it")),
                  store.layout().root() / file.path);
    } else if (lease.error().code != Code::kNotFound) {
      return Unexpected(lease.error());
    }
  }
  return leases;
}

Result<RestoreReport> RestoreBackup(const store::Store& store,
                                    const store::StoreLock* lock,
                                    const RestoreOptions& options,
                                    Progress& progress) {
  BENCHKEEP_ASSIGN(const store::BackupEntry backup,
                   store::FindBackup(store, options.backup));
  BENCHKEEP_TRY(CheckUsable(backup, options));
  RestoreReport report;
  report.backup = backup.id;
  report.created_at = backup.manifest->created_at;
  report.state = backup.state;
  report.dry_run = lock == nullptr;
  report.partial = !options.filter.empty();
  if (options.to) {
    report.to = *options.to;
    BENCHKEEP_TRY(RestoreTo(store, backup, options, report, progress));
    return report;
  }
  BENCHKEEP_TRY(CountBefore(store, options, backup, report, progress));
  if (lock != nullptr) {
    BENCHKEEP_TRY(
        RestoreStore(store, *lock, backup, options, report, progress));
  } else if (report.partial) {
    BENCHKEEP_TRY(CountTests(store, backup, options, report, progress));
  } else {
    BENCHKEEP_ASSIGN(const std::vector<Planner::Step> steps,
                     Planner(store, backup, options.parts).Run());
    for (const Planner::Step& step : steps) AddFile(store, step, report);
  }
  if (options.parts.data && !report.partial) {
    BENCHKEEP_TRY(AddKeptIncrements(store, report));
  }
  return report;
}

}  // namespace benchkeep::ops
