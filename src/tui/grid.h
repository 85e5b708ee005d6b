// A table in a rectangle: as many columns as there is room for, and rows that
// scroll.

#pragma once

#include <string>
#include <vector>

#include "tui/canvas.h"

namespace benchkeep::tui {

struct GridColumn {
  std::string title;
  int width = 0;       // 0: all that is left; one column of a grid has that.
  bool right = false;  // Numbers.
  // Not shown in a narrower grid; those asking for more go first.
  int least_room = 0;
};

struct GridCell {
  std::string text;
  Ink ink = Ink::kPlain;
};

struct Grid {
  std::vector<GridColumn> columns;
  std::vector<std::vector<GridCell>> rows;
  std::string empty;  // What is said when there is no row.
};

// Draws the titles and the rows, so that row `selected` can be seen; it is
// marked when `marked`.  What does not fit is counted in the last line.
void DrawGrid(Canvas& canvas, const Rect& rect, const Grid& grid, int selected,
              bool marked, const std::string& more);

// Text in lines of at most `width` columns.
std::vector<std::string> Lines(const std::string& text, int width);

}  // namespace benchkeep::tui
