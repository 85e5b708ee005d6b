// What the user has chosen to see, and what each key changes.  Pure.

#pragma once

#include <chrono>
#include <optional>

#include "tui/keys.h"
#include "tui/model.h"

namespace benchkeep::tui {

enum class Panel {
  kOverview,
  kPace,
  kModels,
  kWriters,
  kErrors,
  kChecks,
  kJobs,
  kMachine,
};
inline constexpr int kPanels = 8;

struct View {
  Panel focus = Panel::kOverview;
  bool open = false;  // The panel has the whole screen.
  int selected = 0;   // Row of an open list, or first line of an open text.
  bool help = false;
  bool quit = false;
  bool refresh = false;  // Ask for fresh figures at once.
  // Time: how much the graph spans, and how long ago its right edge is.
  std::chrono::minutes span{60};
  std::chrono::minutes back{0};
  // The moment at which the picture stands still.
  std::optional<TimePoint> frozen;
};

// What a key does.
View Press(const View& view, const Key& key, const Model& model);

// `view`, with what is beyond the model's bounds put right.
View Within(const View& view, const Model& model);

// How many rows the list of a panel has; 0 for panels that are no list.
int RowsOf(Panel panel, const Model& model);

}  // namespace benchkeep::tui
