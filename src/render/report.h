// A report in its forms: a page of HTML, Markdown, text, and JSON.

#pragma once

#include <string>
#include <vector>

#include "ops/report.h"
#include "render/document.h"

namespace benchkeep::render {

// Whole files.  Every name in them is escaped.
std::string ReportHtml(const ops::Report& report, const Face& face);
std::string ReportMarkdown(const ops::Report& report, const Face& face);
std::string ReportText(const ops::Report& report, const Face& face);

// Where a report was written to; a null file for none.
struct ReportFile {
  std::string file = {};
  std::string format = {};
  std::uint64_t bytes = 0;
  bool dry_run = false;
};

// The text of the document says what was written, or is the report itself.
Document ReportDocument(const ops::Report& report, const ReportFile& file,
                        const Face& face);

Document ReportListDocument(const std::vector<ops::KeptReport>& reports,
                            const std::string& folder, const Face& face);

}  // namespace benchkeep::render
