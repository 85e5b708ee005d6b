// Ending processes, and only the ones that were meant.
//
// A process is held by a pidfd while it is looked at again and signalled, so
// that a pid given to another process in the meantime hits nobody
// (pidfd_open(2)).

#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "base/result.h"
#include "host/processes.h"

namespace benchkeep::host {

enum class StopOutcome {
  kGone,     // It had ended before; another one may have its pid now.
  kEnded,    // It ended after TERM.
  kKilled,   // It did not, and was killed.
  kRefused,  // We may not signal it; see StoppedProcess::error.
  kAlive,    // It outlived KILL for now: it hangs in the kernel.
};
const char* StopOutcomeName(StopOutcome outcome);  // "gone", ...

struct StoppedProcess {
  Process process;
  StopOutcome outcome = StopOutcome::kGone;
  Error error;  // With kRefused.
};

// Asks all of `processes` to end (TERM), waits up to `patience` for all of
// them together, and kills the rest.  `cancelled` is asked several times a
// second; when it says true, nobody is killed any more, and who is left is
// kAlive.  The answer has the order of `processes`.
std::vector<StoppedProcess> StopProcesses(
    const ProcessTable& table, const std::vector<Process>& processes,
    std::chrono::milliseconds patience,
    const std::function<bool()>& cancelled = [] { return false; });

}  // namespace benchkeep::host
