// Runs another program in our place at the terminal.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace benchkeep::host {

enum class AttachedInput {
  kOurs,     // It reads what we would read.
  kNothing,  // Our input stays ours.
};

struct AttachedResult {
  int exit_code = -1;  // -1 when a signal ended it.
  int signal = 0;
};

// Our streams are its streams; Ctrl-C reaches it and not us.  Returns when it
// has ended, with the terminal as it was before.  When `stop` says so it gets
// TERM.  argv[0] is the path of the program; no shell is involved.
Result<AttachedResult> RunAttached(const std::vector<std::string>& argv,
                                   AttachedInput input,
                                   const std::function<bool()>& stop);

}  // namespace benchkeep::host
