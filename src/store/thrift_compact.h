// The thrift compact protocol as a tree: read, change, write back.
//
// Parquet footers are thrift structs.  Keeping them as a tree of numbered
// fields means that fields we do not know survive a change of those we do.
// Source: apache/thrift, doc/specs/thrift-compact-protocol.md.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace benchkeep::store {

// Type codes as they stand in the protocol.
enum class ThriftType : std::uint8_t {
  kStop = 0,
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kI16 = 4,
  kI32 = 5,
  kI64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kMap = 11,
  kStruct = 12,
};

struct ThriftField;

struct ThriftValue {
  ThriftType type = ThriftType::kStop;
  std::int64_t integer = 0;  // kByte .. kI64; kDouble holds its 64 bits.
  std::string binary;
  ThriftType element = ThriftType::kStop;  // Of lists and sets; map keys.
  ThriftType mapped = ThriftType::kStop;   // Of maps: the values.
  std::vector<ThriftValue> items;          // Maps: key, value, key, value ...
  std::vector<ThriftField> fields;         // Structs.

  static ThriftValue I32(std::int32_t value);
  static ThriftValue I64(std::int64_t value);
  static ThriftValue Binary(std::string value);
  static ThriftValue Struct();
  static ThriftValue List(ThriftType element);

  // The field of that id, or nullptr.
  [[nodiscard]] const ThriftValue* Field(std::int16_t id) const;
  [[nodiscard]] ThriftValue* Field(std::int16_t id);
  // Its integer, or `fallback` when it is missing or no integer.
  [[nodiscard]] std::int64_t Int(std::int16_t id, std::int64_t fallback) const;
  // Sets a field, keeping the ids in order.
  void Set(std::int16_t id, ThriftValue value);
  void Erase(std::int16_t id);
};

struct ThriftField {
  std::int16_t id = 0;
  ThriftValue value;
};

// Reads one struct from the start of `bytes`; `used` becomes its length.
// Depth, sizes and the number of values are bounded by what the bytes can hold;
// kCorruption with the offset otherwise.
Result<ThriftValue> ParseThriftStruct(std::string_view bytes,
                                      std::size_t* used = nullptr);

// The same where more may follow; `used` is how many bytes the struct took.
Result<ThriftValue> ParseThriftPrefix(std::string_view bytes,
                                      std::size_t* used);

std::string WriteThriftStruct(const ThriftValue& value);

}  // namespace benchkeep::store
