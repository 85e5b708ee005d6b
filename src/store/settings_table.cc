// The rows of the table of settings.

#include "store/settings_table.h"

namespace benchkeep::store {
namespace {

using S = Settings;

constexpr SettingSpec kSpecs[] = {
    {"store", "results", &S::results, Rule::kPath,
     N_("the results file, below the root")},
    {"store", "increments", &S::increments, Rule::kPath,
     N_("the folder of the increments")},
    {"store", "increment_pattern", &S::increment_pattern, Rule::kPattern,
     N_("names of increments, as in the shell")},
    {"store", "master", &S::master, Rule::kPath, N_("the master database")},
    {"store", "logs", &S::logs, Rule::kPath, N_("the folder of the logs")},
    {"store", "backups", &S::backups, Rule::kPath,
     N_("the folder of the backups")},
    {"store", "config", &S::config, Rule::kPath,
     N_("the configuration of the benchmark itself")},
    {"store", "exports", &S::exports, Rule::kPath,
     N_("where 'export --all' writes")},
    {"store", "key", &S::key, Rule::kColumns,
     N_("columns that name one test; results that have them hold one row per "
        "test")},
    {"store", "summary_key", &S::summary_key, Rule::kColumns,
     N_("columns that name one cell, for results of one row per cell")},
    {"store", "success", &S::success, Rule::kColumn,
     N_("column of the outcome of a test, or of the number of successes")},
    {"store", "total", &S::total, Rule::kColumn,
     N_("column of the number of tests of a cell")},
    {"store", "model", &S::model, Rule::kColumn, N_("column of the model")},
    {"store", "time", &S::time, Rule::kColumn,
     N_("column of the time of a test")},
    {"store", "locks", &S::locks, Rule::kPaths,
     N_("lock files of the programs that write, taken in this order")},
    {"consolidate", "summary_mode", &S::summary_mode, Rule::kMode,
     N_("what a new row does to a cell that is there: \"replace\" it, or "
        "\"accumulate\" (counts add up, averages are weighted)")},
    {"consolidate", "settle_seconds", &S::settle_seconds, Rule::kCount,
     N_("an unreadable increment younger than this is still being written")},
    {"limits", "memory", &S::memory_bytes, Rule::kSize,
     N_("the most memory to use, such as \"512MiB\"; 0 is a quarter of what "
        "the machine allows")},
    {"limits", "lock_wait_seconds", &S::lock_wait_seconds, Rule::kCount,
     N_("how long to wait for locks of other programs")},
    {"limits", "reserve", &S::reserve_bytes, Rule::kSize,
     N_("room that is kept for cleaning up on a full disk; 0 is none")},
    {"serve", "listen", &S::serve_listen, Rule::kText,
     N_("where 'serve' listens; another address than loopback needs TLS, and "
        "its readers the token")},
    {"serve", "names", &S::serve_names, Rule::kTexts,
     N_("host names by which 'serve' may be reached besides localhost, with "
        "the token")},
    {"serve", "tls_certificate", &S::serve_tls_certificate, Rule::kText,
     N_("PEM file with the certificate of 'serve', for HTTPS")},
    {"serve", "tls_key", &S::serve_tls_key, Rule::kText,
     N_("PEM file with the key of that certificate")},
    {"serve", "refresh_seconds", &S::serve_refresh_seconds, Rule::kCount,
     N_("how often 'serve' looks at the store"), 1},
    {"logs", "compress_after_days", &S::logs_compress_after_days, Rule::kCount,
     N_("closed logs older than this are compressed")},
    {"logs", "delete_after_days", &S::logs_delete_after_days, Rule::kCount,
     N_("closed logs older than this go to the trash"), 1},
    {"recover", "writers", &S::writer_scripts, Rule::kTexts,
     N_("parts of the names of Python scripts that write into this store")},
    {"recover", "stop_wait_seconds", &S::stop_wait_seconds, Rule::kCount,
     N_("how long a writer may take to end before it is killed")},
    {"api", "endpoints", &S::api_endpoints, Rule::kTexts,
     N_("services that 'check' asks, http or https")},
    {"api", "key_variable", &S::api_key_variable, Rule::kText,
     N_("environment variable with the key to send them; empty for none")},
    {"api", "timeout_seconds", &S::api_timeout_seconds, Rule::kCount,
     N_("how long 'check' waits for a service"), 1},
    {"api", "failures", &S::api_failures, Rule::kCount,
     N_("so many failures in a row are critical, fewer a warning"), 1},
    {"check", "timeout_seconds", &S::check_timeout_seconds, Rule::kCount,
     N_("a check that takes longer is unknown"), 1},
    {"check", "runners", &S::check_runners, Rule::kCount,
     N_("so many programs should be writing results; 0 after the campaign")},
    {"check", "quiet_minutes", &S::check_quiet_minutes, Rule::kCount,
     N_("a writer that neither writes nor works for so long is stuck, unless "
        "its own pace is known")},
    {"check", "increment_hours", &S::check_increment_hours, Rule::kCount,
     N_("increments should not wait longer"), 1},
    {"check", "disk_warning_percent", &S::check_disk_warning_percent,
     Rule::kCount, N_("of the disk or its inodes used"), 1},
    {"check", "disk_critical_percent", &S::check_disk_critical_percent,
     Rule::kCount, N_("of the disk or its inodes used"), 1},
    {"check", "full_hours", &S::check_full_hours, Rule::kCount,
     N_("a disk that will be full within so many hours is a warning")},
    {"check", "errors_warning", &S::check_errors_warning, Rule::kCount,
     N_("errors in the logs in 24 hours"), 1},
    {"check", "errors_critical", &S::check_errors_critical, Rule::kCount,
     N_("errors in the logs in 24 hours"), 1},
    {"check", "backup_warning_hours", &S::check_backup_warning_hours,
     Rule::kCount, N_("age of the newest good backup"), 1},
    {"check", "backup_critical_hours", &S::check_backup_critical_hours,
     Rule::kCount, N_("age of the newest good backup"), 1},
    {"check", "job_failures", &S::check_job_failures, Rule::kCount,
     N_("a job that fails so often in a row is critical"), 1},
    {"undo", "keep_days", &S::undo_keep_days, Rule::kCount,
     N_("how long a change can be undone"), 1},
    {"guard", "max_bytes", &S::guard_max_bytes, Rule::kSize,
     N_("the most room for copies of increments that others may delete before "
        "they are merged; 0 keeps none")},
    {"guard", "keep_days", &S::guard_keep_days, Rule::kCount,
     N_("how long such a copy is kept"), 1},
    {"backup", "keep_days", &S::backup_keep_days, Rule::kCount,
     N_("'backup prune' lets backups go that are older")},
    {"backup", "min_good", &S::backup_min_good, Rule::kCount,
     N_("so many good backups always stay"), 1},
    {"backup", "keep_daily", &S::backup_keep_daily, Rule::kCount,
     N_("keep the newest good one of so many days, however old")},
    {"backup", "keep_weekly", &S::backup_keep_weekly, Rule::kCount,
     N_("the same by weeks")},
    {"backup", "keep_monthly", &S::backup_keep_monthly, Rule::kCount,
     N_("the same by months")},
    {"offsite", "repository", &S::offsite_repository, Rule::kText,
     N_("where restic keeps backups, too: a folder, \"sftp:...\", \"s3:...\"; "
        "empty for nowhere")},
    {"offsite", "password_file", &S::offsite_password_file, Rule::kText,
     N_("the file with the password of that repository")},
    {"offsite", "program", &S::offsite_program, Rule::kText,
     N_("the program restic, by name or path")},
    {"offsite", "keep_daily", &S::offsite_keep_daily, Rule::kCount,
     N_("snapshots that 'backup offsite forget' keeps: the newest of so many "
        "days")},
    {"offsite", "keep_weekly", &S::offsite_keep_weekly, Rule::kCount,
     N_("the same by weeks")},
    {"offsite", "keep_monthly", &S::offsite_keep_monthly, Rule::kCount,
     N_("the same by months")},
    {"offsite", "check_percent", &S::offsite_check_percent, Rule::kCount,
     N_("how much of the data 'backup offsite check' reads")},
    {"offsite", "timeout_minutes", &S::offsite_timeout_minutes, Rule::kCount,
     N_("how long restic may take"), 1},
    {"notify", "name", &S::notify_name, Rule::kText,
     N_("what messages call this store; empty for the name of its folder")},
    {"notify", "language", &S::notify_language, Rule::kLanguage,
     N_("the language of messages: \"en\" or \"zh\"; empty for that of the "
        "locale")},
    {"notify", "level", &S::notify_level, Rule::kAlertLevel,
     N_("from which state of a check on there are alerts: \"warning\" or "
        "\"critical\"")},
    {"notify", "reminder_hours", &S::notify_reminder_hours, Rule::kCount,
     N_("an alert is repeated after so long while nothing changes; 0 for "
        "never")},
    {"notify", "keep_days", &S::notify_keep_days, Rule::kCount,
     N_("a message that could not be delivered for so long is given up"), 1},
    {"notify", "max_queued", &S::notify_max_queued, Rule::kCount,
     N_("the most messages that wait; beyond it the oldest are given up"), 10},
    {"notify", "timeout_seconds", &S::notify_timeout_seconds, Rule::kCount,
     N_("how long one delivery may take"), 1},
    {"mail", "to", &S::mail_to, Rule::kTexts,
     N_("who gets mail: \"ops@example.com\" or \"Name <ops@example.com>\"; "
        "empty for no mail")},
    {"mail", "from", &S::mail_from, Rule::kText,
     N_("the sender; empty for benchkeep at this machine")},
    {"mail", "server", &S::mail_server, Rule::kMailServer,
     N_("\"smtps://HOST\" (TLS from the start) or \"smtp://HOST\" (STARTTLS), "
        "with a port if need be")},
    {"mail", "tls", &S::mail_tls, Rule::kMailTls,
     N_("for smtp:// \"required\", \"optional\" or \"off\"; no password is "
        "sent without TLS, but to this machine")},
    {"mail", "user", &S::mail_user, Rule::kText,
     N_("the name to log in with; empty for no login")},
    {"mail", "password_file", &S::mail_password_file, Rule::kText,
     N_("the file with its password, readable by you alone")},
    {"mail", "password_variable", &S::mail_password_variable, Rule::kText,
     N_("or the environment variable that holds it")},
    {"mail", "ca_file", &S::mail_ca_file, Rule::kText,
     N_("PEM file with the authority of the server's certificate; empty for "
        "those of this machine")},
    {"sentry", "dsn_file", &S::sentry_dsn_file, Rule::kText,
     N_("the file with the DSN of a Sentry project, readable by you alone; "
        "empty for no Sentry")},
    {"sentry", "dsn_variable", &S::sentry_dsn_variable, Rule::kText,
     N_("or the environment variable that holds it")},
    {"sentry", "environment", &S::sentry_environment, Rule::kText,
     N_("what Sentry shows as the environment")},
    {"sentry", "ca_file", &S::sentry_ca_file, Rule::kText,
     N_("PEM file with the authority of Sentry's certificate; empty for those "
        "of this machine")},
};

}  // namespace

std::span<const SettingSpec> SettingSpecs() { return kSpecs; }

const char* SummaryModeName(SummaryMode mode) {
  return mode == SummaryMode::kReplace ? "replace" : "accumulate";
}

}  // namespace benchkeep::store
