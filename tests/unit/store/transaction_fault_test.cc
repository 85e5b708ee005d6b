// Transactions while every call of the file system fails in turn, and while the
// power goes at every call.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <functional>

#include "fs/posix_file_system.h"
#include "store/ledger.h"
#include "store/transaction.h"
#include "support/fault_file_system.h"
#include "support/mem_file_system.h"
#include "support/temp_dir.h"
#include "unit/store/transaction_fixture.h"

namespace benchkeep::store {
namespace {

using fs::FaultFileSystem;
using Calls = FaultFileSystem::Calls;
using Lasting = FaultFileSystem::Lasting;

// Recovers with a healthy file system; the store is then before or after, as a
// whole, and a second recovery finds nothing to do.  True for after.
bool RecoverAndJudge(fs::FileSystem& healthy, Clock& clock,
                     const fs::Path& root) {
  const Store store = MustOpen(healthy, clock, root);
  const StoreLock lock = MustLock(store);
  for (const bool again : {false, true}) {
    const auto recovered = RecoverTransactions(store, lock);
    EXPECT_TRUE(recovered.ok()) << recovered.error().message.English();
    if (!recovered.ok()) return false;
    EXPECT_TRUE(recovered->findings.empty());
    if (again) {
      EXPECT_TRUE(recovered->finished.empty());
      EXPECT_TRUE(recovered->rolled_back.empty());
    }
  }
  const Layout& layout = store.layout();
  const Tree tree = TreeOf(healthy, root);
  const bool after = tree == After();
  if (!after) {
    EXPECT_EQ(tree, Before());
  }
  EXPECT_EQ(NamesIn(healthy, layout.txn_dir()), std::vector<std::string>());
  EXPECT_EQ(NamesIn(healthy, layout.trash_dir()).size(), after ? 1U : 0U);
  const Tree quarantined = QuarantineOf(healthy, layout);
  EXPECT_EQ(quarantined.size(), after ? 1U : 0U);
  if (after && !quarantined.empty()) {
    EXPECT_EQ(quarantined.begin()->second, "half of");
  }
  auto ledger = Ledger::Open(layout.state_db());
  EXPECT_TRUE(ledger.ok());
  if (ledger.ok()) {
    EXPECT_EQ(ledger->LeftByMerge(kResultsName)->has_value(), after);
    EXPECT_TRUE(ledger->Unbalanced()->empty());
  }
  return after;
}

struct Sweep {
  std::uint64_t injected = 0;
  std::uint64_t before = 0;
  std::uint64_t after = 0;
};

void SweepFaults(const fs::Path& parent, int sys_errno, Lasting lasting,
                 Calls calls, Sweep& sweep) {
  fs::PosixFileSystem posix;
  ManualClock clock(TimePoint{std::chrono::hours(24 * 365 * 50)});
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth) + ", errno " +
                 std::to_string(sys_errno));
    const fs::Path root = parent / "store";
    Populate(root);
    FaultFileSystem faulty(posix);
    std::uint64_t fired = 0;
    bool reported_ok = false;
    {
      const Store store = MustOpen(faulty, clock, root);
      const StoreLock lock = MustLock(store);
      faulty.Arm({nth, sys_errno, calls, lasting});
      reported_ok = RunTransaction(store, lock).ok();
      fired = faulty.fired();
      faulty.Arm({});
    }
    const bool after = RecoverAndJudge(posix, clock, root);
    EXPECT_TRUE(after || !reported_ok) << "success was reported";
    std::filesystem::remove_all(root);
    if (fired == 0) return;
    sweep.injected += fired;
    ++(after ? sweep.after : sweep.before);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(TransactionFaults, StoreIsBeforeOrAfterWhateverCallFails) {
  const TempDir dir;
  Sweep sweep;
  for (const int sys_errno : {EIO, ENOSPC}) {
    for (const Lasting lasting : {Lasting::kOnce, Lasting::kFromThenOn}) {
      SweepFaults(dir.path(), sys_errno, lasting, Calls::kMutating, sweep);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(sweep.injected, 50U);
  EXPECT_GT(sweep.before, 20U);
  EXPECT_GT(sweep.after, 20U);
}

TEST(TransactionFaults, StoreIsBeforeOrAfterWhateverReadFails) {
  const TempDir dir;
  Sweep sweep;
  for (const Lasting lasting : {Lasting::kOnce, Lasting::kFromThenOn}) {
    SweepFaults(dir.path(), EIO, lasting, Calls::kAny, sweep);
    if (HasFailure()) return;
  }
  EXPECT_GT(sweep.injected, 50U);
}

// Undoes the transaction, or the undo of it, while every call fails in turn.
void SweepUndo(const fs::Path& parent, Lasting lasting, bool redo,
               Sweep& sweep) {
  fs::PosixFileSystem posix;
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    ManualClock clock(TimePoint{std::chrono::hours(24 * 365 * 50)});
    const fs::Path root = parent / "store";
    Populate(root);
    FaultFileSystem faulty(posix);
    std::uint64_t fired = 0;
    {
      const Store store = MustOpen(faulty, clock, root);
      const StoreLock lock = MustLock(store);
      std::string id = *RunTransaction(store, lock);
      clock.SleepFor(std::chrono::seconds(1));
      if (redo) id = *UndoTransaction(store, &lock, id, Rehearse::kNo);
      clock.SleepFor(std::chrono::seconds(1));
      faulty.Arm({nth, EIO, Calls::kMutating, lasting});
      const auto undone = UndoTransaction(store, &lock, id, Rehearse::kNo);
      fired = faulty.fired();
      EXPECT_TRUE(undone.ok() || fired > 0);
      faulty.Arm({});
      const auto recovered = RecoverTransactions(store, lock);
      ASSERT_TRUE(recovered.ok()) << recovered.error().message.English();
      EXPECT_TRUE(recovered->findings.empty());
      EXPECT_TRUE(UnfinishedTransactions(store)->empty());
      const Tree now = TreeOf(posix, root);
      const bool undone_now = now == (redo ? After() : Before());
      EXPECT_TRUE(undone_now || now == (redo ? Before() : After()));
      EXPECT_TRUE(undone_now || !undone.ok()) << "success was reported";
      // Whatever happened, there is a way back.
      const auto all = ListTransactions(store);
      ASSERT_TRUE(all.ok());
      clock.SleepFor(std::chrono::seconds(1));
      const auto back = UndoTransaction(
          store, &lock, undone_now ? all->front().id : id, Rehearse::kNo);
      ASSERT_TRUE(back.ok()) << back.error().message.English();
      EXPECT_EQ(TreeOf(posix, root), undone_now == redo ? Before() : After());
      ++(undone_now ? sweep.after : sweep.before);
    }
    std::filesystem::remove_all(root);
    if (fired == 0) return;
    sweep.injected += fired;
    if (testing::Test::HasFailure()) return;
  }
}

TEST(TransactionFaults, UndoIsDoneOrNotWhateverCallFails) {
  const TempDir dir;
  for (const bool redo : {false, true}) {
    SCOPED_TRACE(redo ? "undo of the undo" : "undo");
    Sweep sweep;
    for (const Lasting lasting : {Lasting::kOnce, Lasting::kFromThenOn}) {
      SweepUndo(dir.path(), lasting, redo, sweep);
      if (HasFailure()) return;
    }
    EXPECT_GT(sweep.injected, 50U);
    EXPECT_GT(sweep.before, 10U);
    EXPECT_GT(sweep.after, 10U);
  }
}

// Files in memory at the path of a real folder, which holds the lock file and
// the ledger.
class PowerCutTest : public testing::Test {
 protected:
  // A durable campaign in memory.
  void Reset() {
    disk_ = std::make_unique<fs::MemFileSystem>();
    std::filesystem::remove_all(root());
    std::filesystem::create_directories(root() / kStateFolder);
    for (const auto& [name, bytes] : Before()) {
      const fs::Path path = root() / name;
      ASSERT_TRUE(disk_->MakeDirs(path.parent_path(), 0755).ok());
      const auto file = disk_->Create(path, 0644);
      ASSERT_TRUE(file.ok());
      ASSERT_TRUE((*file)->Append(bytes).ok());
      ASSERT_TRUE((*file)->Sync().ok());
      for (fs::Path folder = path.parent_path(); folder != "/";
           folder = folder.parent_path()) {
        ASSERT_TRUE(disk_->SyncDir(folder).ok());
      }
    }
    ASSERT_TRUE(disk_->SyncDir("/").ok());
  }

  [[nodiscard]] fs::Path root() const { return dir_.path() / "store"; }

  void SweepCuts(fs::MemFileSystem::UnsyncedNames names, Sweep& sweep) {
    for (std::uint64_t nth = 1;; ++nth) {
      SCOPED_TRACE("power cut at call " + std::to_string(nth));
      Reset();
      FaultFileSystem faulty(*disk_);
      std::uint64_t fired = 0;
      bool reported_ok = false;
      {
        faulty.Arm({nth, EIO, Calls::kMutating, Lasting::kFromThenOn});
        const Store store = MustOpen(faulty, clock_, root());
        const auto lock = StoreLock::Acquire(store, "test");
        reported_ok = lock.ok() && RunTransaction(store, *lock).ok();
        fired = faulty.fired();
      }
      disk_->PowerCut(names);
      if (HasTwoNames()) continue;
      const bool after = RecoverAndJudge(*disk_, clock_, root());
      EXPECT_TRUE(after || !reported_ok) << "success was reported";
      if (fired == 0) return;
      sweep.injected += fired;
      ++(after ? sweep.after : sweep.before);
      if (HasFailure()) return;
    }
  }

  // The folder of a transaction is in txn/ and trash/ at once: the disk in
  // memory can lose one half of a rename, which no real one does to a folder.
  bool HasTwoNames() {
    const fs::Path state = root() / kStateFolder;
    const auto names = NamesIn(*disk_, state / "txn");
    return !names.empty() && names == NamesIn(*disk_, state / "trash");
  }

  TempDir dir_;
  ManualClock clock_{TimePoint{std::chrono::hours(24 * 365 * 50)}};
  std::unique_ptr<fs::MemFileSystem> disk_;
};

TEST_F(PowerCutTest, NothingIsLostWhenUnsyncedNamesAre) {
  Sweep sweep;
  SweepCuts(fs::MemFileSystem::UnsyncedNames::kLost, sweep);
  EXPECT_GT(sweep.before, 10U);
  EXPECT_GT(sweep.after, 5U);
}

TEST_F(PowerCutTest, NothingIsLostWhenUnsyncedNamesAreKept) {
  Sweep sweep;
  SweepCuts(fs::MemFileSystem::UnsyncedNames::kKept, sweep);
  EXPECT_GT(sweep.before, 10U);
  EXPECT_GT(sweep.after, 5U);
}

}  // namespace
}  // namespace benchkeep::store
