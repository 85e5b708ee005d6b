// What a command answers: one document, as text or as JSON.

#pragma once

#include <string>

#include "base/finding.h"
#include "base/json.h"
#include "base/result.h"
#include "render/style.h"

namespace benchkeep::render {

// The "status" of a document.
enum class Outcome { kOk, kWarning, kCritical, kUnknown, kFailed };
const char* OutcomeName(Outcome outcome);

struct Document {
  std::string command;  // "consolidate", "backup list".
  Outcome status = Outcome::kOk;
  Json data = Json::Object();
  Findings findings = {};

  // For people, in the chosen language, ending in a newline.  Without the
  // findings: they are shown below it, the same way for all commands.
  std::string text = {};
};

// The worst of the findings: kOk, kWarning or kCritical.
Outcome OutcomeOf(const Findings& findings);

// {"schema":1,"command","status","data","findings":[...]}.  Always valid JSON
// in UTF-8: NaN and Infinity become null, stray bytes U+FFFD.
Json ToJson(const Document& document, const Translator& translator);

// The findings as lines, the gravest first; empty without findings.
std::string FindingsText(const Findings& findings, const Face& face);

// The document of a command that could not do its job.
Document FailureDocument(const std::string& command, const Error& error);

// "message", and below it the file (unless named already) and the cure.
std::string ErrorText(const Error& error, const Face& face);

// Stable, snake_case: "no_space".
const char* CodeName(Code code);

}  // namespace benchkeep::render
