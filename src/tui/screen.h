// The picture: a model, a view and a size make a frame.  Pure.

#pragma once

#include <string>

#include "tui/canvas.h"
#include "tui/model.h"
#include "tui/view.h"
#include "tui/words.h"

namespace benchkeep::tui {

// Two columns of panels, or, where there is no room for them, one figure a
// line; below that a single line.
Canvas Compose(const Model& model, const View& view, Size size,
               const Look& look);

// All panels below each other, without frames and keys: for `--once`, pipes
// and terminals that cannot do more than print.
std::string ComposeText(const Model& model, int width, const Look& look);

}  // namespace benchkeep::tui
