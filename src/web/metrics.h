// The documents of the commands as metrics for Prometheus.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "jobs/collectors.h"

namespace benchkeep::web {

// `documents` are those that may be called the present
// (jobs::Collectors::Current); a value whose document is missing is not
// written, and the health of the collector says why.
std::string MetricsOf(const std::map<std::string, jobs::Snapshot>& documents,
                      const std::vector<jobs::CollectorHealth>& health,
                      const std::string& version);

}  // namespace benchkeep::web
