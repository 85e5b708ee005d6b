// What commands about jobs have in common: the jobs of a store, and the program
// that runs them.

#pragma once

#include <vector>

#include "cli/context.h"
#include "jobs/job.h"
#include "jobs/job_runner.h"

namespace benchkeep::cli {

// The zone of the machine, by TZ or /etc/localtime.
jobs::TimeZone LocalZone(const Context& context);

// Finds the command and its subcommand by the words of a job.
bool KnowsCommand(const std::vector<std::string>& words);

Result<std::vector<jobs::Job>> JobsOfStore(const Context& context,
                                           const store::Settings& settings);

// This program, for the store of the context.
jobs::Program ThisProgram(const Context& context);

}  // namespace benchkeep::cli
