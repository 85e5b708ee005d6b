// The parts of a report, for report*.cc alone.

#pragma once

#include "ops/report.h"
#include "store/results.h"

namespace benchkeep::ops {

// The tables that a report counts in.
struct ReportInput {
  const store::Store& store;
  const ReportOptions& options;
  store::Results& results;
};

// report_counts.cc: tables, failures, changes and coverage.
Status CountTests(const ReportInput& input, Report& report);
// report_changes.cc: which of the differences are no accident.
void JudgeChanges(Report& report);
// report_coverage.cc
ReportCoverage CoverageOf(const std::vector<store::TestGroup>& groups,
                          const std::vector<std::string>& columns);
// report_growth.cc; `days` of Results::Count by day.
void ReadGrowth(const store::Store& store,
                const std::vector<store::TestGroup>& days,
                const std::string& query, Report& report);

}  // namespace benchkeep::ops
