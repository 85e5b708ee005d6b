// JSON documents that survive being read and written.
//
// Members keep their order, numbers keep their text ("1.50", 2^64+1, and
// Python's NaN and Infinity), so that what nobody changed is written back as it
// was.  Parsing is iterative and bounded: no input can exhaust the stack.
// Source: RFC 8259, plus the three words of Python's json module.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace benchkeep {

class Json {
 public:
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };
  using Member = std::pair<std::string, Json>;

  Json() = default;  // null
  static Json Bool(bool value);
  static Json Int(std::int64_t value);
  static Json Uint(std::uint64_t value);
  // Shortest text that reads back as `value`; NaN and infinities as in Python.
  static Json Double(double value);
  static Json RawNumber(std::string text);
  static Json String(std::string value);
  static Json Array();
  static Json Object();

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::kNull; }
  [[nodiscard]] bool is_object() const { return kind_ == Kind::kObject; }
  [[nodiscard]] bool is_array() const { return kind_ == Kind::kArray; }
  [[nodiscard]] bool is_string() const { return kind_ == Kind::kString; }
  [[nodiscard]] bool is_number() const { return kind_ == Kind::kNumber; }
  [[nodiscard]] bool is_bool() const { return kind_ == Kind::kBool; }

  [[nodiscard]] bool bool_value() const { return text_ == "true"; }
  // The string, or the text of the number.
  [[nodiscard]] const std::string& text() const { return text_; }
  // Whole numbers only: "3", "3.0" and "3e0" are 3; nullopt for anything else.
  [[nodiscard]] std::optional<std::int64_t> AsInt() const;
  [[nodiscard]] std::optional<double> AsDouble() const;
  // True when the text of the number has no '.', exponent or letter.
  [[nodiscard]] bool IsIntegerText() const;

  // Members of an object, in order.  Empty for other kinds.
  [[nodiscard]] const std::vector<Member>& members() const { return members_; }
  [[nodiscard]] std::vector<Member>& members() { return members_; }
  [[nodiscard]] const std::vector<Json>& items() const { return items_; }
  [[nodiscard]] std::vector<Json>& items() { return items_; }

  // The member of that name, or nullptr; on any kind.
  [[nodiscard]] const Json* Find(std::string_view name) const;
  [[nodiscard]] Json* Find(std::string_view name);

  // Sets a member (appending it when new) and returns it.
  Json& Set(std::string_view name, Json value);
  Json& Append(Json value);

  // Conveniences for our own documents: the member if it has that type.
  [[nodiscard]] std::optional<std::string> StringAt(
      std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> IntAt(std::string_view name) const;

  // `indent` spaces per level, 0 for one line.  UTF-8 is written as it is.
  [[nodiscard]] std::string Dump(int indent = 0) const;

  bool operator==(const Json& other) const;

 private:
  Kind kind_ = Kind::kNull;
  std::string text_;  // String, number text, "true" or "false".
  std::vector<Member> members_;
  std::vector<Json> items_;
};

struct JsonLimits {
  std::size_t max_bytes = std::size_t{1} << 30;
  std::size_t max_depth = 128;
  std::size_t max_values = 50'000'000;
};

// Where and why parsing ended.
struct JsonError {
  std::size_t offset = 0;  // Bytes from the start.
  Message message;
};

// Parses one document; kCorruption with the byte offset otherwise.  A key that
// occurs twice in one object is an error: guessing which one counts could lose
// the other.  A leading UTF-8 byte order mark is skipped.
Result<Json> ParseJson(std::string_view text, const JsonLimits& limits = {},
                       JsonError* where = nullptr);

// What is left of a document that ends or goes wrong somewhere.
struct JsonPrefix {
  // Everything that was complete before `error.offset`, with what was still
  // open closed there.  Null when nothing was.
  Json value;
  bool whole = false;    // The text is one valid document; no error.
  bool refused = false;  // Sound JSON, but beyond the limits, or a key twice.
  std::string open;      // JSON Pointer of the innermost container cut.
  JsonError error;
};

// The longest valid prefix of `text`.  Nothing is made up: a number that the
// cut may have shortened, a key without its value and an unfinished string are
// left out.
JsonPrefix ParseJsonPrefix(std::string_view text,
                           const JsonLimits& limits = {});

// `text` in quotes, escaped.
std::string JsonQuote(std::string_view text);

}  // namespace benchkeep
