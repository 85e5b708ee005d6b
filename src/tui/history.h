// What the monitor has seen, for a day.

#pragma once

#include <deque>
#include <vector>

#include "tui/model.h"

namespace benchkeep::tui {

class History {
 public:
  // The present; it stands for its time until the next one is far enough away.
  void Add(const Point& point);

  // Gives the model its history and, when the results tell no time, what came
  // in each minute while we looked; what `check` remembers goes before that.
  void Complete(Model& model) const;

 private:
  std::deque<Point> points_;
};

}  // namespace benchkeep::tui
