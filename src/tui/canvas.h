// A grid of cells to draw on; what it holds is one frame of a terminal.
//
// Pure: nothing here knows a terminal.  Text is put glyph by glyph, so that
// wide characters take two cells and never end up cut in half.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace benchkeep::tui {

enum class Ink : std::uint8_t {
  kPlain,
  kBold,
  kDim,
  kGood,
  kWarning,
  kBad,
  kAccent,  // Titles, graphs.
};

struct Size {
  int width = 80;
  int height = 24;
  bool operator==(const Size&) const = default;
};

struct Rect {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  // Without its frame.
  [[nodiscard]] Rect Inner() const {
    return {x + 1, y + 1, width - 2, height - 2};
  }
};

struct Cell {
  std::string glyph = " ";  // Empty: the right half of a wide one.
  Ink ink = Ink::kPlain;
  bool reverse = false;
  bool operator==(const Cell&) const = default;
};

// Which characters may be used.
enum class Glyphs { kUnicode, kAscii };

class Canvas {
 public:
  Canvas(Size size, Glyphs glyphs);

  [[nodiscard]] Size size() const { return size_; }
  [[nodiscard]] Glyphs glyphs() const { return glyphs_; }
  // Inside the canvas only.
  [[nodiscard]] const Cell& At(int x, int y) const;

  // Puts text at (x, y), at most `room` columns of it and never beyond the
  // edge; what does not fit ends in "~" or an ellipsis.  Returns the columns
  // taken.
  int Put(int x, int y, std::string_view text, Ink ink, int room);
  // The same with its end at the column before `right`.
  int PutRight(int right, int y, std::string_view text, Ink ink, int room);

  // Shows a row of cells in reverse.
  void Reverse(int x, int y, int width);
  void Clear(const Rect& rect);

  // A frame around `rect`; frames that share an edge join.  Later ones lie over
  // earlier ones.
  void Frame(const Rect& rect, Ink ink);
  // Turns the frames into glyphs; then titles can be put on them.
  void DrawFrames();

  // Rows as text, without ink and without what is blank at their ends.
  [[nodiscard]] std::vector<std::string> Lines() const;

 private:
  struct Line {
    std::uint8_t directions = 0;
    Ink ink = Ink::kDim;
  };
  [[nodiscard]] std::size_t Index(int x, int y) const;
  Cell& Mutable(int x, int y);
  void AddLine(int x, int y, std::uint8_t directions, Ink ink);
  // No half of a wide glyph is left alone where something else comes.
  void Detach(int x, int y);

  Size size_;
  Glyphs glyphs_;
  std::vector<Cell> cells_;
  std::vector<Line> lines_;
};

// Columns that `text` takes.
int WidthOf(std::string_view text);
// `text` with spaces up to `width` columns.
std::string Padded(std::string_view text, int width);
// `text` in at most `room` columns, what was cut shown by an ellipsis.
std::string Fitted(std::string_view text, int room, Glyphs glyphs);

}  // namespace benchkeep::tui
