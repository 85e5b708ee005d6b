// JSON: nothing of a document may change on its way through, and nothing that
// is no document may get through.

#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace benchkeep {
namespace {

std::string Repeat(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

// The document, written again on one line; "error at N: why" if it is none.
std::string Echo(std::string_view text, const JsonLimits& limits = {}) {
  JsonError where;
  const Result<Json> json = ParseJson(text, limits, &where);
  if (json.ok()) return json->Dump();
  EXPECT_EQ(json.error().code, Code::kCorruption);
  return "error at " + std::to_string(where.offset) + ": " +
         where.message.English();
}

bool IsError(std::string_view text) {
  return Echo(text).starts_with("error at ");
}

Json Parse(std::string_view text) {
  Result<Json> json = ParseJson(text);
  EXPECT_TRUE(json.ok()) << text;
  return json.ok() ? std::move(*json) : Json();
}

TEST(JsonTest, NumbersKeepTheirText) {
  for (const char* number : {"0",
                             "-0",
                             "-0.0",
                             "1",
                             "-1",
                             "1.50",
                             "0.1000000000000000055511151231",
                             "1e5",
                             "1E+5",
                             "1.25e-3",
                             "9007199254740993",
                             "18446744073709551615",
                             "18446744073709551617",
                             "-9223372036854775809",
                             "123456789012345678901234567890.5",
                             "NaN",
                             "Infinity",
                             "-Infinity",
                             "5e-324",
                             "1e-400",
                             "1.7976931348623157e308"}) {
    EXPECT_EQ(Echo(number), number);
    const std::string inside =
        std::string("{\"a\":[") + number + "," + number + "]}";
    EXPECT_EQ(Echo(inside), inside);
    EXPECT_EQ(Parse(number).kind(), Json::Kind::kNumber);
    EXPECT_EQ(Parse(number).text(), number);
  }
}

TEST(JsonTest, NumbersAreReadByValue) {
  EXPECT_TRUE(std::isnan(Parse("NaN").AsDouble().value_or(0)));
  EXPECT_EQ(Parse("Infinity").AsDouble(), HUGE_VAL);
  EXPECT_EQ(Parse("-Infinity").AsDouble(), -HUGE_VAL);
  EXPECT_EQ(Parse("1.50").AsDouble(), 1.5);
  EXPECT_TRUE(std::signbit(Parse("-0.0").AsDouble().value_or(1)));
  EXPECT_EQ(Parse("1e-400").AsDouble(), 0.0);
  EXPECT_EQ(Parse("3").AsInt(), 3);
  EXPECT_EQ(Parse("3.0").AsInt(), 3);
  EXPECT_EQ(Parse("3e0").AsInt(), 3);
  EXPECT_EQ(Parse("-0").AsInt(), 0);
  EXPECT_EQ(Parse("9223372036854775807").AsInt(),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(Parse("9223372036854775808").AsInt(), std::nullopt);
  EXPECT_EQ(Parse("9007199254740993").AsInt(), 9007199254740993);
  EXPECT_EQ(Parse("1e300").AsInt(), std::nullopt);
  EXPECT_EQ(Parse("3.5").AsInt(), std::nullopt);
  EXPECT_EQ(Parse("NaN").AsInt(), std::nullopt);
  EXPECT_EQ(Parse("Infinity").AsInt(), std::nullopt);
  EXPECT_EQ(Parse("\"3\"").AsInt(), std::nullopt);
  EXPECT_EQ(Parse("null").AsDouble(), std::nullopt);
  EXPECT_TRUE(Parse("18446744073709551617").IsIntegerText());
  EXPECT_FALSE(Parse("3.0").IsIntegerText());
  EXPECT_FALSE(Parse("NaN").IsIntegerText());
  EXPECT_FALSE(Parse("\"3\"").IsIntegerText());
}

TEST(JsonTest, OtherSpellingsOfNumbersAreErrors) {
  for (const char* text :
       {"nan", "NAN", "inf", "Inf", "-Inf", "-NaN", "infinity", "Infinit", "+1",
        "01", "1.", ".5", "1e", "0x10", "1_000", "- 1", "--1", "1.5.2", "-"}) {
    EXPECT_TRUE(IsError(text)) << text << " became " << Echo(text);
  }
}

TEST(JsonTest, OrderOfMembersIsKept) {
  const char* text = R"({"z":1,"a":{"y":[],"b":null},"m":[true,false,{}]})";
  EXPECT_EQ(Echo(text), text);
  const Json json = Parse(text);
  ASSERT_EQ(json.members().size(), 3U);
  EXPECT_EQ(json.members()[0].first, "z");
  EXPECT_EQ(json.members()[1].first, "a");
  EXPECT_EQ(json.members()[2].first, "m");
}

TEST(JsonTest, RepeatedKeysAreRefusedWithTheirPlace) {
  JsonError where;
  const auto json = ParseJson(R"({"a":1,"b":2,"a":3})", {}, &where);
  ASSERT_FALSE(json.ok());
  EXPECT_EQ(json.error().code, Code::kCorruption);
  EXPECT_EQ(where.message.English(),
            "the key \"a\" occurs twice in one object");
  // Somewhere in the second "a".
  EXPECT_GE(where.offset, 13U);
  EXPECT_LE(where.offset, 16U);
  EXPECT_NE(json.error().message.English().find(std::to_string(where.offset)),
            std::string::npos);
  EXPECT_FALSE(IsError(R"({"a":{"a":1},"b":{"a":1}})"));
  EXPECT_TRUE(IsError(R"({"\u0061":1,"a":2})"));  // Spelled differently.
}

TEST(JsonTest, RepeatedKeysAreRefusedInLargeObjects) {
  std::string body;
  for (int i = 0; i < 1000; ++i) {
    body += "\"k" + std::to_string(i) + "\":0,";
  }
  EXPECT_FALSE(IsError("{" + body + "\"last\":0}"));
  EXPECT_TRUE(IsError("{" + body + "\"k0\":0}"));
  EXPECT_TRUE(IsError("{" + body + "\"k15\":0}"));
  EXPECT_TRUE(IsError("{" + body + "\"k16\":0}"));
  EXPECT_TRUE(IsError("{" + body + "\"k999\":0}"));
}

TEST(JsonTest, DepthIsBounded) {
  constexpr std::size_t kMillion = 1'000'000;
  EXPECT_TRUE(IsError(Repeat("[", kMillion)));
  EXPECT_TRUE(IsError(Repeat("{\"a\":", kMillion)));
  EXPECT_TRUE(IsError(Repeat("[", kMillion) + Repeat("]", kMillion)));
  EXPECT_FALSE(IsError(Repeat("[", 128) + Repeat("]", 128)));
  EXPECT_TRUE(IsError(Repeat("[", 129) + Repeat("]", 129)));
  EXPECT_EQ(Echo("[[[]]]", {.max_depth = 2}),
            "error at 2: the document is nested deeper than 2 levels");
}

TEST(JsonTest, SizeIsBounded) {
  EXPECT_EQ(Echo("[1,2]", {.max_bytes = 5}), "[1,2]");
  EXPECT_EQ(Echo("[1,2]", {.max_bytes = 4}),
            "error at 0: the document is larger than 4 bytes");
  EXPECT_EQ(Echo("[1,2,[]]", {.max_values = 4}), "[1,2,[]]");
  EXPECT_TRUE(Echo("[1,2,[]]", {.max_values = 3})
                  .ends_with("the document has more than 3 values"));
}

TEST(JsonTest, ByteOrderMarkIsSkippedAndCounted) {
  EXPECT_EQ(Echo("\xEF\xBB\xBF{\"a\":1}"), "{\"a\":1}");
  EXPECT_TRUE(Echo("\xEF\xBB\xBF{\"a\":x}").starts_with("error at 8:"));
  EXPECT_TRUE(IsError("\xEF\xBB"));
  EXPECT_TRUE(IsError("\xEF\xBB\xBF"));
  EXPECT_TRUE(IsError("\xEF\xBB\xBF\xEF\xBB\xBF{}"));
}

TEST(JsonTest, CutAnywhereIsAnError) {
  const std::string text =
      "{\n  \"metadata\": {\"version\": \"3.0\", \"\\u4e2d\": "
      "\"\xE4\xB8\xAD\\n\"},\n  \"rates\": [0.5, NaN, -Infinity, 1e5, true, "
      "false, null],\n  \"models\": {\"qwen\": {\"total\": 12, \"x\": {}}}\n}";
  ASSERT_FALSE(IsError(text));
  for (std::size_t size = 0; size < text.size(); ++size) {
    const std::string_view cut = std::string_view(text).substr(0, size);
    EXPECT_TRUE(IsError(cut)) << "cut at " << size;
  }
}

// A file that lost its tail in a power cut often ends in zeros.
TEST(JsonTest, ZeroBytesAreErrors) {
  using std::string_literals::operator""s;
  EXPECT_EQ(Echo("{}\0\0\0"s).substr(0, 11), "error at 2:");
  EXPECT_EQ(Echo("{} \0 {}"s).substr(0, 11), "error at 3:");
  EXPECT_TRUE(IsError("[1,\0\0\0\0]"s));
  EXPECT_TRUE(IsError("[\"a\0b\"]"s));
  EXPECT_TRUE(IsError("[12\0]"s));
  EXPECT_TRUE(IsError("\0"s));
  EXPECT_TRUE(IsError("\0{}"s));
  EXPECT_TRUE(IsError(std::string(4096, '\0')));
}

TEST(JsonTest, FlippedBytesNeverCrash) {
  const std::string text = R"({"a":[1.5,NaN,"x\u00e9\n"],"b":{"c":null}})";
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string damaged = text;
      damaged[at] = static_cast<char>(byte);
      const Result<Json> json = ParseJson(damaged);
      if (!json.ok()) continue;
      // What got through is stable.
      EXPECT_EQ(Echo(json->Dump()), json->Dump()) << damaged;
    }
  }
}

TEST(JsonTest, OnlyOneDocument) {
  EXPECT_EQ(Echo(" \t\r\n{} \n"), "{}");
  for (const char* text :
       {"",      " ",          "{}{}",    "{} x",      "[1,]",
        "[,1]",  "{\"a\":1,}", "{\"a\"}", "{a:1}",     "{'a':1}",
        "[1 2]", "// no\n{}",  "tru",     "nul",       "None",
        "True",  "\"",         "\"\\x\"", "\"\\u12\"", "\"tab\tin it\"",
        "]",     "}"}) {
    EXPECT_TRUE(IsError(text)) << text << " became " << Echo(text);
  }
}

TEST(JsonTest, InvalidUtf8IsAnError) {
  for (const char* bytes : {"\xFF", "\x80", "\xC0\x80", "\xE4\xB8",
                            "\xED\xA0\x80", "\xF5\x80\x80\x80", "a\xC3"}) {
    EXPECT_TRUE(IsError(std::string("\"") + bytes + "\"")) << bytes;
    EXPECT_TRUE(IsError(std::string("{\"") + bytes + "\":1}")) << bytes;
  }
  const char* valid = "\"\xE4\xB8\xAD\xF0\x9F\x98\x80\"";
  EXPECT_EQ(Echo(valid), valid);
}

TEST(JsonTest, EscapesAreReadAndWritten) {
  EXPECT_EQ(Parse(R"("\"\\\/\b\f\n\r\t\u0041\u4e2d\ud83d\ude00")").text(),
            "\"\\/\b\f\n\r\tA\xE4\xB8\xAD\xF0\x9F\x98\x80");
  EXPECT_EQ(Echo(R"("\u0000\u001f\u007f")"), "\"\\u0000\\u001f\x7F\"");
  EXPECT_EQ(Parse(R"("a\u0000b")").text().size(), 3U);
  EXPECT_TRUE(IsError(R"("\ud83d")"));
  EXPECT_EQ(JsonQuote("say \"\\\"\n\x01"), R"("say \"\\\"\n\u0001")");
}

// As written by Python for bytes that are no UTF-8 ("surrogateescape").
TEST(JsonTest, LoneSurrogatesLeaveAsTheyCame) {
  for (const char* text : {R"("\udc80")", R"("a\udcff\udc80b")",
                           R"({"\udc80":1})", R"("\udfff")"}) {
    EXPECT_EQ(Echo(text), text);
  }
  // The last code point before them and the first after are nothing special.
  const char* around = "\"\xED\x9F\xBF\xEE\x80\x80\"";
  EXPECT_EQ(Echo(around), around);
}

TEST(JsonTest, DumpIndents) {
  const Json json = Parse(R"({"a":[1,{"b":2}],"c":[],"d":{}})");
  EXPECT_EQ(json.Dump(2),
            "{\n"
            "  \"a\": [\n"
            "    1,\n"
            "    {\n"
            "      \"b\": 2\n"
            "    }\n"
            "  ],\n"
            "  \"c\": [],\n"
            "  \"d\": {}\n"
            "}");
  EXPECT_EQ(Parse(json.Dump(2)), json);
  EXPECT_EQ(Parse(json.Dump(0)), json);
}

TEST(JsonTest, BuildingDocuments) {
  Json json = Json::Object();
  json.Set("count", Json::Int(1));
  json.Set("list", Json::Array()).Append(Json::Bool(true));
  json.Set("name", Json::String("n"));
  json.Set("count", Json::Uint(std::numeric_limits<std::uint64_t>::max()));
  json.Set("none", Json());
  EXPECT_EQ(json.Dump(),
            "{\"count\":18446744073709551615,\"list\":[true],\"name\":\"n\","
            "\"none\":null}");
  EXPECT_EQ(json.StringAt("name"), "n");
  EXPECT_EQ(json.StringAt("count"), std::nullopt);
  EXPECT_EQ(json.StringAt("missing"), std::nullopt);
  EXPECT_EQ(json.IntAt("name"), std::nullopt);
  EXPECT_EQ(json.IntAt("missing"), std::nullopt);
  ASSERT_NE(json.Find("list"), nullptr);
  EXPECT_TRUE(json.Find("list")->items()[0].bool_value());
  EXPECT_EQ(Json::Int(3).Find("a"), nullptr);
}

TEST(JsonTest, DoublesAreShortAndReadBack) {
  for (const double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 1e22,
                             -0.0, 3.0, 123456.789}) {
    const Json json = Json::Double(value);
    EXPECT_EQ(json.AsDouble(), value) << json.text();
    EXPECT_EQ(Echo(json.Dump()), json.Dump());
  }
  EXPECT_EQ(Json::Double(0.1).text(), "0.1");
  EXPECT_EQ(Json::Double(std::nan("")).text(), "NaN");
  EXPECT_EQ(Json::Double(HUGE_VAL).text(), "Infinity");
  EXPECT_EQ(Json::Double(-HUGE_VAL).text(), "-Infinity");
}

TEST(JsonTest, EqualityIsOfTheText) {
  EXPECT_EQ(Parse("NaN"), Parse("NaN"));
  EXPECT_FALSE(Parse("1.0") == Parse("1"));
  EXPECT_FALSE(Parse("\"1\"") == Parse("1"));
  EXPECT_FALSE(Parse("{\"a\":1,\"b\":2}") == Parse("{\"b\":2,\"a\":1}"));
}

}  // namespace
}  // namespace benchkeep
