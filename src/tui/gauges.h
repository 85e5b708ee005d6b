// The machine in bars: memory, load, disk, and who waits for what.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tui/panels.h"

namespace benchkeep::tui {

struct Gauge {
  std::string label;
  std::optional<double> share;
  std::string text;
  std::string short_text;  // Where there is little room.
  Ink ink = Ink::kGood;
};

// Memory, load and disk, as far as they are known.
std::vector<Gauge> GaugesOf(const Scene& scene);

}  // namespace benchkeep::tui
