// Braille dots and eighths of blocks, or plain ASCII.

#include "tui/graph.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace benchkeep::tui {
namespace {

constexpr int kDots = 4;  // In a column of a Braille character.

// The lowest `left` and `right` dots of its two columns.
std::string Braille(int left, int right) {
  constexpr std::array<unsigned, 5> kLeft = {0, 0x40, 0x44, 0x46, 0x47};
  constexpr std::array<unsigned, 5> kRight = {0, 0x80, 0xA0, 0xB0, 0xB8};
  const unsigned bits = kLeft[static_cast<std::size_t>(left)] |
                        kRight[static_cast<std::size_t>(right)];
  // U+2800 + bits in UTF-8.
  return {static_cast<char>(0xE2), static_cast<char>(0xA0 | (bits >> 6U)),
          static_cast<char>(0x80 | (bits & 0x3FU))};
}

// Not the full block: lines below each other shall stay apart.
constexpr std::array<const char*, 8> kBlocks = {
    " ", "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587"};
constexpr std::array<const char*, 5> kAscii = {" ", ".", ":", "|", "#"};

// Of `height` rows with `steps` steps each; what is not nothing shows.
int Level(double value, double top, int steps) {
  if (!(value > 0) || top <= 0) return 0;
  const int level = static_cast<int>(std::lround(value / top * steps));
  return std::clamp(level, 1, steps);
}

double ValueAt(const std::vector<double>& values, int from_end) {
  const auto size = static_cast<int>(values.size());
  return from_end < size ? values[static_cast<std::size_t>(size - 1 - from_end)]
                         : 0;
}

double Largest(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

}  // namespace

int GraphValues(Glyphs glyphs, int width) {
  return glyphs == Glyphs::kUnicode ? 2 * width : width;
}

void DrawGraph(Canvas& canvas, const Rect& rect,
               const std::vector<double>& values, double top, Ink ink) {
  if (top <= 0) top = Largest(values);
  const bool unicode = canvas.glyphs() == Glyphs::kUnicode;
  const int steps = rect.height * (unicode ? kDots : 2);
  for (int column = 0; column < rect.width; ++column) {
    const int from_end = rect.width - 1 - column;
    for (int row = 0; row < rect.height; ++row) {
      const int below = rect.height - 1 - row;
      std::string glyph;
      if (unicode) {
        const auto dots = [&](int index) {
          const int level = Level(ValueAt(values, index), top, steps);
          return std::clamp(level - below * kDots, 0, kDots);
        };
        const int left = dots(2 * from_end + 1);
        const int right = dots(2 * from_end);
        if (left + right == 0) continue;
        glyph = Braille(left, right);
      } else {
        const int level = Level(ValueAt(values, from_end), top, steps);
        const int filled = std::clamp(level - below * 2, 0, 2);
        if (filled == 0) continue;
        glyph = filled == 2 ? "#" : ".";
      }
      canvas.Put(rect.x + column, rect.y + row, glyph, ink, 1);
    }
  }
}

std::string Sparkline(const std::vector<double>& values, int width,
                      Glyphs glyphs) {
  std::string out;
  const double top = Largest(values);
  for (int column = 0; column < width; ++column) {
    const double value = ValueAt(values, width - 1 - column);
    if (glyphs == Glyphs::kUnicode) {
      out += kBlocks[static_cast<std::size_t>(
          Level(value, top, static_cast<int>(kBlocks.size()) - 1))];
    } else {
      out += kAscii[static_cast<std::size_t>(
          Level(value, top, static_cast<int>(kAscii.size()) - 1))];
    }
  }
  return out;
}

std::string BarOf(double share, int width, Glyphs glyphs) {
  const int full = static_cast<int>(
      std::lround(std::clamp(share, 0.0, 1.0) * std::max(width, 0)));
  std::string out;
  for (int i = 0; i < width; ++i) {
    const bool filled = i < full;
    if (glyphs == Glyphs::kUnicode) {
      out += filled ? "\u2588" : "\u2591";
    } else {
      out += filled ? "#" : "-";
    }
  }
  return out;
}

std::vector<double> Gathered(const std::vector<double>& values, int slots) {
  if (slots <= 0) return {};
  const auto size = static_cast<int>(values.size());
  const int each = std::max(1, (size + slots - 1) / slots);
  std::vector<double> out;
  for (int end = size; end > 0; end -= each) {
    double sum = 0;
    const int begin = std::max(0, end - each);
    for (int i = begin; i < end; ++i)
      sum += values[static_cast<std::size_t>(i)];
    // An unfinished slot would look like a fall.
    if (end - begin < each && !out.empty()) break;
    out.push_back(sum / (end - begin));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

double RoundTop(double value) {
  if (!(value > 0)) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0}) {
    if (step * power >= value) return step * power;
  }
  return 10 * power;
}

}  // namespace benchkeep::tui
