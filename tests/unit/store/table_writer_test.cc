// Writing tables: values, order over many parts, leftovers.

#include "store/table_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "fs/posix_file_system.h"
#include "support/temp_dir.h"

namespace benchkeep::store {
namespace {

class TableWriterTest : public testing::Test {
 protected:
  TableOptions Table() { return {dir_.path(), "table.parquet"}; }

  Result<TableWriter> Create(const std::vector<TableColumn>& columns) {
    return TableWriter::Create(files_, Table(), columns);
  }

  // One number about the rows written.
  std::int64_t Ask(const std::string& select) {
    engine::Options options;
    options.allowed_directories = {dir_.path()};
    options.temp_directory = dir_.path() / "spill";
    Result<engine::Database> database = engine::Database::Open(options);
    BENCHKEEP_CHECK(database.ok());
    Result<engine::Connection> connection = database->Connect();
    BENCHKEEP_CHECK(connection.ok());
    const fs::Path file = dir_.path() / "table.parquet";
    const Result<std::int64_t> answer = connection->QueryInt(
        select + " FROM read_parquet(" + engine::Literal(file.string()) + ")");
    if (!answer.ok()) ADD_FAILURE() << answer.error().message.English();
    return answer.value_or(-1);
  }

  TempDir dir_;
  fs::PosixFileSystem files_;
};

TEST_F(TableWriterTest, ManyPartsAreOneFileInOrder) {
  constexpr std::int64_t kRows = 300'001;
  Result<TableWriter> writer = Create({{"n", engine::Type::kInt64}});
  ASSERT_TRUE(writer.ok());
  for (std::int64_t n = 0; n < kRows; ++n) {
    ASSERT_TRUE(writer->Append({IntCell(n)}).ok());
  }
  const Result<std::uint64_t> rows = writer->Finish();
  ASSERT_TRUE(rows.ok()) << rows.error().message.English();
  EXPECT_EQ(*rows, 300'001U);
  EXPECT_EQ(Ask("SELECT count(*)"), kRows);
  EXPECT_EQ(Ask("SELECT count_if(n = file_row_number)::BIGINT"), kRows);

  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    names.push_back(entry.path().filename());
  }
  EXPECT_EQ(names, std::vector<std::string>{"table.parquet"});
}

TEST_F(TableWriterTest, ValuesKeepTheirBits) {
  Result<TableWriter> writer = Create({{"i", engine::Type::kInt64},
                                       {"d", engine::Type::kDouble},
                                       {"f", engine::Type::kFloat},
                                       {"t", engine::Type::kText},
                                       {"b", engine::Type::kBool}});
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(
      writer
          ->Append({IntCell(9007199254740993), DoubleCell(-0.0),
                    DoubleCell(0.8), TextCell("\u4e2d'\""), BoolCell(true)})
          .ok());
  ASSERT_TRUE(writer
                  ->Append({NullCell(), DoubleCell(std::nan("")), NullCell(),
                            TextCell(""), NullCell()})
                  .ok());
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(Ask("SELECT max(i)"), 9007199254740993);
  EXPECT_EQ(Ask("SELECT count_if(signbit(d) AND d = 0)::BIGINT"), 1);
  EXPECT_EQ(Ask("SELECT count_if(isnan(d))::BIGINT"), 1);
  EXPECT_EQ(Ask("SELECT count_if(f::DOUBLE = 0.800000011920929)::BIGINT"), 1);
  EXPECT_EQ(Ask("SELECT count_if(t = '\u4e2d''\"' AND b)::BIGINT"), 1);
  EXPECT_EQ(Ask("SELECT count_if(i IS NULL AND b IS NULL AND t = '')::BIGINT"),
            1);
}

TEST_F(TableWriterTest, AValueThatDoesNotFitIsAnError) {
  Result<TableWriter> writer = Create({{"n", engine::Type::kInt32}});
  ASSERT_TRUE(writer.ok());
  const Status appended = writer->Append({IntCell(std::int64_t{1} << 40)});
  const bool refused = !appended.ok() || !writer->Finish().ok();
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace benchkeep::store
