// Tables, numbers and widths for people who read a terminal.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "render/style.h"

namespace benchkeep::render {

// Columns that `text` takes on a terminal: 2 for Chinese characters and emoji,
// 0 for combining marks and escape codes.
std::size_t DisplayWidth(std::string_view text);

// `text`, shortened to at most `width` columns; what was cut is "...".
std::string Clip(std::string_view text, std::size_t width);

// `text` in lines of at most `width` columns, each after `indent` spaces. Lines
// break at spaces and between Chinese characters; newlines in `text` stay.
std::string Wrap(std::string_view text, std::size_t width,
                 std::size_t indent = 0);

enum class Align { kLeft, kRight };

// A cell is made Printable() by the table; ink is the only decoration.
struct TableCell {
  TableCell(std::string cell_text) : text(std::move(cell_text)) {}  // NOLINT
  TableCell(const char* cell_text) : text(cell_text) {}             // NOLINT
  TableCell(std::string cell_text, Ink cell_ink)
      : text(std::move(cell_text)), ink(cell_ink) {}
  std::string text;
  Ink ink = Ink::kPlain;
};

// Aligned columns, two spaces apart, the titles dimmed:
//
//   model        tests  success
//   DeepSeek-V3  2,461    16.8%
class TextTable {
 public:
  TextTable& Column(const std::string& title, Align align = Align::kLeft);

  // Missing cells are empty; there must not be more cells than columns.
  TextTable& Row(std::vector<TableCell> cells);

  // A line of dashes above the next row, for totals.
  TextTable& Rule();

  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // Every line ends in a newline and starts with `indent` spaces.
  [[nodiscard]] std::string Render(const Face& face,
                                   std::size_t indent = 0) const;

 private:
  struct ColumnSpec {
    std::string title;
    Align align;
  };
  std::vector<ColumnSpec> columns_;
  std::vector<std::vector<TableCell>> rows_;  // No cells: a rule.
};

// "28,265".
std::string Thousands(std::uint64_t number);
std::string Thousands(std::int64_t number);

// "512 B", "1.5 MiB".
std::string HumanBytes(std::uint64_t bytes);

// "16.8%" of 0.16822; "-" without a value.
std::string Percent(std::optional<double> share, int decimals = 1);

// "0.42 s", "3 min 5 s", "2 h 10 min", "3 d 4 h".
std::string HumanDuration(std::chrono::nanoseconds span, const Face& face);

// "3 d 4 h ago", "just now"; for the future "in 5 min 0 s".
std::string HumanAge(std::chrono::nanoseconds age, const Face& face);

}  // namespace benchkeep::render
