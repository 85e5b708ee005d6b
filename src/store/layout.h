// Every name on disk, in one place (DESIGN: nothing else builds a path).
//
// The state folder `.benchkeep/`:
//   format              version of this layout, a number
//   lock                flock(2)ed while a command changes the store
//   state.db            SQLite: the row ledger, and what is remembered
//   token               the secret of `serve`, mode 0600
//   txn/<id>/           a transaction in flight
//   trash/<id>/         a finished one: what undo needs, until its retention
//   quarantine/<id>/    files that could not be used, each with a .why.json
//   tmp/<id>/           spill files of a running process; what is being removed
//   reserve             room that is given up first when the disk is full
//   verified.json       which backups were verified when, and how that went
//   guard/increments/   copies of increments that others may delete unmerged
//   guard/master/       copies of the master database, guard/alarms/ what fell
//   daemon.lock         flock(2)ed while the daemon runs, with its process id
//   outbox/<id>.json    messages that wait for delivery, mode 0600
//   outbox.lock         flock(2)ed while somebody delivers them
//   notify.json         how channels are doing, and what was alerted
//   jobs/<name>.lock    flock(2)ed while a run of that job goes on
// A name that none of the builders here would make is unknown: it is reported
// and never touched.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "fs/file_system.h"
#include "store/settings.h"

namespace benchkeep::store {

inline constexpr int kLayoutVersion = 1;
inline constexpr std::string_view kStateFolder = ".benchkeep";
inline constexpr std::string_view kSettingsFile = "benchkeep.toml";

class Layout {
 public:
  // `root` must be absolute and without symlinks (Store::Open sees to it).
  Layout(fs::Path root, const Settings& settings);

  [[nodiscard]] const fs::Path& root() const { return root_; }
  [[nodiscard]] const fs::Path& results() const { return results_; }
  [[nodiscard]] const fs::Path& increments() const { return increments_; }
  [[nodiscard]] const fs::Path& master() const { return master_; }
  [[nodiscard]] const fs::Path& exports() const { return exports_; }
  [[nodiscard]] const fs::Path& reports() const { return reports_; }
  [[nodiscard]] const fs::Path& logs() const { return logs_; }
  // The side files of the campaign's converter, beside the results.
  [[nodiscard]] fs::Path metadata() const {
    return results_.parent_path() / "metadata.json";
  }
  [[nodiscard]] fs::Path model_stats() const {
    return results_.parent_path() / "model_stats.parquet";
  }
  [[nodiscard]] const fs::Path& backups() const { return backups_; }
  [[nodiscard]] const fs::Path& config() const { return config_; }
  // The folder of the results and their side files.
  [[nodiscard]] fs::Path data() const { return results_.parent_path(); }
  [[nodiscard]] fs::Path settings_file() const { return root_ / kSettingsFile; }

  [[nodiscard]] fs::Path state() const { return root_ / kStateFolder; }
  [[nodiscard]] fs::Path format_file() const { return state() / "format"; }
  [[nodiscard]] fs::Path lock() const { return state() / "lock"; }
  [[nodiscard]] fs::Path state_db() const { return state() / "state.db"; }
  [[nodiscard]] fs::Path token_file() const { return state() / "token"; }
  [[nodiscard]] fs::Path txn_dir() const { return state() / "txn"; }
  [[nodiscard]] fs::Path trash_dir() const { return state() / "trash"; }
  [[nodiscard]] fs::Path quarantine_dir() const {
    return state() / "quarantine";
  }
  [[nodiscard]] fs::Path tmp_dir() const { return state() / "tmp"; }
  [[nodiscard]] fs::Path guard_dir() const { return state() / "guard"; }
  [[nodiscard]] fs::Path guard_increments() const {
    return guard_dir() / "increments";
  }
  [[nodiscard]] fs::Path guard_master() const { return guard_dir() / "master"; }
  [[nodiscard]] fs::Path guard_alarms() const { return guard_dir() / "alarms"; }
  [[nodiscard]] fs::Path daemon_lock() const { return state() / "daemon.lock"; }
  [[nodiscard]] fs::Path job_locks() const { return state() / "jobs"; }
  [[nodiscard]] fs::Path job_lock(const std::string& job) const {
    return job_locks() / (job + ".lock");
  }
  [[nodiscard]] fs::Path outbox() const { return state() / "outbox"; }
  [[nodiscard]] fs::Path outbox_item(const std::string& id) const {
    return outbox() / (id + ".json");
  }
  [[nodiscard]] fs::Path outbox_lock() const { return state() / "outbox.lock"; }
  [[nodiscard]] fs::Path notify_file() const { return state() / "notify.json"; }
  // Where a change of the trash goes while it is being removed.
  [[nodiscard]] fs::Path purge_dir(const std::string& id) const {
    return tmp_dir() / ("purge-" + id);
  }
  // True for a name that benchkeep itself makes in the state folder.
  [[nodiscard]] static bool IsStateName(std::string_view name);
  [[nodiscard]] fs::Path reserve() const { return state() / "reserve"; }

  // What `backup verify` found, and when.
  [[nodiscard]] fs::Path verified_file() const {
    return state() / "verified.json";
  }

  // True for a name (no folder) that may be an increment.
  [[nodiscard]] bool IsIncrementName(const std::string& name) const;

  // True for a name that may be a log: "a.log", "a.log.gz", and what rotation
  // makes of it ("a.log.1", "a.log-20260131.gz").
  [[nodiscard]] static bool IsLogName(const std::string& name);

  // `path` below the root, for messages: "logs/a.log"; unchanged elsewhere.
  [[nodiscard]] std::string Relative(const fs::Path& path) const;

 private:
  fs::Path root_;
  fs::Path results_;
  fs::Path increments_;
  std::string increment_pattern_;
  fs::Path master_;
  fs::Path exports_;
  fs::Path reports_;
  fs::Path logs_;
  fs::Path backups_;
  fs::Path config_;
};

// A backup, as the guide lays it out: backups/<id>/ with these in it.
inline constexpr std::string_view kBackupMaster = "master_database.json";
inline constexpr std::string_view kBackupArchive = "parquet_data.tar.gz";
inline constexpr std::string_view kBackupConfig = "config";
inline constexpr std::string_view kBackupManifest = "MANIFEST.json";
// Before the name of a backup in the making.
inline constexpr std::string_view kBackupStaging = ".tmp-";

// "20260131-235959" (UTC); the folder of that name holds the backup.
std::string MakeBackupId(TimePoint now);
// That, or "20260131" as the guide's script makes it.
bool IsBackupId(std::string_view name);

// "weekly-20260131-235959.html" (UTC), in the folder of the reports.
std::string MakeReportName(std::string_view span, TimePoint now,
                           std::string_view ending);
// The parts of such a name.
struct ReportName {
  std::string span;    // "weekly"
  std::string made;    // ISO, UTC.
  std::string ending;  // "html"
};
std::optional<ReportName> ParseReportName(std::string_view name);

// Transaction ids: "20260131-235959-123-<op>-<4 hex>", sortable by
// time.
std::string MakeTxnId(TimePoint now, std::string_view op, unsigned salt);
bool IsTxnId(std::string_view name);

}  // namespace benchkeep::store
