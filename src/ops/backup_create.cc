// Making a backup.

#include "ops/backup_create.h"

#include <utility>

#include "ops/backup_builder.h"
#include "ops/backup_judge.h"
#include "store/snapshot.h"

namespace benchkeep::ops {
namespace {

constexpr std::uint64_t kSpareBytes = std::uint64_t{16} << 20;

Status CheckSpace(const store::Store& store) {
  Findings ignored;  // The cut lists them again.
  BENCHKEEP_ASSIGN(const auto live, store::ListLiveFiles(store, ignored));
  const store::Layout& layout = store.layout();
  std::uint64_t bytes = 0;
  for (const store::LiveFile& file : live) bytes += file.bytes;
  if (live.empty()) {
    return Fail(Code::kNotFound,
                Say(N_("there is nothing to back up in {0}"), layout.root()),
                layout.root());
  }
  // The copies and the archive, then the archive and what is restored of it.
  const std::uint64_t need = 2 * bytes + kSpareBytes;
  BENCHKEEP_ASSIGN(const std::uint64_t have,
                   store.file_system().FreeBytes(layout.backups()));
  if (have >= need) return {};
  return Fail(
      Code::kNoSpace,
      Say(N_("a backup needs up to {0} bytes, and {1} are free"), need, have),
      Say(N_("free some space: benchkeep clean")), layout.backups());
}

void AddReasons(const store::Store& store, BackupCreateReport& report) {
  const bool bad = report.state == store::BackupState::kBad;
  for (const Message& reason : report.reasons) {
    report.findings.push_back(
        {bad ? "backup_bad" : "backup_suspect",
         bad ? Severity::kCritical : Severity::kWarning,
         store.layout().Relative(report.folder), reason,
         Say(N_("look at the store: benchkeep status; if all is as you "
                "meant it: benchkeep backup create --accept-smaller"))});
  }
}

Result<BackupCreateReport> Rehearse(const store::Store& store) {
  BackupCreateReport report;
  report.dry_run = true;
  BENCHKEEP_ASSIGN(const auto live,
                   store::ListLiveFiles(store, report.findings));
  report.files = live.size();
  for (const store::LiveFile& file : live) report.live_bytes += file.bytes;
  return report;
}

}  // namespace

Result<BackupCreateReport> CreateBackup(const store::Store& store,
                                        const store::StoreLock* lock,
                                        const BackupCreateOptions& options,
                                        Progress& progress) {
  if (lock == nullptr) return Rehearse(store);
  BENCHKEEP_TRY(PrepareBackups(store));
  BENCHKEEP_TRY(CheckSpace(store));
  BENCHKEEP_ASSIGN(const auto all, store::ListBackups(store));
  BENCHKEEP_ASSIGN(store::Transaction txn,
                   store::Transaction::Begin(store, *lock, "backup"));
  BackupBuilder builder(store, all, options.memory_bytes, progress);
  store::BackupManifest head;
  head.origin = "create";
  head.label = options.label;
  head.version = options.version;
  BENCHKEEP_TRY(builder.Begin(std::move(head), store.clock().Now()));
  BENCHKEEP_ASSIGN(store::Snapshot snapshot,
                   store::TakeSnapshot(store, builder.cut(), progress));
  BackupCreateReport report;
  report.findings = snapshot.findings;
  const store::BackupEntry* last = LastGood(all);
  const bool compare = last != nullptr && !options.accept_smaller;
  BENCHKEEP_TRY(builder.Finish(std::move(snapshot),
                               compare ? &last->manifest->counts : nullptr));
  BENCHKEEP_TRY(builder.Publish(txn));
  const store::BackupManifest& manifest = builder.manifest();
  txn.Note("backup", Json::String(manifest.id));
  txn.Note("state", Json::String(store::BackupStateName(manifest.state)));
  txn.Note("total_tests", Json::Uint(manifest.counts.total_tests()));
  BENCHKEEP_TRY(txn.Commit());

  report.id = manifest.id;
  report.folder = store.layout().backups() / manifest.id;
  report.state = manifest.state;
  for (const store::BackupReason& reason : manifest.reasons) {
    report.reasons.push_back(store::ReasonMessage(reason));
  }
  report.files = manifest.members.size();
  for (const store::BackupMember& member : manifest.members) {
    report.live_bytes += member.bytes;
  }
  report.bytes = manifest.bytes();
  report.shared_bytes = builder.shared_bytes();
  report.counts = manifest.counts;
  report.txn = txn.id();
  AddReasons(store, report);
  return report;
}

}  // namespace benchkeep::ops
