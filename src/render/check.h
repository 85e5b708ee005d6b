// The report of `check`, in its four forms.

#pragma once

#include <string>

#include "ops/check.h"
#include "render/document.h"

namespace benchkeep::render {

// The document; its text is the screen for people.
Document CheckDocument(const ops::CheckReport& report, const Face& face);

// One line in the manner of monitoring plugins, with performance data.
std::string CheckNagios(const ops::CheckReport& report,
                        const Translator& translator);

// A table in Markdown.
std::string CheckMarkdown(const ops::CheckReport& report,
                          const Translator& translator);

Outcome OutcomeOf(ops::CheckState state);
Message CheckStateWords(ops::CheckState state);
Message CheckWords(const std::string& name);  // Of a check.

}  // namespace benchkeep::render
