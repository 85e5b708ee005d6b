// A report as Markdown, for wikis, issues and chats.

#include <fmt/format.h>

#include <algorithm>

#include "render/report.h"
#include "render/report_page.h"

namespace benchkeep::render {
namespace {

// Nothing in it is taken for markup, nor for the end of a cell.
std::string Plain(std::string_view text) {
  constexpr std::string_view kMarkup = "\\`*_{}[]<>#|~";
  std::string out;
  for (const char c : Printable(text)) {
    if (c == '&') {
      out += "&amp;";
      continue;
    }
    if (kMarkup.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// Code that may hold back quotes itself.
std::string CodeBlock(const std::string& code) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : code) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
  return fence + "sh\n" + Printable(code) + "\n" + fence + "\n\n";
}

std::string RowLine(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

std::string TableText(const PageTable& table) {
  std::vector<std::string> titles;
  std::string rule = "|";
  for (const PageTable::Column& column : table.columns) {
    titles.push_back(Plain(column.title));
    rule += column.align == Align::kRight ? " ---: |" : " --- |";
  }
  std::string out = RowLine(titles) + rule + "\n";
  for (const std::vector<PageCell>& row : table.rows) {
    std::vector<std::string> cells;
    for (const PageCell& cell : row) {
      const bool strong =
          cell.tone == Tone::kBad || cell.tone == Tone::kWarning;
      const std::string text = Plain(cell.text);
      cells.push_back(
          strong && !text.empty() && text != "-" ? "**" + text + "**" : text);
    }
    out += RowLine(cells);
  }
  out += "\n";
  const std::string command =
      table.query.empty() ? table.command : QueryLine(table.query);
  return command.empty() ? out : out + CodeBlock(command);
}

struct BlockWriter {
  const Face& face;
  std::string operator()(const PageText& text) const {
    const bool strong = text.tone == Tone::kBad || text.tone == Tone::kWarning;
    const std::string plain = Plain(text.text);
    return (strong ? "**" + plain + "**" : plain) + "\n\n";
  }
  std::string operator()(const PageTable& table) const {
    return TableText(table);
  }
  std::string operator()(const PageList& list) const {
    std::string out;
    for (const std::string& item : list.items) {
      out += "- " + Plain(item) + "\n";
    }
    return out + "\n";
  }
  std::string operator()(const PageDays& days) const {
    PageTable table;
    table.query = days.query;
    table.columns = {{face.Tr(N_("day")), Align::kLeft},
                     {face.Tr(N_("tests")), Align::kRight},
                     {face.Tr(N_("succeeded")), Align::kRight}};
    for (const auto& day : days.days) {
      table.rows.push_back({{day.day},
                            {Thousands(day.total_tests)},
                            {Thousands(day.successes)}});
    }
    return TableText(table);
  }
};

}  // namespace

std::string ReportMarkdown(const ops::Report& report, const Face& face) {
  const Page page = ReportPage(report, face);
  std::string out =
      fmt::format("# {}\n\n{}\n\n{}, {}\n\n", Plain(page.title),
                  Plain(page.period), Plain(page.store), Plain(page.made));
  for (const PageFigure& figure : page.figures) {
    out += fmt::format(
        "- {}: **{}**{}\n", Plain(figure.label), Plain(figure.value),
        figure.note.empty() ? "" : " (" + Plain(figure.note) + ")");
  }
  for (const PageSection& section : page.sections) {
    out += fmt::format("\n## {}\n\n", Plain(section.title));
    std::string blocks;
    for (const PageBlock& block : section.blocks) {
      blocks += std::visit(BlockWriter{face}, block);
    }
    while (blocks.ends_with("\n\n")) blocks.pop_back();
    out += blocks;
  }
  return out + "\n---\n\n" + Plain(page.footer) + "\n";
}

}  // namespace benchkeep::render
