// The panels that are no lists: totals, pace, machine.

#pragma once

#include "tui/view.h"
#include "tui/words.h"

namespace benchkeep::tui {

struct Scene {
  Canvas& canvas;
  const Model& model;
  const View& view;
  const Look& look;
};

// The guide's figures and whether they are safe.
void DrawOverview(Scene& scene, const Rect& rect);
// All that is known about totals, backups and the age of the figures.
void DrawAllTotals(Scene& scene, const Rect& rect);
// Results per minute, now and over time.
void DrawPace(Scene& scene, const Rect& rect);
void DrawMachine(Scene& scene, const Rect& rect);
// The same with graphs.
void DrawMachineOverTime(Scene& scene, const Rect& rect);
// One line for each figure, where there is no room for panels.
void DrawFigures(Scene& scene, const Rect& rect);

// Lines of `label` and `text`, from line `first` on.
struct Line {
  std::string label;
  std::string text;
  Ink ink = Ink::kPlain;
  std::string more = {};  // Behind it, dim.
};
// Returns how many rows were used.
int DrawLines(Scene& scene, const Rect& rect, const std::vector<Line>& lines,
              int first);

// A graph of `minutes` with its scale and its times.
void DrawTimedGraph(Scene& scene, const Rect& rect,
                    const std::vector<double>& minutes);

}  // namespace benchkeep::tui
