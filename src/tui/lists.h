// The panels that are lists, and what there is to say about one of their rows.

#pragma once

#include <string>
#include <vector>

#include "tui/grid.h"
#include "tui/view.h"
#include "tui/words.h"

namespace benchkeep::tui {

// The list of a panel; `room` columns are there for it.
Grid GridOf(Panel panel, const Model& model, const View& view, int room,
            const Look& look);

struct Detail {
  std::string label;
  std::string text;
  Ink ink = Ink::kPlain;
};

// All about the selected row of an open list; empty when there is none.
std::vector<Detail> DetailsOf(Panel panel, const Model& model, const View& view,
                              const Look& look);

}  // namespace benchkeep::tui
