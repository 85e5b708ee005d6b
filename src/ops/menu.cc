// The badges of the menu, each in a process of its own with a deadline.

#include "ops/menu.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/json.h"
#include "host/guarded.h"
#include "host/writers.h"
#include "ops/log_files.h"
#include "ops/store_writers.h"
#include "ops/tune_release.h"
#include "store/backup_catalog.h"
#include "store/check_memory.h"
#include "store/job_history.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kNanos = 1'000'000'000;

// A badge comes through a pipe: its words go by number.
enum Words {
  kNone,
  kNever,
  kAllOk,
  kNotOk,
  kOverdue,
  kNoBackup,
  kNoGoodBackup,
  kWaiting,
  kLogs,
  kWaitingAndLogs,
  kTidy,
  kFree,
  kShort,
  kCanRecover,
  kRunners,
  kNoRunners,
  kFailed,
  kDidNotAnswer,
};
constexpr std::array<const char*, 18> kWords = {
    "",
    N_("never done"),
    N_("all is ok"),
    N_("{0} checks were not ok"),
    N_("overdue"),
    N_("there is no backup"),
    N_("no backup is known to be good"),
    N_("{0} increments wait"),
    N_("{0} logs can be compressed"),
    N_("{0} increments wait, {1} logs can be compressed"),
    N_("nothing to do"),
    N_("{0} of the memory is free"),
    N_("memory is short: {0} is free"),
    N_("can go back to {0}"),
    N_("{0} runners at work"),
    N_("no runner at work"),
    N_("failed"),
    N_("unknown"),
};

struct Badge {
  BadgeState state = BadgeState::kUnknown;
  Words words = kDidNotAnswer;
  std::vector<std::string> args = {};
  std::optional<std::int64_t> age = {};
};

std::string Pack(const Badge& badge) {
  Json json = Json::Object();
  json.Set("state", Json::Int(static_cast<int>(badge.state)));
  json.Set("words", Json::Int(badge.words));
  json.Set("age", badge.age ? Json::Int(*badge.age) : Json());
  Json& args = json.Set("args", Json::Array());
  for (const std::string& arg : badge.args) args.Append(Json::String(arg));
  return json.Dump();
}

MenuBadge Unpack(const host::GuardedResult& result) {
  MenuBadge badge;
  badge.words = {kWords[kDidNotAnswer], {}};
  if (result.end != host::GuardedEnd::kDone) return badge;
  const Result<Json> json = ParseJson(result.output);
  if (!json.ok()) return badge;
  const std::int64_t words = json->IntAt("words").value_or(kDidNotAnswer);
  if (words < 0 || words >= static_cast<std::int64_t>(kWords.size())) {
    return badge;
  }
  badge.state = static_cast<BadgeState>(
      json->IntAt("state").value_or(static_cast<int>(BadgeState::kUnknown)));
  badge.words = {kWords[static_cast<std::size_t>(words)], {}};
  badge.age_seconds = json->IntAt("age");
  if (const Json* args = json->Find("args")) {
    for (const Json& arg : args->items()) {
      badge.words.args.push_back(arg.text());
    }
  }
  return badge;
}

class Badges {
 public:
  Badges(const store::Store& store, const MenuOptions& options)
      : store_(store),
        options_(options),
        now_(store.clock().Now().time_since_epoch().count() / kNanos) {}

  [[nodiscard]] Badge Of(MenuItem item) const {
    switch (item) {
      case MenuItem::kCheck:
        return Check();
      case MenuItem::kBackup:
        return Backup();
      case MenuItem::kCleanup:
        return Cleanup();
      case MenuItem::kTune:
        return Tune();
      case MenuItem::kRecover:
        return Recover();
      case MenuItem::kReport:
        return Report();
      case MenuItem::kMonitor:
        return Monitor();
    }
    return {};
  }

 private:
  [[nodiscard]] std::int64_t AgeOf(std::int64_t time) const {
    return std::max<std::int64_t>(0, now_ - time);
  }

  // Every check of the disk leaves a sample.
  [[nodiscard]] Badge Check() const {
    const auto memory = store::LoadCheckMemory(store_.layout().state_db());
    if (!memory.ok()) return {};
    std::int64_t last = 0;
    for (const store::Sample& sample : memory->samples) {
      if (sample.name == "disk_free_bytes") last = std::max(last, sample.time);
    }
    if (last == 0) return {BadgeState::kWarning, kNever};
    std::int64_t failing = 0;
    for (const auto& [name, mark] : memory->marks) {
      // The parts of a check have a space in their names.
      if (name.find(' ') == std::string::npos && mark.failures > 0) ++failing;
    }
    Badge badge{BadgeState::kOk, kAllOk};
    badge.age = AgeOf(last);
    if (failing > 0) {
      badge.state = BadgeState::kWarning;
      badge.words = kNotOk;
      badge.args = {std::to_string(failing)};
    } else if (*badge.age > kDay + 2 * kHour) {
      badge.state = BadgeState::kWarning;
      badge.words = kOverdue;
    }
    return badge;
  }

  // The newest good one; none when there is no such.
  static const store::BackupEntry* Good(
      const std::vector<store::BackupEntry>& backups) {
    const auto good = std::find_if(
        backups.begin(), backups.end(),
        [](const store::BackupEntry& each) { return each.good(); });
    return good == backups.end() || !good->manifest ? nullptr : &*good;
  }

  [[nodiscard]] Badge Backup() const {
    const auto backups = store::ListBackups(store_);
    if (!backups.ok()) return {};
    const store::BackupEntry* good = Good(*backups);
    if (good == nullptr) {
      return {BadgeState::kCritical,
              backups->empty() ? kNoBackup : kNoGoodBackup};
    }
    Badge badge{BadgeState::kOk, kNone};
    badge.age = AgeOf(good->manifest->time);
    const store::Settings& settings = store_.settings();
    if (*badge.age >= settings.check_backup_warning_hours * kHour) {
      badge.words = kOverdue;
      badge.state = *badge.age >= settings.check_backup_critical_hours * kHour
                        ? BadgeState::kCritical
                        : BadgeState::kWarning;
    }
    return badge;
  }

  [[nodiscard]] Badge Cleanup() const {
    std::int64_t increments = 0;
    const auto entries =
        store_.file_system().List(store_.layout().increments());
    if (entries.ok()) {
      increments = std::count_if(
          entries->begin(), entries->end(), [this](const fs::DirEntry& entry) {
            return store_.layout().IsIncrementName(entry.name);
          });
    } else if (entries.error().code != Code::kNotFound) {
      return {};
    }
    Findings findings;
    const auto logs = ListLogs(store_, findings);
    if (!logs.ok()) return {};
    const std::int64_t before =
        (now_ - store_.settings().logs_compress_after_days * kDay) * kNanos;
    const auto plain =
        std::count_if(logs->begin(), logs->end(), [&](const LogFile& log) {
          return log.path.extension() != ".gz" && log.info.mtime_ns < before;
        });
    const auto waiting = std::to_string(increments);
    const auto open = std::to_string(plain);
    if (increments > 0 && plain > 0) {
      return {BadgeState::kWarning, kWaitingAndLogs, {waiting, open}};
    }
    if (increments > 0) return {BadgeState::kWarning, kWaiting, {waiting}};
    if (plain > 0) return {BadgeState::kWarning, kLogs, {open}};
    return {BadgeState::kOk, kTidy};
  }

  [[nodiscard]] Badge Tune() const {
    const auto memory = options_.machine.Memory();
    if (!memory) return {};
    const auto free =
        std::to_string(static_cast<std::int64_t>(memory->FreePercent())) + "%";
    return MemoryIsShort(*memory, options_.machine.PressureOf("memory"),
                         store_.settings().tune_free_percent)
               ? Badge{BadgeState::kWarning, kShort, {free}}
               : Badge{BadgeState::kOk, kFree, {free}};
  }

  [[nodiscard]] Badge Recover() const {
    const auto backups = store::ListBackups(store_);
    if (!backups.ok()) return {};
    const store::BackupEntry* good = Good(*backups);
    if (good == nullptr) return {BadgeState::kCritical, kNoGoodBackup};
    return {BadgeState::kOk, kCanRecover, {good->id}};
  }

  [[nodiscard]] Badge Report() const {
    auto history = store::JobHistory::OpenToRead(store_.layout());
    if (!history.ok()) {
      if (history.error().code != Code::kNotFound) return {};
      return {BadgeState::kWarning, kNever};
    }
    const auto newest = history->Newest();
    if (!newest.ok()) return {};
    const auto run = newest->find("report");
    if (run == newest->end()) return {BadgeState::kWarning, kNever};
    Badge badge{BadgeState::kOk, kNone};
    badge.age = AgeOf(run->second.started.time_since_epoch().count() / kNanos);
    if (!store::IsGood(run->second.status)) {
      badge.state = BadgeState::kWarning;
      badge.words = kFailed;
    } else if (constexpr std::int64_t kWeek = 7;
               *badge.age > kWeek * kDay + 2 * kHour) {
      badge.state = BadgeState::kWarning;
      badge.words = kOverdue;
    }
    return badge;
  }

  [[nodiscard]] Badge Monitor() const {
    auto query = WriterQueryFor(store_);
    if (!query.ok()) return {};
    query->self = options_.self;
    const std::vector<host::Writer> writers =
        host::FindWriters(host::ProcessTable(options_.machine.proc()), *query);
    const auto running =
        std::count_if(writers.begin(), writers.end(),
                      [](const host::Writer& each) { return each.certain; });
    if (running > 0) {
      return {BadgeState::kOk, kRunners, {std::to_string(running)}};
    }
    return {store_.settings().check_runners > 0 ? BadgeState::kWarning
                                                : BadgeState::kOk,
            kNoRunners};
  }

  const store::Store& store_;
  const MenuOptions& options_;
  const std::int64_t now_;
};

}  // namespace

const char* MenuItemName(MenuItem item) {
  switch (item) {
    case MenuItem::kCheck:
      return "check";
    case MenuItem::kBackup:
      return "backup";
    case MenuItem::kCleanup:
      return "cleanup";
    case MenuItem::kTune:
      return "tune";
    case MenuItem::kRecover:
      return "recover";
    case MenuItem::kReport:
      return "report";
    case MenuItem::kMonitor:
      break;
  }
  return "monitor";
}

const char* BadgeStateName(BadgeState state) {
  switch (state) {
    case BadgeState::kOk:
      return "ok";
    case BadgeState::kWarning:
      return "warning";
    case BadgeState::kCritical:
      return "critical";
    case BadgeState::kUnknown:
      break;
  }
  return "unknown";
}

std::vector<MenuBadge> ReadMenuBadges(const store::Store* store,
                                      const MenuOptions& options) {
  if (store == nullptr) {
    return std::vector<MenuBadge>(kMenuItems, Unpack({}));
  }
  std::vector<std::function<std::string()>> work;
  for (int i = 1; i <= kMenuItems; ++i) {
    work.emplace_back([store, &options, i] {
      return Pack(Badges(*store, options).Of(static_cast<MenuItem>(i)));
    });
  }
  std::vector<MenuBadge> badges;
  for (const host::GuardedResult& result :
       host::RunGuarded(work, options.deadline)) {
    badges.push_back(Unpack(result));
  }
  return badges;
}

}  // namespace benchkeep::ops
