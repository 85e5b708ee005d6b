// Cells, wide glyphs and joining frames.

#include "tui/canvas.h"

#include <algorithm>
#include <array>

#include "base/result.h"
#include "render/text_table.h"
#include "render/text_width.h"

namespace benchkeep::tui {
namespace {

constexpr std::uint8_t kUp = 1;
constexpr std::uint8_t kDown = 2;
constexpr std::uint8_t kLeft = 4;
constexpr std::uint8_t kRight = 8;

constexpr char32_t kJoiner = 0x200D;
constexpr char32_t kEmojiStyle = 0xFE0F;
constexpr char32_t kFirstEmoji = 0x1F000;

// By the directions in which lines leave a cell.
const char* FrameGlyph(std::uint8_t directions, Glyphs glyphs) {
  if (glyphs == Glyphs::kAscii) {
    if ((directions & (kLeft | kRight)) == 0) return "|";
    return (directions & (kUp | kDown)) == 0 ? "-" : "+";
  }
  static constexpr std::array<const char*, 16> kGlyphs = {
      " ",      "\u2502",  // up
      "\u2502",            // down
      "\u2502",            // up, down
      "\u2500",            // left
      "\u256f",            // up, left
      "\u256e",            // down, left
      "\u2524",            // up, down, left
      "\u2500",            // right
      "\u2570",            // up, right
      "\u256d",            // down, right
      "\u251c",            // up, down, right
      "\u2500",            // left, right
      "\u2534",            // up, left, right
      "\u252c",            // down, left, right
      "\u253c"};
  return kGlyphs[directions & 15U];
}

}  // namespace

int WidthOf(std::string_view text) {
  return static_cast<int>(render::DisplayWidth(text));
}

std::string Padded(std::string_view text, int width) {
  const int have = WidthOf(text);
  return std::string(text) +
         std::string(static_cast<std::size_t>(std::max(0, width - have)), ' ');
}

std::string Fitted(std::string_view text, int room, Glyphs glyphs) {
  if (WidthOf(text) <= room) return std::string(text);
  if (room <= 0) return {};
  std::string out;
  int used = 0;
  for (render::GlyphReader reader(text); !reader.done();) {
    const render::Glyph glyph = reader.Next();
    if (used + static_cast<int>(glyph.width) > room - 1) break;
    out += glyph.bytes;
    used += static_cast<int>(glyph.width);
  }
  return out + (glyphs == Glyphs::kAscii ? "~" : "\u2026");
}

Canvas::Canvas(Size size, Glyphs glyphs)
    : size_{std::max(size.width, 1), std::max(size.height, 1)},
      glyphs_(glyphs),
      cells_(static_cast<std::size_t>(size_.width) *
             static_cast<std::size_t>(size_.height)),
      lines_(cells_.size()) {}

const Cell& Canvas::At(int x, int y) const {
  BENCHKEEP_CHECK(x >= 0 && y >= 0 && x < size_.width && y < size_.height);
  return cells_[Index(x, y)];
}

std::size_t Canvas::Index(int x, int y) const {
  return static_cast<std::size_t>(y) * static_cast<std::size_t>(size_.width) +
         static_cast<std::size_t>(x);
}

Cell& Canvas::Mutable(int x, int y) {
  BENCHKEEP_CHECK(x >= 0 && y >= 0 && x < size_.width && y < size_.height);
  return cells_[Index(x, y)];
}

void Canvas::Detach(int x, int y) {
  if (Mutable(x, y).glyph.empty() && x > 0) Mutable(x - 1, y).glyph = " ";
  if (x + 1 < size_.width && Mutable(x + 1, y).glyph.empty()) {
    Mutable(x + 1, y).glyph = " ";
  }
}

int Canvas::Put(int x, int y, std::string_view text, Ink ink, int room) {
  if (y < 0 || y >= size_.height || x < 0 || x >= size_.width) return 0;
  room = std::min(room, size_.width - x);
  const std::string fitted = Fitted(render::Printable(text), room, glyphs_);
  const int start = x;
  for (render::GlyphReader reader(fitted); !reader.done();) {
    const render::Glyph glyph = reader.Next();
    const int width = static_cast<int>(glyph.width);
    if (width == 0 || glyph.point == kEmojiStyle) {
      // Terminals disagree about joined and restyled emoji: the first sign
      // alone is as wide everywhere.
      const bool apart = glyph.point == kEmojiStyle || glyph.point == kJoiner ||
                         glyph.point >= kFirstEmoji;
      if (x > start && !apart) {
        Cell& before = Mutable(x - 1, y);
        (before.glyph.empty() && x - 1 > start ? Mutable(x - 2, y) : before)
            .glyph += glyph.bytes;
      }
      continue;
    }
    if (x + width > size_.width) break;
    for (int i = 0; i < width; ++i) {
      Detach(x + i, y);
      Mutable(x + i, y) = {i == 0 ? std::string(glyph.bytes) : std::string(),
                           ink, false};
    }
    x += width;
  }
  return x - start;
}

int Canvas::PutRight(int right, int y, std::string_view text, Ink ink,
                     int room) {
  const std::string fitted = Fitted(text, room, glyphs_);
  return Put(right - WidthOf(fitted), y, fitted, ink, room);
}

void Canvas::Reverse(int x, int y, int width) {
  if (y < 0 || y >= size_.height) return;
  for (int i = std::max(x, 0); i < std::min(x + width, size_.width); ++i) {
    Mutable(i, y).reverse = true;
  }
}

void Canvas::Clear(const Rect& rect) {
  for (int y = std::max(rect.y, 0);
       y < std::min(rect.y + rect.height, size_.height); ++y) {
    for (int x = std::max(rect.x, 0);
         x < std::min(rect.x + rect.width, size_.width); ++x) {
      Detach(x, y);
      Mutable(x, y) = Cell{};
    }
  }
}

void Canvas::AddLine(int x, int y, std::uint8_t directions, Ink ink) {
  if (x < 0 || y < 0 || x >= size_.width || y >= size_.height) return;
  Line& line = lines_[Index(x, y)];
  line.directions |= directions;
  line.ink = ink;
}

void Canvas::Frame(const Rect& rect, Ink ink) {
  const int right = rect.x + rect.width - 1;
  const int bottom = rect.y + rect.height - 1;
  if (rect.width < 2 || rect.height < 2) return;
  for (int x = rect.x; x <= right; ++x) {
    const std::uint8_t ways = static_cast<std::uint8_t>(
        (x > rect.x ? kLeft : 0U) | (x < right ? kRight : 0U));
    AddLine(x, rect.y, ways, ink);
    AddLine(x, bottom, ways, ink);
  }
  for (int y = rect.y; y <= bottom; ++y) {
    const std::uint8_t ways = static_cast<std::uint8_t>(
        (y > rect.y ? kUp : 0U) | (y < bottom ? kDown : 0U));
    AddLine(rect.x, y, ways, ink);
    AddLine(right, y, ways, ink);
  }
}

void Canvas::DrawFrames() {
  for (int y = 0; y < size_.height; ++y) {
    for (int x = 0; x < size_.width; ++x) {
      Line& line = lines_[Index(x, y)];
      if (line.directions == 0) continue;
      Detach(x, y);
      Mutable(x, y) = {FrameGlyph(line.directions, glyphs_), line.ink, false};
      line = {};
    }
  }
}

std::vector<std::string> Canvas::Lines() const {
  std::vector<std::string> out;
  for (int y = 0; y < size_.height; ++y) {
    std::string line;
    for (int x = 0; x < size_.width; ++x) line += At(x, y).glyph;
    line.erase(line.find_last_not_of(' ') + 1);
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace benchkeep::tui
