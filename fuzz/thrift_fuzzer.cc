// The thrift reader: what it accepts is written back without loss.

#include "fuzzer.h"
#include "store/thrift_compact.h"

namespace benchkeep::fuzz {

using store::ThriftType;
using store::ThriftValue;

std::vector<std::string> Seeds() {
  ThriftValue inner = ThriftValue::Struct();
  inner.Set(1, ThriftValue::Binary("name"));
  inner.Set(7, ThriftValue::I32(-1));
  ThriftValue numbers = ThriftValue::List(ThriftType::kI64);
  ThriftValue structs = ThriftValue::List(ThriftType::kStruct);
  for (int i = 0; i < 20; ++i) {
    numbers.items.push_back(ThriftValue::I64(std::int64_t{1} << (3 * i)));
    structs.items.push_back(inner);
  }
  ThriftValue outer = ThriftValue::Struct();
  outer.Set(1, ThriftValue::I32(2));
  outer.Set(2, structs);
  outer.Set(3, numbers);
  outer.Set(200, inner);
  ThriftValue map;
  map.type = ThriftType::kMap;
  map.element = ThriftType::kBinary;
  map.mapped = ThriftType::kI32;
  map.items = {ThriftValue::Binary("k"), ThriftValue::I32(9)};
  ThriftValue with_map = ThriftValue::Struct();
  with_map.Set(4, map);
  return {store::WriteThriftStruct(ThriftValue::Struct()),
          store::WriteThriftStruct(inner), store::WriteThriftStruct(outer),
          store::WriteThriftStruct(with_map)};
}

void Feed(std::string_view input) {
  const Result<ThriftValue> value = store::ParseThriftStruct(input);
  if (!value.ok()) return;
  const std::string bytes = store::WriteThriftStruct(*value);
  const Result<ThriftValue> again = store::ParseThriftStruct(bytes);
  Require(again.ok(), "what is written can be read");
  Require(store::WriteThriftStruct(*again) == bytes,
          "a value survives writing and reading");
}

}  // namespace benchkeep::fuzz
