// Exit codes: what the shell learns (doc/scripting.md).

#pragma once

#include <span>

#include "base/result.h"
#include "render/document.h"

namespace benchkeep::cli {

enum class ExitCode {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kFindings = 3,
  kNoStore = 10,
  kLocked = 11,
  kTooNew = 12,
  kInternal = 70,
  kInterrupted = 130,
};

struct ExitMeaning {
  ExitCode code;
  const char* meaning;  // msgid
};

// All of them, in order.
std::span<const ExitMeaning> ExitMeanings();

// The exit code of a command that ended with an error.
ExitCode ExitCodeOf(Code code);

// The exit code of a command that ended with a document.
ExitCode ExitCodeOf(render::Outcome outcome);

}  // namespace benchkeep::cli
