// The backups of a store.

#include "store/backup_catalog.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "fs/atomic_file.h"

namespace benchkeep::store {
namespace {

constexpr std::uint64_t kMaxVerifiedBytes = std::uint64_t{16} << 20;

// By id; only what was found of a backup made at that very time counts.
Result<Json> ReadVerified(const Store& store) {
  const Result<std::string> text = fs::ReadFile(
      store.file_system(), store.layout().verified_file(), kMaxVerifiedBytes);
  if (!text.ok()) {
    if (text.error().code == Code::kNotFound) return Json::Object();
    return Unexpected(text.error());
  }
  Result<Json> json = ParseJson(*text);
  // It repeats what a new `verify` finds out: losing it loses nothing.
  if (!json.ok() || !json->is_object()) return Json::Object();
  return json;
}

std::optional<Verification> VerificationOf(const Json& verified,
                                           const BackupManifest& manifest) {
  const Json* found = verified.Find(manifest.id);
  if (found == nullptr ||
      found->StringAt("created_at") != manifest.created_at) {
    return std::nullopt;
  }
  const auto truth = [&](const char* name) {
    const Json* value = found->Find(name);
    return value != nullptr && value->bool_value();
  };
  return Verification{found->StringAt("time").value_or(""), truth("intact"),
                      truth("whole"), found->StringAt("problem").value_or("")};
}

void AddReason(BackupEntry& entry, BackupState state, Message reason) {
  entry.state = std::max(entry.state, state);
  entry.reasons.push_back(std::move(reason));
}

std::uint64_t BytesBelow(fs::FileSystem& file_system, const fs::Path& folder,
                         int depth = 0) {
  constexpr int kDeep = 32;
  std::uint64_t sum = 0;
  const auto entries = file_system.List(folder);
  if (!entries.ok() || depth > kDeep) return sum;
  for (const fs::DirEntry& entry : *entries) {
    const fs::Path path = folder / entry.name;
    if (entry.type == fs::FileType::kDirectory) {
      sum += BytesBelow(file_system, path, depth + 1);
    } else if (const auto info = file_system.Info(path); info.ok()) {
      sum += info->size;
    }
  }
  return sum;
}

void CheckFiles(fs::FileSystem& file_system, BackupEntry& entry) {
  for (const BackupFile& file : entry.manifest->files) {
    const auto info = file_system.Info(entry.folder / file.name);
    if (!info.ok()) {
      AddReason(entry, BackupState::kBad, info.error().message);
    } else if (info->type != fs::FileType::kRegular ||
               info->size != file.bytes) {
      AddReason(entry, BackupState::kBad,
                Say(N_("{0} has {1} bytes instead of {2}"), file.name,
                    info->size, file.bytes));
    }
  }
}

BackupEntry ReadEntry(const Store& store, const std::string& name,
                      const Json& verified) {
  fs::FileSystem& file_system = store.file_system();
  BackupEntry entry;
  entry.id = name;
  entry.folder = store.layout().backups() / name;
  const fs::Path path = entry.folder / kBackupManifest;
  const Result<std::string> text =
      fs::ReadFile(file_system, path, kMaxManifestBytes);
  if (!text.ok() && text.error().code == Code::kNotFound) {
    entry.foreign = true;
    entry.state = BackupState::kSuspect;
    entry.reasons.push_back(
        Say(N_("it has no manifest: benchkeep did not make it")));
    entry.bytes = BytesBelow(file_system, entry.folder);
    return entry;
  }
  Result<BackupManifest> manifest =
      text.ok() ? ParseManifest(*text, store.layout().Relative(path))
                : Result<BackupManifest>(Unexpected(text.error()));
  if (!manifest.ok()) {
    AddReason(entry, BackupState::kBad, manifest.error().message);
    entry.bytes = BytesBelow(file_system, entry.folder);
    return entry;
  }
  if (manifest->id != name) {
    AddReason(entry, BackupState::kBad,
              Say(N_("its manifest is that of {0}"), manifest->id));
    entry.manifest = std::move(*manifest);
    return entry;
  }
  entry.manifest = std::move(*manifest);
  entry.bytes = entry.manifest->bytes();
  entry.state = entry.manifest->state;
  for (const BackupReason& reason : entry.manifest->reasons) {
    entry.reasons.push_back(ReasonMessage(reason));
  }
  CheckFiles(file_system, entry);
  entry.verified = VerificationOf(verified, *entry.manifest);
  if (entry.verified && !entry.verified->intact) {
    AddReason(entry, BackupState::kBad,
              Say(N_("found damaged by a verification: {0}"),
                  entry.verified->problem));
  }
  return entry;
}

}  // namespace

Result<std::vector<BackupEntry>> ListBackups(const Store& store) {
  std::vector<BackupEntry> all;
  fs::FileSystem& file_system = store.file_system();
  const fs::Path& folder = store.layout().backups();
  BENCHKEEP_ASSIGN(const bool any, fs::Exists(file_system, folder));
  if (!any) return all;
  BENCHKEEP_ASSIGN(const Json verified, ReadVerified(store));
  BENCHKEEP_ASSIGN(const auto names, file_system.List(folder));
  for (const fs::DirEntry& name : names) {
    if (name.type != fs::FileType::kDirectory || name.name.starts_with('.')) {
      continue;
    }
    BackupEntry entry = ReadEntry(store, name.name, verified);
    // A folder that is no backup at all is none of our business.
    if (entry.foreign && !IsBackupId(entry.id)) {
      BENCHKEEP_ASSIGN(const bool master,
                       fs::Exists(file_system, entry.folder / kBackupMaster));
      if (!master) continue;
    }
    all.push_back(std::move(entry));
  }
  const auto rank = [](const BackupEntry& entry) {
    return entry.manifest ? entry.manifest->sequence : 0;
  };
  std::sort(all.begin(), all.end(),
            [&](const BackupEntry& a, const BackupEntry& b) {
              if (rank(a) != rank(b)) return rank(a) > rank(b);
              return a.id > b.id;
            });
  return all;
}

Result<BackupEntry> FindBackup(const Store& store, const std::string& name) {
  BENCHKEEP_ASSIGN(std::vector<BackupEntry> all, ListBackups(store));
  const Message list = Say(N_("`benchkeep backup list` shows what there is"));
  if (name == "latest") {
    const auto good =
        std::find_if(all.begin(), all.end(),
                     [](const BackupEntry& entry) { return entry.good(); });
    if (good != all.end()) return std::move(*good);
    return Fail(Code::kNotFound, Say(N_("there is no good backup")), list,
                store.layout().backups());
  }
  std::vector<BackupEntry*> matches;
  for (BackupEntry& entry : all) {
    if (entry.id == name) return std::move(entry);
    if (!name.empty() && entry.id.starts_with(name)) matches.push_back(&entry);
  }
  if (matches.size() == 1) return std::move(*matches.front());
  if (matches.size() > 1) {
    return Fail(Code::kInvalidArgument,
                Say(N_("{0} backups start with \"{1}\", such as {2} and {3}"),
                    matches.size(), name, matches[0]->id, matches[1]->id),
                list);
  }
  return Fail(Code::kNotFound, Say(N_("there is no backup \"{0}\""), name),
              list, store.layout().backups());
}

Status RememberVerified(const Store& store, const std::string& id,
                        const BackupManifest& manifest,
                        const Verification& verification) {
  BENCHKEEP_ASSIGN(const Json before, ReadVerified(store));
  Json after = Json::Object();
  for (const auto& [name, value] : before.members()) {
    if (name == id || !IsBackupId(name)) continue;
    BENCHKEEP_ASSIGN(
        const bool there,
        fs::Exists(store.file_system(), store.layout().backups() / name));
    if (there) after.Set(name, value);
  }
  Json one = Json::Object();
  one.Set("created_at", Json::String(manifest.created_at));
  one.Set("time", Json::String(verification.time));
  one.Set("intact", Json::Bool(verification.intact));
  one.Set("whole", Json::Bool(verification.whole));
  one.Set("problem", Json::String(verification.problem));
  after.Set(id, std::move(one));
  return fs::ReplaceFile(store.file_system(), store.layout().verified_file(),
                         after.Dump(1) + "\n", 0600);
}

}  // namespace benchkeep::store
