// A report for a terminal.

#include <fmt/format.h>

#include "render/report.h"
#include "render/report_page.h"

namespace benchkeep::render {
namespace {

Ink InkOf(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return Ink::kPlain;
    case Tone::kDim:
      return Ink::kDim;
    case Tone::kGood:
      return Ink::kGood;
    case Tone::kWarning:
      return Ink::kWarning;
    case Tone::kBad:
      return Ink::kBad;
  }
  return Ink::kPlain;
}

// The commands behind the tables, to be named once at the end.
struct BlockWriter {
  const Face& face;
  std::vector<std::string>& commands;

  [[nodiscard]] std::string Mark(const std::string& command) const {
    if (command.empty()) return {};
    commands.push_back(command);
    return face.Paint(Ink::kDim, fmt::format("  [{}]", commands.size())) + "\n";
  }
  std::string operator()(const PageText& text) const {
    const std::string wrapped = Wrap(Printable(text.text), face.width);
    return text.tone == Tone::kPlain ? wrapped
                                     : face.Paint(InkOf(text.tone), wrapped);
  }
  std::string operator()(const PageTable& table) const {
    TextTable out;
    // The names of a matrix are too long to stand side by side.
    std::string legend;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const PageTable::Column& column = table.columns[i];
      const bool number = table.matrix && i > 0;
      if (number) legend += fmt::format("  {:>2}  {}\n", i, column.title);
      out.Column(number ? std::to_string(i) : column.title, column.align);
    }
    for (const std::vector<PageCell>& row : table.rows) {
      std::vector<TableCell> cells;
      for (const PageCell& cell : row) {
        constexpr std::size_t kWidest = 60;
        cells.emplace_back(Clip(Printable(cell.text), kWidest),
                           InkOf(cell.tone));
      }
      out.Row(std::move(cells));
    }
    return "\n" + out.Render(face) + face.Paint(Ink::kDim, legend) +
           Mark(table.query.empty() ? table.command : QueryLine(table.query));
  }
  std::string operator()(const PageList& list) const {
    std::string out;
    for (const std::string& item : list.items) {
      out += Wrap(Printable(item), face.width, 2);
    }
    return out;
  }
  std::string operator()(const PageDays& days) const {
    constexpr std::size_t kShown = 14;
    constexpr std::size_t kBar = 30;
    std::uint64_t most = 1;
    const std::size_t from =
        days.days.size() > kShown ? days.days.size() - kShown : 0;
    for (std::size_t i = from; i < days.days.size(); ++i) {
      most = std::max(most, days.days[i].total_tests);
    }
    TextTable out;
    out.Column(face.Tr(N_("day")))
        .Column(face.Tr(N_("tests")), Align::kRight)
        .Column(days.known, Align::kRight)
        .Column("");
    for (std::size_t i = from; i < days.days.size(); ++i) {
      const auto& day = days.days[i];
      out.Row({day.day,
               Thousands(day.total_tests),
               Thousands(day.successes),
               {std::string(day.total_tests * kBar / most, '#'), Ink::kDim}});
    }
    return "\n" + out.Render(face) + Mark(QueryLine(days.query));
  }
};

}  // namespace

std::string ReportText(const ops::Report& report, const Face& face) {
  const Page page = ReportPage(report, face);
  std::string out =
      face.Paint(Ink::kBold, page.title + ", " + page.period) + "\n" +
      face.Paint(Ink::kDim, Printable(page.store) + ", " + page.made) + "\n\n";
  for (const PageFigure& figure : page.figures) {
    out += fmt::format(
        "  {}: {}{}\n", figure.label,
        face.Paint(InkOf(figure.tone), Printable(figure.value)),
        figure.note.empty() ? "" : " (" + Printable(figure.note) + ")");
  }
  std::vector<std::string> commands;
  for (const PageSection& section : page.sections) {
    out += "\n" + face.Paint(Ink::kBold, section.title) + "\n";
    for (const PageBlock& block : section.blocks) {
      out += std::visit(BlockWriter{face, commands}, block);
    }
    while (out.ends_with("\n\n")) out.pop_back();
  }
  if (!commands.empty()) {
    out += "\n" + face.Paint(Ink::kBold, page.query_label) + "\n";
    for (std::size_t i = 0; i < commands.size(); ++i) {
      out += fmt::format("  [{}] {}\n", i + 1, Printable(commands[i]));
    }
  }
  return out;
}

}  // namespace benchkeep::render
