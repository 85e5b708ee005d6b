// The two ends of a row-wise export: rows go in, bytes come out.
//
// One RowWriter per file format stands between them (export_csv.h,
// export_json.h, export_xlsx.h).  Memory does not grow with the rows.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/results.h"

namespace benchkeep::ops {

// Where the bytes of an export go: a staged file, or standard output.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Status Write(std::string_view bytes) = 0;
};

// Writes rows in one file format.  Begin, then Row for each, then End; after an
// error the output is void.
class RowWriter {
 public:
  virtual ~RowWriter() = default;
  // `types` as of RowScan::types(): parallel to the columns, or empty.
  virtual Status Begin(const std::vector<std::string>& columns,
                       const std::vector<std::string>& types) = 0;
  // `cells` is parallel to the columns.
  virtual Status Row(const std::vector<store::Cell>& cells) = 0;
  // Everything has reached the sink when this returns ok.
  virtual Status End() = 0;
};

// Gathers small pieces into writes of about 1 MiB.
class OutputBuffer {
 public:
  // `sink` must outlive the buffer.
  explicit OutputBuffer(ByteSink& sink);

  // To be appended to directly; call FlushIfFull() once per row.
  [[nodiscard]] std::string& text() { return text_; }
  Status FlushIfFull() { return text_.size() < kFull ? Status() : Flush(); }
  Status Flush();

 private:
  static constexpr std::size_t kFull = std::size_t{1} << 20;
  ByteSink* sink_;
  std::string text_;
};

// Appends the number as Python would: the shortest text that reads back as the
// same value, with a '.' or an exponent, so that it stays a real number:
// "1.0", "0.1", "1e+16", "-0.0".  `single`: read back as 32 bits.
// NaN is "NaN", infinities are "inf" and "-inf".
void AppendReal(std::string& out, double value, bool single);

void AppendInteger(std::string& out, std::int64_t value);
void AppendUnsigned(std::string& out, std::uint64_t value);

// True for columns of numbers that no Cell holds, so that their values come as
// text: "HUGEINT" (what a sum of integers is), "DECIMAL(18,3)".
bool IsNumberInText(std::string_view type);

// The same of all columns.
std::vector<bool> NumbersInText(std::size_t columns,
                                const std::vector<std::string>& types);

// A number, true or false of `cell` as text; nothing for NULL.
void AppendPlain(std::string& out, const store::Cell& cell);

}  // namespace benchkeep::ops
