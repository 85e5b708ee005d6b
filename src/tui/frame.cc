// Differences of cells as cursor moves and text.

#include "tui/frame.h"

#include <fmt/format.h>

namespace benchkeep::tui {
namespace {

// Moving over so few cells costs more than writing them again.
constexpr int kCheapGap = 4;

// Terminals that know it show the frame at once, the others ignore it.
constexpr const char* kBegin = "\x1b[?2026h";
constexpr const char* kEnd = "\x1b[?2026l";

std::string StyleOf(const Cell& cell, Colors colors) {
  const bool color = colors == Colors::kSome;
  std::string style = "\x1b[0";
  switch (cell.ink) {
    case Ink::kPlain:
      break;
    case Ink::kBold:
      style += ";1";
      break;
    case Ink::kDim:
      style += ";2";
      break;
    case Ink::kGood:
      style += color ? ";32" : "";
      break;
    case Ink::kWarning:
      style += color ? ";33" : ";1";
      break;
    case Ink::kBad:
      style += color ? ";1;31" : ";1";
      break;
    case Ink::kAccent:
      style += color ? ";36" : "";
      break;
  }
  if (cell.reverse) style += ";7";
  return style + "m";
}

class Writer {
 public:
  Writer(const Canvas* before, const Canvas& after, Colors colors)
      : before_(before), after_(after), colors_(colors) {}

  std::string Write() {
    if (before_ == nullptr) out_ += "\x1b[0m\x1b[2J";
    for (int y = 0; y < after_.size().height; ++y) WriteRow(y);
    if (out_.empty()) return out_;
    return kBegin + out_ + "\x1b[0m" + kEnd;
  }

 private:
  [[nodiscard]] bool Same(int x, int y) const {
    static const Cell blank;
    return (before_ == nullptr ? blank : before_->At(x, y)) == after_.At(x, y);
  }

  void WriteRow(int y) {
    const int width = after_.size().width;
    int x = 0;
    int at = -1;  // Where the cursor is in this row.
    while (x < width) {
      if (Same(x, y)) {
        ++x;
        continue;
      }
      // The right half of a wide glyph is written with its left one.
      int from = x;
      if (after_.At(from, y).glyph.empty() && from > 0) --from;
      if (at >= 0 && from - at <= kCheapGap && from >= at) {
        from = at;
      } else if (from != at) {
        out_ += fmt::format("\x1b[{};{}H", y + 1, from + 1);
      }
      for (int i = from; i <= x; ++i) Put(i, y);
      at = x + 1;
      // A wide glyph takes its right half along.
      while (at < width && after_.At(at, y).glyph.empty()) ++at;
      x = at;
    }
  }

  void Put(int x, int y) {
    const Cell& cell = after_.At(x, y);
    if (cell.glyph.empty()) return;
    std::string style = StyleOf(cell, colors_);
    if (style != style_) out_ += style;
    style_ = std::move(style);
    out_ += cell.glyph;
  }

  const Canvas* before_;
  const Canvas& after_;
  Colors colors_;
  std::string out_;
  std::string style_;  // In force since the frame began.
};

}  // namespace

std::string Repaint(const Canvas* before, const Canvas& after, Colors colors) {
  return Writer(before, after, colors).Write();
}

}  // namespace benchkeep::tui
