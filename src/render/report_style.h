// How a report looks in a browser, on paper, by day and by night.

#pragma once

namespace benchkeep::render {

const char* ReportStyle();  // CSS

}  // namespace benchkeep::render
