// What tune found, as text, JSON and lines for a shell.

#pragma once

#include <optional>
#include <string>

#include "ops/tune.h"
#include "render/document.h"

namespace benchkeep::render {

// `release` when memory was given back, or would be.
Document TuneDocument(const ops::TuneReport& report,
                      const std::optional<ops::ReleaseReport>& release,
                      const Face& face);

// Lines for `eval`: the guide's variables.  The same in every language.
std::string TuneEnv(const ops::TuneReport& report);

// `text` as one word of a POSIX shell.
std::string ShellWord(const std::string& text);

}  // namespace benchkeep::render
