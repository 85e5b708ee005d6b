// The longest valid prefix of a torn document, and pointers and styles.

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/json_pointer.h"
#include "base/json_style.h"

namespace benchkeep {
namespace {

std::string Prefix(std::string_view text) {
  const JsonPrefix prefix = ParseJsonPrefix(text);
  EXPECT_FALSE(prefix.whole) << text;
  return prefix.value.Dump();
}

TEST(JsonPrefix, LeavesOutWhatTheCutMayHaveShortened) {
  EXPECT_EQ(Prefix(R"({"a": 12)"), "{}");
  EXPECT_EQ(Prefix(R"({"a": 12 )"), R"({"a":12})");
  EXPECT_EQ(Prefix(R"({"a": 12,)"), R"({"a":12})");
  EXPECT_EQ(Prefix(R"({"a": [1, 2)"), R"({"a":[1]})");
  EXPECT_EQ(Prefix(R"({"a": [1, 12, )"), R"({"a":[1,12]})");
  EXPECT_EQ(Prefix(R"({"a": "x", "b)"), R"({"a":"x"})");
  EXPECT_EQ(Prefix(R"({"a": "x", "b")"), R"({"a":"x"})");
  EXPECT_EQ(Prefix(R"({"a": "x", "b": "unfini)"), R"({"a":"x"})");
  EXPECT_EQ(Prefix(R"({"a": tru)"), "{}");
  EXPECT_EQ(Prefix(R"({"a": true)"), R"({"a":true})");
  EXPECT_EQ(Prefix(R"({"a": NaN, "b": -)"), R"({"a":NaN})");
  EXPECT_EQ(Prefix(R"({"a": 1.)"), "{}");
  EXPECT_EQ(Prefix(R"({"a": {"b": {)"), R"({"a":{"b":{}}})");
  EXPECT_EQ(Prefix("12x"), "null");
  EXPECT_EQ(Prefix(""), "null");
  EXPECT_EQ(Prefix(R"({"a": 7} trailing)"), R"({"a":7})");
}

TEST(JsonPrefix, StopsAtABlockOfZeroes) {
  std::string text = R"({"a": 1, "b": {"c": 52, "d": 4)";
  text += std::string(64, '\0') + R"(, "e": 5}})";
  const JsonPrefix prefix = ParseJsonPrefix(text);
  EXPECT_EQ(prefix.value.Dump(), R"({"a":1,"b":{"c":52}})");
  EXPECT_EQ(prefix.open, "/b");
  EXPECT_EQ(prefix.error.offset, 30U);
}

TEST(JsonPrefix, NamesTheContainerThatWasCut) {
  EXPECT_EQ(ParseJsonPrefix(R"({"a/b": [{"x": 1}, {"y": )").open, "/a~1b/1");
  EXPECT_EQ(ParseJsonPrefix(R"({"a": )").open, "");
}

TEST(JsonPrefix, RefusesBombsAndRepeatedKeys) {
  EXPECT_TRUE(ParseJsonPrefix(std::string(1'000'000, '[')).refused);
  JsonLimits few;
  few.max_values = 10;
  EXPECT_TRUE(ParseJsonPrefix("[1,2,3,4,5,6,7,8,9,10,11,12]", few).refused);
  few.max_bytes = 4;
  EXPECT_TRUE(ParseJsonPrefix("[1,2]", few).refused);
  EXPECT_TRUE(ParseJsonPrefix(R"({"a": 1, "a": 2})").refused);
  EXPECT_FALSE(ParseJsonPrefix(R"({"a": 1)").refused);
}

TEST(JsonPointers, FindAndSet) {
  Result<Json> json = ParseJson(R"({"a/b": {"c~d": [1, {"e": 2}]}, "x": 3})");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(FindAt(*json, "/a~1b/c~0d/1/e")->text(), "2");
  EXPECT_EQ(FindAt(*json, "/a~1b/c~0d/2"), nullptr);
  EXPECT_EQ(FindAt(*json, ""), &*json);
  EXPECT_TRUE(SetAt(*json, "/new/deep", Json::Int(4)));
  EXPECT_EQ(FindAt(*json, "/new/deep")->text(), "4");
  const Json before = *json;
  EXPECT_FALSE(SetAt(*json, "/x/y/z", Json::Int(4)));
  EXPECT_EQ(*json, before);
  EXPECT_EQ(PointerNames(PointerTo(PointerTo("", "a/b"), "~")),
            (std::vector<std::string>{"a/b", "~"}));
}

TEST(JsonStyles, TextsComeBackAsTheyWere) {
  for (const char* text :
       {"{\n  \"a\": [\n    1,\n    2.50\n  ],\n  \"b\": {}\n}\n",
        "{\n    \"a\": \"\\u4e2d\\ud83d\\ude00\",\n    \"b\": [\n"
        "        NaN\n    ]\n}",
        "{\"a\": 1, \"b\": [1, 2, \"x, y: \\\" z\"]}", "{\"a\":1,\"b\":[]}",
        "{\"a\": \"\xe4\xb8\xad\"}"}) {
    const Result<Json> json = ParseJson(text);
    ASSERT_TRUE(json.ok()) << text;
    EXPECT_EQ(DumpAs(*json, StyleOf(text)), text);
  }
}

}  // namespace
}  // namespace benchkeep
