// Columns that fit, rows that scroll.

#include "tui/grid.h"

#include <algorithm>

#include "render/text_table.h"

namespace benchkeep::tui {
namespace {

constexpr int kGap = 1;

// Which columns are shown, and how wide.
std::vector<int> WidthsFor(const Grid& grid, int room) {
  std::vector<int> widths;
  int used = 0;
  int shown = 0;
  for (const GridColumn& column : grid.columns) {
    const bool fits = column.least_room <= room;
    // Words of another language may be longer than the numbers below them.
    const int width =
        column.width == 0 ? 0 : std::max(column.width, WidthOf(column.title));
    widths.push_back(fits ? width : -1);
    if (!fits) continue;
    ++shown;
    used += width;
  }
  const int left = room - used - kGap * std::max(0, shown - 1);
  for (int& width : widths) {
    if (width == 0) width = std::max(0, left);
  }
  return widths;
}

}  // namespace

void DrawGrid(Canvas& canvas, const Rect& rect, const Grid& grid, int selected,
              bool marked, const std::string& more) {
  if (rect.width <= 0 || rect.height <= 0) return;
  if (grid.rows.empty()) {
    int y = rect.y;
    for (const std::string& line : Lines(grid.empty, rect.width)) {
      if (y >= rect.y + rect.height) break;
      canvas.Put(rect.x, y++, line, Ink::kDim, rect.width);
    }
    return;
  }
  const std::vector<int> widths = WidthsFor(grid, rect.width);
  const auto put = [&](int y, std::size_t index, int x, const std::string& text,
                       Ink ink) {
    if (grid.columns[index].right) {
      canvas.PutRight(x + widths[index], y, text, ink, widths[index]);
    } else {
      canvas.Put(x, y, text, ink, widths[index]);
    }
  };
  int y = rect.y;
  int bottom = rect.y + rect.height;
  const auto rows = static_cast<int>(grid.rows.size());
  // In very little room the rows matter more than their titles.
  if (rect.height > 2) {
    int x = rect.x;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] <= 0) continue;
      put(y, i, x, grid.columns[i].title, Ink::kDim);
      x += widths[i] + kGap;
    }
    ++y;
  }
  int room = bottom - y;
  const bool scrolls = rows > room && room > 1;
  if (scrolls) --room;
  const int first =
      std::clamp(selected - room + 1, 0, std::max(0, rows - room));
  for (int row = first; row < std::min(rows, first + room); ++row, ++y) {
    const auto& cells = grid.rows[static_cast<std::size_t>(row)];
    int x = rect.x;
    for (std::size_t i = 0; i < widths.size() && i < cells.size(); ++i) {
      if (widths[i] <= 0) continue;
      put(y, i, x, cells[i].text, cells[i].ink);
      x += widths[i] + kGap;
    }
    if (marked && row == selected) canvas.Reverse(rect.x, y, rect.width);
  }
  if (scrolls) {
    const int above = first;
    const int below = rows - first - room;
    std::string text = std::to_string(above + below) + " " + more;
    canvas.Put(rect.x, bottom - 1, text, Ink::kDim, rect.width);
  }
}

std::vector<std::string> Lines(const std::string& text, int width) {
  const std::string wrapped =
      render::Wrap(text, static_cast<std::size_t>(std::max(width, 1)));
  std::vector<std::string> lines;
  std::size_t at = 0;
  while (at < wrapped.size()) {
    const std::size_t end = std::min(wrapped.find('\n', at), wrapped.size());
    lines.push_back(wrapped.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace benchkeep::tui
