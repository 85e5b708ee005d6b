// The backups of a store: which there are, and what is known about them.
//
// Reads manifests and what `verify` has remembered; only the sizes of the files
// are looked at here.  Folders without a manifest (made by the guide's script
// or by hand) are listed as foreign and never touched.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/backup_manifest.h"
#include "store/store.h"

namespace benchkeep::store {

// What the last verification of a backup found.
struct Verification {
  std::string time;  // ISO, UTC.
  bool intact = false;
  bool whole = true;    // False: a sample of it only.
  std::string problem;  // English; empty when intact.
};

struct BackupEntry {
  std::string id;  // The name of its folder.
  fs::Path folder;
  bool foreign = false;                    // No manifest of ours.
  std::optional<BackupManifest> manifest;  // None: foreign, or unreadable.

  // What counts now: the state of the manifest, worse where a file is missing
  // or verification failed since.  Foreign ones are suspect.
  BackupState state = BackupState::kBad;
  std::vector<Message> reasons;  // Why it is not good; empty for a good one.
  std::optional<Verification> verified;
  std::uint64_t bytes = 0;  // Of its files.

  [[nodiscard]] bool good() const { return state == BackupState::kGood; }
};

// Newest first: by the sequence of the manifests; foreign and unreadable ones
// last, by name.  A folder of backups that is missing holds none.
Result<std::vector<BackupEntry>> ListBackups(const Store& store);

// The backup that `name` means: an id, the only id that starts so, or "latest",
// the newest good one.  kNotFound names the nearest.
Result<BackupEntry> FindBackup(const Store& store, const std::string& name);

// Adds to what is remembered about verified backups; entries of backups that
// are gone are dropped.
Status RememberVerified(const Store& store, const std::string& id,
                        const BackupManifest& manifest,
                        const Verification& verification);

}  // namespace benchkeep::store
