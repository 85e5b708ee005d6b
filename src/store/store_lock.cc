// The right to change a store.

#include "store/store_lock.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "fs/atomic_file.h"
#include "store/reserve.h"

namespace benchkeep::store {
namespace {

constexpr std::uint64_t kMaxHolderBytes = 4096;

// "consolidate (pid 4711, since 2026-01-31T12:00:00Z)", or empty.
std::string Holder(const Store& store) {
  const Result<std::string> text =
      fs::ReadFile(store.file_system(), store.layout().lock(), kMaxHolderBytes);
  if (!text.ok()) return {};
  const Result<Json> json = ParseJson(*text);
  if (!json.ok()) return {};
  return json->StringAt("command").value_or("?") + " (pid " +
         std::to_string(json->IntAt("pid").value_or(0)) + ", since " +
         json->StringAt("since").value_or("?") + ")";
}

Result<fs::FileLock> LockNow(const Store& store, const std::string& command) {
  const Layout& layout = store.layout();
  fs::FileSystem& file_system = store.file_system();
  BENCHKEEP_TRY(file_system.MakeDirs(layout.state(), 0700));
  BENCHKEEP_TRY(file_system.MakeDirs(layout.txn_dir(), 0700));
  // Increments will be moved below: these names must not be lost first.
  BENCHKEEP_TRY(file_system.SyncDir(layout.root()));
  BENCHKEEP_TRY(file_system.SyncDir(layout.state()));
  Result<fs::FileLock> lock = fs::FileLock::Acquire(
      layout.lock(), store.clock(),
      std::chrono::seconds(store.settings().lock_wait_seconds), 0600,
      store.interrupted());
  if (!lock.ok()) {
    if (lock.error().code != Code::kBusy) return Unexpected(lock.error());
    return Fail(
        Code::kLocked,
        Say(N_("another benchkeep is at work here: {0}"), Holder(store)),
        Say(N_("wait until it is done; the lock goes with its "
               "process")),
        layout.lock());
  }
  Json holder = Json::Object();
  holder.Set("command", Json::String(command));
  holder.Set("pid", Json::Int(::getpid()));
  holder.Set("since", Json::String(FormatIso(store.clock().Now())));
  BENCHKEEP_TRY(lock->WriteContent(holder.Dump() + "\n"));
  BENCHKEEP_ASSIGN(const bool has_format,
                   fs::Exists(file_system, layout.format_file()));
  if (!has_format) {
    BENCHKEEP_TRY(fs::ReplaceFile(file_system, layout.format_file(),
                                  std::to_string(kLayoutVersion) + "\n", 0600));
  }
  return std::move(*lock);
}

}  // namespace

Result<StoreLock> StoreLock::Acquire(const Store& store,
                                     const std::string& command, Room room) {
  bool released = room == Room::kMayUseReserve && Reserve::IsNeeded(store) &&
                  Reserve::Release(store);
  Result<fs::FileLock> held = LockNow(store, command);
  if (!held.ok() && held.error().code == Code::kNoSpace && !released) {
    released = Reserve::Release(store);
    if (released) held = LockNow(store, command);
  }
  if (!held.ok()) {
    if (released) Reserve::Restore(store);
    return Unexpected(held.error());
  }
  StoreLock lock(store, std::move(*held));
  lock.released_ = released;
  if (!released) Reserve::Keep(store);
  return lock;
}

StoreLock::StoreLock(StoreLock&& other) noexcept
    : store_(other.store_),
      lock_(std::move(other.lock_)),
      released_(std::exchange(other.released_, false)) {}

StoreLock::~StoreLock() {
  if (released_) Reserve::Restore(*store_);
}

Result<WriterLocks> WriterLocks::Acquire(const Store& store) {
  WriterLocks locks;
  for (const std::string& name : store.settings().locks) {
    const fs::Path path = store.layout().root() / name;
    // No folder, no writer that could use the lock.
    BENCHKEEP_ASSIGN(const bool folder,
                     fs::Exists(store.file_system(), path.parent_path()));
    if (!folder) continue;
    Result<fs::FileLock> lock = fs::FileLock::Acquire(
        path, store.clock(),
        std::chrono::seconds(store.settings().lock_wait_seconds), 0666,
        store.interrupted());
    if (!lock.ok()) {
      if (lock.error().code != Code::kBusy) return Unexpected(lock.error());
      return Fail(Code::kBusy,
                  Say(N_("a writer of the campaign has held {0} for {1} s"),
                      name, store.settings().lock_wait_seconds),
                  Say(N_("run the command again when it is done")), path);
    }
    locks.locks_.push_back(std::move(*lock));
  }
  return locks;
}

bool WriterLocks::StillInPlace() const {
  return std::all_of(
      locks_.begin(), locks_.end(),
      [](const fs::FileLock& lock) { return lock.StillInPlace(); });
}

}  // namespace benchkeep::store
