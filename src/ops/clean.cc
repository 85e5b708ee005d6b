// Removing what the plan names.

#include "ops/clean.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "fs/read_lease.h"
#include "fs/sha256.h"
#include "ops/leftovers.h"
#include "ops/merged_increments.h"
#include "store/transaction.h"

namespace benchkeep::ops {
namespace {

using Kind = CleanItem::Kind;
using Fate = CleanItem::Fate;

class Cleaner {
 public:
  Cleaner(const store::Store& store, const store::StoreLock& lock,
          const CleanReport& plan, const CleanOptions& options,
          Progress& progress)
      : store_(store),
        layout_(store.layout()),
        files_(store.file_system()),
        lock_(lock),
        options_(options),
        progress_(progress),
        report_(plan) {
    report_.dry_run = false;
    report_.removed = report_.kept = report_.bytes_freed = 0;
  }

  Result<CleanReport> Run() {
    progress_.Stage(Say(N_("removing")), report_.items.size());
    std::uint64_t done = 0;
    for (const Kind kind : {Kind::kChange, Kind::kTemporary}) {
      for (CleanItem& item : report_.items) {
        if (item.kind != kind || item.fate != Fate::kGoes) continue;
        if (progress_.Cancelled()) {
          return Fail(Code::kCancelled, Say(N_("interrupted")));
        }
        Attempt(kind == Kind::kChange ? Purge(item) : Drop(item), item);
        progress_.Advance(++done);
      }
    }
    for (const fs::Path& folder : folders_) {
      if (Status synced = files_.SyncDir(folder); !synced.ok()) {
        Blame(synced.error());
      }
    }
    if (!failed_) {
      if (Status moved = MoveIncrements(); !moved.ok()) Blame(moved.error());
    }
    Tally();
    return std::move(report_);
  }

 private:
  // The outcome of one removal.  After the first error nothing more goes.
  void Attempt(Status removed, CleanItem& item) {
    if (!removed.ok()) {
      Blame(removed.error());
      item.why = Say(N_("it could not be removed"));
    }
  }

  void Blame(const Error& error) {
    failed_ = true;
    report_.findings.push_back(
        {"clean_stopped", Severity::kCritical, layout_.Relative(error.path),
         error.message,
         Say(N_("nothing more was removed after this; cure it and run the "
                "command again"))});
  }

  // Out of the trash first: undo must never find half of a change.
  Status Purge(CleanItem& item) {
    if (failed_) return {};
    const fs::Path from = layout_.root() / item.path;
    const fs::Path to = layout_.purge_dir(from.filename().string());
    BENCHKEEP_TRY(files_.MakeDirs(layout_.tmp_dir(), 0700));
    Status moved = files_.RenameNoReplace(from, to);
    if (!moved.ok() && moved.error().code == Code::kNotFound) return {};
    BENCHKEEP_TRY(std::move(moved));
    BENCHKEEP_TRY(files_.SyncDir(layout_.trash_dir()));
    BENCHKEEP_TRY(files_.SyncDir(layout_.tmp_dir()));
    BENCHKEEP_TRY(files_.RemoveBelow(layout_.root(), layout_.Relative(to)));
    item.fate = Fate::kGone;
    return {};
  }

  Status Drop(CleanItem& item) {
    if (failed_) return {};
    const fs::Path path = layout_.root() / item.path;
    const Result<bool> dead = IsDead(store_, path);
    if (dead.ok() && !*dead) {
      item.fate = Fate::kStays;
      item.why = Say(N_("its run may still be at work"));
      return {};
    }
    // Finishing what crashes left has taken it along already.
    Status removed = dead.ok() ? files_.RemoveBelow(layout_.root(), item.path)
                               : Status(Unexpected(dead.error()));
    if (!removed.ok() && removed.error().code != Code::kNotFound) {
      return removed;
    }
    folders_.insert(path.parent_path());
    item.fate = Fate::kGone;
    return {};
  }

  // All of them in one change, which undo takes back.
  Status MoveIncrements() {
    const bool any =
        std::any_of(report_.items.begin(), report_.items.end(), IsMerged);
    if (!any) return {};
    // The plan may be old: what counts is what is proven now.
    BENCHKEEP_ASSIGN(
        const auto merged,
        FindMergedIncrements(store_, options_.memory_bytes, progress_));
    BENCHKEEP_ASSIGN(store::Transaction txn,
                     store::Transaction::Begin(store_, lock_, "clean"));
    BENCHKEEP_TRY(txn.TakeFrom(layout_.increments()));
    BENCHKEEP_ASSIGN(const store::WriterLocks writers,
                     store::WriterLocks::Acquire(store_));
    std::uint64_t moved = 0;
    for (CleanItem& item : report_.items) {
      if (!IsMerged(item)) continue;
      item.fate = Fate::kStays;
      item.why = Say(N_("it has changed meanwhile"));
      const std::string name = fs::Path(item.path).filename().string();
      const auto one =
          std::find_if(merged.begin(), merged.end(),
                       [&](const auto& proven) { return proven.name == name; });
      if (one == merged.end()) continue;
      BENCHKEEP_ASSIGN(const bool taken, Take(*one, txn));
      if (!taken) continue;
      item.fate = Fate::kGone;
      ++moved;
    }
    if (moved == 0) return {};
    BENCHKEEP_TRY(txn.SyncTaken());
    txn.Note("files_moved", Json::Uint(moved));
    report_.txn = txn.id();
    return txn.Commit();
  }

  static bool IsMerged(const CleanItem& item) {
    return item.kind == Kind::kIncrement && item.fate == Fate::kGoes;
  }

  // Moves it in, if its bytes are the proven ones and nobody writes them.
  Result<bool> Take(const MergedIncrement& one, store::Transaction& txn) {
    const fs::Path path = layout_.increments() / one.name;
    const Result<fs::ReadLease> lease = fs::ReadLease::Take(path);
    if (!lease.ok()) return false;
    BENCHKEEP_TRY(txn.MoveIn(one.name));
    const fs::Path taken = txn.TakenPath(one.name);
    const auto hash = fs::Sha256OfFd(lease->fd(), taken);
    const auto info = files_.Info(taken);
    if (hash.ok() && *hash == one.sha256 && info.ok() &&
        info->SameFile(one.info) && lease->Held()) {
      return true;
    }
    BENCHKEEP_TRY(txn.MoveBack(one.name));
    return false;
  }

  void Tally() {
    for (CleanItem& item : report_.items) {
      if (item.fate == Fate::kGone) {
        ++report_.removed;
        if (item.kind != Kind::kIncrement) report_.bytes_freed += item.bytes;
        continue;
      }
      ++report_.kept;
      item.fate = Fate::kStays;
    }
  }

  const store::Store& store_;
  const store::Layout& layout_;
  fs::FileSystem& files_;
  const store::StoreLock& lock_;
  const CleanOptions& options_;
  Progress& progress_;
  CleanReport report_;
  bool failed_ = false;
  std::set<fs::Path> folders_;  // Where names went, to be synced.
};

}  // namespace

Result<CleanReport> Clean(const store::Store& store,
                          const store::StoreLock& lock, const CleanReport& plan,
                          const CleanOptions& options, Progress& progress) {
  return Cleaner(store, lock, plan, options, progress).Run();
}

}  // namespace benchkeep::ops
