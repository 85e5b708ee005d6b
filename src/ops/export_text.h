// Text that may hold anything, made fit for a file that must be UTF-8.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace benchkeep::ops {

// One character of a text.
struct CodePoint {
  char32_t value = 0;     // U+FFFD for a byte that is not UTF-8.
  std::size_t bytes = 1;  // How much of the text it took.
  bool valid = true;
};

// The character at `position`, which must be inside `text`.
CodePoint DecodeUtf8(std::string_view text, std::size_t position);

// Appends `text`; bytes that are not UTF-8 become U+FFFD.
void AppendUtf8(std::string& out, std::string_view text);

// Appends `text` in quotes, escaped as JSON; always valid UTF-8.
void AppendJsonString(std::string& out, std::string_view text);

// Text as a spreadsheet cell can hold it: line breaks are LF, and what reads
// like an escape of the format ("_x0041_") is escaped.
struct CellText {
  std::string text;
  bool truncated = false;  // Was longer than kMaxCellUnits.
  bool stripped = false;   // Held characters that XML cannot hold.
};
inline constexpr std::size_t kMaxCellUnits = 32'767;  // UTF-16 units.

// Fills `cell`, whose memory is used again.
void FitCell(std::string_view text, CellText& cell);

}  // namespace benchkeep::ops
