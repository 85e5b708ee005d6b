// A finding: something about the store that its keeper should know.
//
// Every command reports findings in the same form; codes are stable names that
// scripts may match (doc/scripting.md lists them).

#pragma once

#include <string>
#include <vector>

#include "base/message.h"

namespace benchkeep {

enum class Severity { kInfo, kWarning, kCritical };

struct Finding {
  std::string code;  // Stable, snake_case: "increment_torn".
  Severity severity = Severity::kWarning;
  std::string path;  // Below the root where possible; may be empty.
  Message message;
  Message fix;  // The command that cures it; may be empty.
};

using Findings = std::vector<Finding>;

const char* SeverityName(Severity severity);

}  // namespace benchkeep
