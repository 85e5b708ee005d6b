// Transactions: what is left by a crash in each state, and taking them back.

#include "store/transaction.h"

#include <gtest/gtest.h>

#include "fs/posix_file_system.h"
#include "store/ledger.h"
#include "store/transaction_record.h"
#include "support/temp_dir.h"
#include "unit/store/transaction_fixture.h"

namespace benchkeep::store {
namespace {

class TransactionTest : public testing::Test {
 protected:
  TransactionTest() { Populate(root()); }

  [[nodiscard]] const fs::Path& root() const { return dir_.path(); }
  Store Open() { return MustOpen(files_, clock_, root()); }
  Tree Now() { return TreeOf(files_, root()); }

  // A time per transaction: ids are sorted by it.
  std::string Run() {
    clock_.SleepFor(std::chrono::seconds(1));
    const Store store = Open();
    const auto id = RunTransaction(store, MustLock(store));
    EXPECT_TRUE(id.ok()) << id.error().message.English();
    return id.ok() ? *id : "";
  }

  Result<std::string> Undo(const std::string& id,
                           Rehearse rehearse = Rehearse::kNo) {
    clock_.SleepFor(std::chrono::seconds(1));
    const Store store = Open();
    const StoreLock lock = MustLock(store);
    return UndoTransaction(store, &lock, id, rehearse);
  }
  std::string MustUndo(const std::string& id) {
    const auto undone = Undo(id);
    EXPECT_TRUE(undone.ok()) << undone.error().message.English();
    return undone.ok() ? *undone : "";
  }

  RecoveryReport Recover() {
    const Store store = Open();
    auto report = RecoverTransactions(store, MustLock(store));
    EXPECT_TRUE(report.ok()) << report.error().message.English();
    return report.ok() ? std::move(*report) : RecoveryReport{};
  }

  // Leaves the folder of a transaction as a crash in `state` would: nothing of
  // its steps is applied.
  std::string Crash(const std::string& state) {
    const Store store = Open();
    const StoreLock lock = MustLock(store);
    std::string id;
    const fs::Path kept = root() / "kept";
    const fs::Path txns = store.layout().txn_dir();
    {
      auto txn = Transaction::Begin(store, lock, "consolidate");
      EXPECT_TRUE(txn.ok());
      id = txn->id();
      EXPECT_TRUE(Prepare(store, *txn).ok());
      std::filesystem::copy(txns / id, kept,
                            std::filesystem::copy_options::recursive);
    }  // Rolled back.
    for (const char* name : {"a.parquet", "b.parquet", "torn.parquet"}) {
      std::filesystem::remove(root() / IncrementName(name));
    }
    std::filesystem::rename(kept, txns / id);
    if (state != "open") WritePrepared(store, id, state);
    return id;
  }

  void WritePrepared(const Store& store, const std::string& id,
                     const std::string& state) {
    const fs::Path folder = store.layout().txn_dir() / id;
    auto record = ReadRecord(store, folder);
    ASSERT_TRUE(record.ok());
    record->Set("state", Json::String(state));
    const std::string below = ".benchkeep/txn/" + id + "/";
    const auto base = files_.Info(store.layout().results());
    const auto staged = files_.Info(folder / "new" / "results.parquet");
    ASSERT_TRUE(base.ok() && staged.ok());
    Json move = Json::Object();
    move.Set("do", Json::String("move"));
    move.Set("from", Json::String(below + "taken/torn.parquet"));
    move.Set("to",
             Json::String(".benchkeep/quarantine/" + id + "/torn.parquet"));
    Json replace = Json::Object();
    replace.Set("do", Json::String("replace"));
    replace.Set("staged", Json::String(below + "new/results.parquet"));
    replace.Set("target", Json::String(kResultsName));
    replace.Set("saved", Json::String(below + "old/1"));
    replace.Set("expected", InfoToJson(*base));
    replace.Set("result", InfoToJson(*staged));
    Json steps = Json::Array();
    steps.Append(std::move(move));
    steps.Append(std::move(replace));
    record->Set("steps", std::move(steps));
    ASSERT_TRUE(WriteRecord(store, folder, *record).ok());
  }

  TempDir dir_;
  fs::PosixFileSystem files_;
  ManualClock clock_{TimePoint{std::chrono::hours(24 * 365 * 50)}};
};

TEST_F(TransactionTest, CommitsAsAWhole) {
  const std::string id = Run();
  EXPECT_EQ(Now(), After());
  const Store store = Open();
  const fs::Path trash = store.layout().trash_dir() / id;
  EXPECT_EQ(FileBytes(trash / "taken" / "a.parquet"), "increment a");
  EXPECT_EQ(FileBytes(trash / "old" / "1"), "old results");
  const fs::Path quarantine = store.layout().quarantine_dir() / id;
  EXPECT_EQ(FileBytes(quarantine / "torn.parquet"), "half of");
  const auto why = ParseJson(FileBytes(quarantine / "torn.parquet.why.json"));
  ASSERT_TRUE(why.ok());
  EXPECT_EQ(why->StringAt("reason"), "it was cut off");
  EXPECT_EQ(why->StringAt("file"), IncrementName("torn.parquet"));
}

TEST_F(TransactionTest, KeepsTheModeOfTheTarget) {
  std::filesystem::permissions(root() / kResultsName,
                               std::filesystem::perms{0640});
  Run();
  EXPECT_EQ(files_.Info(root() / kResultsName)->mode, 0640U);
}

TEST_F(TransactionTest, RollsBackWhenItIsDropped) {
  const Store store = Open();
  const StoreLock lock = MustLock(store);
  {
    auto txn = Transaction::Begin(store, lock, "consolidate");
    ASSERT_TRUE(txn.ok());
    ASSERT_TRUE(Prepare(store, *txn).ok());
    EXPECT_NE(Now(), Before());
  }
  EXPECT_EQ(Now(), Before());
  EXPECT_TRUE(UnfinishedTransactions(store)->empty());
}

TEST_F(TransactionTest, RefusesATargetThatWasChangedMeanwhile) {
  const Store store = Open();
  const StoreLock lock = MustLock(store);
  {
    auto txn = Transaction::Begin(store, lock, "consolidate");
    ASSERT_TRUE(txn.ok());
    ASSERT_TRUE(Prepare(store, *txn).ok());
    WriteFile(root() / kResultsName, "by a stranger");
    const Status committed = txn->Commit();
    ASSERT_FALSE(committed.ok());
    EXPECT_EQ(committed.error().code, Code::kBusy);
  }
  Tree expected = Before();
  expected[kResultsName] = "by a stranger";
  EXPECT_EQ(Now(), expected);
}

TEST_F(TransactionTest, RollBackLeavesANewFileOfTheSameNameAlone) {
  const Store store = Open();
  const StoreLock lock = MustLock(store);
  {
    auto txn = Transaction::Begin(store, lock, "consolidate");
    ASSERT_TRUE(txn.ok());
    ASSERT_TRUE(Prepare(store, *txn).ok());
    // Its writer goes on under the old name.
    WriteFile(root() / IncrementName("a.parquet"), "rows written since");
  }
  Tree expected = Before();
  expected[IncrementName("a.parquet")] = "rows written since";
  expected[IncrementName("a.restored-1.parquet")] = "increment a";
  EXPECT_EQ(Now(), expected);
}

TEST_F(TransactionTest, CrashWhileOpenIsRolledBack) {
  const std::string id = Crash("open");
  ASSERT_NE(Now(), Before());
  EXPECT_EQ(*UnfinishedTransactions(Open()), std::vector<std::string>{id});
  EXPECT_EQ(Recover().rolled_back, std::vector<std::string>{id});
  EXPECT_EQ(Now(), Before());
  EXPECT_TRUE(Recover().rolled_back.empty());
}

TEST_F(TransactionTest, CrashWhenPreparedIsFinished) {
  const std::string id = Crash("prepared");
  EXPECT_EQ(Recover().finished, std::vector<std::string>{id});
  EXPECT_EQ(Now(), After());
  EXPECT_TRUE(Recover().finished.empty());
  EXPECT_EQ(Now(), After());
  MustUndo(id);
  EXPECT_EQ(Now(), Before());
}

TEST_F(TransactionTest, CrashBetweenTheStepsIsFinished) {
  const std::string id = Crash("prepared");
  const Store store = Open();
  const fs::Path folder = store.layout().txn_dir() / id;
  // The quarantine is done and the old version linked; the new one waits.
  const fs::Path quarantine = store.layout().quarantine_dir() / id;
  std::filesystem::create_directories(quarantine);
  std::filesystem::rename(folder / "taken" / "torn.parquet",
                          quarantine / "torn.parquet");
  std::filesystem::create_hard_link(root() / kResultsName, folder / "old/1");
  EXPECT_EQ(Recover().finished, std::vector<std::string>{id});
  EXPECT_EQ(Now(), After());
  EXPECT_EQ(FileBytes(store.layout().trash_dir() / id / "old" / "1"),
            "old results");
}

TEST_F(TransactionTest, CrashWhenCommittedIsFinished) {
  const std::string id = Crash("prepared");
  {
    const Store store = Open();
    const StoreLock lock = MustLock(store);
    const fs::Path folder = store.layout().txn_dir() / id;
    auto record = ReadRecord(store, folder);
    ASSERT_TRUE(record.ok());
    ASSERT_TRUE(ApplySteps(store, *record).ok());
    record->Set("state", Json::String("committed"));
    ASSERT_TRUE(WriteRecord(store, folder, *record).ok());
  }
  // Whoever writes the results now does not touch what was committed.
  WriteFile(root() / kResultsName, "new results and more");
  EXPECT_EQ(Recover().finished, std::vector<std::string>{id});
  Tree expected = After();
  expected[kResultsName] = "new results and more";
  EXPECT_EQ(Now(), expected);
}

TEST_F(TransactionTest, OutdatedAfterACrashIsRolledBack) {
  const std::string id = Crash("prepared");
  WriteFile(root() / kResultsName, "by a stranger");
  EXPECT_EQ(Recover().rolled_back, std::vector<std::string>{id});
  Tree expected = Before();
  expected[kResultsName] = "by a stranger";
  EXPECT_EQ(Now(), expected);
}

// A power cut can bring the name of the staged file back after the rename.
TEST_F(TransactionTest, PublishedVersionIsNotTakenForAStrangers) {
  const std::string id = Crash("prepared");
  const Store store = Open();
  const fs::Path folder = store.layout().txn_dir() / id;
  std::filesystem::rename(root() / kResultsName, folder / "old" / "1");
  std::filesystem::create_hard_link(folder / "new" / "results.parquet",
                                    root() / kResultsName);
  EXPECT_EQ(Recover().finished, std::vector<std::string>{id});
  EXPECT_EQ(Now(), After());
  MustUndo(id);
  EXPECT_EQ(Now(), Before());
}

// File systems without RENAME_NOREPLACE move by link and unlink.
TEST_F(TransactionTest, FileWithBothNamesAfterACrashIsNotDoubled) {
  const std::string id = Crash("open");
  std::filesystem::create_hard_link(
      Open().layout().txn_dir() / id / "taken" / "a.parquet",
      root() / IncrementName("a.parquet"));
  Recover();
  EXPECT_EQ(Now(), Before());
}

TEST_F(TransactionTest, FilesOfUnknownOriginAreKeptAndReported) {
  const std::string id = Crash("open");
  const fs::Path folder = Open().layout().txn_dir() / id;
  std::filesystem::remove(folder / "record.json");
  const RecoveryReport report = Recover();
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].code, "transaction_damaged");
  EXPECT_EQ(FileBytes(folder / "taken" / "a.parquet"), "increment a");
}

TEST_F(TransactionTest, DamagedRecordDoesNotStopTheNextRun) {
  const std::string id = Crash("open");
  WriteFile(Open().layout().txn_dir() / id / "record.json", "{\"state\": ");
  EXPECT_EQ(Recover().findings.size(), 1U);
  WriteFile(root() / IncrementName("a.parquet"), "increment a");
  WriteFile(root() / IncrementName("b.parquet"), "increment b");
  WriteFile(root() / IncrementName("torn.parquet"), "half of");
  Run();
  EXPECT_EQ(Now(), After());
}

TEST_F(TransactionTest, DamagedLedgerDoesNotStopTheNextRun) {
  WriteFile(root() / ".benchkeep" / "state.db", std::string(9000, 'x'));
  Run();
  EXPECT_EQ(Now(), After());
  EXPECT_TRUE(UnfinishedTransactions(Open())->empty());
}

TEST_F(TransactionTest, UndoBringsEveryByteBack) {
  const std::string id = Run();
  ASSERT_TRUE(Undo(id, Rehearse::kYes).ok());
  EXPECT_EQ(Now(), After());
  MustUndo(id);
  EXPECT_EQ(Now(), Before());
  const Store store = Open();
  EXPECT_TRUE(QuarantineOf(files_, store.layout()).empty());
  auto ledger = Ledger::Open(store.layout().state_db());
  ASSERT_TRUE(ledger.ok());
  EXPECT_FALSE(ledger->LeftByMerge(kResultsName)->has_value());
  EXPECT_TRUE(ledger->Unbalanced()->empty());
  const auto again = Undo(id);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Code::kInvalidArgument);
}

TEST_F(TransactionTest, UndoOfUndoIsTheChangeAgain) {
  const std::string undo = MustUndo(Run());
  MustUndo(undo);
  EXPECT_EQ(Now(), After());
}

TEST_F(TransactionTest, UndoAndRedoGoOnForever) {
  const std::string id = Run();
  const std::string undo = MustUndo(id);
  const std::string redo = MustUndo(undo);
  // What the first change kept lies with the redo now.
  const auto old = Undo(id);
  ASSERT_FALSE(old.ok());
  EXPECT_EQ(old.error().code, Code::kInvalidArgument);
  EXPECT_NE(old.error().fix.English().find(redo), std::string::npos)
      << old.error().fix.English();
  EXPECT_EQ(Now(), After());
  const Store store = Open();
  std::string last = redo;
  for (int round = 0; round < 3; ++round) {
    last = MustUndo(last);
    EXPECT_EQ(Now(), Before());
    EXPECT_TRUE(QuarantineOf(files_, store.layout()).empty());
    last = MustUndo(last);
    EXPECT_EQ(Now(), After());
    // What was quarantined is so again, beside its note.
    EXPECT_EQ(QuarantineOf(files_, store.layout()),
              (Tree{{id + "/torn.parquet", "half of"}}));
  }
  auto ledger = Ledger::Open(store.layout().state_db());
  ASSERT_TRUE(ledger.ok());
  EXPECT_TRUE(ledger->Unbalanced()->empty());
}

TEST_F(TransactionTest, UndoOfALaterChangeComesFirst) {
  const std::string first = Run();
  for (const auto& [name, bytes] : Before()) {
    if (name != kResultsName) WriteFile(root() / name, bytes);
  }
  const std::string second = Run();
  const auto refused = Undo(first);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kBusy);
  EXPECT_NE(refused.error().fix.English().find(second), std::string::npos);
  MustUndo(second);
  EXPECT_EQ(FileBytes(root() / kResultsName), "new results");
}

TEST_F(TransactionTest, UndoIsRefusedAfterAStrangersChange) {
  const std::string id = Run();
  WriteFile(root() / kResultsName, "by a stranger");
  const auto refused = Undo(id);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kBusy);
  EXPECT_EQ(FileBytes(root() / kResultsName), "by a stranger");
}

TEST_F(TransactionTest, UndoLeavesANewIncrementOfTheSameNameAlone) {
  const std::string id = Run();
  WriteFile(root() / IncrementName("a.parquet"), "rows written since");
  MustUndo(id);
  Tree expected = Before();
  expected[IncrementName("a.parquet")] = "rows written since";
  expected[IncrementName("a.restored-1.parquet")] = "increment a";
  EXPECT_EQ(Now(), expected);
}

// What came back may have grown since, or its name be another file's: taking
// it out again would take rows that no results hold.
TEST_F(TransactionTest, RedoNeverTakesOtherIncrementsAway) {
  const std::string id = Run();
  WriteFile(root() / IncrementName("a.parquet"), "rows written since");
  const std::string undo = MustUndo(id);
  const Tree undone = Now();
  const auto redo = Undo(undo);
  ASSERT_FALSE(redo.ok());
  EXPECT_EQ(redo.error().code, Code::kBusy);
  EXPECT_EQ(Now(), undone);
}

TEST_F(TransactionTest, RedoNeverTakesAGrownIncrementAway) {
  const std::string undo = MustUndo(Run());
  WriteFile(root() / IncrementName("a.parquet"), "increment a and more rows");
  const auto redo = Undo(undo);
  ASSERT_FALSE(redo.ok());
  EXPECT_EQ(redo.error().code, Code::kBusy);
  EXPECT_EQ(FileBytes(root() / kResultsName), "old results");
  EXPECT_EQ(FileBytes(root() / IncrementName("a.parquet")),
            "increment a and more rows");
}

TEST_F(TransactionTest, UndoOfAFileThatWasMadeRemovesIt) {
  std::string id;
  {
    const Store store = Open();
    const StoreLock lock = MustLock(store);
    auto txn = Transaction::Begin(store, lock, "migrate");
    ASSERT_TRUE(txn.ok());
    id = txn->id();
    const fs::Path staged = txn->staging() / "made";
    WriteFile(staged, "made");
    ASSERT_TRUE(
        txn->Replace(staged, root() / "export" / "made", std::nullopt).ok());
    ASSERT_TRUE(txn->Commit().ok());
  }
  EXPECT_EQ(FileBytes(root() / "export" / "made"), "made");
  const std::string undo = MustUndo(id);
  EXPECT_EQ(Now(), Before());
  MustUndo(undo);
  EXPECT_EQ(FileBytes(root() / "export" / "made"), "made");
}

TEST_F(TransactionTest, UnknownIdIsNotFound) {
  const auto undone = Undo("20200101-000000-000-consolidate-0000");
  ASSERT_FALSE(undone.ok());
  EXPECT_EQ(undone.error().code, Code::kNotFound);
}

TEST_F(TransactionTest, SecondLockIsRefusedAndNamesTheHolder) {
  const Store store = Open();
  const StoreLock lock = MustLock(store);
  const auto second = StoreLock::Acquire(store, "other");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::kLocked);
  EXPECT_NE(second.error().message.English().find("test (pid "),
            std::string::npos);
}

}  // namespace
}  // namespace benchkeep::store
