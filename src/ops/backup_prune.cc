// Letting old backups go.

#include "ops/backup_prune.h"

#include <algorithm>
#include <set>

#include "store/transaction.h"

namespace benchkeep::ops {
namespace {

using store::BackupEntry;

store::RetentionRules RulesFor(const store::Settings& settings,
                               const PruneOptions& options) {
  return {
      .keep_days = options.keep_days.value_or(settings.backup_keep_days),
      .min_good = settings.backup_min_good,
      .daily = options.keep_daily.value_or(settings.backup_keep_daily),
      .weekly = options.keep_weekly.value_or(settings.backup_keep_weekly),
      .monthly = options.keep_monthly.value_or(settings.backup_keep_monthly),
      .adopted = options.adopted};
}

std::vector<store::RetentionDecision> ByRules(
    const std::vector<BackupEntry>& all, const store::RetentionRules& rules,
    std::int64_t now) {
  std::vector<store::RetentionCandidate> candidates;
  for (const BackupEntry& entry : all) {
    store::RetentionCandidate one;
    one.id = entry.id;
    one.state = entry.state;
    one.ours = entry.manifest.has_value();
    if (entry.manifest) {
      one.sequence = entry.manifest->sequence;
      one.time = entry.manifest->time;
      one.adopted = entry.manifest->origin == "adopt";
    }
    candidates.push_back(std::move(one));
  }
  return store::PlanPrune(candidates, rules, now);
}

// Those that were named go, if enough good ones remain.
Result<std::vector<store::RetentionDecision>> ByName(
    const store::Store& store, const std::vector<BackupEntry>& all,
    const PruneOptions& options, std::int64_t min_good) {
  std::set<std::string> named;
  for (const std::string& name : options.ids) {
    BENCHKEEP_ASSIGN(const BackupEntry entry, store::FindBackup(store, name));
    if (entry.foreign) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("{0} was not made by benchkeep: it has no manifest"),
                      entry.id),
                  Say(N_("remove it by hand, or take it in: benchkeep backup "
                         "adopt")),
                  entry.folder);
    }
    named.insert(entry.id);
  }
  std::vector<store::RetentionDecision> decisions;
  std::int64_t remaining = 0;
  bool loses_good = false;
  for (const BackupEntry& entry : all) {
    const bool goes = named.contains(entry.id);
    remaining += entry.good() && !goes ? 1 : 0;
    loses_good |= entry.good() && goes;
    decisions.push_back(
        {!goes, goes ? Say(N_("named")) : Say(N_("not named"))});
  }
  if (loses_good && remaining < min_good) {
    return Fail(Code::kInvalidArgument,
                Say(N_("only {0} good backups would remain, at least {1} must"),
                    remaining, min_good),
                Say(N_("make another one first, or set [backup] min_good")),
                store.layout().backups());
  }
  return decisions;
}

// Folders are moved by renaming only.
Status CheckOneFileSystem(const store::Store& store) {
  const store::Layout& layout = store.layout();
  BENCHKEEP_ASSIGN(const fs::FileInfo state,
                   store.file_system().Info(layout.state()));
  BENCHKEEP_ASSIGN(const fs::FileInfo backups,
                   store.file_system().Info(layout.backups()));
  if (state.device == backups.device) return {};
  return Fail(Code::kInvalidArgument,
              Say(N_("{0} is on another file system than {1}"),
                  layout.backups(), layout.state()),
              Say(N_("nothing can be moved to the trash from there; remove old "
                     "backups by hand: `benchkeep backup prune --dry-run` "
                     "names them")),
              layout.backups());
}

}  // namespace

Result<PruneReport> PruneBackups(const store::Store& store,
                                 const store::StoreLock* lock,
                                 const PruneOptions& options) {
  BENCHKEEP_ASSIGN(std::vector<BackupEntry> all, store::ListBackups(store));
  const store::RetentionRules rules = RulesFor(store.settings(), options);
  const std::int64_t now =
      store.clock().Now().time_since_epoch() / std::chrono::seconds(1);
  std::vector<store::RetentionDecision> decisions;
  if (options.ids.empty()) {
    decisions = ByRules(all, rules, now);
  } else {
    BENCHKEEP_ASSIGN(decisions, ByName(store, all, options, rules.min_good));
  }
  PruneReport report;
  report.dry_run = lock == nullptr;
  for (std::size_t i = 0; i < all.size(); ++i) {
    ++(decisions[i].keep ? report.kept : report.removed);
    if (!decisions[i].keep) report.bytes += all[i].bytes;
    report.backups.push_back(
        {std::move(all[i]), decisions[i].keep, std::move(decisions[i].why)});
  }
  if (lock == nullptr || report.removed == 0) return report;
  BENCHKEEP_TRY(CheckOneFileSystem(store));
  BENCHKEEP_ASSIGN(store::Transaction txn,
                   store::Transaction::Begin(store, *lock, "prune"));
  Json names = Json::Array();
  for (const PruneReport::Line& line : report.backups) {
    if (line.keep) continue;
    BENCHKEEP_ASSIGN(const fs::FileInfo info,
                     store.file_system().Info(line.backup.folder));
    txn.Remove(line.backup.folder, info);
    names.Append(Json::String(line.backup.id));
  }
  txn.Note("backups_removed", Json::Uint(report.removed));
  txn.Note("backups", std::move(names));
  BENCHKEEP_TRY(txn.Commit());
  report.txn = txn.id();
  return report;
}

}  // namespace benchkeep::ops
