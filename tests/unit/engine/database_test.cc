// The query engine behind its sandbox.

#include "engine/database.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_dir.h"

namespace benchkeep::engine {
namespace {

class Engine : public testing::Test {
 protected:
  Engine() {
    options_.allowed_directories = {folder_.path() / "allowed"};
    options_.temp_directory = folder_.path() / "spill";
    std::filesystem::create_directory(options_.allowed_directories.front());
  }

  Connection Connected() {
    Result<Database> database = Database::Open(options_);
    BENCHKEEP_CHECK(database.ok());
    database_.emplace(std::move(*database));
    Result<Connection> connection = database_->Connect();
    BENCHKEEP_CHECK(connection.ok());
    return std::move(*connection);
  }

  static std::vector<std::int64_t> Ints(Connection& connection,
                                        const std::string& sql) {
    std::vector<std::int64_t> out;
    Result<Rows> rows = connection.Query(sql);
    EXPECT_TRUE(rows.ok()) << sql;
    while (rows.ok()) {
      const Result<Chunk> chunk = rows->Next();
      EXPECT_TRUE(chunk.ok());
      if (!chunk.ok() || chunk->rows() == 0) break;
      for (std::uint64_t i = 0; i < chunk->rows(); ++i) {
        out.push_back(chunk->column(0).Int(i));
      }
    }
    return out;
  }

  TempDir folder_;
  Options options_;
  std::optional<Database> database_;
};

TEST_F(Engine, TheSandboxHoldsWhateverTheStatement) {
  const auto outside = folder_.path() / "outside.csv";
  std::ofstream(outside) << "a\n1\n";
  Connection connection = Connected();
  const std::string file = Literal(outside.string());
  const std::string target = Literal((folder_.path() / "new.csv").string());
  for (const std::string& sql : {
           "SELECT * FROM read_csv(" + file + ")",
           "SELECT * FROM read_text(" + file + ")",
           "COPY (SELECT 1) TO " + target,
           "ATTACH " + target,
           std::string("INSTALL httpfs"),
           std::string("LOAD httpfs"),
           std::string("SET enable_external_access = true"),
           std::string("SET lock_configuration = false"),
           std::string("SET memory_limit = '100GB'"),
           "EXPORT DATABASE " + target,
       }) {
    EXPECT_FALSE(connection.Run(sql).ok()) << sql;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "new.csv"));
}

TEST_F(Engine, AllowedFoldersCanBeWrittenAndRead) {
  Connection connection = Connected();
  const std::string file =
      Literal((options_.allowed_directories.front() / "a.parquet").string());
  ASSERT_TRUE(connection.Run("COPY (SELECT 7 AS x) TO " + file).ok());
  EXPECT_EQ(Ints(connection, "SELECT x::BIGINT FROM " + file),
            std::vector<std::int64_t>{7});
}

TEST_F(Engine, OneStatementThatReadsIsAllThatReadOnlyTakes) {
  Connection connection = Connected();
  ASSERT_TRUE(connection.Run("CREATE TABLE t AS SELECT 1 AS x").ok());
  EXPECT_TRUE(connection.QueryReadOnly("SELECT x FROM t").ok());
  for (const char* sql :
       {"DROP TABLE t", "INSERT INTO t VALUES (2)", "SELECT 1; DROP TABLE t",
        "CREATE TABLE u (x INT)", "DELETE FROM t", ""}) {
    EXPECT_FALSE(connection.QueryReadOnly(sql).ok()) << sql;
  }
  EXPECT_EQ(Ints(connection, "SELECT count(*) FROM t"),
            std::vector<std::int64_t>{1});
}

// A file of many row groups is scanned by several threads.
TEST_F(Engine, ASetLeavesOutItsPlacesAndKeepsTheOrderOfTheRest) {
  constexpr std::int64_t kRows = 400'000;
  options_.threads = 4;
  Connection connection = Connected();
  const auto& allowed = options_.allowed_directories.front();
  const std::string in = Literal((allowed / "in.parquet").string());
  ASSERT_TRUE(
      connection
          .Run(fmt::format("COPY (SELECT range AS x FROM range({})) TO {} "
                           "(FORMAT parquet, ROW_GROUP_SIZE 4096)",
                           kRows, in))
          .ok());
  PlaceSet odd(0, kRows);
  std::vector<std::int64_t> even;
  for (std::int64_t i = 0; i < kRows; ++i) {
    if (i % 2 == 1) {
      odd.Add(static_cast<std::uint64_t>(i));
    } else {
      even.push_back(i);
    }
  }
  ASSERT_TRUE(connection.DefineSet("odd", odd).ok());
  const std::string out = Literal((allowed / "out.parquet").string());
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(
        connection
            .Run(fmt::format("COPY (SELECT x FROM read_parquet({}, "
                             "file_row_number = true) WHERE NOT "
                             "odd(file_row_number)) TO {} (FORMAT parquet)",
                             in, out))
            .ok());
    ASSERT_EQ(Ints(connection, "SELECT x FROM read_parquet(" + out + ")"),
              even);
  }
}

TEST(PlaceSet, HoldsWhatWasAddedAndNothingAround) {
  PlaceSet set(100, 130);
  set.Add(100);
  set.Add(163);
  set.Add(229);
  for (std::uint64_t place = 0; place < 400; ++place) {
    const bool added = place == 100 || place == 163 || place == 229;
    EXPECT_EQ(set.Holds(place), added) << place;
  }
  EXPECT_EQ(set.size(), 3U);
  using Places = std::vector<std::uint32_t>;
  EXPECT_EQ(set.Within(100, 230), (Places{0, 63, 129}));
  EXPECT_EQ(set.Within(101, 229), (Places{62}));
  EXPECT_EQ(set.Within(163, 164), (Places{0}));
  EXPECT_EQ(set.Within(164, 164), Places());
  EXPECT_FALSE(PlaceSet(5, 0).Holds(5));
}

TEST_F(Engine, NullIsInNoSet) {
  Connection connection = Connected();
  PlaceSet set(0, 10);
  set.Add(0);
  ASSERT_TRUE(connection.DefineSet("lost", set).ok());
  const std::string from =
      "SELECT count(*) FROM (VALUES (0), (NULL), (3)) v(x)";
  EXPECT_EQ(Ints(connection, from + " WHERE lost(x)"),
            std::vector<std::int64_t>{1});
  EXPECT_EQ(Ints(connection, from + " WHERE NOT lost(x)"),
            std::vector<std::int64_t>{2});
}

TEST(Sql, TextsAndNamesAreQuoted) {
  EXPECT_EQ(Literal("it's"), "'it''s'");
  EXPECT_EQ(Identifier("a\"b"), "\"a\"\"b\"");
}

}  // namespace
}  // namespace benchkeep::engine
