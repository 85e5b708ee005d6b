// Numbers as pictures made of characters.

#pragma once

#include <string>
#include <vector>

#include "tui/canvas.h"

namespace benchkeep::tui {

// A filled graph over the whole of `rect`, the newest value at the right edge;
// `top` is the value of the upper edge (0: the largest one).  Each column shows
// two values in Unicode, one in ASCII: GraphValues() says how many fit.
void DrawGraph(Canvas& canvas, const Rect& rect,
               const std::vector<double>& values, double top, Ink ink);
int GraphValues(Glyphs glyphs, int width);

// One line; the newest value at the right edge.
std::string Sparkline(const std::vector<double>& values, int width,
                      Glyphs glyphs);

// "####----" of a share from 0 to 1.
std::string BarOf(double share, int width, Glyphs glyphs);

// `values` in `slots` sums of neighbours, aligned at the end.
std::vector<double> Gathered(const std::vector<double>& values, int slots);

// A round number that is not less than `value`: 1, 1.5, 2, 3, 5, 7.5, 10 ...
double RoundTop(double value);

}  // namespace benchkeep::tui
