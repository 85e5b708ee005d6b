// Making a backup.

#include "ops/backup_create.h"

#include <algorithm>
#include <utility>

#include "fs/sha256.h"
#include "host/host_name.h"
#include "host/memory.h"
#include "ops/backup_judge.h"
#include "store/backup_archive.h"
#include "store/backup_catalog.h"
#include "store/snapshot.h"
#include "store/transaction.h"

namespace benchkeep::ops {
namespace {

using store::BackupFile;
using store::BackupManifest;
using store::BackupMember;
using store::Part;
using store::SnapshotFile;

constexpr std::uint32_t kFolderMode = 0700;  // config/ may hold keys.
constexpr std::uint32_t kFileMode = 0400;    // Nobody writes it again.
constexpr const char* kCutFolder = ".cut";
constexpr std::uint64_t kSpareBytes = std::uint64_t{16} << 20;

// Removes a folder that was not finished.
class Unfinished {
 public:
  Unfinished(fs::FileSystem& file_system, fs::Path folder)
      : files_(file_system), folder_(std::move(folder)) {}
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    if (kept_) return;
    IgnoreError(fs::RemoveTree(files_, folder_),
                "the next backup removes what is left");
  }
  void Keep() { kept_ = true; }

 private:
  fs::FileSystem& files_;
  fs::Path folder_;
  bool kept_ = false;
};

class Creator {
 public:
  Creator(const store::Store& store, const store::StoreLock& lock,
          const BackupCreateOptions& options, Progress& progress)
      : store_(store),
        layout_(store.layout()),
        files_(store.file_system()),
        lock_(lock),
        options_(options),
        progress_(progress) {}

  Result<BackupCreateReport> Run() {
    BENCHKEEP_TRY(files_.MakeDirs(layout_.backups(), 0755));
    BENCHKEEP_TRY(RemoveLeftovers());
    BENCHKEEP_TRY(CheckSpace());
    BENCHKEEP_ASSIGN(all_, store::ListBackups(store_));
    BENCHKEEP_TRY(ChooseId());
    BENCHKEEP_ASSIGN(store::Transaction txn,
                     store::Transaction::Begin(store_, lock_, "backup"));
    staging_ =
        layout_.backups() / (std::string(store::kBackupStaging) + manifest_.id);
    Unfinished unfinished(files_, staging_);
    const fs::Path cut = staging_ / kCutFolder;
    BENCHKEEP_TRY(files_.MakeDirs(cut, kFolderMode));
    BENCHKEEP_ASSIGN(snapshot_, store::TakeSnapshot(store_, cut, progress_));
    BENCHKEEP_TRY(Pack());
    BENCHKEEP_TRY(fs::RemoveTree(files_, cut));
    BENCHKEEP_TRY(Judge());
    BENCHKEEP_TRY(WriteManifest());
    unfinished.Keep();
    BENCHKEEP_TRY(Publish(txn));
    return Report(txn.id());
  }

 private:
  // What a run left that was killed; we hold the store lock.
  Status RemoveLeftovers() {
    BENCHKEEP_ASSIGN(const auto entries, files_.List(layout_.backups()));
    for (const fs::DirEntry& entry : entries) {
      const std::string_view name = entry.name;
      if (name.starts_with(store::kBackupStaging) &&
          store::IsBackupId(name.substr(store::kBackupStaging.size())) &&
          entry.type == fs::FileType::kDirectory) {
        BENCHKEEP_TRY(fs::RemoveTree(files_, layout_.backups() / entry.name));
      }
    }
    return {};
  }

  Status CheckSpace() {
    Findings ignored;  // The cut lists them again.
    BENCHKEEP_ASSIGN(const auto live, store::ListLiveFiles(store_, ignored));
    std::uint64_t bytes = 0;
    for (const store::LiveFile& file : live) bytes += file.bytes;
    if (live.empty()) {
      return Fail(Code::kNotFound,
                  Say(N_("there is nothing to back up in {0}"), layout_.root()),
                  layout_.root());
    }
    // The copies and the archive, then the archive and what is restored of it.
    const std::uint64_t need = 2 * bytes + kSpareBytes;
    BENCHKEEP_ASSIGN(const std::uint64_t have,
                     files_.FreeBytes(layout_.backups()));
    if (have >= need) return {};
    return Fail(
        Code::kNoSpace,
        Say(N_("a backup needs up to {0} bytes, and {1} are free"), need, have),
        Say(N_("free some space: benchkeep clean")), layout_.backups());
  }

  Status ChooseId() {
    TimePoint now = store_.clock().Now();
    manifest_.created_at = FormatIso(now);
    manifest_.time = now.time_since_epoch() / std::chrono::seconds(1);
    manifest_.id = store::MakeBackupId(now);
    while (true) {
      BENCHKEEP_ASSIGN(const bool taken,
                       fs::Exists(files_, layout_.backups() / manifest_.id));
      if (!taken) break;
      now += std::chrono::seconds(1);
      manifest_.id = store::MakeBackupId(now);
    }
    for (const store::BackupEntry& entry : all_) {
      if (!entry.manifest) continue;
      manifest_.sequence =
          std::max(manifest_.sequence, entry.manifest->sequence);
      if (previous_ == nullptr && entry.state != store::BackupState::kBad) {
        previous_ = &entry;
      }
    }
    ++manifest_.sequence;
    manifest_.origin = "create";
    manifest_.label = options_.label;
    manifest_.version = options_.version;
    manifest_.host = host::HostName();
    return {};
  }

  Status Pack() {
    manifest_.locked = snapshot_.locked;
    std::vector<SnapshotFile> packed;
    for (SnapshotFile& file : snapshot_.files) {
      if (file.member.part == Part::kData) {
        file.member.in = store::kBackupArchive;
        packed.push_back(file);
      } else {
        BENCHKEEP_TRY(Keep(file));
      }
      manifest_.members.push_back(file.member);
    }
    if (packed.empty()) return {};
    const fs::Path target = staging_ / store::kBackupArchive;
    BENCHKEEP_ASSIGN(const bool shared, ShareArchive(packed));
    if (shared) return {};
    BENCHKEEP_ASSIGN(BackupFile archive,
                     store::WriteArchive(files_, packed, target,
                                         host::AllowedProcessors(), progress_));
    BENCHKEEP_TRY(files_.SetMode(target, kFileMode));
    manifest_.files.push_back(std::move(archive));
    return {};
  }

  // A file that is kept as it is, under its name in the backup.
  Status Keep(SnapshotFile& file) {
    file.member.in = NameOf(file.member);
    const fs::Path target = staging_ / file.member.in;
    BENCHKEEP_TRY(files_.MakeDirs(target.parent_path(), kFolderMode));
    BackupFile kept{file.member.in, file.member.bytes, file.member.sha256};
    BENCHKEEP_ASSIGN(const bool shared, Share(kept));
    if (!shared) {
      BENCHKEEP_TRY(files_.SetMode(file.copy, kFileMode));
      BENCHKEEP_TRY(files_.SyncFile(file.copy));
      BENCHKEEP_TRY(files_.Rename(file.copy, target));
    }
    manifest_.files.push_back(std::move(kept));
    return {};
  }

  [[nodiscard]] std::string NameOf(const BackupMember& member) const {
    if (member.part == Part::kMaster) return std::string(store::kBackupMaster);
    if (member.part == Part::kSettings) return member.path;
    const std::string folder = layout_.Relative(layout_.config()) + "/";
    return std::string(store::kBackupConfig) + "/" +
           member.path.substr(folder.size());
  }

  // Links the file of the backup before when it is the same, byte for byte:
  // backups are never written again, so a link is as good as a copy.
  Result<bool> Share(const BackupFile& file) {
    if (previous_ == nullptr) return false;
    const BackupFile* old = previous_->manifest->FindFile(file.name);
    if (old == nullptr || old->bytes != file.bytes ||
        old->sha256 != file.sha256) {
      return false;
    }
    const fs::Path path = previous_->folder / file.name;
    const Result<std::string> sum = fs::Sha256OfFile(files_, path);
    if (!sum.ok() || *sum != file.sha256) return false;  // It has rotted.
    if (!files_.Link(path, staging_ / file.name).ok()) return false;
    report_.shared_bytes += file.bytes;
    return true;
  }

  // An archive of the very same members need not be made again.
  Result<bool> ShareArchive(const std::vector<SnapshotFile>& packed) {
    if (previous_ == nullptr) return false;
    const BackupFile* old =
        previous_->manifest->FindFile(store::kBackupArchive);
    if (old == nullptr) return false;
    std::vector<BackupMember> members;
    for (const BackupMember& member : previous_->manifest->members) {
      if (member.in == store::kBackupArchive) members.push_back(member);
    }
    const bool same =
        std::equal(members.begin(), members.end(), packed.begin(), packed.end(),
                   [](const BackupMember& before, const SnapshotFile& now) {
                     BackupMember member = now.member;
                     member.evidence = before.evidence;
                     return member == before;
                   });
    if (!same) return false;
    BENCHKEEP_ASSIGN(const bool shared, Share(*old));
    if (shared) manifest_.files.push_back(*old);
    return shared;
  }

  Status Judge() {
    for (const std::string& path : snapshot_.busy) {
      manifest_.reasons.push_back({"busy_file", {path}});
    }
    BENCHKEEP_ASSIGN(TestRestore test,
                     RestoreForTest(store_, staging_, manifest_,
                                    options_.memory_bytes, progress_));
    manifest_.counts = std::move(test.counts);
    manifest_.reasons.insert(manifest_.reasons.end(), test.reasons.begin(),
                             test.reasons.end());
    const store::BackupEntry* last = LastGood(all_);
    if (last != nullptr && !options_.accept_smaller) {
      CompareWithBefore(last->manifest->counts, manifest_);
    }
    manifest_.state = StateOf(manifest_.reasons);
    return {};
  }

  Status SyncFolders(const fs::Path& folder) {
    BENCHKEEP_ASSIGN(const auto entries, files_.List(folder));
    for (const fs::DirEntry& entry : entries) {
      if (entry.type != fs::FileType::kDirectory) continue;
      BENCHKEEP_TRY(SyncFolders(folder / entry.name));
    }
    return files_.SyncDir(folder);
  }

  Status WriteManifest() {
    const fs::Path path = staging_ / store::kBackupManifest;
    BENCHKEEP_ASSIGN(const auto file, files_.Create(path, kFileMode));
    BENCHKEEP_TRY(file->Append(store::ManifestText(manifest_)));
    BENCHKEEP_TRY(file->Sync());
    BENCHKEEP_TRY(file->Close());
    return SyncFolders(staging_);
  }

  Status Publish(store::Transaction& txn) {
    BENCHKEEP_TRY(
        txn.Replace(staging_, layout_.backups() / manifest_.id, std::nullopt));
    txn.Note("backup", Json::String(manifest_.id));
    txn.Note("state", Json::String(store::BackupStateName(manifest_.state)));
    txn.Note("total_tests", Json::Uint(manifest_.counts.total_tests()));
    return txn.Commit();
  }

  BackupCreateReport Report(const std::string& txn) {
    report_.id = manifest_.id;
    report_.folder = layout_.backups() / manifest_.id;
    report_.state = manifest_.state;
    for (const store::BackupReason& reason : manifest_.reasons) {
      report_.reasons.push_back(store::ReasonMessage(reason));
    }
    report_.files = manifest_.members.size();
    for (const BackupMember& member : manifest_.members) {
      report_.live_bytes += member.bytes;
    }
    report_.bytes = manifest_.bytes();
    report_.counts = manifest_.counts;
    report_.txn = txn;
    report_.findings = snapshot_.findings;
    const bool bad = report_.state == store::BackupState::kBad;
    for (const Message& reason : report_.reasons) {
      report_.findings.push_back(
          {bad ? "backup_bad" : "backup_suspect",
           bad ? Severity::kCritical : Severity::kWarning,
           layout_.Relative(report_.folder), reason,
           Say(N_("look at the store: benchkeep status; if all is as you "
                  "meant it: benchkeep backup create --accept-smaller"))});
    }
    return std::move(report_);
  }

  const store::Store& store_;
  const store::Layout& layout_;
  fs::FileSystem& files_;
  const store::StoreLock& lock_;
  const BackupCreateOptions& options_;
  Progress& progress_;
  std::vector<store::BackupEntry> all_;
  const store::BackupEntry* previous_ = nullptr;
  fs::Path staging_;
  store::Snapshot snapshot_;
  BackupManifest manifest_;
  BackupCreateReport report_;
};

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
  return Creator(store, *lock, options, progress).Run();
}

}  // namespace benchkeep::ops
