// Layout of JSON texts.

#include "base/json_style.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace benchkeep {
namespace {

// The code point that begins at `at` of valid UTF-8, and how long it is.
std::uint32_t CodePointAt(std::string_view text, std::size_t at,
                          std::size_t& length) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t first = byte(at);
  length = first < 0xE0U ? 2 : first < 0xF0U ? 3 : 4;
  length = std::min(length, text.size() - at);
  std::uint32_t point = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    point = point << 6U | (byte(at + i) & 0x3FU);
  }
  return point;
}

// Only strings hold anything but ASCII.
std::string Escaped(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80U) {
      out += text[at++];
      continue;
    }
    std::size_t length = 1;
    std::uint32_t point = CodePointAt(text, at, length);
    at += length;
    if (point >= 0x10000U) {
      point -= 0x10000U;
      out += fmt::format("\\u{:04x}", 0xD800U + (point >> 10U));
      point = 0xDC00U + (point & 0x3FFU);
    }
    out += fmt::format("\\u{:04x}", point);
  }
  return out;
}

// ',' and ':' outside of strings get a space.
std::string Spaced(const std::string& text) {
  std::string out;
  bool inside = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    out += c;
    if (inside && c == '\\') {
      out += text[++at];
    } else if (c == '"') {
      inside = !inside;
    } else if (!inside && (c == ',' || c == ':')) {
      out += ' ';
    }
  }
  return out;
}

}  // namespace

JsonStyle StyleOf(std::string_view text) {
  JsonStyle style;
  style.newline = text.ends_with('\n');
  style.ascii = std::all_of(text.begin(), text.end(),
                            [](char c) {
                              return static_cast<unsigned char>(c) < 0x80U;
                            }) &&
                text.find("\\u") != std::string_view::npos;
  const std::size_t open = text.find_first_of("{[");
  if (open == std::string_view::npos) return style;
  const std::size_t first = text.find_first_not_of(" \r\n", open + 1);
  if (first == std::string_view::npos) return style;
  const std::string_view gap = text.substr(open + 1, first - open - 1);
  const std::size_t line = gap.rfind('\n');
  if (line == std::string_view::npos) {
    // An empty container says nothing about the rest.
    if (text[first] == '}' || text[first] == ']') return style;
    style.indent = 0;
    const std::size_t colon = text.find("\":");
    style.spaced = colon != std::string_view::npos &&
                   text.substr(colon + 2).starts_with(' ');
  } else {
    constexpr std::size_t kMost = 8;
    style.indent = static_cast<int>(std::min(gap.size() - line - 1, kMost));
  }
  return style;
}

std::string DumpAs(const Json& json, const JsonStyle& style) {
  std::string text = json.Dump(style.indent);
  if (style.indent == 0 && style.spaced) text = Spaced(text);
  if (style.ascii) text = Escaped(text);
  if (style.newline) text += '\n';
  return text;
}

}  // namespace benchkeep
