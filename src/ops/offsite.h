// Backups in another place, by restic: we hand them over, it keeps them.
//
// restic gets the files of a backup unpacked, since it shares what is equal
// between all of them below the level of files.  Repository and password file
// are passed in the environment of the child, never as arguments; the password
// itself is never read by us.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "store/store.h"

namespace benchkeep::ops {

struct OffsiteSnapshot {
  std::string id;      // restic's, short.
  std::string backup;  // The id of our backup.
  std::string time;    // As restic says it.
  std::string host;
};

struct OffsiteReport {
  std::string action;      // "push", "check", ...
  std::string repository;  // Without user names and passwords.
  std::string backup;      // That was pushed or restored.
  std::string snapshot;
  std::uint64_t bytes = 0;        // Of the files handed over.
  std::uint64_t bytes_added = 0;  // To the repository.
  std::uint64_t removed = 0;      // Snapshots, by forget.
  std::vector<OffsiteSnapshot> snapshots;
  fs::Path to;
  bool dry_run = false;
};

// True when [offsite] repository is set.
bool HasOffsite(const store::Store& store);

// Makes the repository; kAlreadyExists when it is there.
Result<OffsiteReport> OffsiteInit(const store::Store& store,
                                  Progress& progress);

// Hands the backup `id` (as for FindBackup) over; only good ones, and each
// once: doing it again changes nothing.  It is read and checked against its
// manifest on the way.
Result<OffsiteReport> OffsitePush(const store::Store& store,
                                  const std::string& id, Progress& progress);

// What is there, newest first.
Result<OffsiteReport> OffsiteList(const store::Store& store,
                                  Progress& progress);

// Lets restic check its structures and read [offsite] check_percent of the
// data.
Result<OffsiteReport> OffsiteCheck(const store::Store& store,
                                   Progress& progress);

// Lets snapshots go by [offsite] keep_daily, keep_weekly and keep_monthly.
Result<OffsiteReport> OffsiteForget(const store::Store& store, bool dry_run,
                                    Progress& progress);

// Brings a snapshot (restic's id, the id of our backup, or "latest") back into
// the new folder `to`: a whole store.  Every file is compared with the manifest
// that came with it.
Result<OffsiteReport> OffsiteRestore(const store::Store& store,
                                     const std::string& id, const fs::Path& to,
                                     Progress& progress);

// `text` without "user:password@" in addresses.
std::string WithoutCredentials(const std::string& text);

}  // namespace benchkeep::ops
