// Backups in another place, by restic.

#include "ops/offsite.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "fs/sha256.h"
#include "host/command_runner.h"
#include "ops/restore_steps.h"
#include "store/backup_catalog.h"
#include "store/backup_extract.h"
#include "store/scratch_folder.h"

namespace benchkeep::ops {
namespace {

constexpr const char* kTag = "benchkeep";
constexpr const char* kIdTag = "backup-";
constexpr std::uint32_t kPrivate = 0600;

// The last line of what restic said: its reason.
std::string LastLine(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.pop_back();
  }
  const std::size_t newline = text.rfind('\n');
  return newline == std::string::npos ? text : text.substr(newline + 1);
}

class Restic {
 public:
  Restic(const store::Store& store, Progress& progress)
      : store_(store), settings_(store.settings()), progress_(progress) {}

  Status CheckSettings() const {
    if (settings_.offsite_repository.empty()) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("no place for off-site backups is set")),
                  Say(N_("set [offsite] repository and password_file in "
                         "benchkeep.toml")),
                  store_.layout().settings_file());
    }
    if (settings_.offsite_password_file.empty()) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("no password file for the off-site backups is set")),
                  Say(N_("set [offsite] password_file in benchkeep.toml: a "
                         "file that only you can read")),
                  store_.layout().settings_file());
    }
    return {};
  }

  // Paths are taken from the root of the store.
  [[nodiscard]] std::string InRoot(const std::string& path) const {
    return (store_.layout().root() / path).string();
  }

  [[nodiscard]] std::string repository() const {
    const std::string& name = settings_.offsite_repository;
    // "sftp:...", "s3:..." are restic's own business.
    return name.find(':') == std::string::npos ? InRoot(name) : name;
  }

  Result<host::CommandResult> Run(std::vector<std::string> words,
                                  const fs::Path& folder = {}) const {
    BENCHKEEP_TRY(CheckSettings());
    host::CommandOptions options;
    options.argv = {settings_.offsite_program, "--json"};
    options.argv.insert(options.argv.end(), words.begin(), words.end());
    options.environment = {
        "RESTIC_REPOSITORY=" + repository(),
        "RESTIC_PASSWORD_FILE=" + InRoot(settings_.offsite_password_file),
        "RESTIC_PROGRESS_FPS=0.1"};
    options.folder = folder;
    options.timeout = std::chrono::minutes(settings_.offsite_timeout_minutes);
    options.max_output_bytes = std::uint64_t{256} << 20;
    options.cancelled = [this] { return progress_.Cancelled(); };
    auto result = host::RunCommand(options);
    if (!result.ok() && result.error().code == Code::kNotFound) {
      return Fail(Code::kNotFound,
                  Say(N_("there is no program {0}"), settings_.offsite_program),
                  Say(N_("install it: apt-get install restic")));
    }
    return result;
  }

  // Runs it, and fails when it does.
  Result<host::CommandResult> Must(std::vector<std::string> words,
                                   const fs::Path& folder = {}) const {
    const std::string action = words.front();
    BENCHKEEP_ASSIGN(host::CommandResult result, Run(std::move(words), folder));
    if (result.succeeded()) return result;
    if (result.cancelled) {
      return Fail(Code::kCancelled, Say(N_("interrupted")));
    }
    if (result.timed_out) {
      return Fail(Code::kIo,
                  Say(N_("restic {0} took longer than {1} minutes and was "
                         "stopped"),
                      action, settings_.offsite_timeout_minutes),
                  Say(N_("raise [offsite] timeout_minutes, or look at the "
                         "network")));
    }
    return Fail(Code::kIo,
                Say(N_("restic {0} failed: {1}"), action,
                    WithoutCredentials(LastLine(result.errors))),
                Say(N_("look at [offsite] in benchkeep.toml; a new repository "
                       "is made by `benchkeep backup offsite init`")));
  }

  Result<std::vector<OffsiteSnapshot>> Snapshots() const {
    BENCHKEEP_ASSIGN(const host::CommandResult result,
                     Must({"snapshots", "--tag", kTag}));
    BENCHKEEP_ASSIGN(const Json json, ParseJson(result.output));
    std::vector<OffsiteSnapshot> all;
    for (const Json& item : json.items()) {
      OffsiteSnapshot one;
      one.id = item.StringAt("short_id").value_or("");
      one.time = item.StringAt("time").value_or("");
      one.host = item.StringAt("hostname").value_or("");
      if (const Json* tags = item.Find("tags")) {
        for (const Json& tag : tags->items()) {
          if (tag.text().starts_with(kIdTag)) {
            one.backup = tag.text().substr(std::string(kIdTag).size());
          }
        }
      }
      all.push_back(std::move(one));
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const OffsiteSnapshot& a, const OffsiteSnapshot& b) {
                       return a.backup > b.backup;
                     });
    return all;
  }

  OffsiteReport Report(const char* action) const {
    OffsiteReport report;
    report.action = action;
    report.repository = WithoutCredentials(repository());
    return report;
  }

 private:
  const store::Store& store_;
  const store::Settings& settings_;
  Progress& progress_;
};

// The member "name" of the last line of JSON that has it.
Json LastMessage(const std::string& output, const char* type) {
  std::size_t end = output.size();
  while (end > 0) {
    const std::size_t newline = output.rfind('\n', end - 1);
    const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
    const auto json =
        ParseJson(std::string_view(output).substr(begin, end - begin));
    if (json.ok() && json->StringAt("message_type") == type) return *json;
    end = begin == 0 ? 0 : begin - 1;
  }
  return Json::Object();
}

// The files of the folder against the manifest in it.
Status CheckRestored(const store::Store& store, const fs::Path& folder) {
  fs::FileSystem& files = store.file_system();
  const fs::Path path = folder / store::kBackupManifest;
  BENCHKEEP_ASSIGN(const std::string text,
                   fs::ReadFile(files, path, store::kMaxManifestBytes));
  BENCHKEEP_ASSIGN(const store::BackupManifest manifest,
                   store::ParseManifest(text, path));
  for (const store::BackupMember& member : manifest.members) {
    const Result<std::string> sum =
        fs::Sha256OfFile(files, folder / member.path);
    if (!sum.ok() || *sum != member.sha256) {
      return Fail(
          Code::kCorruption,
          Say(N_("{0} did not come back as it was backed up"), member.path),
          Say(N_("take another snapshot: benchkeep backup offsite "
                 "list")),
          folder / member.path);
    }
  }
  return {};
}

}  // namespace

bool HasOffsite(const store::Store& store) {
  return !store.settings().offsite_repository.empty();
}

std::string WithoutCredentials(const std::string& text) {
  std::string out = text;
  for (std::size_t at = out.find("://"); at != std::string::npos;
       at = out.find("://", at)) {
    at += 3;
    const std::size_t end =
        std::min(out.find_first_of("/ \n\"'", at), out.size());
    const std::size_t sign = out.rfind('@', end);
    if (sign != std::string::npos && sign >= at && sign < end) {
      out.erase(at, sign + 1 - at);
    }
  }
  return out;
}

Result<OffsiteReport> OffsiteInit(const store::Store& store,
                                  Progress& progress) {
  const Restic restic(store, progress);
  OffsiteReport report = restic.Report("init");
  BENCHKEEP_ASSIGN(const host::CommandResult there,
                   restic.Run({"cat", "config"}));
  if (there.succeeded()) {
    return Fail(
        Code::kAlreadyExists,
        Say(N_("there is a repository at {0} already"), report.repository));
  }
  BENCHKEEP_TRY(restic.Must({"init"}));
  return report;
}

Result<OffsiteReport> OffsitePush(const store::Store& store,
                                  const std::string& id, Progress& progress) {
  const Restic restic(store, progress);
  BENCHKEEP_TRY(restic.CheckSettings());
  OffsiteReport report = restic.Report("push");
  BENCHKEEP_ASSIGN(const store::BackupEntry backup,
                   store::FindBackup(store, id));
  if (!backup.good()) {
    return Fail(Code::kInvalidArgument,
                Say(N_("the backup {0} is not good: only good ones are handed "
                       "over"),
                    backup.id),
                Say(N_("benchkeep backup list")), backup.folder);
  }
  report.backup = backup.id;
  BENCHKEEP_ASSIGN(const auto present, restic.Snapshots());
  const auto found = std::find_if(
      present.begin(), present.end(), [&](const OffsiteSnapshot& one) {
        return one.backup == backup.id && one.host == backup.manifest->host;
      });
  if (found != present.end()) {
    report.snapshot = found->id;
    return report;
  }
  BENCHKEEP_ASSIGN(const store::ScratchFolder scratch,
                   store::ScratchFolder::Create(store));
  const fs::Path root = scratch.path() / "offsite";
  BENCHKEEP_TRY(TakeOut(store, backup, {}, root, progress));
  BENCHKEEP_ASSIGN(
      const auto file,
      store.file_system().Create(root / store::kBackupManifest, kPrivate));
  BENCHKEEP_TRY(file->Append(store::ManifestText(*backup.manifest)));
  BENCHKEEP_TRY(file->Close());
  for (const store::BackupMember& member : backup.manifest->members) {
    report.bytes += member.bytes;
  }
  progress.Stage(Say(N_("handing the backup over to restic")), 0);
  BENCHKEEP_ASSIGN(const host::CommandResult result,
                   restic.Must({"backup", "--tag", kTag, "--tag",
                                std::string(kIdTag) + backup.id, "--host",
                                backup.manifest->host, "."},
                               root));
  const Json summary = LastMessage(result.output, "summary");
  report.snapshot = summary.StringAt("snapshot_id").value_or("");
  report.bytes_added =
      static_cast<std::uint64_t>(summary.IntAt("data_added").value_or(0));
  return report;
}

Result<OffsiteReport> OffsiteList(const store::Store& store,
                                  Progress& progress) {
  const Restic restic(store, progress);
  OffsiteReport report = restic.Report("list");
  BENCHKEEP_ASSIGN(report.snapshots, restic.Snapshots());
  return report;
}

Result<OffsiteReport> OffsiteCheck(const store::Store& store,
                                   Progress& progress) {
  const Restic restic(store, progress);
  OffsiteReport report = restic.Report("check");
  progress.Stage(Say(N_("restic checks the repository")), 0);
  std::vector<std::string> words = {"check"};
  if (const std::int64_t percent = store.settings().offsite_check_percent;
      percent > 0) {
    words.push_back("--read-data-subset=" + std::to_string(percent) + "%");
  }
  BENCHKEEP_TRY(restic.Must(std::move(words)));
  BENCHKEEP_ASSIGN(report.snapshots, restic.Snapshots());
  return report;
}

Result<OffsiteReport> OffsiteForget(const store::Store& store, bool dry_run,
                                    Progress& progress) {
  const Restic restic(store, progress);
  OffsiteReport report = restic.Report("forget");
  report.dry_run = dry_run;
  const store::Settings& settings = store.settings();
  std::vector<std::string> words = {"forget",
                                    "--tag",
                                    kTag,
                                    "--group-by",
                                    "host",
                                    "--keep-last",
                                    std::to_string(settings.backup_min_good)};
  const auto keep = [&](const char* flag, std::int64_t count) {
    if (count > 0) words.insert(words.end(), {flag, std::to_string(count)});
  };
  keep("--keep-daily", settings.offsite_keep_daily);
  keep("--keep-weekly", settings.offsite_keep_weekly);
  keep("--keep-monthly", settings.offsite_keep_monthly);
  words.emplace_back(dry_run ? "--dry-run" : "--prune");
  progress.Stage(Say(N_("restic lets old snapshots go")), 0);
  BENCHKEEP_ASSIGN(const host::CommandResult result,
                   restic.Must(std::move(words)));
  // One line of JSON, then the words of pruning.
  const auto json = ParseJson(
      std::string_view(result.output).substr(0, result.output.find('\n')));
  if (json.ok()) {
    for (const Json& group : json->items()) {
      const Json* removed = group.Find("remove");
      if (removed != nullptr) report.removed += removed->items().size();
    }
  }
  BENCHKEEP_ASSIGN(report.snapshots, restic.Snapshots());
  return report;
}

Result<OffsiteReport> OffsiteRestore(const store::Store& store,
                                     const std::string& id, const fs::Path& to,
                                     Progress& progress) {
  const Restic restic(store, progress);
  OffsiteReport report = restic.Report("restore");
  report.to = to;
  BENCHKEEP_ASSIGN(const bool taken, fs::Exists(store.file_system(), to));
  if (taken) {
    return Fail(Code::kAlreadyExists,
                Say(N_("{0} is there already and was left alone"), to),
                Say(N_("name a new folder")), to);
  }
  BENCHKEEP_ASSIGN(const auto all, restic.Snapshots());
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const OffsiteSnapshot& one) {
        return id == "latest" || one.backup == id || one.id == id ||
               (!one.id.empty() && id.starts_with(one.id));
      });
  if (found == all.end()) {
    return Fail(Code::kNotFound, Say(N_("there is no snapshot \"{0}\""), id),
                Say(N_("`benchkeep backup offsite list` shows what there is")));
  }
  report.backup = found->backup;
  report.snapshot = found->id;
  progress.Stage(Say(N_("restic brings the snapshot back")), 0);
  BENCHKEEP_TRY(store.file_system().MakeDirs(to, 0700));
  BENCHKEEP_TRY(restic.Must({"restore", found->id, "--target", to.string()}));
  BENCHKEEP_TRY(CheckRestored(store, to));
  return report;
}

}  // namespace benchkeep::ops
