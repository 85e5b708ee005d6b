// The check of what was cut must notice every value that is not what it was.

#include "store/cut_check.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "store/key_hash.h"
#include "store/row_cutter.h"
#include "support/temp_dir.h"
#include "unit/store/parquet_fixture.h"

namespace benchkeep::store {
namespace {

constexpr std::uint64_t kRows = 6000;
constexpr std::uint64_t kGroupRows = 2048;
constexpr std::size_t kName = 0;  // The place of the key among the columns.
constexpr std::array kColumns = {"name", "few", "maybe", "real", "flag", "id"};

// Rows with one value of `column` changed at `changed`.
std::string Select(const std::string& column, std::uint64_t changed) {
  const std::map<std::string, std::pair<std::string, std::string>> columns = {
      {"name", {"'k' || i", "'x' || i"}},
      {"few", {"'few ' || (i % 7)", "'few ' || ((i + 1) % 7)"}},
      {"maybe", {"CASE WHEN i % 3 = 0 THEN NULL ELSE i % 5 END", "NULL"}},
      {"real", {"i * 0.1", "i * 0.1 + 1"}},
      {"flag", {"i % 2 = 0", "i % 2 = 1"}},
      {"id", {"i", "i + 1"}}};
  std::string list;
  for (const char* name : kColumns) {
    const auto& [right, wrong] = columns.at(name);
    list += fmt::format(
        "{}{} AS {}", list.empty() ? "" : ", ",
        name == column ? fmt::format("CASE WHEN i = {} THEN {} ELSE {} END",
                                     changed, wrong, right)
                       : right,
        name);
  }
  return fmt::format("SELECT {} FROM range({}) t(i)", list, kRows);
}

class CutCheckTest : public testing::Test {
 protected:
  CutCheckTest() {
    for (std::uint64_t row = 5; row < kRows; row += 97) lost_.Add(row);
    maker_.Make(Path("base"), Select("", 0), Options());
  }

  [[nodiscard]] fs::Path Path(const std::string& name) const {
    return dir_.path() / (name + ".parquet");
  }
  static std::string Options(const char* more = "") {
    return fmt::format(", ROW_GROUP_SIZE {}{}", kGroupRows, more);
  }

  // What the check says of `other`, cut, as a version of the base.
  Result<RowCount> Check(const std::string& other,
                         const engine::PlaceSet& told) {
    const auto base = ParquetSource::Open(Path("base"));
    const auto source = ParquetSource::Open(Path(other));
    BENCHKEEP_CHECK(base.ok() && source.ok());
    std::filesystem::remove(Path("cut"));
    const std::size_t groups = base->footer().row_groups().size();
    const auto cut =
        CutRowGroups({&*source, &lost_, std::vector<bool>(groups, true), 2},
                     files_, Path("cut"));
    BENCHKEEP_CHECK(cut.ok());
    const auto after = ParquetSource::Open(Path("cut"));
    BENCHKEEP_CHECK(after.ok());
    std::vector<CutPair> pairs;
    std::uint64_t row = 0;
    for (std::size_t i = 0; i < groups; ++i) {
      BENCHKEEP_CHECK(cut->places[i].has_value());
      pairs.push_back({i, *cut->places[i], row});
      row += base->footer().row_groups()[i].rows;
    }
    return CheckCut({&*base, &*after, &told, kName, 2}, pairs);
  }

  [[nodiscard]] RowCount LostKeys() const {
    RowCount lost;
    for (const std::uint32_t row : lost_.Within(0, kRows)) {
      const KeyHash hash = HashOfText(fmt::format("k{}", row));
      lost += RowCount{1, {hash.high, hash.low}};
    }
    return lost;
  }

  TempDir dir_;
  ParquetMaker maker_{dir_.path()};
  fs::PosixFileSystem files_;
  engine::PlaceSet lost_{0, kRows};
};

TEST_F(CutCheckTest, AcceptsWhatIsRight) {
  for (const char* more :
       {"", ", DICTIONARY_SIZE_LIMIT 1", ", COMPRESSION zstd",
        ", COMPRESSION uncompressed"}) {
    maker_.Make(Path("base"), Select("", 0), Options(more));
    const Result<RowCount> same = Check("base", lost_);
    ASSERT_TRUE(same.ok()) << more << same.error().message.English();
    EXPECT_EQ(*same, LostKeys()) << more;
  }
}

TEST_F(CutCheckTest, NoticesOneWrongValueInAnyColumn) {
  for (const char* more : {"", ", DICTIONARY_SIZE_LIMIT 1"}) {
    maker_.Make(Path("base"), Select("", 0), Options(more));
    for (const char* column : kColumns) {
      for (const std::uint64_t row : {1U, 2047U, 4097U}) {
        maker_.Make(Path("other"), Select(column, row), Options(more));
        const Result<RowCount> same = Check("other", lost_);
        ASSERT_FALSE(same.ok()) << column << " of row " << row << more;
        EXPECT_EQ(same.error().code, Code::kInternal);
        EXPECT_NE(same.error().message.English().find(
                      fmt::format("column {} ", column)),
                  std::string::npos)
            << same.error().message.English();
      }
    }
  }
}

TEST_F(CutCheckTest, NoticesThatAnotherRowIsGone) {
  engine::PlaceSet told(0, kRows);
  for (std::uint64_t row = 5; row < kRows; row += 97) {
    told.Add(row == 5 + 97 * 30 ? row + 1 : row);
  }
  EXPECT_FALSE(Check("base", told).ok());
}

}  // namespace
}  // namespace benchkeep::store
