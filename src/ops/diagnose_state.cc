// Diagnosis of what lies about: locks, unfinished changes, quarantine, trash.

#include <algorithm>

#include "fs/atomic_file.h"
#include "fs/file_lock.h"
#include "ops/diagnose_parts.h"
#include "store/transaction.h"

namespace benchkeep::ops {
namespace {

constexpr std::int64_t kNanos = 1'000'000'000;
constexpr std::int64_t kOldLockSeconds = 3600;
constexpr int kDepth = 4;  // Of quarantine and trash.

struct Contents {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

// Files below `folder`; notes about files are no files.
void Sum(fs::FileSystem& files, const fs::Path& folder, int depth,
         Contents& sum) {
  const auto entries = files.List(folder);
  if (!entries.ok() || depth == 0) return;
  for (const fs::DirEntry& entry : *entries) {
    const fs::Path path = folder / entry.name;
    if (entry.type == fs::FileType::kDirectory) {
      Sum(files, path, depth - 1, sum);
    } else if (!entry.name.ends_with(".why.json")) {
      const Result<fs::FileInfo> info = files.Info(path);
      if (!info.ok()) continue;
      ++sum.files;
      sum.bytes += info->size;
    }
  }
}

class StateDoctor {
 public:
  explicit StateDoctor(Diagnosis& out)
      : out_(out),
        files_(out.store().file_system()),
        layout_(out.store().layout()) {}

  void Run() {
    Locks();
    Transactions();
    Quarantine();
    Trash();
    Strays(layout_.results().parent_path());
    Strays(layout_.master().parent_path());
  }

 private:
  // The campaign's lock files: flock(2) ends with its process, so a file that
  // nobody holds blocks nobody; some writers look for the name all the same.
  void Locks() {
    const std::int64_t now = out_.store().clock().Now().time_since_epoch() /
                             std::chrono::nanoseconds{1};
    for (const std::string& name : out_.store().settings().locks) {
      const fs::Path path = layout_.root() / name;
      const Result<fs::FileInfo> info = files_.Info(path);
      if (!info.ok() || info->type != fs::FileType::kRegular) continue;
      const std::int64_t age = (now - info->mtime_ns) / kNanos;
      if (age < kOldLockSeconds) continue;
      const Result<bool> held = fs::LockIsHeld(path);
      if (!held.ok()) continue;
      if (*held) {
        out_.Add("lock_held_long", Severity::kInfo, name,
                 Say(N_("{0} is held by a process, and is {1} hours old"), name,
                     age / kOldLockSeconds),
                 Say(N_("see with fuser or lsof which process holds it")));
      } else {
        out_.Add("lock_stale", Severity::kInfo, name,
                 Say(N_("{0} is {1} hours old and held by nobody"), name,
                     age / kOldLockSeconds),
                 Say(N_("none needed: it blocks nobody; it may be removed "
                        "while no writer runs")));
      }
    }
  }

  void Transactions() {
    const auto unfinished = store::UnfinishedTransactions(out_.store());
    if (!unfinished.ok()) {
      out_.Add("transaction_damaged", Severity::kCritical,
               out_.Name(layout_.txn_dir()), unfinished.error().message,
               unfinished.error().fix);
      return;
    }
    for (const std::string& id : *unfinished) {
      out_.Add("transaction_unfinished", Severity::kWarning,
               out_.Name(layout_.txn_dir() / id),
               Say(N_("a run is in progress or was interrupted: {0}"), id),
               Say(N_("the next command that changes the store, for example "
                      "`benchkeep consolidate`, finishes it or takes it "
                      "back")));
    }
  }

  void Quarantine() {
    Contents sum;
    Sum(files_, layout_.quarantine_dir(), kDepth, sum);
    if (sum.files == 0) return;
    out_.Add("quarantine_not_empty", Severity::kInfo,
             out_.Name(layout_.quarantine_dir()),
             Say(N_("the quarantine holds {0} files ({1} bytes); a note beside "
                    "each says why"),
                 sum.files, sum.bytes),
             Say(N_("benchkeep undo list")));
  }

  void Trash() {
    Contents sum;
    Sum(files_, layout_.trash_dir(), kDepth, sum);
    const auto past = store::ListTransactions(out_.store());
    if (sum.files == 0) return;
    out_.Add("trash_not_empty", Severity::kInfo, out_.Name(layout_.trash_dir()),
             Say(N_("the trash holds {0} changes that can be taken back, {1} "
                    "files ({2} bytes)"),
                 past.ok() ? past->size() : 0, sum.files, sum.bytes),
             Say(N_("benchkeep undo list")));
  }

  // What a crash left of a file being written.
  void Strays(const fs::Path& folder) {
    const auto entries = files_.List(folder);
    if (!entries.ok()) return;
    for (const fs::DirEntry& entry : *entries) {
      const bool ours = entry.name.find(fs::kStagingInfix) != std::string::npos;
      if (!ours && !entry.name.ends_with(".tmp")) continue;
      out_.Add("temporary_left", Severity::kInfo,
               out_.Name(folder / entry.name),
               Say(N_("{0} looks like what an interrupted run left"),
                   out_.Name(folder / entry.name)));
    }
  }

  Diagnosis& out_;
  fs::FileSystem& files_;
  const store::Layout& layout_;
};

}  // namespace

void DiagnoseState(Diagnosis& out) { StateDoctor(out).Run(); }

}  // namespace benchkeep::ops
