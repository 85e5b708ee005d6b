// The command line as a whole.

#pragma once

#include "cli/context.h"
#include "cli/exit_code.h"

namespace benchkeep::cli {

// The program: returns what the process exits with.  Exceptions of libraries
// end here (70).
int Main(int argc, char** argv);

// The same without the process around it: finds the command, prepares what it
// needs, runs it.
ExitCode Dispatch(const Environment& environment);

}  // namespace benchkeep::cli
