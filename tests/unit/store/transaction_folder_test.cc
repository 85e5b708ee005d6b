// Folders in transactions: published, removed and brought back, whatever fails.

#include <gtest/gtest.h>

#include <cerrno>

#include "fs/posix_file_system.h"
#include "store/transaction.h"
#include "support/fault_file_system.h"
#include "support/temp_dir.h"
#include "unit/store/transaction_fixture.h"

namespace benchkeep::store {
namespace {

using fs::FaultFileSystem;

constexpr const char* kNew = "backups/20260102";
constexpr const char* kOld = "backups/20260101";

class TransactionFolderTest : public ::testing::Test {
 protected:
  void Reset() {
    std::filesystem::remove_all(root());
    WriteFile(root() / kResultsName, "results");
    WriteFile(root() / kOld / "master_database.json", "old");
    WriteFile(root() / kOld / "config" / "keys.json", "keys");
    WriteFile(root() / "backups" / ".tmp-20260102" / "master_database.json",
              "new");
  }
  [[nodiscard]] fs::Path root() const { return dir_.path() / "store"; }

  // The new folder is published and the old one removed, together.
  Result<std::string> Run(fs::FileSystem& files) {
    const Store store = MustOpen(files, clock_, root());
    BENCHKEEP_ASSIGN(const StoreLock lock, StoreLock::Acquire(store, "test"));
    BENCHKEEP_ASSIGN(Transaction txn, Transaction::Begin(store, lock, "test"));
    BENCHKEEP_ASSIGN(const fs::FileInfo info, files.Info(root() / kOld));
    BENCHKEEP_TRY(txn.Replace(root() / "backups" / ".tmp-20260102",
                              root() / kNew, std::nullopt));
    txn.Remove(root() / kOld, info);
    BENCHKEEP_TRY(txn.Commit());
    return txn.id();
  }

  Tree Backups() { return TreeOf(files_, root() / "backups"); }

  static Tree Before() {
    return {{"20260101/master_database.json", "old"},
            {"20260101/config/keys.json", "keys"},
            {".tmp-20260102/master_database.json", "new"}};
  }
  static Tree After() { return {{"20260102/master_database.json", "new"}}; }

  TempDir dir_;
  fs::PosixFileSystem files_;
  ManualClock clock_{TimePoint{std::chrono::hours(24 * 365 * 50)}};
};

TEST_F(TransactionFolderTest, ComesAndGoesAndComesBack) {
  Reset();
  const auto id = Run(files_);
  ASSERT_TRUE(id.ok()) << id.error().message.English();
  EXPECT_EQ(Backups(), After());
  const Store store = MustOpen(files_, clock_, root());
  const StoreLock lock = MustLock(store);
  const auto undo = UndoTransaction(store, &lock, *id, Rehearse::kNo);
  ASSERT_TRUE(undo.ok()) << undo.error().message.English();
  EXPECT_EQ(Backups(), Tree({{"20260101/master_database.json", "old"},
                             {"20260101/config/keys.json", "keys"}}));
  const auto redo = UndoTransaction(store, &lock, *undo, Rehearse::kNo);
  ASSERT_TRUE(redo.ok()) << redo.error().message.English();
  EXPECT_EQ(Backups(), After());
}

TEST_F(TransactionFolderTest, IsRefusedWhenSomethingWasPutIntoTheFolder) {
  Reset();
  const Store store = MustOpen(files_, clock_, root());
  const StoreLock lock = MustLock(store);
  auto txn = Transaction::Begin(store, lock, "test");
  ASSERT_TRUE(txn.ok());
  const auto info = files_.Info(root() / kOld);
  txn->Remove(root() / kOld, *info);
  WriteFile(root() / kOld / "note.txt", "mine");
  const Status done = txn->Commit();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, Code::kBusy);
  EXPECT_EQ(FileBytes(root() / kOld / "note.txt"), "mine");
}

TEST_F(TransactionFolderTest, AnyFailingCallLeavesBeforeOrAfter) {
  std::uint64_t fired = 0;
  for (const auto lasting : {FaultFileSystem::Lasting::kOnce,
                             FaultFileSystem::Lasting::kFromThenOn}) {
    for (std::uint64_t nth = 1;; ++nth) {
      SCOPED_TRACE("call " + std::to_string(nth));
      Reset();
      FaultFileSystem faulty(files_);
      faulty.Arm({nth, EIO, FaultFileSystem::Calls::kMutating, lasting});
      const bool reported = Run(faulty).ok();
      const bool hit = faulty.fired() > 0;
      const Store store = MustOpen(files_, clock_, root());
      const StoreLock lock = MustLock(store);
      ASSERT_TRUE(RecoverTransactions(store, lock).ok());
      const Tree now = Backups();
      EXPECT_TRUE(now == After() || (!reported && now == Before()));
      if (!hit) break;
      ++fired;
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(fired, 40U);
}

}  // namespace
}  // namespace benchkeep::store
