// Recover: stop, restore beside, replay, check, swap.

#include "ops/recover.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "fs/read_lease.h"
#include "fs/sha256.h"
#include "ops/diagnose.h"
#include "ops/increment_claims.h"
#include "ops/job_limits.h"
#include "ops/merge_commit.h"
#include "ops/recover_replay.h"
#include "ops/restore_steps.h"
#include "ops/store_writers.h"
#include "store/parquet_results.h"
#include "store/scratch_folder.h"
#include "store/snapshot.h"
#include "store/transaction.h"

namespace benchkeep::ops {
namespace {

using store::BackupMember;
using store::IncrementFile;

constexpr int kStopRounds = 3;

std::int64_t SecondsSince(const store::Store& store, std::int64_t time) {
  const std::int64_t now =
      store.clock().Now().time_since_epoch() / std::chrono::seconds{1};
  return std::max<std::int64_t>(0, now - time);
}

// The backups to try, the best first.
Result<std::vector<store::BackupEntry>> Candidates(
    const store::Store& store, const RecoverOptions& options) {
  std::vector<store::BackupEntry> found;
  if (options.backup != "latest") {
    BENCHKEEP_ASSIGN(store::BackupEntry one,
                     store::FindBackup(store, options.backup));
    if (!one.manifest || (!one.good() && !options.even_if_not_good)) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("the backup {0} is not good"), one.id),
                  Say(N_("choose another one (benchkeep backup list), or take "
                         "it all the same with --even-if-not-good")),
                  one.folder);
    }
    found.push_back(std::move(one));
    return found;
  }
  BENCHKEEP_ASSIGN(std::vector<store::BackupEntry> all,
                   store::ListBackups(store));
  for (store::BackupEntry& one : all) {
    if (one.good() && one.manifest) found.push_back(std::move(one));
  }
  if (found.empty()) {
    return Fail(Code::kNotFound,
                Say(N_("there is no good backup to recover from")),
                Say(N_("`benchkeep backup list` shows what there is; without "
                       "any, `benchkeep diagnose` finds what can be "
                       "repaired")),
                store.layout().backups());
  }
  return found;
}

bool IsIncrementOf(const store::Store& store, const BackupMember& member) {
  const fs::Path path = store.layout().root() / member.path;
  return path.parent_path() == store.layout().increments();
}

std::uint64_t Missing(std::uint64_t now, std::uint64_t then) {
  return now > then ? now - then : 0;
}

// Restores one backup into a store, in one transaction.  The store may be a
// copy of the real one, `home`, whose trash and backups are read.
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

// Tries the backups until one proves whole.
Status RestoreBest(const store::Store& store, const store::Store& home,
                   const store::StoreLock& lock, const RecoverOptions& options,
                   RecoverReport& report, Progress& progress) {
  BENCHKEEP_ASSIGN(const std::vector<store::BackupEntry> backups,
                   Candidates(home, options));
  Findings findings = report.findings;
  Status last;
  for (const store::BackupEntry& backup : backups) {
    report.findings = findings;
    report.files.clear();
    report.restored_from = backup.id;
    report.created_at = backup.manifest->created_at;
    last = Restorer(store, home, lock, backup, options, report, progress).Run();
    if (last.ok() || last.error().code != Code::kCorruption) return last;
    findings.push_back({"backup_damaged", Severity::kCritical, backup.id,
                        last.error().message,
                        Say(N_("an older good one is tried next"))});
  }
  return last;
}

// Stops every certain writer, also those that come up meanwhile.
Status StopWriters(const store::Store& store, const RecoverOptions& options,
                   RecoverReport& report, Progress& progress) {
  progress.Stage(Say(N_("stopping the writers")), 0);
  const host::ProcessTable table;
  for (int round = 0;; ++round) {
    BENCHKEEP_ASSIGN(const auto writers, FindStoreWriters(store));
    std::vector<host::Process> wanted;
    report.uncertain.clear();
    for (const host::Writer& writer : writers) {
      const auto& also = options.also_stop;
      if (writer.certain || std::find(also.begin(), also.end(),
                                      writer.process.pid) != also.end()) {
        wanted.push_back(writer.process);
      } else {
        report.uncertain.push_back(writer);
      }
    }
    if (wanted.empty()) return {};
    if (round == kStopRounds) {
      return Fail(Code::kBusy,
                  Say(N_("process {0} ({1}) came up again and again; nothing "
                         "was restored"),
                      wanted[0].pid, wanted[0].name),
                  Say(N_("stop what starts it (a service or a crontab), then "
                         "run the command again")));
    }
    const auto stopped = host::StopProcesses(
        table, wanted, std::chrono::seconds(store.settings().stop_wait_seconds),
        [&] { return progress.Cancelled(); });
    if (progress.Cancelled()) {
      return Fail(Code::kCancelled, Say(N_("interrupted")));
    }
    for (const host::StoppedProcess& one : stopped) {
      if (one.outcome == host::StopOutcome::kRefused ||
          one.outcome == host::StopOutcome::kAlive) {
        return Fail(Code::kBusy,
                    Say(N_("process {0} ({1}) could not be stopped; nothing "
                           "was restored"),
                        one.process.pid, one.process.name),
                    Say(N_("run the command as the user of that process, or "
                           "stop it by hand")));
      }
      report.stopped.push_back(one);
    }
  }
}

void AddUncertain(const std::vector<host::Writer>& uncertain,
                  Findings& findings) {
  for (const host::Writer& writer : uncertain) {
    findings.push_back(
        {"writer_uncertain", Severity::kWarning,
         std::to_string(writer.process.pid),
         Say(N_("process {0} runs {1}, but nothing ties it to this store; it "
                "is left running"),
             writer.process.pid, writer.evidence),
         Say(N_("if it writes here: benchkeep recover --stop {0}"),
             writer.process.pid)});
  }
}

// What is there now, and what is wrong with it: a good backup may be of a store
// that needed a repair already.
Status Examine(const store::Store& store, const RecoverOptions& options,
               RecoverReport& report, Progress& progress) {
  BENCHKEEP_ASSIGN(CountedStore counted,
                   CountStore(store, options.memory_bytes, progress));
  report.after = std::move(counted.counts);
  DiagnoseOptions diagnose;
  diagnose.memory_bytes = options.memory_bytes;
  BENCHKEEP_ASSIGN(const DiagnoseReport found,
                   Diagnose(store, diagnose, progress));
  std::uint64_t warnings = 0;
  for (const Finding& finding : found.findings) {
    if (finding.severity == Severity::kCritical) {
      report.findings.push_back(finding);
    } else if (finding.severity == Severity::kWarning) {
      ++warnings;
    }
  }
  if (warnings > 0) {
    report.findings.push_back(
        {"restored_with_warnings",
         Severity::kInfo,
         {},
         Say(N_("diagnose has {0} warnings about what was restored"), warnings),
         Say(N_("benchkeep diagnose"))});
  }
  return {};
}

}  // namespace

Result<RecoverPlan> PlanRecovery(const store::Store& store,
                                 const RecoverOptions& options,
                                 Progress& progress) {
  RecoverPlan plan;
  BENCHKEEP_ASSIGN(auto backups, Candidates(store, options));
  plan.backup = std::move(backups[0]);
  const store::BackupManifest& manifest = *plan.backup.manifest;
  plan.backup_age_seconds = SecondsSince(store, manifest.time);
  BENCHKEEP_ASSIGN(const auto writers, FindStoreWriters(store));
  for (const host::Writer& writer : writers) {
    const auto& also = options.also_stop;
    const bool stops =
        writer.certain ||
        std::find(also.begin(), also.end(), writer.process.pid) != also.end();
    (stops ? plan.writers : plan.uncertain).push_back(writer);
  }
  AddUncertain(plan.uncertain, plan.findings);
  const auto counted = CountStore(store, options.memory_bytes, progress);
  if (counted.ok()) {
    plan.before = *counted;
  } else if (counted.error().code != Code::kBusy) {
    return Unexpected(counted.error());
  }

  std::int64_t newest = manifest.time;
  if (options.parts.data) {
    BENCHKEEP_ASSIGN(auto replay, MergedSince(store, manifest));
    BENCHKEEP_ASSIGN(const auto waiting, UsableIncrements(store));
    replay.insert(replay.end(), waiting.begin(), waiting.end());
    plan.replay_files = replay.size() + manifest.counts.increments;
    plan.replay_rows = manifest.counts.increment_rows;
    for (const IncrementFile& file : replay) {
      newest = std::max(newest, file.mtime_ns / 1'000'000'000);
      const auto rows = RowsOfIncrement(store, file);
      if (rows.ok()) plan.replay_rows += *rows;
    }
  }
  plan.lost_seconds = SecondsSince(store, newest);
  const store::StoreCounts& now = plan.before.counts;
  if (options.parts.master && now.master && manifest.counts.master) {
    plan.lost_master_tests =
        Missing(now.master->tests, manifest.counts.master->tests);
  }
  if (options.parts.data && now.results && manifest.counts.results) {
    plan.lost_rows = Missing(now.results->rows,
                             manifest.counts.results->rows + plan.replay_rows);
  }
  return plan;
}

Result<RecoverReport> Recover(const store::Store& store,
                              const store::StoreLock& lock,
                              const RecoverPlan& plan,
                              const RecoverOptions& options,
                              Progress& progress) {
  const TimePoint start = store.clock().Now();
  RecoverReport report;
  report.before = plan.before.counts;
  report.lost_seconds = plan.lost_seconds;
  BENCHKEEP_TRY(StopWriters(store, options, report, progress));
  AddUncertain(report.uncertain, report.findings);
  BENCHKEEP_TRY(RestoreBest(store, store, lock, options, report, progress));
  BENCHKEEP_TRY(Examine(store, options, report, progress));
  report.took = store.clock().Now() - start;
  return report;
}

Result<RecoverReport> DrillRecovery(const store::Store& store,
                                    const RecoverPlan& plan,
                                    const RecoverOptions& options,
                                    Progress& progress) {
  RecoverReport report;
  report.drill = true;
  report.before = plan.before.counts;
  report.lost_seconds = plan.lost_seconds;
  for (const host::Writer& writer : plan.writers) {
    report.stopped.push_back(
        {writer.process, host::StopOutcome::kAlive, Error()});
  }
  report.uncertain = plan.uncertain;
  AddUncertain(report.uncertain, report.findings);
  BENCHKEEP_ASSIGN(const store::ScratchFolder scratch,
                   store::ScratchFolder::Create(store));
  const fs::Path root = scratch.path() / "store";
  fs::FileSystem& files = store.file_system();
  BENCHKEEP_TRY(files.MakeDirs(scratch.path() / "cut", 0700));
  BENCHKEEP_ASSIGN(
      const store::Snapshot cut,
      store::TakeSnapshot(store, scratch.path() / "cut", progress));
  for (const store::SnapshotFile& file : cut.files) {
    const fs::Path at = root / file.member.path;
    BENCHKEEP_TRY(files.MakeDirs(at.parent_path(), 0700));
    BENCHKEEP_TRY(files.Rename(file.copy, at));
    BENCHKEEP_TRY(files.SetTime(at, file.member.mtime_ns));
  }
  const store::Store copy = store.Elsewhere(root);
  BENCHKEEP_TRY(files.MakeDirs(root, 0700));
  BENCHKEEP_ASSIGN(const store::StoreLock lock,
                   store::StoreLock::Acquire(copy, "recover --drill"));
  const TimePoint start = store.clock().Now();
  BENCHKEEP_TRY(RestoreBest(copy, store, lock, options, report, progress));
  report.took = store.clock().Now() - start;
  BENCHKEEP_TRY(Examine(copy, options, report, progress));
  report.txn.clear();
  report.saved_to.clear();
  return report;
}

}  // namespace benchkeep::ops
