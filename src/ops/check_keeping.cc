// The checks of what keeps the data: backups and jobs.

#include <algorithm>
#include <string>

#include "host/crontabs.h"
#include "ops/check_parts.h"
#include "ops/log_line.h"
#include "store/backup_catalog.h"
#include "store/job_history.h"
#include "store/notify_memory.h"
#include "store/outbox.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kHour = 3600;

// The function of the old scripts that deletes increments without merging.
constexpr const char* kDeletingCall = "consolidate_incremental_data";

std::string WithoutSecrets(const std::string& text) {
  constexpr std::size_t kMost = 200;
  return Scrubbed(text, kMost);
}

// A call of the deleting function by cron or by a running process.
void FlagDeletingCalls(const CheckInput& input, CheckResult& result) {
  const host::CronLines cron =
      host::FindCronLines(kDeletingCall, input.options.cron_root);
  Json& found = result.details.Set("deleting_calls", Json::Array());
  for (const host::CronLine& line : cron.lines) {
    found.Append(Json::String(line.file.string() + ":" +
                              std::to_string(line.line) + ": " +
                              WithoutSecrets(line.text)));
    Worsen(result, CheckState::kCritical,
           Say(N_("line {0} of {1} calls consolidate_incremental_data(), which "
                  "deletes increments without merging them"),
               line.line, line.file),
           Say(N_("take the line out; `benchkeep schedule install` puts "
                  "`benchkeep consolidate` in its place")));
  }
  for (const host::Process& process : input.options.processes.List()) {
    if (!host::IsPython(process)) continue;
    const bool calls = std::any_of(
        process.argv.begin(), process.argv.end(), [](const std::string& word) {
          return word.find(kDeletingCall) != std::string::npos;
        });
    if (!calls) continue;
    found.Append(Json::String("process " + std::to_string(process.pid)));
    Worsen(result, CheckState::kCritical,
           Say(N_("process {0} calls consolidate_incremental_data(), which "
                  "deletes increments without merging them"),
               process.pid),
           Say(N_("end it; `benchkeep consolidate` merges for good")));
  }
  result.details.Set("unreadable_crontabs", Json::Uint(cron.unreadable.size()));
}

// What fails no more because it was taken out of the settings is no news.
bool IsSetUp(const store::Settings& settings, const std::string& channel) {
  if (channel == "mail") return !settings.mail_to.empty();
  if (channel == "sentry") {
    return !settings.sentry_dsn_file.empty() ||
           !settings.sentry_dsn_variable.empty();
  }
  return std::any_of(settings.webhooks.begin(), settings.webhooks.end(),
                     [&channel](const store::WebhookSettings& each) {
                       return each.enabled && channel == "webhook " + each.name;
                     });
}

// Whoever relies on messages must learn here that they do not arrive.
void FlagDeliveries(const CheckInput& input, CheckResult& result) {
  const auto memory = store::LoadNotifyMemory(input.store);
  const auto waiting = store::Outbox(input.store).Count();
  if (!memory.ok() || !waiting.ok()) {
    Unreadable(result, memory.ok() ? waiting.error() : memory.error());
    return;
  }
  constexpr std::int64_t kDay = 24 * kHour;
  const Message fix = Say(N_("`benchkeep notify queue` shows what waits"));
  Json& deliveries = result.details.Set("deliveries", Json::Object());
  deliveries.Set("waiting", Json::Uint(*waiting));
  Json& failing = deliveries.Set("failing", Json::Array());
  for (const auto& [name, channel] : memory->channels) {
    if (channel.failures == 0 || !IsSetUp(input.store.settings(), name)) {
      continue;
    }
    Json& one = failing.Append(Json::Object());
    one.Set("channel", Json::String(name));
    one.Set("failures", Json::Int(channel.failures));
    one.Set("last_error", Json::String(channel.last_error));
    Worsen(result, CheckState::kWarning,
           Say(N_("messages by {0} cannot be delivered ({1} wait): {2}"), name,
               *waiting, channel.last_error),
           fix);
  }
  const auto given_up =
      std::count_if(memory->given_up.begin(), memory->given_up.end(),
                    [&input](const store::GivenUp& each) {
                      return input.now - each.time < kDay;
                    });
  deliveries.Set("given_up", Json::Int(given_up));
  if (given_up > 0) {
    Worsen(result, CheckState::kWarning,
           Say(N_("{0} messages were given up in 24 h"), given_up), fix);
  }
}

}  // namespace

CheckOutput CheckBackup(const CheckInput& input) {
  CheckOutput output;
  CheckResult& result = output.result;
  result.state = CheckState::kOk;
  const store::Settings& settings = input.store.settings();
  result.limits = {static_cast<double>(settings.check_backup_warning_hours),
                   static_cast<double>(settings.check_backup_critical_hours),
                   "h"};
  const Result<std::vector<store::BackupEntry>> backups =
      store::ListBackups(input.store);
  if (!backups.ok()) {
    Unreadable(result, backups.error());
    return output;
  }
  const Message create = Say(N_("`benchkeep backup create`"));
  const auto good = std::find_if(
      backups->begin(), backups->end(),
      [](const store::BackupEntry& entry) { return entry.good(); });
  const auto bad = std::count_if(backups->begin(), backups->end(),
                                 [](const store::BackupEntry& entry) {
                                   return !entry.foreign && !entry.good();
                                 });
  result.details.Set("backups", Json::Uint(backups->size()));
  result.details.Set("bad", Json::Int(bad));
  result.details.Set("newest_good",
                     good == backups->end() ? Json() : Json::String(good->id));
  if (good == backups->end()) {
    Worsen(result, CheckState::kCritical,
           backups->empty() ? Say(N_("there is no backup"))
                            : Say(N_("none of the {0} backups is known to be "
                                     "good"),
                                  backups->size()),
           create);
    return output;
  }
  const std::int64_t made = good->manifest ? good->manifest->time : 0;
  const std::int64_t age = std::max<std::int64_t>(0, input.now - made) / kHour;
  const CheckState state =
      Compare(result, static_cast<double>(age), result.limits);
  result.message =
      Say(N_("the newest good backup, {0}, is {1} h old"), good->id, age);
  Worsen(result, state, result.message, create);
  if (bad > 0) {
    Worsen(result, CheckState::kWarning,
           Say(N_("{0} backups are not good"), bad),
           Say(N_("`benchkeep backup list` says why")));
  }
  return output;
}

CheckOutput CheckJobs(const CheckInput& input) {
  CheckOutput output;
  CheckResult& result = output.result;
  result.state = CheckState::kOk;
  FlagDeletingCalls(input, result);
  FlagDeliveries(input, result);
  Result<store::JobHistory> history =
      store::JobHistory::OpenToRead(input.store.layout());
  if (!history.ok()) {
    if (history.error().code != Code::kNotFound) {
      Unreadable(result, history.error());
      return output;
    }
    result.details.Set("jobs", Json::Array());
    Worsen(result, CheckState::kWarning, Say(N_("no job has ever run here")),
           Say(N_("`benchkeep schedule install` lets them run by the clock")));
    return output;
  }
  const auto newest = history->Newest();
  if (!newest.ok()) {
    Unreadable(result, newest.error());
    return output;
  }
  Json& list = result.details.Set("jobs", Json::Array());
  const std::int64_t limit = input.store.settings().check_job_failures;
  std::int64_t worst = 0;
  for (const auto& [name, run] : *newest) {
    const Result<std::int64_t> failures = history->FailuresInARow(name);
    if (!failures.ok()) {
      Unreadable(result, failures.error());
      return output;
    }
    worst = std::max(worst, *failures);
    Json& one = list.Append(Json::Object());
    one.Set("job", Json::String(name));
    one.Set("status", Json::String(store::RunStatusName(run.status)));
    one.Set("started", Json::String(FormatIso(run.started)));
    one.Set("failures", Json::Int(*failures));
    if (*failures == 0) continue;
    Worsen(
        result,
        *failures >= limit ? CheckState::kCritical : CheckState::kWarning,
        Say(N_("the job {0} has failed {1} times in a row"), name, *failures),
        Say(N_("`benchkeep schedule run {0}` runs it now and says why"), name));
  }
  result.value = static_cast<double>(worst);
  result.limits = {1, static_cast<double>(limit), ""};
  if (result.state == CheckState::kOk) {
    result.message =
        Say(N_("{0} jobs, the last run of each went well"), newest->size());
  }
  return output;
}

}  // namespace benchkeep::ops
