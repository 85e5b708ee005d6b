// From one frame to the next in as few bytes as will do.

#pragma once

#include <string>

#include "tui/canvas.h"

namespace benchkeep::tui {

enum class Colors { kSome, kNone };  // kNone: bold, dim and reverse remain.

// What turns a terminal that shows `before` into one that shows `after`; null:
// a blank one.  Both have the size of the terminal.
std::string Repaint(const Canvas* before, const Canvas& after, Colors colors);

}  // namespace benchkeep::tui
