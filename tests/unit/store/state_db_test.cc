// state.db: statements, transactions, and databases that only may be looked at.

#include "store/state_db.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "support/temp_dir.h"

namespace benchkeep::store {
namespace {

class StateDbTest : public ::testing::Test {
 protected:
  [[nodiscard]] fs::Path File() const { return dir_.path() / "state.db"; }

  // What the only column of the only row holds.
  static std::string One(StateDb& db, const char* sql) {
    Result<DbStatement> statement = db.Prepare(sql);
    EXPECT_TRUE(statement.ok());
    if (!statement.ok()) return "?";
    EXPECT_TRUE(*statement->Step());
    return statement->TextAt(0);
  }

  TempDir dir_;
};

TEST_F(StateDbTest, GivesBackWhatWasBound) {
  Result<StateDb> db = StateDb::Open(File());
  ASSERT_TRUE(db.ok());
  ASSERT_TRUE(db->Run("CREATE TABLE t (a, b, c, d, e)").ok());
  {
    Result<DbStatement> insert =
        db->Prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)");
    ASSERT_TRUE(insert.ok());
    insert->Bind(1, std::string_view("a\0b\xE9\x94\x99", 6));
    insert->Bind(2, std::int64_t{-5});
    insert->Bind(3, ~std::uint64_t{0});
    insert->Bind(4, 0.25);
    insert->Bind(5, std::optional<double>());
    ASSERT_TRUE(insert->Run().ok());
  }
  Result<DbStatement> select = db->Prepare("SELECT a, b, c, d, e FROM t");
  ASSERT_TRUE(select.ok());
  ASSERT_TRUE(*select->Step());
  EXPECT_EQ(select->TextAt(0), std::string("a\0b\xE9\x94\x99", 6));
  EXPECT_EQ(select->IntAt(1), -5);
  EXPECT_EQ(select->BitsAt(2), ~std::uint64_t{0});
  EXPECT_EQ(select->RealAt(3), 0.25);
  EXPECT_TRUE(select->NullAt(4));
  EXPECT_EQ(select->MaybeRealAt(4), std::nullopt);
  EXPECT_EQ(select->MaybeIntAt(1), -5);
  EXPECT_FALSE(*select->Step());
}

TEST_F(StateDbTest, AFailedTransactionLeavesNothing) {
  Result<StateDb> db = StateDb::Open(File());
  ASSERT_TRUE(db.ok());
  ASSERT_TRUE(db->Run("CREATE TABLE t (a)").ok());
  const Status failed = db->InTransaction([&]() -> Status {
    BENCHKEEP_TRY(db->Run("INSERT INTO t VALUES (1)"));
    return Fail(Code::kCancelled, Say(N_("stop")));
  });
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, Code::kCancelled);
  EXPECT_EQ(One(*db, "SELECT count(*) FROM t"), "0");
  ASSERT_TRUE(db->InTransaction([&] {
                  return db->Run("INSERT INTO t VALUES (1)");
                }).ok());
  EXPECT_EQ(One(*db, "SELECT count(*) FROM t"), "1");
}

TEST_F(StateDbTest, LookingNeitherMakesNorChangesOne) {
  const Result<StateDb> none = StateDb::OpenToRead(File());
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, Code::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(File()));
  {
    Result<StateDb> db = StateDb::Open(File());
    ASSERT_TRUE(db.ok());
    ASSERT_TRUE(db->Run("CREATE TABLE t (a)").ok());
  }
  Result<StateDb> db = StateDb::OpenToRead(File());
  ASSERT_TRUE(db.ok());
  EXPECT_TRUE(*db->HasTable("t"));
  EXPECT_FALSE(*db->HasTable("u"));
  const Status written = db->Run("INSERT INTO t VALUES (1)");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, Code::kPermission);
}

TEST_F(StateDbTest, LookingTakesBackWhatACrashLeft) {
  const fs::Path crashed = dir_.path() / "crashed.db";
  {
    Result<StateDb> db = StateDb::Open(File());
    ASSERT_TRUE(db.ok());
    ASSERT_TRUE(
        db->Run("CREATE TABLE t (a); INSERT INTO t VALUES ('old')").ok());
    // Pages go to the file before the end, and the journal is all that knows.
    ASSERT_TRUE(
        db->Run("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; "
                "UPDATE t SET a = 'new'; WITH RECURSIVE n(i) AS (SELECT "
                "1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT "
                "INTO t SELECT hex(randomblob(200)) FROM n")
            .ok());
    std::filesystem::copy_file(File(), crashed);
    std::filesystem::copy_file(File().string() + "-journal",
                               crashed.string() + "-journal");
  }
  Result<StateDb> db = StateDb::OpenToRead(crashed);
  ASSERT_TRUE(db.ok()) << db.error().message.English();
  EXPECT_EQ(One(*db, "SELECT group_concat(a) FROM t"), "old");
}

TEST_F(StateDbTest, SaysThatItIsNoDatabase) {
  std::ofstream(File()) << std::string(4096, 'x');
  Result<StateDb> db = StateDb::Open(File());
  const Status run = db.ok() ? db->Run("CREATE TABLE t (a)")
                             : Status(tl::make_unexpected(db.error()));
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().code, Code::kCorruption);
}

}  // namespace
}  // namespace benchkeep::store
