// A change of the store that happens whole or not at all.

#include "store/transaction.h"

#include <random>
#include <utility>

#include "store/transaction_record.h"

namespace benchkeep::store {

Transaction::Transaction(const Store& store, std::string id)
    : store_(&store), id_(std::move(id)), record_(Json::Object()) {}

Transaction::Transaction(Transaction&& other) noexcept
    : store_(other.store_),
      id_(std::move(other.id_)),
      record_(std::move(other.record_)),
      open_(std::exchange(other.open_, false)) {}

Transaction::~Transaction() {
  if (!open_) return;
  IgnoreError(RollBack(*store_, id_, record_),
              "the next changing command rolls back what is left");
}

fs::Path Transaction::dir() const { return store_->layout().txn_dir() / id_; }

fs::Path Transaction::staging() const { return dir() / kStagingFolder; }

fs::Path Transaction::TakenPath(const std::string& name) const {
  return dir() / kTakenFolder / name;
}

Result<Transaction> Transaction::Begin(const Store& store,
                                       const StoreLock& /*lock*/,
                                       const std::string& op) {
  fs::FileSystem& file_system = store.file_system();
  std::random_device salt;
  const TimePoint now = store.clock().Now();
  Transaction txn(store, MakeTxnId(now, op, salt()));
  for (const char* folder : {kStagingFolder, kOldFolder, kTakenFolder}) {
    BENCHKEEP_TRY(file_system.MakeDirs(txn.dir() / folder, 0700));
  }
  txn.open_ = true;
  // Renames must not cross file systems.
  BENCHKEEP_ASSIGN(const fs::FileInfo here, file_system.Info(txn.dir()));
  for (const fs::Path& there :
       {store.layout().results().parent_path(), store.layout().increments()}) {
    const Result<fs::FileInfo> info = file_system.Info(there);
    if (info.ok() && info->device != here.device) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("{0} is on another file system than {1}"), there,
                      store.layout().state()),
                  Say(N_("move them to one file system: files are replaced by "
                         "renaming")),
                  there);
    }
  }
  txn.record_.Set("format", Json::Int(kRecordFormat));
  txn.record_.Set("id", Json::String(txn.id_));
  txn.record_.Set("op", Json::String(op));
  txn.record_.Set("time", Json::String(FormatIso(now)));
  txn.record_.Set("state", Json::String("open"));
  BENCHKEEP_TRY(WriteRecord(store, txn.dir(), txn.record_));
  BENCHKEEP_TRY(file_system.SyncDir(store.layout().txn_dir()));
  return txn;
}

Status Transaction::TakeFrom(const fs::Path& folder) {
  record_.Set("taken_from", Json::String(store_->layout().Relative(folder)));
  return WriteRecord(*store_, dir(), record_);
}

Status Transaction::MoveIn(const std::string& name) {
  const fs::Path from =
      store_->layout().root() / *record_.StringAt("taken_from") / name;
  return store_->file_system().RenameNoReplace(from, TakenPath(name));
}

Status Transaction::MoveInFrom(const fs::Path& from, const std::string& name) {
  return store_->file_system().RenameNoReplace(from, TakenPath(name));
}

Status Transaction::MoveBack(const std::string& name) {
  const fs::Path home =
      store_->layout().root() / *record_.StringAt("taken_from") / name;
  BENCHKEEP_ASSIGN([[maybe_unused]] const fs::Path used,
                   MoveToFreeName(*store_, TakenPath(name), home));
  return {};
}

Status Transaction::SyncTaken() {
  BENCHKEEP_TRY(store_->file_system().SyncDir(dir() / kTakenFolder));
  return store_->file_system().SyncDir(store_->layout().root() /
                                       *record_.StringAt("taken_from"));
}

Json& Transaction::Steps() {
  Json* steps = record_.Find("steps");
  return steps != nullptr ? *steps : record_.Set("steps", Json::Array());
}

Status Transaction::Replace(const fs::Path& staged, const fs::Path& target,
                            std::optional<fs::FileInfo> expected) {
  const Layout& layout = store_->layout();
  fs::FileSystem& file_system = store_->file_system();
  BENCHKEEP_ASSIGN(const fs::FileInfo result, file_system.Info(staged));
  if (expected) {
    // Readers and writers of the old version must be those of the new one.
    if (result.uid != expected->uid || result.gid != expected->gid) {
      IgnoreError(file_system.SetOwner(staged, expected->uid, expected->gid),
                  "only root may give files away; the new file is ours then");
    }
    BENCHKEEP_TRY(file_system.SetMode(staged, expected->mode));
  }
  Json& steps = Steps();
  Json step = Json::Object();
  step.Set("do", Json::String("replace"));
  step.Set("staged", Json::String(layout.Relative(staged)));
  step.Set("target", Json::String(layout.Relative(target)));
  step.Set("saved",
           Json::String(layout.Relative(dir() / kOldFolder /
                                        std::to_string(steps.items().size()))));
  step.Set("expected", expected ? InfoToJson(*expected) : Json());
  step.Set("result", InfoToJson(result));
  steps.Append(std::move(step));
  return {};
}

void Transaction::Remove(const fs::Path& target, const fs::FileInfo& expected) {
  const Layout& layout = store_->layout();
  Json& steps = Steps();
  Json step = Json::Object();
  step.Set("do", Json::String("remove"));
  step.Set("from", Json::String(layout.Relative(target)));
  step.Set("to",
           Json::String(layout.Relative(dir() / kOldFolder /
                                        std::to_string(steps.items().size()))));
  step.Set("expected", InfoToJson(expected));
  steps.Append(std::move(step));
}

Status Transaction::Move(const fs::Path& from, const fs::Path& to) {
  BENCHKEEP_ASSIGN(const fs::FileInfo result, store_->file_system().Info(from));
  Json& steps = Steps();
  Json step = Json::Object();
  step.Set("do", Json::String("move"));
  step.Set("from", Json::String(store_->layout().Relative(from)));
  step.Set("to", Json::String(store_->layout().Relative(to)));
  step.Set("result", InfoToJson(result));
  steps.Append(std::move(step));
  return {};
}

Status Transaction::Quarantine(const std::string& name, const Message& reason) {
  const Layout& layout = store_->layout();
  BENCHKEEP_TRY(Move(TakenPath(name), layout.quarantine_dir() / id_ / name));
  Json why = Json::Object();
  why.Set("file", Json::String(*record_.StringAt("taken_from") + "/" + name));
  why.Set("time", Json::String(*record_.StringAt("time")));
  why.Set("transaction", Json::String(id_));
  why.Set("reason", Json::String(reason.English()));
  Steps().items().back().Set("why", std::move(why));
  Book({"quarantined", *record_.StringAt("taken_from") + "/" + name, {}});
  return {};
}

void Transaction::Pack(const std::string& name, const fs::Path& target,
                       const std::string& sha256, const fs::FileInfo& info) {
  Json* packed = record_.Find("packed");
  if (packed == nullptr) packed = &record_.Set("packed", Json::Array());
  Json one = InfoToJson(info);
  one.Set("name", Json::String(name));
  one.Set("in", Json::String(store_->layout().Relative(target)));
  one.Set("sha256", Json::String(sha256));
  one.Set("mode", Json::Uint(info.mode));
  packed->Append(std::move(one));
}

void Transaction::Book(LedgerEntry entry) {
  Json* ledger = record_.Find("ledger");
  if (ledger == nullptr) ledger = &record_.Set("ledger", Json::Array());
  Json line = Json::Object();
  line.Set("kind", Json::String(std::move(entry.kind)));
  line.Set("file", Json::String(std::move(entry.file)));
  line.Set("rows", Json::Uint(entry.count.rows));
  line.Set("keys", Json::String(entry.count.keys.Hex()));
  ledger->Append(std::move(line));
}

void Transaction::Describe(const std::string& name, Json value) {
  record_.Set(name, std::move(value));
}

void Transaction::Note(const std::string& name, Json value) {
  Json* notes = record_.Find("notes");
  if (notes == nullptr) notes = &record_.Set("notes", Json::Object());
  notes->Set(name, std::move(value));
}

Status Transaction::CheckTargets() const {
  const Json* steps = record_.Find("steps");
  if (steps == nullptr) return {};
  for (const Json& step : steps->items()) {
    const Json* expected = step.Find("expected");
    if (expected == nullptr) continue;
    const std::string name =
        step.StringAt(step.Find("target") != nullptr ? "target" : "from")
            .value_or("");
    const fs::Path target = store_->layout().root() / name;
    const Result<fs::FileInfo> now = store_->file_system().Info(target);
    const bool missing = !now.ok() && now.error().code == Code::kNotFound;
    if (!now.ok() && !missing) return Unexpected(now.error());
    const bool same = expected->is_null()
                          ? missing
                          : now.ok() && now->SameState(InfoFromJson(*expected));
    if (!same) {
      return Fail(Code::kBusy,
                  Say(N_("{0} was changed by another program meanwhile; "
                         "nothing was changed"),
                      name),
                  Say(N_("run the command again")), target);
    }
  }
  return {};
}

Status Transaction::Commit() {
  fs::FileSystem& file_system = store_->file_system();
  BENCHKEEP_TRY(CheckTargets());
  BENCHKEEP_TRY(file_system.SyncDir(staging()));
  record_.Set("state", Json::String("prepared"));
  // From here on the record may be on disk, whatever the calls say: nothing is
  // rolled back any more.
  open_ = false;
  const auto finish = [&]() -> Status {
    BENCHKEEP_TRY(WriteRecord(*store_, dir(), record_));
    BENCHKEEP_TRY(ApplySteps(*store_, record_));
    return FinishTransaction(*store_, id_, record_);
  };
  Status finished = finish();
  if (!finished.ok() && finished.error().fix.empty()) {
    finished.error().fix =
        Say(N_("nothing is lost: the next command that changes the store "
               "finishes or takes back transaction {0}"),
            id_);
  }
  return finished;
}

}  // namespace benchkeep::store
