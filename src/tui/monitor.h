// The monitor: collectors in the background, a picture in front.

#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/clock.h"
#include "jobs/collectors.h"
#include "tui/frame.h"
#include "tui/model.h"
#include "tui/terminal.h"
#include "tui/words.h"

namespace benchkeep::tui {

// References must outlive the monitor.
struct MonitorParts {
  jobs::Collectors& collectors;
  Clock& clock;
  Look look;
  Colors colors = Colors::kSome;
  std::string language;  // Of the documents: "en", "zh".
  std::string store;     // The name of the store's folder.
  std::string path;
  // Local time minus UTC at a moment.
  std::function<std::chrono::seconds(TimePoint)> utc_offset;
};

// The latest documents, whatever their age.
Inputs InputsOf(const MonitorParts& parts);

// The model of this moment, without a history.
Model ModelOf(const MonitorParts& parts);

// Shows the screen until the user has seen enough or a signal says so.  The
// collectors run already and wake the terminal when something changes.
void RunMonitor(const MonitorParts& parts, Terminal& terminal);

}  // namespace benchkeep::tui
