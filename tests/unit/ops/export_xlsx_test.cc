// Workbooks, as what their sheets say in XML.

#include "ops/export_xlsx.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "support/fake_results.h"

namespace benchkeep::ops {
namespace {

using testing::Bool;
using testing::Int;
using testing::Null;
using testing::Real;
using testing::Single;
using testing::Text;
using testing::Uint;

using Rows = std::vector<std::vector<store::Cell>>;

class XlsxTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "xlsxXXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    file_ = folder_ / "w.xlsx";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Writes `rows` and returns the writer, finished.
  std::unique_ptr<XlsxWriter> Write(const std::vector<std::string>& columns,
                                    const Rows& rows,
                                    std::uint64_t limit = kMaxSheetRows) {
    auto writer = std::make_unique<XlsxWriter>(file_, folder_, limit);
    EXPECT_TRUE(writer->Begin(columns, types_).ok());
    for (const auto& row : rows) EXPECT_TRUE(writer->Row(row).ok());
    const Status end = writer->End();
    EXPECT_TRUE(end.ok());
    return writer;
  }

  std::string Part(const std::string& name) {
    std::unique_ptr<archive, int (*)(archive*)> zip(archive_read_new(),
                                                    archive_read_free);
    archive_read_support_format_zip(zip.get());
    archive_read_open_filename(zip.get(), file_.c_str(), 4096);
    archive_entry* entry = nullptr;
    while (archive_read_next_header(zip.get(), &entry) == ARCHIVE_OK) {
      if (name != archive_entry_pathname(entry)) continue;
      std::string text;
      char buffer[4096];
      la_ssize_t got = 0;
      while ((got = archive_read_data(zip.get(), buffer, sizeof(buffer))) > 0) {
        text.append(buffer, static_cast<std::size_t>(got));
      }
      return text;
    }
    return {};
  }
  std::string Sheet(int number) {
    return Part("xl/worksheets/sheet" + std::to_string(number) + ".xml");
  }

  fs::Path folder_;
  fs::Path file_;
  std::vector<std::string> types_;
};

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(XlsxTest, SplitsIntoSheetsEachWithTheHeader) {
  Rows rows;
  for (int i = 1; i <= 5; ++i) rows.push_back({Int(i)});
  const auto writer = Write({"n"}, rows, 3);
  EXPECT_EQ(writer->sheets(), 3U);
  const std::string book = Part("xl/workbook.xml");
  EXPECT_TRUE(Has(book, "name=\"results\""));
  EXPECT_TRUE(Has(book, "name=\"results 3\""));
  for (int sheet = 1; sheet <= 3; ++sheet) {
    const std::string xml = Sheet(sheet);
    EXPECT_TRUE(Has(xml, "<c r=\"A1\" s=\"1\" t=\"inlineStr\"><is><t>n<"));
    EXPECT_TRUE(Has(xml, "<pane ySplit=\"1\"")) << xml;
    const int first = 2 * sheet - 1;
    EXPECT_TRUE(Has(xml, "<c r=\"A2\"><v>" + std::to_string(first) + "</v>"));
    EXPECT_EQ(Has(xml, "<c r=\"A3\">"), sheet < 3);
    EXPECT_FALSE(Has(xml, "<row r=\"4\""));
  }
  EXPECT_TRUE(Has(Sheet(1), "<autoFilter ref=\"A1:A3\"/>"));
  EXPECT_TRUE(Has(Sheet(3), "<autoFilter ref=\"A1:A2\"/>"));
}

TEST_F(XlsxTest, AFullSheetIsNotFollowedByAnEmptyOne) {
  EXPECT_EQ(Write({"n"}, {{Int(1)}, {Int(2)}}, 3)->sheets(), 1U);
  EXPECT_EQ(Write({"n"}, {}, 3)->sheets(), 1U);
}

TEST_F(XlsxTest, NumbersAreExactOrText) {
  const std::int64_t limit = std::int64_t{1} << 53;
  Write({"a", "b", "c", "d", "e", "f", "g", "h"},
        {{Int(limit), Int(limit + 1), Int(-limit - 1), Uint(~0ULL), Real(0.1),
          Single(0.1F), Real(std::nan("")), Real(-INFINITY)}});
  const std::string xml = Sheet(1);
  EXPECT_TRUE(Has(xml, "<c r=\"A2\"><v>9007199254740992</v>"));
  EXPECT_TRUE(Has(xml, "<c r=\"B2\" t=\"inlineStr\"><is><t>9007199254740993<"));
  EXPECT_TRUE(Has(xml, "<t>-9007199254740993<"));
  EXPECT_TRUE(Has(xml, "<t>18446744073709551615<"));
  EXPECT_TRUE(Has(xml, "<c r=\"E2\"><v>0.1</v>"));
  EXPECT_TRUE(Has(xml, "<c r=\"F2\"><v>0.1</v>"));
  EXPECT_FALSE(Has(xml, "r=\"G2\""));
  EXPECT_FALSE(Has(xml, "r=\"H2\""));
}

TEST_F(XlsxTest, NumbersInTextAreNumbersAsFarAsADoubleGoes) {
  types_ = {"DECIMAL(18,3)", "DECIMAL(38,0)", "VARCHAR", "DOUBLE"};
  Write({"a", "b", "c", "d"},
        {{Text("12.500"), Text("1234567890123456"), Text("1.5"),
          Real(std::numeric_limits<double>::max())}});
  const std::string xml = Sheet(1);
  EXPECT_TRUE(Has(xml, "<c r=\"A2\"><v>12.5</v>"));
  EXPECT_TRUE(Has(xml, "<t>1234567890123456</t>"));
  EXPECT_TRUE(Has(xml, "<t>1.5</t>"));
  EXPECT_TRUE(Has(xml, "<t>1.7976931348623157e+308</t>"));
}

TEST_F(XlsxTest, TextIsNeverAFormulaOrALink) {
  Write({"=h"}, {{Text("=1+1")},
                 {Text("http://example.com/")},
                 {Text("mailto:a@b.c")},
                 {Text("{=SUM(A1)}")},
                 {Text("007")},
                 {Bool(true)},
                 {Null()}});
  const std::string xml = Sheet(1);
  EXPECT_FALSE(Has(xml, "<f>"));
  EXPECT_FALSE(Has(xml, "<hyperlink"));
  EXPECT_TRUE(Has(xml, "<t>=1+1</t>"));
  EXPECT_TRUE(Has(xml, "<t>http://example.com/</t>"));
  EXPECT_TRUE(Has(xml, "<t>007</t>"));
  EXPECT_TRUE(Has(xml, "<c r=\"A7\" t=\"b\"><v>1</v>"));
}

TEST_F(XlsxTest, CountsWhatItHadToChange) {
  const std::string longer(40'000, 'x');
  const auto writer =
      Write({"t"}, {{Text(longer)}, {Text("a\x02z")}, {Text("fine")}});
  EXPECT_EQ(writer->truncated(), 1U);
  EXPECT_EQ(writer->stripped(), 1U);
  EXPECT_TRUE(Has(Sheet(1), "<t>az</t>"));
  EXPECT_TRUE(Has(Sheet(1), "<t>" + std::string(kMaxCellUnits, 'x') + "</t>"));
}

TEST_F(XlsxTest, LeavesNoScratchFiles) {
  Write({"t"}, {{Text("a")}});
  int entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    EXPECT_EQ(entry.path(), file_);
    ++entries;
  }
  EXPECT_EQ(entries, 1);
}

TEST_F(XlsxTest, ReadingBackSeesDamage) {
  Rows rows(2'000, {Text("some text"), Int(7)});
  Write({"t", "n"}, rows);
  ASSERT_TRUE(ReadSheetRows(file_).ok());
  std::fstream stream(file_, std::ios::in | std::ios::out | std::ios::binary);
  // The first entry is a fixed list of parts; sheets come at the end.
  const auto size =
      static_cast<std::streamoff>(std::filesystem::file_size(file_));
  int noticed = 0;
  const Result<std::vector<SheetRows>> before = ReadSheetRows(file_);
  for (const int part : {3, 4, 5}) {
    const std::streamoff at = size * part / 10;
    stream.seekg(at);
    const char was = static_cast<char>(stream.get());
    stream.seekp(at);
    stream.put(static_cast<char>(was ^ 0x55)).flush();
    const Result<std::vector<SheetRows>> after = ReadSheetRows(file_);
    if (!after.ok() || *after != *before) ++noticed;
    stream.seekp(at);
    stream.put(was).flush();
  }
  EXPECT_EQ(noticed, 3);
  EXPECT_EQ(*ReadSheetRows(file_), *before);
}

TEST_F(XlsxTest, RefusesMoreColumnsThanASheetHas) {
  XlsxWriter writer(file_, folder_);
  const Status status = writer.Begin(std::vector<std::string>(16'385, "c"), {});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace benchkeep::ops
