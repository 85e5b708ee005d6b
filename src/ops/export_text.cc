// UTF-8, JSON strings and spreadsheet cells.

#include "ops/export_text.h"

#include <algorithm>

namespace benchkeep::ops {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80;
  });
}

CodePoint Invalid() { return {0xFFFD, 1, false}; }

// Control characters have no place in XML but for these.
bool FitsXml(char32_t value) {
  if (value < 0x20) return value == '\t' || value == '\n' || value == '\r';
  return value != 0xFFFE && value != 0xFFFF;
}

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') ||
         (c >= 'a' && c <= 'f');
}

// "_x0041_" stands for a character in a cell: its own underscore must be
// written as one (ECMA-376, ST_Xstring).
bool StartsEscape(std::string_view text) {
  return text.size() >= 7 && text[0] == '_' && text[1] == 'x' &&
         std::all_of(text.begin() + 2, text.begin() + 6, IsHexDigit) &&
         text[6] == '_';
}
constexpr std::string_view kUnderscore = "_x005F_";

// What stands for the character at `position` in a cell.
std::string_view CellPiece(std::string_view text, std::size_t position,
                           const CodePoint& point) {
  if (!point.valid) return kReplacement;
  if (point.value == '\r') {
    const bool pair = text.substr(position + 1, 1) == "\n";
    return pair ? std::string_view() : "\n";
  }
  if (point.value == '_' && StartsEscape(text.substr(position))) {
    return kUnderscore;
  }
  return text.substr(position, point.bytes);
}

}  // namespace

CodePoint DecodeUtf8(std::string_view text, std::size_t position) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[position + i]);
  };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const std::size_t length = first >= 0xF0   ? 4
                             : first >= 0xE0 ? 3
                             : first >= 0xC2 ? 2
                                             : 0;
  if (length == 0 || first > 0xF4 || position + length > text.size()) {
    return Invalid();
  }
  char32_t value = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return Invalid();
    value = value << 6 | (byte(i) & 0x3FU);
  }
  const bool overlong =
      (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) return Invalid();
  return {value, length, true};
}

void AppendUtf8(std::string& out, std::string_view text) {
  if (IsAscii(text)) {
    out += text;
    return;
  }
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    out += point.valid ? text.substr(i, point.bytes) : kReplacement;
    i += point.bytes;
  }
}

void AppendJsonString(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x80) {
      const CodePoint point = DecodeUtf8(text, i);
      out += point.valid ? text.substr(i, point.bytes) : kReplacement;
      i += point.bytes;
      continue;
    }
    ++i;
    switch (byte) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (byte < 0x20) {
          out += "\\u00";
          out += kHex[byte >> 4];
          out += kHex[byte & 0xFU];
        } else {
          out += static_cast<char>(byte);
        }
    }
  }
  out += '"';
}

void FitCell(std::string_view text, CellText& cell) {
  cell.text.clear();
  cell.truncated = false;
  cell.stripped = false;
  std::size_t units = 0;
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    if (!FitsXml(point.value)) {
      cell.stripped = true;
    } else {
      const std::string_view piece = CellPiece(text, i, point);
      const bool ascii_piece = piece.size() != point.bytes || point.bytes == 1;
      units += point.value >= 0x10000 ? 2 : (ascii_piece ? piece.size() : 1);
      if (units > kMaxCellUnits) {
        cell.truncated = true;
        return;
      }
      cell.text += piece;
    }
    i += point.bytes;
  }
}

}  // namespace benchkeep::ops
