// Recover: stop, restore beside, replay, check, swap.

#include "ops/recover.h"

#include <algorithm>
#include <utility>

#include "ops/diagnose.h"
#include "ops/increment_claims.h"
#include "ops/recover_replay.h"
#include "ops/recover_restore.h"
#include "ops/store_writers.h"
#include "store/scratch_folder.h"
#include "store/snapshot.h"

namespace benchkeep::ops {
namespace {

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

std::uint64_t Missing(std::uint64_t now, std::uint64_t then) {
  return now > then ? now - then : 0;
}

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
    last =
        RestoreAndReplay(store, home, lock, backup, options, report, progress);
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
