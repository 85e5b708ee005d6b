// Rows as JSON (RFC 8259): one array, or one object per line.
//
// The array is laid out like pandas' to_json(orient='records', indent=2).
// Integers are exact and reals the shortest text that reads back the same; NaN
// and infinities, which JSON does not know, are null; decimals keep all digits.
// Names that occur twice get a number: "a", "a_2".

#pragma once

#include <string>
#include <vector>

#include "ops/export_writer.h"

namespace benchkeep::ops {

enum class JsonLayout { kArray, kLines };

class JsonWriter final : public RowWriter {
 public:
  JsonWriter(ByteSink& sink, JsonLayout layout)
      : buffer_(sink), layout_(layout) {}

  Status Begin(const std::vector<std::string>& columns,
               const std::vector<std::string>& types) override;
  Status Row(const std::vector<store::Cell>& cells) override;
  Status End() override;

 private:
  OutputBuffer buffer_;
  JsonLayout layout_;
  std::vector<std::string> keys_;  // "\"name\":" with indent and comma.
  std::vector<bool> numbers_;      // Their text is a number already.
  bool any_ = false;
};

// Appends `cell` as a JSON value.
void AppendJsonValue(std::string& out, const store::Cell& cell);

}  // namespace benchkeep::ops
