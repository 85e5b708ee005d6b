// Widths by the C library's Unicode tables.

#include "render/text_width.h"

#include <locale.h>

#include <clocale>
#include <cwchar>
#include <utility>

namespace benchkeep::render {
namespace {

constexpr char32_t kJoiner = 0x200D;
constexpr char32_t kEmojiStyle = 0xFE0F;
constexpr char32_t kSkinFirst = 0x1F3FB;
constexpr char32_t kSkinLast = 0x1F3FF;

// wcwidth(3) answers for the locale of the thread; C.UTF-8 is everywhere and
// has the full tables, whatever language the user speaks.
std::size_t WidthOf(char32_t point) {
  if (point < 0x20 || point == 0x7F) return 0;
  if (point < 0x7F) return 1;
  static const locale_t utf8 =
      ::newlocale(LC_CTYPE_MASK, "C.UTF-8", static_cast<locale_t>(nullptr));
  if (utf8 == static_cast<locale_t>(nullptr)) return 1;
  const locale_t before = ::uselocale(utf8);
  const int width = ::wcwidth(static_cast<wchar_t>(point));
  ::uselocale(before);
  return width < 0 ? 1 : static_cast<std::size_t>(width);
}

// Length of an escape code at the start of `text`, or 0.
std::size_t EscapeLength(std::string_view text) {
  if (text.size() < 2 || text[0] != '\x1b' || text[1] != '[') return 0;
  for (std::size_t i = 2; i < text.size(); ++i) {
    if (text[i] >= '@' && text[i] <= '~') return i + 1;
  }
  return text.size();
}

// The code point at the start of `text` and its length; a stray byte counts as
// U+FFFD.
std::pair<char32_t, std::size_t> Decode(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0   ? 4
                             : lead >= 0xE0 ? 3
                             : lead >= 0xC0 ? 2
                                            : 0;
  if (length == 0 || text.size() < length) return {0xFFFD, 1};
  char32_t point = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {0xFFFD, 1};
    point = point << 6U | (byte(i) & 0x3FU);
  }
  return {point, length};
}

// Punctuation that must not begin a line: ) ] } , . ! ? : ; and the full-width
// ones.
bool MustNotBeginLine(char32_t point) {
  constexpr std::u32string_view kClosing =
      U")]},.!?:;%\u3001\u3002\u300B\u300D\u300F\u3011\uFF01\uFF09\uFF0C\uFF1A"
      U"\uFF1B\uFF1F\u201D\u2019";
  return kClosing.find(point) != std::u32string_view::npos;
}

bool MustNotEndLine(char32_t point) {
  constexpr std::u32string_view kOpening =
      U"([{\u300A\u300C\u300E\u3010\uFF08\u201C\u2018";
  return kOpening.find(point) != std::u32string_view::npos;
}

bool IsIdeograph(char32_t point) {
  return point >= 0x2E80 && WidthOf(point) == 2;
}

// Splits a line into the pieces between which it may break; a space belongs to
// the piece before it.
std::vector<std::string> Pieces(std::string_view line) {
  std::vector<std::string> pieces(1);
  char32_t last = 0;
  for (GlyphReader glyphs(line); !glyphs.done();) {
    const Glyph glyph = glyphs.Next();
    const bool after_space = last == ' ' && glyph.point != ' ';
    const bool beside_ideograph =
        last != 0 && glyph.width > 0 && glyph.point != ' ' &&
        (IsIdeograph(last) || IsIdeograph(glyph.point)) &&
        !MustNotBeginLine(glyph.point) && !MustNotEndLine(last);
    if (after_space || beside_ideograph) pieces.emplace_back();
    pieces.back() += glyph.bytes;
    if (glyph.width > 0) last = glyph.point;
  }
  return pieces;
}

std::size_t WidthWithoutTrailingSpace(const std::string& text) {
  std::size_t width = 0;
  std::size_t visible = 0;
  for (GlyphReader glyphs(text); !glyphs.done();) {
    const Glyph glyph = glyphs.Next();
    width += glyph.width;
    if (glyph.point != ' ') visible = width;
  }
  return visible;
}

}  // namespace

Glyph GlyphReader::Next() {
  if (const std::size_t escape = EscapeLength(rest_); escape > 0) {
    const Glyph glyph{rest_.substr(0, escape), 0, 0};
    rest_.remove_prefix(escape);
    return glyph;
  }
  const auto [point, length] = Decode(rest_);
  Glyph glyph{rest_.substr(0, length), point, WidthOf(point)};
  rest_.remove_prefix(length);
  const bool skin = point >= kSkinFirst && point <= kSkinLast;
  if (joined_ || (skin && last_width_ == 2)) {
    glyph.width = 0;  // Drawn as part of the glyph before.
  } else if (point == kEmojiStyle && last_width_ == 1) {
    glyph.width = 1;  // Makes the sign before it wide.
  }
  joined_ = point == kJoiner;
  if (glyph.width > 0) last_width_ = glyph.width;
  return glyph;
}

std::vector<std::string> WrapLine(std::string_view line, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t used = 0;
  for (const std::string& piece : Pieces(line)) {
    const std::size_t needs = WidthWithoutTrailingSpace(piece);
    if (used > 0 && used + needs > width) {
      lines.emplace_back();
      used = 0;
    }
    lines.back() += piece;
    for (GlyphReader glyphs(piece); !glyphs.done();) {
      used += glyphs.Next().width;
    }
  }
  return lines;
}

}  // namespace benchkeep::render
