// CSV and JSON, byte for byte.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/json.h"
#include "ops/export.h"
#include "ops/export_json.h"
#include "ops/export_text.h"
#include "support/fake_results.h"

namespace benchkeep::ops {
namespace {

using testing::Bool;
using testing::FakeResults;
using testing::Int;
using testing::Null;
using testing::Real;
using testing::Single;
using testing::Text;
using testing::Uint;

class StringSink final : public ByteSink {
 public:
  Status Write(std::string_view bytes) override {
    ++writes;
    text += bytes;
    return {};
  }
  std::string text;
  int writes = 0;
};

std::string Export(FakeResults results, ExportFormat format,
                   CsvDialect dialect = CsvDialect::kPlain) {
  StringSink sink;
  NoProgress progress;
  const Result<std::uint64_t> rows =
      StreamExport(results, {}, format, dialect, sink, progress);
  EXPECT_TRUE(rows.ok());
  return sink.text;
}

TEST(AppendRealTest, IsShortestAndStaysReal) {
  const auto text = [](double value, bool single = false) {
    std::string out;
    AppendReal(out, value, single);
    return out;
  };
  EXPECT_EQ(text(1), "1.0");
  EXPECT_EQ(text(0.1), "0.1");
  EXPECT_EQ(text(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(text(-0.0), "-0.0");
  EXPECT_EQ(text(1e16), "1e+16");
  EXPECT_EQ(text(5e-324), "5e-324");
  EXPECT_EQ(text(std::numeric_limits<double>::max()),
            "1.7976931348623157e+308");
  EXPECT_EQ(text(static_cast<double>(0.1F), true), "0.1");
  EXPECT_EQ(text(static_cast<double>(0.1F)), "0.10000000149011612");
  EXPECT_EQ(text(std::nan("")), "NaN");
  EXPECT_EQ(text(-INFINITY), "-inf");
}

TEST(CsvTest, KeepsEveryKindOfValueApart) {
  const FakeResults results(
      {"id", "ID", "a,b"},
      {{Int(9007199254740993), Uint(std::numeric_limits<std::uint64_t>::max()),
        Null()},
       {Bool(true), Bool(false), Text("")},
       {Real(2), Single(0.3F), Text("x")},
       {Int(std::numeric_limits<std::int64_t>::min()), Null(), Null()}});
  EXPECT_EQ(Export(results, ExportFormat::kCsv),
            "id,ID,\"a,b\"\n"
            "9007199254740993,18446744073709551615,\n"
            "True,False,\"\"\n"
            "2.0,0.3,x\n"
            "-9223372036854775808,,\n");
}

TEST(CsvTest, QuotesWhatWouldBreakTheLine) {
  const FakeResults results({"t"}, {{Text("a\"b")},
                                    {Text("\"")},
                                    {Text("a,b")},
                                    {Text("a\nb")},
                                    {Text("a\rb")},
                                    {Text("\"\"x")},
                                    {Text(" a ")}});
  EXPECT_EQ(Export(results, ExportFormat::kCsv),
            "t\n\"a\"\"b\"\n\"\"\"\"\n\"a,b\"\n\"a\nb\"\n\"a\rb\"\n"
            "\"\"\"\"\"x\"\n a \n");
}

TEST(CsvTest, ALoneNullIsNoBlankLine) {
  EXPECT_EQ(
      Export(FakeResults({"t"}, {{Null()}, {Int(1)}}), ExportFormat::kCsv),
      "t\n\"\"\n1\n");
}

TEST(CsvTest, IsAlwaysUtf8) {
  EXPECT_EQ(Export(FakeResults({"t"}, {{Text("a\xFFz")}, {Text("\xC3,")}}),
                   ExportFormat::kCsv),
            "t\na\xEF\xBF\xBDz\n\"\xEF\xBF\xBD,\"\n");
}

TEST(CsvTest, ExcelDialectDisarmsTextOnly) {
  const FakeResults results({"=h", "n"}, {{Text("=1+1"), Int(-1)},
                                          {Text("+1"), Real(-0.5)},
                                          {Text("-x"), Null()},
                                          {Text("@a,b"), Null()},
                                          {Text("\tx"), Null()},
                                          {Text("\rx"), Null()},
                                          {Text("a=b"), Null()}});
  EXPECT_EQ(Export(results, ExportFormat::kCsv, CsvDialect::kExcel),
            "\xEF\xBB\xBF'=h,n\n'=1+1,-1\n'+1,-0.5\n'-x,\n\"'@a,b\",\n'\tx,\n"
            "\"'\rx\",\na=b,\n");
  EXPECT_EQ(Export(results, ExportFormat::kCsv).substr(0, 13),
            "=h,n\n=1+1,-1\n");
}

TEST(CsvTest, WritesInLargePieces) {
  FakeResults results({"a", "b"}, {{Int(12345678), Text("some words")}});
  constexpr std::size_t kRows = 200'000;
  results.Repeat(kRows);
  StringSink sink;
  NoProgress progress;
  const Result<std::uint64_t> rows = StreamExport(
      results, {}, ExportFormat::kCsv, CsvDialect::kPlain, sink, progress);
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(*rows, kRows);
  EXPECT_EQ(sink.text.size(), 4 + kRows * 20);
  EXPECT_EQ(sink.writes, 4);
}

TEST(JsonTest, IsLaidOutLikePandas) {
  const FakeResults results({"a", "b"},
                            {{Int(1), Text("x")}, {Null(), Real(1)}});
  EXPECT_EQ(Export(results, ExportFormat::kJson),
            "[\n  {\n    \"a\":1,\n    \"b\":\"x\"\n  },\n"
            "  {\n    \"a\":null,\n    \"b\":1.0\n  }\n]\n");
  EXPECT_EQ(Export(FakeResults({"a"}), ExportFormat::kJson), "[]\n");
}

TEST(JsonTest, IsValidWhateverTheValues) {
  const FakeResults results(
      {"a", "A", "q\"\n"},
      {{Real(std::nan("")), Real(INFINITY), Text("\x01\x7F\"\\/\t")},
       {Int(9223372036854775807), Bool(false), Text("\xF0\x9F\x90\xA2\xFF")}});
  const std::string text = Export(results, ExportFormat::kJson);
  const Result<Json> json = ParseJson(text);
  ASSERT_TRUE(json.ok()) << text;
  const Json& first = json->items().at(0);
  EXPECT_TRUE(first.Find("a")->is_null());
  EXPECT_TRUE(first.Find("A")->is_null());
  EXPECT_EQ(first.Find("q\"\n")->text(), "\x01\x7F\"\\/\t");
  const Json& second = json->items().at(1);
  EXPECT_EQ(second.Find("a")->text(), "9223372036854775807");
  EXPECT_EQ(second.Find("q\"\n")->text(), "\xF0\x9F\x90\xA2\xEF\xBF\xBD");
}

TEST(JsonTest, LinesHoldOneObjectEach) {
  const FakeResults results({"a", "b"},
                            {{Int(1), Text("x\ny")}, {Null(), Bool(true)}});
  EXPECT_EQ(Export(results, ExportFormat::kJsonl),
            "{\"a\":1,\"b\":\"x\\ny\"}\n{\"a\":null,\"b\":true}\n");
  EXPECT_EQ(Export(FakeResults({"a"}), ExportFormat::kJsonl), "");
}

TEST(JsonTest, NumbersInTextKeepAllTheirDigits) {
  StringSink sink;
  JsonWriter writer(sink, JsonLayout::kLines);
  ASSERT_TRUE(
      writer.Begin({"a", "b", "c"}, {"HUGEINT", "DECIMAL(4,2)", "VARCHAR"})
          .ok());
  ASSERT_TRUE(writer
                  .Row({Text("170141183460469231731687303715884105727"),
                        Text("1.50"), Text("1.50")})
                  .ok());
  ASSERT_TRUE(writer.Row({Null(), Null(), Null()}).ok());
  ASSERT_TRUE(writer.End().ok());
  EXPECT_EQ(sink.text,
            "{\"a\":170141183460469231731687303715884105727,\"b\":1.50,"
            "\"c\":\"1.50\"}\n{\"a\":null,\"b\":null,\"c\":null}\n");
}

TEST(JsonTest, NamesBecomeUnique) {
  EXPECT_EQ(Export(FakeResults({"a", "a", "a_2", "a"},
                               {{Int(1), Int(2), Int(3), Int(4)}}),
                   ExportFormat::kJsonl),
            "{\"a\":1,\"a_3\":2,\"a_2\":3,\"a_4\":4}\n");
}

TEST(FitCellTest, KeepsWhatASheetCanHold) {
  CellText cell;
  FitCell(
      "a\x01"
      "b\tc\r\nd\re",
      cell);
  EXPECT_EQ(cell.text, "ab\tc\nd\ne");
  EXPECT_TRUE(cell.stripped);
  EXPECT_FALSE(cell.truncated);

  FitCell("_x0041_ _x004_ _", cell);
  EXPECT_EQ(cell.text, "_x005F_x0041_ _x004_ _");
  EXPECT_FALSE(cell.stripped);

  FitCell(std::string(kMaxCellUnits, 'x'), cell);
  EXPECT_FALSE(cell.truncated);
  FitCell(std::string(kMaxCellUnits + 1, 'x'), cell);
  EXPECT_TRUE(cell.truncated);
  EXPECT_EQ(cell.text.size(), kMaxCellUnits);

  std::string emoji;  // Two units each: 16,383 fit, one unit is left over.
  for (int i = 0; i < 20'000; ++i) emoji += "\xF0\x9F\x90\xA2";
  FitCell(emoji, cell);
  EXPECT_TRUE(cell.truncated);
  EXPECT_EQ(cell.text.size(), 16'383U * 4);
}

TEST(FormatTest, IsGuessedFromTheName) {
  EXPECT_EQ(ExportFormatOfFile("a/b.CSV"), ExportFormat::kCsv);
  EXPECT_EQ(ExportFormatOfFile("b.ndjson"), ExportFormat::kJsonl);
  EXPECT_EQ(ExportFormatOfFile("b.json.parquet"), ExportFormat::kParquet);
  EXPECT_EQ(ExportFormatOfFile("b.xls"), std::nullopt);
  EXPECT_EQ(ExportFormatOfFile("csv"), std::nullopt);
}

}  // namespace
}  // namespace benchkeep::ops
