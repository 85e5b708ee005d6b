// Reading the tables [jobs.NAME] of benchkeep.toml.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "store/settings.h"
#include "store/toml.h"

namespace benchkeep::store {

// `msgid` is completed with {0} = "benchkeep.toml:12", then `args`.
using Complaint = std::function<void(std::int64_t line, const char* msgid,
                                     std::vector<std::string> args)>;

// Reads the tables below [jobs] into `loaded` and complains about mistakes.
void ReadJobs(const toml::table& jobs, LoadedSettings& loaded,
              const Complaint& complain);

}  // namespace benchkeep::store
