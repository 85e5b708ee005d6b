// The JSON parser: what it accepts is written back as the same document.

#include "base/json.h"
#include "fuzzer.h"

namespace benchkeep::fuzz {

std::vector<std::string> Seeds() {
  return {
      "null",
      " [ ] ",
      R"({"a":[true,false,null],"b":{"c":"d"},"e":[]})",
      R"([0,-0,1.50,1e400,-2.5E-3,18446744073709551617,0.1])",
      R"({"avg":NaN,"best":Infinity,"worst":-Infinity})",
      R"(["\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u0000"])",
      "\xEF\xBB\xBF{\"\xE6\xA8\xA1\xE5\x9E\x8B\":\"\xE6\x88\x90\"}",
      R"({"a":1,"a":2})",
      "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
      R"({"cut":[1,2,)",
  };
}

void Feed(std::string_view input) {
  const JsonLimits limits{
      .max_bytes = 1 << 20, .max_depth = 64, .max_values = 100'000};
  JsonError where;
  const Result<Json> json = ParseJson(input, limits, &where);
  if (!json.ok()) {
    Require(where.offset <= input.size(), "an error is inside the document");
    return;
  }
  for (const int indent : {0, 2}) {
    const std::string text = json->Dump(indent);
    const Result<Json> again = ParseJson(text);
    Require(again.ok(), "what is written can be read");
    Require(*again == *json, "a document survives writing and reading");
    Require(again->Dump(indent) == text, "writing is repeatable");
  }
  for (const Json& item : json->items()) {
    const auto whole = item.AsInt();
    const auto number = item.AsDouble();
    Require(!whole || number, "a whole number is a number");
    Require(!whole || static_cast<double>(*whole) == *number,
            "both readings of a number agree");
  }
}

}  // namespace benchkeep::fuzz
