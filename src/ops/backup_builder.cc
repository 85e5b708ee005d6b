// Building one backup out of private copies.

#include "ops/backup_builder.h"

#include <algorithm>
#include <utility>

#include "fs/sha256.h"
#include "host/host_name.h"
#include "host/memory.h"
#include "ops/backup_judge.h"
#include "store/backup_archive.h"

namespace benchkeep::ops {
namespace {

using store::BackupFile;
using store::BackupMember;
using store::Part;
using store::SnapshotFile;

constexpr std::uint32_t kFolderMode = 0700;  // config/ may hold keys.
constexpr std::uint32_t kFileMode = 0400;    // Nobody writes it again.
constexpr const char* kCutFolder = ".cut";

Status SyncFolders(fs::FileSystem& files, const fs::Path& folder) {
  BENCHKEEP_ASSIGN(const auto entries, files.List(folder));
  for (const fs::DirEntry& entry : entries) {
    if (entry.type != fs::FileType::kDirectory) continue;
    BENCHKEEP_TRY(SyncFolders(files, folder / entry.name));
  }
  return files.SyncDir(folder);
}

}  // namespace

Status PrepareBackups(const store::Store& store) {
  fs::FileSystem& files = store.file_system();
  const fs::Path& folder = store.layout().backups();
  BENCHKEEP_TRY(files.MakeDirs(folder, 0755));
  BENCHKEEP_ASSIGN(const auto entries, files.List(folder));
  for (const fs::DirEntry& entry : entries) {
    const std::string_view name = entry.name;
    if (name.starts_with(store::kBackupStaging) &&
        store::IsBackupId(name.substr(store::kBackupStaging.size())) &&
        entry.type == fs::FileType::kDirectory) {
      BENCHKEEP_TRY(fs::RemoveTree(files, folder / entry.name));
    }
  }
  return {};
}

BackupBuilder::~BackupBuilder() {
  if (staging_.empty()) return;
  IgnoreError(fs::RemoveTree(store_.file_system(), staging_),
              "the next backup removes what is left");
}

Status BackupBuilder::Begin(store::BackupManifest head, TimePoint time) {
  manifest_ = std::move(head);
  manifest_.created_at = FormatIso(time);
  manifest_.time = time.time_since_epoch() / std::chrono::seconds(1);
  manifest_.host = host::HostName();
  fs::FileSystem& files = store_.file_system();
  const fs::Path& folder = store_.layout().backups();
  for (TimePoint at = time;; at += std::chrono::seconds(1)) {
    manifest_.id = store::MakeBackupId(at);
    staging_ = folder / (std::string(store::kBackupStaging) + manifest_.id);
    BENCHKEEP_ASSIGN(const bool taken,
                     fs::Exists(files, folder / manifest_.id));
    BENCHKEEP_ASSIGN(const bool staged, fs::Exists(files, staging_));
    if (!taken && !staged) break;
  }
  for (const store::BackupEntry& entry : all_) {
    if (!entry.manifest) continue;
    if (manifest_.origin == "create") {
      manifest_.sequence =
          std::max(manifest_.sequence, entry.manifest->sequence);
    }
    if (previous_ == nullptr && entry.state != store::BackupState::kBad) {
      previous_ = &entry;
    }
  }
  // What was taken in is older than all that benchkeep made: it has 0.
  if (manifest_.origin == "create") ++manifest_.sequence;
  return files.MakeDirs(cut(), kFolderMode);
}

fs::Path BackupBuilder::cut() const { return staging_ / kCutFolder; }

Status BackupBuilder::Finish(store::Snapshot snapshot,
                             const store::StoreCounts* before) {
  BENCHKEEP_TRY(Pack(snapshot));
  BENCHKEEP_TRY(fs::RemoveTree(store_.file_system(), cut()));
  for (const std::string& path : snapshot.busy) {
    manifest_.reasons.push_back({"busy_file", {path}});
  }
  BENCHKEEP_ASSIGN(TestRestore test, RestoreForTest(store_, staging_, manifest_,
                                                    memory_bytes_, progress_));
  manifest_.counts = std::move(test.counts);
  manifest_.reasons.insert(manifest_.reasons.end(), test.reasons.begin(),
                           test.reasons.end());
  if (before != nullptr) CompareWithBefore(*before, manifest_);
  manifest_.state = StateOf(manifest_.reasons);
  return WriteManifest();
}

Status BackupBuilder::Publish(store::Transaction& txn) {
  BENCHKEEP_TRY(txn.Replace(staging_, store_.layout().backups() / manifest_.id,
                            std::nullopt));
  staging_.clear();
  return {};
}

Status BackupBuilder::Pack(store::Snapshot& snapshot) {
  manifest_.locked = snapshot.locked;
  std::vector<SnapshotFile> packed;
  for (SnapshotFile& file : snapshot.files) {
    if (file.member.part == Part::kData) {
      file.member.in = store::kBackupArchive;
      packed.push_back(file);
    } else {
      BENCHKEEP_TRY(Keep(file));
    }
    manifest_.members.push_back(file.member);
  }
  if (packed.empty()) return {};
  BENCHKEEP_ASSIGN(const bool shared, ShareArchive(packed));
  if (shared) return {};
  const fs::Path target = staging_ / store::kBackupArchive;
  BENCHKEEP_ASSIGN(BackupFile archive,
                   store::WriteArchive(store_.file_system(), packed, target,
                                       host::AllowedProcessors(), progress_));
  BENCHKEEP_TRY(store_.file_system().SetMode(target, kFileMode));
  manifest_.files.push_back(std::move(archive));
  return {};
}

// A file that is kept as it is, under its name in the backup.
Status BackupBuilder::Keep(SnapshotFile& file) {
  fs::FileSystem& files = store_.file_system();
  file.member.in = NameOf(file.member);
  const fs::Path target = staging_ / file.member.in;
  BENCHKEEP_TRY(files.MakeDirs(target.parent_path(), kFolderMode));
  BackupFile kept{file.member.in, file.member.bytes, file.member.sha256};
  BENCHKEEP_ASSIGN(const bool shared, Share(kept));
  if (!shared) {
    BENCHKEEP_TRY(files.SetMode(file.copy, kFileMode));
    BENCHKEEP_TRY(files.SyncFile(file.copy));
    BENCHKEEP_TRY(files.Rename(file.copy, target));
  }
  manifest_.files.push_back(std::move(kept));
  return {};
}

std::string BackupBuilder::NameOf(const BackupMember& member) const {
  if (member.part == Part::kMaster) return std::string(store::kBackupMaster);
  if (member.part == Part::kSettings) return member.path;
  const std::string folder =
      store_.layout().Relative(store_.layout().config()) + "/";
  return std::string(store::kBackupConfig) + "/" +
         member.path.substr(folder.size());
}

// Links the file of the backup before when it is the same, byte for byte:
// backups are never written again, so a link is as good as a copy.
Result<bool> BackupBuilder::Share(const BackupFile& file) {
  if (previous_ == nullptr) return false;
  const BackupFile* old = previous_->manifest->FindFile(file.name);
  if (old == nullptr || old->bytes != file.bytes ||
      old->sha256 != file.sha256) {
    return false;
  }
  fs::FileSystem& files = store_.file_system();
  const fs::Path path = previous_->folder / file.name;
  const Result<std::string> sum = fs::Sha256OfFile(files, path);
  if (!sum.ok() || *sum != file.sha256) return false;  // It has rotted.
  if (!files.Link(path, staging_ / file.name).ok()) return false;
  shared_bytes_ += file.bytes;
  return true;
}

// An archive of the very same members need not be made again.
Result<bool> BackupBuilder::ShareArchive(
    const std::vector<SnapshotFile>& packed) {
  if (previous_ == nullptr) return false;
  const BackupFile* old = previous_->manifest->FindFile(store::kBackupArchive);
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

Status BackupBuilder::WriteManifest() {
  fs::FileSystem& files = store_.file_system();
  const fs::Path path = staging_ / store::kBackupManifest;
  BENCHKEEP_ASSIGN(const auto file, files.Create(path, kFileMode));
  BENCHKEEP_TRY(file->Append(store::ManifestText(manifest_)));
  BENCHKEEP_TRY(file->Sync());
  BENCHKEEP_TRY(file->Close());
  return SyncFolders(files, staging_);
}

}  // namespace benchkeep::ops
