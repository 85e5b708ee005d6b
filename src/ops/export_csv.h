// Rows as comma-separated values (RFC 4180, UTF-8, lines end with LF).
//
// What a reader can rely on:
//   - the first line holds the column names as they are;
//   - NULL is an empty field, an empty text is "" in quotes;
//   - a row of one empty field is written "", so that no line is blank;
//   - integers are exact, reals the shortest text that reads back the same;
//     NaN is NaN (pandas reads it as a missing value, as it reads NULL),
//     infinities are inf and -inf; booleans are True and False, as in pandas;
//   - text in any other form (times, lists) is the text of the query engine.

#pragma once

#include <array>
#include <string>
#include <vector>

#include "ops/export_writer.h"

namespace benchkeep::ops {

enum class CsvDialect {
  kPlain,
  // For Excel: a byte order mark in front, and text that Excel would take for
  // a formula (it starts with = + - @, a tab or a carriage return) gets a
  // leading '.  Numbers are never touched.
  kExcel,
};

class CsvWriter final : public RowWriter {
 public:
  CsvWriter(ByteSink& sink, CsvDialect dialect)
      : buffer_(sink), dialect_(dialect) {}

  Status Begin(const std::vector<std::string>& columns,
               const std::vector<std::string>& types) override;
  Status Row(const std::vector<store::Cell>& cells) override;
  Status End() override { return buffer_.Flush(); }

 private:
  void AppendText(std::string_view text);

  OutputBuffer buffer_;
  CsvDialect dialect_;
};

}  // namespace benchkeep::ops
