// A report as a page, before it is text, Markdown or HTML.
//
// What is said, in one language, and in which order: the three forms of a
// report differ in looks alone.  Texts of others (names of models, paths,
// causes) are as they came; every form escapes them itself.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ops/report.h"
#include "render/text_table.h"

namespace benchkeep::render {

enum class Tone { kPlain, kDim, kGood, kWarning, kBad };

// A share with its interval, to be drawn.
struct PageBar {
  double share = 0;
  std::optional<Interval> interval;
};

struct PageCell {
  std::string text = {};
  Tone tone = Tone::kPlain;
  std::optional<PageBar> bar = {};
};

struct PageTable {
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  std::vector<Column> columns;
  std::vector<std::vector<PageCell>> rows;
  bool matrix = false;       // Cells are coloured fields.
  std::string query;         // SQL; empty where none gives it.
  std::string command = {};  // Another command that gives it.
};

struct PageText {
  std::string text;
  Tone tone = Tone::kPlain;
};

struct PageList {
  std::vector<std::string> items;
};

// Tests by day.
struct PageDays {
  std::vector<ops::ReportGrowth::Day> days;  // Of a month or so, in order.
  std::string known;                         // "succeeded"
  std::string rest;                          // "did not"
  std::string query;
};

using PageBlock = std::variant<PageText, PageTable, PageList, PageDays>;

struct PageSection {
  std::string id;  // "changes"
  std::string title;
  std::vector<PageBlock> blocks;
};

// One of the figures at the top.
struct PageFigure {
  std::string label;
  std::string value;
  std::string note;
  Tone tone = Tone::kPlain;
};

struct Page {
  std::string language;  // "en", "zh-CN"
  std::string title;
  std::string store;
  std::string period;
  std::string made;
  std::vector<PageFigure> figures;
  std::vector<PageSection> sections;
  std::string query_label;  // Before a query.
  std::string footer;
};

Page ReportPage(const ops::Report& report, const Face& face);

// The line of a shell that gives a table.
std::string QueryLine(const std::string& sql);

}  // namespace benchkeep::render
