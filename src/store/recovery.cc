// Finishing or rolling back what a crash left.

#include <algorithm>

#include "store/scratch_folder.h"
#include "store/transaction.h"
#include "store/transaction_record.h"

namespace benchkeep::store {
namespace {

// True when a replacement of the record can still be taken back: it was not
// made yet, and its target is no longer the version it was computed from.
Result<bool> IsOutdated(const Store& store, const Json& record) {
  const Json* steps = record.Find("steps");
  if (steps == nullptr) return false;
  bool outdated = false;
  for (const Json& step : steps->items()) {
    const Json* expected = step.Find("expected");
    if (expected == nullptr) continue;
    const bool replaces = step.Find("staged") != nullptr;
    const fs::Path root = store.layout().root();
    const fs::Path waiting =
        root / step.StringAt(replaces ? "staged" : "from").value_or("");
    const fs::Path target =
        root / step.StringAt(replaces ? "target" : "from").value_or("");
    BENCHKEEP_ASSIGN(const bool is_waiting,
                     fs::Exists(store.file_system(), waiting));
    if (!is_waiting) return false;  // Something was applied: go forward.
    const Result<fs::FileInfo> now = store.file_system().Info(target);
    if (!now.ok() && now.error().code != Code::kNotFound) {
      return Unexpected(now.error());
    }
    // A power cut may bring the staged name back beside the published one.
    if (const Json* result = step.Find("result");
        result != nullptr && now.ok() &&
        now->SameState(InfoFromJson(*result))) {
      return false;
    }
    const bool same = expected->is_null()
                          ? !now.ok()
                          : now.ok() && now->SameState(InfoFromJson(*expected));
    outdated |= !same;
  }
  return outdated;
}

// A folder without a record: the crash came before anything was taken in.
Status DropEmpty(const Store& store, const fs::Path& folder) {
  fs::FileSystem& file_system = store.file_system();
  const fs::Path taken = folder / kTakenFolder;
  BENCHKEEP_ASSIGN(const bool any, fs::Exists(file_system, taken));
  if (any) {
    BENCHKEEP_ASSIGN(const auto files, file_system.List(taken));
    if (!files.empty()) {
      return Fail(Code::kCorruption,
                  Say(N_("{0} holds files, but nothing says where they came "
                         "from"),
                      store.layout().Relative(taken)),
                  Say(N_("move them back by hand")), taken);
    }
  }
  return file_system.RemoveBelow(store.layout().root(),
                                 store.layout().Relative(folder));
}

Status RecoverOne(const Store& store, const std::string& id,
                  RecoveryReport& report) {
  const fs::Path folder = store.layout().txn_dir() / id;
  const Result<Json> record = ReadRecord(store, folder);
  if (!record.ok()) {
    if (record.error().code != Code::kNotFound) {
      return Unexpected(record.error());
    }
    BENCHKEEP_TRY(DropEmpty(store, folder));
    report.rolled_back.push_back(id);
    return {};
  }
  const std::string state = record->StringAt("state").value_or("open");
  bool forward = state == "prepared" || state == "committed";
  if (state == "prepared") {
    BENCHKEEP_ASSIGN(const bool outdated, IsOutdated(store, *record));
    forward = !outdated;
  }
  if (!forward) {
    BENCHKEEP_TRY(RollBack(store, id, *record));
    report.rolled_back.push_back(id);
    return {};
  }
  if (state == "prepared") BENCHKEEP_TRY(ApplySteps(store, *record));
  BENCHKEEP_TRY(FinishTransaction(store, id, *record));
  report.finished.push_back(id);
  return {};
}

}  // namespace

Result<std::vector<std::string>> UnfinishedTransactions(const Store& store) {
  std::vector<std::string> ids;
  BENCHKEEP_ASSIGN(const bool any,
                   fs::Exists(store.file_system(), store.layout().txn_dir()));
  if (!any) return ids;
  BENCHKEEP_ASSIGN(const auto entries,
                   store.file_system().List(store.layout().txn_dir()));
  for (const fs::DirEntry& entry : entries) {
    if (IsTxnId(entry.name)) ids.push_back(entry.name);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<RecoveryReport> RecoverTransactions(const Store& store,
                                           const StoreLock& /*lock*/) {
  RecoveryReport report;
  BENCHKEEP_ASSIGN(const std::vector<std::string> ids,
                   UnfinishedTransactions(store));
  for (const std::string& id : ids) {
    const Status recovered = RecoverOne(store, id, report);
    if (recovered.ok()) continue;
    // A record that cannot be used stays for a person; the machine failing is
    // an error of this run.
    if (recovered.error().code != Code::kCorruption) {
      return Unexpected(recovered.error());
    }
    report.findings.push_back(
        {"transaction_damaged", Severity::kCritical,
         store.layout().Relative(store.layout().txn_dir() / id),
         recovered.error().message, recovered.error().fix});
  }
  BENCHKEEP_TRY(RemoveDeadScratchFolders(store));
  return report;
}

}  // namespace benchkeep::store
