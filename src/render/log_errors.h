// Errors of the logs, as JSON and text.

#pragma once

#include "ops/log_errors.h"
#include "render/document.h"

namespace benchkeep::render {

struct LogErrorsView {
  bool only_new = false;  // Leave out what is neither new nor a spike.
  bool all = false;       // Every cause, not just the first ones (text).
  bool examples = false;  // With one message of each (text).
};

Document LogErrorsDocument(const ops::LogErrorsReport& report,
                           const LogErrorsView& view, const Face& face);

// "rate limit", as people call it.
Message ErrorClassWords(ops::ErrorClass kind);

// What helps against errors of that kind; empty when only reading does.
Message ErrorClassCure(ops::ErrorClass kind);

}  // namespace benchkeep::render
