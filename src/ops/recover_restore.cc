// Restoring one backup of a recovery: take out, check, replay, swap.

#include "ops/recover_restore.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "fs/read_lease.h"
#include "fs/sha256.h"
#include "ops/increment_claims.h"
#include "ops/job_limits.h"
#include "ops/merge_commit.h"
#include "ops/recover_replay.h"
#include "ops/restore_steps.h"
#include "store/parquet_results.h"
#include "store/transaction.h"

namespace benchkeep::ops {
namespace {

using store::BackupMember;
using store::IncrementFile;

bool IsIncrementOf(const store::Store& store, const BackupMember& member) {
  const fs::Path path = store.layout().root() / member.path;
  return path.parent_path() == store.layout().increments();
}

class Restorer {
 public:
  Restorer(const store::Store& store, const store::Store& home,
           const store::StoreLock& lock, const store::BackupEntry& backup,
           const RecoverOptions& options, RecoverReport& report,
           Progress& progress)
      : store_(store),
        home_(home),
        layout_(store.layout()),
        files_(store.file_system()),
        lock_(lock),
        backup_(backup),
        options_(options),
        report_(report),
        progress_(progress) {}

  Status Run() {
    BENCHKEEP_ASSIGN(store::Transaction txn,
                     store::Transaction::Begin(store_, lock_, "recover"));
    out_ = txn.staging() / "backup";
    BENCHKEEP_TRY(TakeOut(store_, backup_, options_.parts, out_, progress_));
    BENCHKEEP_ASSIGN(merged_since_, MergedSince(home_, *backup_.manifest));
    BENCHKEEP_TRY(Validate());
    if (options_.parts.data) BENCHKEEP_TRY(Replay(txn));
    BENCHKEEP_TRY(PlanSteps(txn));
    BENCHKEEP_TRY(files_.RemoveBelow(layout_.root(), layout_.Relative(out_)));
    txn.Note("backup", Json::String(backup_.id));
    txn.Note("files_merged", Json::Uint(report_.replayed_files));
    report_.txn = txn.id();
    report_.saved_to = layout_.Relative(layout_.trash_dir() / txn.id());
    BENCHKEEP_ASSIGN(const store::WriterLocks writers,
                     store::WriterLocks::Acquire(store_));
    BENCHKEEP_ASSIGN(const auto leases, HoldTargets());
    BENCHKEEP_TRY(VerifyClaims(claims_, progress_));
    return txn.Commit();
  }

 private:
  // The results of the backup, with all increments since.
  Status Replay(store::Transaction& txn) {
    {
      BENCHKEEP_ASSIGN(const store::WriterLocks writers,
                       store::WriterLocks::Acquire(store_));
      BENCHKEEP_ASSIGN(claims_, ClaimIncrements(store_, &txn, progress_));
    }
    Append(report_.findings, std::move(claims_.findings));
    for (const BrokenIncrement& broken : claims_.broken) {
      BENCHKEEP_TRY(Quarantine(txn, broken.name, broken.reason));
    }
    const store::Store copy = store_.Elsewhere(out_);
    BENCHKEEP_ASSIGN(std::vector<IncrementFile> of_backup,
                     UsableIncrements(copy));
    std::vector<IncrementFile> waiting;
    for (const Claim& claim : claims_.usable) waiting.push_back(claim.file);
    const std::vector<IncrementFile> replay =
        ReplayOrder(std::move(of_backup), std::move(merged_since_),
                    std::move(waiting), store_.settings().summary_mode);
    BENCHKEEP_ASSIGN(const store::RowCount before,
                     CountRows(store_, options_.memory_bytes, progress_));
    BENCHKEEP_ASSIGN(const store::RowCount restored,
                     CountRows(copy, options_.memory_bytes, progress_));
    const std::string results = layout_.Relative(layout_.results());
    txn.Book({"before", results, before});
    txn.Book({"seen", home_.layout().Relative(backup_.folder), restored});
    txn.Book({"superseded", results, before});
    txn.Book({"after", results, restored});
    txn.Note("rows_before", Json::Uint(before.rows));
    txn.Note("rows_after", Json::Uint(restored.rows));
    if (replay.empty()) return {};
    BENCHKEEP_ASSIGN(
        const auto opened,
        store::ParquetResults::Open(copy, LimitsFor(options_.memory_bytes)));
    BENCHKEEP_ASSIGN(
        const store::MergeOutcome outcome,
        opened->Merge(replay, txn.staging(), store::Rehearse::kNo, progress_));
    BookMerge(store_, outcome, replay, txn);
    txn.Note("rows_before", Json::Uint(before.rows));
    BENCHKEEP_TRY(SortRejected(txn, outcome));
    report_.replayed_files = replay.size() - outcome.rejected.size();
    report_.replayed_rows = outcome.seen.rows;
    AddOutcomeFindings(outcome, report_.findings);
    if (outcome.staged) {
      // In the place of the backup's own, for the check and for the swap.
      BENCHKEEP_TRY(
          files_.MakeDirs(copy.layout().results().parent_path(), 0700));
      BENCHKEEP_TRY(files_.Rename(*outcome.staged, copy.layout().results()));
      merged_ = true;
    }
    return {};
  }

  Status Quarantine(store::Transaction& txn, const std::string& name,
                    const Message& reason) {
    report_.findings.push_back(
        {"increment_quarantined", Severity::kWarning,
         layout_.Relative(layout_.increments() / name), reason,
         Say(N_("it is kept in {0}"),
             layout_.Relative(layout_.quarantine_dir() / txn.id()))});
    return txn.Quarantine(name, reason);
  }

  // What could not be merged stays where it is safe: in the backup, in the
  // trash, or, if it was waiting, in the quarantine.
  Status SortRejected(store::Transaction& txn,
                      const store::MergeOutcome& outcome) {
    std::set<std::string> gone;
    for (const store::RejectedFile& file : outcome.rejected) {
      const auto claim = std::find_if(
          claims_.usable.begin(), claims_.usable.end(), [&](const Claim& one) {
            return one.file.name == file.name && !gone.contains(file.name);
          });
      if (claim == claims_.usable.end()) {
        report_.findings.push_back({"increment_not_replayed",
                                    Severity::kWarning,
                                    file.name,
                                    file.reason,
                                    {}});
      } else if (file.code == Code::kBusy || file.code == Code::kNotFound) {
        gone.insert(file.name);
        BENCHKEEP_TRY(txn.MoveBack(file.name));
      } else {
        gone.insert(file.name);
        BENCHKEEP_TRY(Quarantine(txn, file.name, file.reason));
      }
    }
    std::erase_if(claims_.usable, [&](const Claim& claim) {
      return gone.contains(claim.file.name);
    });
    return {};
  }

  // Counts what was taken out, by reading all of it.
  Status Validate() {
    progress_.Stage(Say(N_("checking what was restored")), 0);
    BENCHKEEP_ASSIGN(
        const CountedStore counted,
        CountStore(store_.Elsewhere(out_), options_.memory_bytes, progress_));
    const store::StoreCounts& found = counted.counts;
    const store::StoreCounts& promised = backup_.manifest->counts;
    const bool same_master =
        !options_.parts.master || !promised.master ||
        (found.master && found.master->tests == promised.master->tests);
    const bool same_results =
        !options_.parts.data || !promised.results ||
        (found.results && found.results->rows == promised.results->rows);
    const bool whole = counted.problems.empty() || options_.even_if_not_good;
    if (whole && same_master && same_results) return {};
    const Message why = counted.problems.empty()
                            ? Say(N_("it does not hold the tests it names"))
                            : store::ReasonMessage(counted.problems[0]);
    return Fail(Code::kCorruption,
                Say(N_("what was restored from {0} is not whole: {1}"),
                    backup_.id, why.English()),
                backup_.folder);
  }

  Status PlanSteps(store::Transaction& txn) {
    std::uint64_t number = 0;
    for (const BackupMember& member : backup_.manifest->members) {
      if (!options_.parts.Has(member.part)) continue;
      if (IsIncrementOf(store_, member)) continue;  // Merged, or kept there.
      BENCHKEEP_TRY(PlanFile(member.path, &member, number++, txn));
    }
    const std::string results = layout_.Relative(layout_.results());
    const bool in_backup = std::any_of(
        backup_.manifest->members.begin(), backup_.manifest->members.end(),
        [&](const BackupMember& member) { return member.path == results; });
    if (merged_ && !in_backup) {
      BENCHKEEP_TRY(PlanFile(results, nullptr, number++, txn));
    }
    return {};
  }

  Status PlanFile(const std::string& path, const BackupMember* member,
                  std::uint64_t number, store::Transaction& txn) {
    fs::Path target = layout_.root() / path;
    if (member != nullptr) {
      BENCHKEEP_ASSIGN(target, HomeOf(store_, *member));
    }
    BENCHKEEP_ASSIGN(const auto present, InfoIfAny(files_, target));
    const bool is_merged = merged_ && target == layout_.results();
    if (present && member != nullptr && !is_merged &&
        present->type == fs::FileType::kRegular &&
        present->size == member->bytes) {
      const auto sum = fs::Sha256OfFile(files_, target);
      if (sum.ok() && *sum == member->sha256) return {};  // It is that already.
    }
    if (present && present->type != fs::FileType::kRegular) {
      return Fail(
          Code::kAlreadyExists,
          Say(N_("{0} is in the way: it is no file"), layout_.Relative(target)),
          target);
    }
    // Flat names: folders would stay behind in the trash.
    const fs::Path staged =
        txn.staging() / ("restored-" + std::to_string(number));
    BENCHKEEP_TRY(files_.Rename(out_ / path, staged));
    BENCHKEEP_TRY(files_.MakeDirs(target.parent_path(), 0777));
    BENCHKEEP_TRY(txn.Replace(staged, target, present));
    if (present) targets_.push_back(target);
    report_.files.push_back(layout_.Relative(target));
    return {};
  }

  // While these are held nobody writes what is about to be replaced.
  Result<std::vector<fs::ReadLease>> HoldTargets() const {
    std::vector<fs::ReadLease> leases;
    for (const fs::Path& target : targets_) {
      Result<fs::ReadLease> lease = fs::ReadLease::Take(target);
      if (lease.ok()) {
        leases.push_back(std::move(*lease));
      } else if (lease.error().code == Code::kBusy) {
        return Fail(Code::kBusy,
                    Say(N_("{0} is being written by another program; nothing "
                           "was changed"),
                        layout_.Relative(target)),
                    Say(N_("stop that program first")), target);
      } else if (lease.error().code != Code::kNotFound) {
        return Unexpected(lease.error());
      }
    }
    return leases;
  }

  static void Append(Findings& to, Findings from) {
    std::move(from.begin(), from.end(), std::back_inserter(to));
  }

  const store::Store& store_;
  const store::Store& home_;
  const store::Layout& layout_;
  fs::FileSystem& files_;
  const store::StoreLock& lock_;
  const store::BackupEntry& backup_;
  const RecoverOptions& options_;
  RecoverReport& report_;
  Progress& progress_;
  fs::Path out_;
  std::vector<IncrementFile> merged_since_;
  Claims claims_;
  bool merged_ = false;
  std::vector<fs::Path> targets_;
};

}  // namespace

Status RestoreAndReplay(const store::Store& store, const store::Store& home,
                        const store::StoreLock& lock,
                        const store::BackupEntry& backup,
                        const RecoverOptions& options, RecoverReport& report,
                        Progress& progress) {
  return Restorer(store, home, lock, backup, options, report, progress).Run();
}

}  // namespace benchkeep::ops
