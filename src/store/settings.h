// The settings of a store: benchkeep.toml over the PILOT-Bench defaults.
//
// Every name that benchkeep looks for is here, so that another benchmark with
// the same idea (a results file, increments, a key) is a config file away.  The
// file is optional; unknown keys and wrong types are errors that name the line
// and the nearest known key.  `benchkeep config show` prints all of it.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "fs/file_system.h"
#include "store/job_settings.h"
#include "store/webhook_settings.h"

namespace benchkeep::store {

// What a summary-shaped increment does to a cell that is already there.
enum class SummaryMode {
  kReplace,     // The newer row stands for the whole cell.
  kAccumulate,  // Counts add up; averages are weighted by their totals.
};

struct Settings {
  // [store]: paths below the root.
  std::string results = "pilot_bench_parquet_data/test_results.parquet";
  std::string increments = "pilot_bench_parquet_data/incremental";
  std::string increment_pattern = "*.parquet";  // fnmatch(3), not hidden.
  std::string master = "pilot_bench_cumulative_results/master_database.json";
  std::string logs = "logs";
  std::string backups = "backups";
  std::string config = "config";
  std::string exports = "export";
  std::string reports = "reports";

  // [store]: columns.
  std::vector<std::string> key = {"test_id"};  // Present = shape `records`.
  std::vector<std::string> summary_key = {
      "model", "prompt_type", "tool_success_rate", "difficulty", "task_type"};
  std::string success = "success";
  std::string total = "total";  // Shape `summary` only.
  std::string model = "model";
  std::string time = "timestamp";
  // Why a test failed, in words; those that are there count.
  std::vector<std::string> errors = {"error_type", "error_message", "error"};
  std::string timeouts = "timeout_errors";  // Of a cell.

  // [store]: other programs' lock files, taken in this order.
  std::vector<std::string> locks = {
      "pilot_bench_cumulative_results/master_database.lock",
      "pilot_bench_parquet_data/test_results.parquet.lock"};

  // [consolidate]
  SummaryMode summary_mode = SummaryMode::kReplace;
  std::int64_t settle_seconds = 600;  // Younger unreadable increments wait.

  // [limits]
  std::uint64_t memory_bytes = 0;  // 0: a quarter of what the machine allows.
  std::int64_t lock_wait_seconds = 30;
  std::uint64_t reserve_bytes = std::uint64_t{1} << 20;  // 0: none.

  // [serve]
  std::string serve_listen = "127.0.0.1:8000";
  std::vector<std::string> serve_names = {};  // Host names besides loopback's.
  std::string serve_tls_certificate;          // PEM files; both or none.
  std::string serve_tls_key;
  std::int64_t serve_refresh_seconds = 5;

  // [logs]
  std::int64_t logs_compress_after_days = 1;
  std::int64_t logs_delete_after_days = 7;

  // [recover]
  std::vector<std::string> writer_scripts = {"batch_test", "smart_batch",
                                             "ultra_parallel"};
  std::int64_t stop_wait_seconds = 10;

  // [api]: services that the campaign calls.
  std::vector<std::string> api_endpoints = {"https://api.openai.com"};
  std::string api_key_variable;  // Environment variable; empty: send no key.
  std::int64_t api_timeout_seconds = 5;
  std::int64_t api_failures = 3;  // In a row, until they are critical.

  // [check]: from when on there is something to say.
  std::int64_t check_timeout_seconds = 20;
  std::int64_t check_runners = 1;
  std::int64_t check_quiet_minutes = 30;
  std::int64_t check_increment_hours = 24;
  std::int64_t check_disk_warning_percent = 80;
  std::int64_t check_disk_critical_percent = 90;
  std::int64_t check_full_hours = 72;
  std::int64_t check_errors_warning = 100;
  std::int64_t check_errors_critical = 1000;
  std::int64_t check_backup_warning_hours = 26;
  std::int64_t check_backup_critical_hours = 50;
  std::int64_t check_job_failures = 3;

  // [undo]
  std::int64_t undo_keep_days = 7;

  // [tune]
  std::uint64_t tune_runner_memory = 0;    // 0: as measured.
  std::int64_t tune_free_percent = 10;     // Of the memory; less is short.
  std::int64_t tune_flush_seconds = 300;   // The longest between two flushes.
  std::int64_t tune_release_minutes = 30;  // 0: never.

  // [guard]
  std::uint64_t guard_max_bytes = std::uint64_t{1} << 30;  // 0: no guard.
  std::int64_t guard_keep_days = 7;

  // [backup]
  std::int64_t backup_keep_days = 30;
  std::int64_t backup_min_good = 3;  // Never fewer good ones remain.
  std::int64_t backup_keep_daily = 0;
  std::int64_t backup_keep_weekly = 0;
  std::int64_t backup_keep_monthly = 0;

  // [offsite]: backups in another place, by restic.
  std::string offsite_repository;     // Empty: none.
  std::string offsite_password_file;  // Below the root, or absolute.
  std::string offsite_program = "restic";
  std::int64_t offsite_keep_daily = 30;
  std::int64_t offsite_keep_weekly = 8;
  std::int64_t offsite_keep_monthly = 12;
  std::int64_t offsite_check_percent = 5;
  std::int64_t offsite_timeout_minutes = 360;

  // [notify]: what all messages have in common.
  std::string notify_name;               // Empty: the name of the root folder.
  std::string notify_language;           // "en", "zh"; empty: of the command.
  std::string notify_level = "warning";  // Or "critical": what alerts.
  std::int64_t notify_reminder_hours = 24;  // 0: never.
  std::int64_t notify_keep_days = 7;        // Then a message is given up.
  std::int64_t notify_max_queued = 5000;
  std::int64_t notify_timeout_seconds = 30;  // Of one transfer.

  // [mail]
  std::vector<std::string> mail_to = {};  // Empty: no mail.
  std::string mail_from;
  std::string mail_server = "smtp://localhost";
  std::string mail_tls = "required";  // Or "optional", "off".
  std::string mail_user;
  std::string mail_password_file;
  std::string mail_password_variable;
  std::string mail_ca_file;

  // [sentry]
  std::string sentry_dsn_file;
  std::string sentry_dsn_variable;
  std::string sentry_environment = "production";
  std::string sentry_ca_file;

  // [webhook.NAME]
  std::vector<WebhookSettings> webhooks = {};

  // [jobs.NAME]
  std::vector<JobSettings> jobs = DefaultJobs();

  bool operator==(const Settings&) const = default;
};

struct LoadedSettings {
  Settings settings;
  bool from_file = false;
  // Line of each key that the file sets: "store.results" -> 12.
  std::map<std::string, std::int64_t> lines = {};
};

// Reads `file`; the defaults when there is none.  kInvalidArgument names file,
// line and the nearest known key.
Result<LoadedSettings> LoadSettings(fs::FileSystem& file_system,
                                    const fs::Path& file);

// The same from the text of a file.  `origin` is used in messages.
Result<Settings> ParseSettings(std::string_view toml, const fs::Path& origin);

// Everything that is wrong with the text of a settings file, by line; empty
// when ParseSettings accepts it.
std::vector<Error> SettingsProblems(std::string_view toml,
                                    const fs::Path& origin);

// One setting, for people.
struct SettingRow {
  std::string section;
  std::string key;
  std::string value;  // As it stands in benchkeep.toml: "\"logs\"", "600".
  Message about;      // Empty for what was explained before.
};

// All of them, section by section.
std::vector<SettingRow> SettingRows(const Settings& settings);

// A commented benchkeep.toml with all settings at the values of `settings`.
// `words` turns the comments into a language.
std::string SettingsToToml(
    const Settings& settings,
    const std::function<std::string(const Message&)>& words =
        [](const Message& message) { return message.English(); });

// The same as one object, section by section, for --json.
Json SettingsToJson(const Settings& settings);

}  // namespace benchkeep::store
