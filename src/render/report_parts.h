// Pieces of a report's page, for report_*.cc alone.

#pragma once

#include <string>
#include <vector>

#include "render/report_page.h"

namespace benchkeep::render {

// report_page.cc
std::string LocalTime(std::int64_t seconds);  // "2026-01-31 23:59"
std::string IntervalText(const Proportion& share);
PageCell RateCell(const Proportion& share);
std::string ValueName(const std::optional<std::string>& value,
                      const Face& face);
std::string ColumnWords(const std::string& column, const Face& face);
std::string PText(double p);
// A report is read by people: so many lines of a table, and a word on the rest.
inline constexpr std::size_t kMostLines = 60;
void AddRest(std::size_t lines, const Face& face, PageSection& section);

// report_sections.cc
std::vector<PageSection> FailureSections(const ops::Report& report,
                                         const Face& face);
PageSection CoverageSection(const ops::Report& report, const Face& face);
PageSection GrowthSection(const ops::Report& report, const Face& face);

// report_keeping.cc
std::vector<PageSection> KeepingSections(const ops::Report& report,
                                         const Face& face);
PageFigure HealthFigure(const ops::Report& report, const Face& face);
PageFigure BackupFigure(const ops::Report& report, const Face& face);

}  // namespace benchkeep::render
