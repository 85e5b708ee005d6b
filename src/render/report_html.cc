// A report as one page of HTML that needs nothing else: no script, no request.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "render/html.h"
#include "render/report.h"
#include "render/report_page.h"
#include "render/report_style.h"

namespace benchkeep::render {
namespace {

std::string Escaped(std::string_view text) { return HtmlText(Printable(text)); }

// The same, where a long name may be broken.
std::string Breakable(std::string_view text) {
  const std::string escaped = Escaped(text);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string out;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    out += escaped[i];
    const bool fraction = i + 1 < escaped.size() && digit(escaped[i + 1]);
    if (escaped[i] == '_' || (escaped[i] == '/' && !fraction)) out += "<wbr>";
  }
  return out;
}

const char* ClassOf(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kDim:
      return "dim";
    case Tone::kGood:
      return "good";
    case Tone::kWarning:
      return "warn";
    case Tone::kBad:
      return "bad";
  }
  return "";
}

// A track from 0 to 100 %, the interval as a band, the share as a mark.
std::string BarSvg(const PageBar& bar) {
  constexpr double kWidth = 90;
  constexpr double kInset = 4;
  const auto x = [](double share) {
    return kInset + std::clamp(share, 0.0, 1.0) * (kWidth - 2 * kInset);
  };
  std::string out =
      R"(<svg class="bar" viewBox="0 0 90 12" aria-hidden="true">)"
      R"(<line x1="4" x2="86" y1="6" y2="6"/>)";
  if (bar.interval) {
    const double low = x(bar.interval->low);
    const double width = std::max(1.0, x(bar.interval->high) - low);
    out += fmt::format(
        R"(<rect x="{:.1f}" y="2" width="{:.1f}" height="8" rx="2"/>)", low,
        width);
  }
  return out +
         fmt::format(
             R"(<rect class="at" x="{:.1f}" y="1" width="2.4" height="10" rx="1"/></svg>)",
             x(bar.share) - 1.2);
}

std::string QueryHtml(const Page& page, const std::string& command) {
  return fmt::format(
      "<details><summary>{}</summary><pre><code>{}</code></pre></details>\n",
      Escaped(page.query_label), Escaped(command));
}

std::string CommandOf(const PageTable& table) {
  return table.query.empty() ? table.command : QueryLine(table.query);
}

std::string CellHtml(const PageCell& cell, bool head, bool right, bool matrix) {
  std::string classes = ClassOf(cell.tone);
  constexpr std::size_t kWord = 22;  // Columns that need no second line.
  if (!head && DisplayWidth(cell.text) <= kWord) {
    classes += classes.empty() ? "word" : " word";
  }
  if (right) classes += classes.empty() ? "num" : " num";
  if (matrix && !head) classes += " field";
  std::string out = head ? "<th scope=\"row\"" : "<td";
  if (!classes.empty()) out += " class=\"" + classes + "\"";
  out += ">";
  if (cell.bar) out += BarSvg(*cell.bar);
  out += "<bdi>" + Breakable(cell.text) + "</bdi>";
  return out + (head ? "</th>" : "</td>");
}

std::string TableHtml(const Page& page, const PageSection& section,
                      const PageTable& table) {
  std::string out = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
      "aria-label=\"{}\">\n<table{}>\n<thead><tr>",
      Escaped(section.title + ": " + table.columns.front().title),
      table.matrix ? " class=\"matrix\"" : "");
  for (const PageTable::Column& column : table.columns) {
    out += fmt::format("<th scope=\"col\"{}>{}</th>",
                       column.align == Align::kRight ? " class=\"num\"" : "",
                       Breakable(column.title));
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const std::vector<PageCell>& row : table.rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += CellHtml(row[i], i == 0, table.columns[i].align == Align::kRight,
                      table.matrix);
    }
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  const std::string command = CommandOf(table);
  return command.empty() ? out : out + QueryHtml(page, command);
}

// A round number not below `value`.
double NiceTop(double value) {
  const double power =
      std::pow(10, std::floor(std::log10(std::max(value, 1.0))));
  for (const double step : {1.0, 2.0, 2.5, 5.0, 10.0}) {
    if (step * power >= value) return step * power;
  }
  return 10 * power;
}

std::string DaysHtml(const Page& page, const PageDays& days) {
  constexpr double kLeft = 56;
  constexpr double kWidth = 720;
  constexpr double kTop = 10;
  constexpr double kBottom = 170;
  std::uint64_t most = 0;
  for (const auto& day : days.days) most = std::max(most, day.total_tests);
  const double top = NiceTop(static_cast<double>(most));
  const double step = (kWidth - kLeft) / static_cast<double>(days.days.size());
  const double width = std::min(step * 0.72, 48.0);
  const auto y = [top](double tests) {
    return kBottom - (kBottom - kTop) * tests / top;
  };
  std::string out = fmt::format(
      "<figure><svg class=\"days\" viewBox=\"0 0 720 200\" role=\"img\" "
      "aria-label=\"{}: {} - {}\">\n",
      Escaped(days.known), Escaped(days.days.front().day),
      Escaped(days.days.back().day));
  for (const double part : {0.0, 0.5, 1.0}) {
    out += fmt::format(
        "<line class=\"grid\" x1=\"56\" x2=\"720\" y1=\"{0:.1f}\" "
        "y2=\"{0:.1f}\"/><text x=\"50\" y=\"{1:.1f}\" "
        "text-anchor=\"end\">{2}</text>\n",
        y(part * top), y(part * top) + 4,
        part * top == std::floor(part * top)
            ? Thousands(static_cast<std::uint64_t>(part * top))
            : fmt::format("{:.1f}", part * top));
  }
  const std::size_t every = (days.days.size() + 7) / 8;
  for (std::size_t i = 0; i < days.days.size(); ++i) {
    const auto& day = days.days[i];
    const double x = kLeft + step * (static_cast<double>(i) + 0.5);
    const double all = y(static_cast<double>(day.total_tests));
    const double good = y(static_cast<double>(day.successes));
    out += fmt::format(
        "<g><title>{0}: {1} / {2}</title><rect class=\"rest\" x=\"{3:.1f}\" "
        "y=\"{4:.1f}\" width=\"{5:.1f}\" height=\"{6:.1f}\"/><rect "
        "class=\"known\" x=\"{3:.1f}\" y=\"{7:.1f}\" width=\"{5:.1f}\" "
        "height=\"{8:.1f}\"/></g>\n",
        Escaped(day.day), Thousands(day.successes), Thousands(day.total_tests),
        x - width / 2, all, width, std::max(0.0, good - all), good,
        kBottom - good);
    if (i % every == 0) {
      out += fmt::format(
          "<text x=\"{:.1f}\" y=\"188\" text-anchor=\"middle\">{}</text>\n", x,
          Escaped(day.day.size() > 5 ? day.day.substr(5) : day.day));
    }
  }
  out += fmt::format(
      "</svg><figcaption><span class=\"key known\"></span>{} <span class=\"key "
      "rest\"></span>{}</figcaption></figure>\n",
      Escaped(days.known), Escaped(days.rest));
  return out + QueryHtml(page, QueryLine(days.query));
}

struct BlockWriter {
  const Page& page;
  const PageSection& section;
  std::string operator()(const PageText& text) const {
    const std::string name = ClassOf(text.tone);
    return fmt::format("<p{}>{}</p>\n",
                       name.empty() ? "" : " class=\"" + name + "\"",
                       Escaped(text.text));
  }
  std::string operator()(const PageTable& table) const {
    return TableHtml(page, section, table);
  }
  std::string operator()(const PageList& list) const {
    std::string out = "<ul>\n";
    for (const std::string& item : list.items) {
      out += "<li><bdi>" + Breakable(item) + "</bdi></li>\n";
    }
    return out + "</ul>\n";
  }
  std::string operator()(const PageDays& days) const {
    return DaysHtml(page, days);
  }
};

}  // namespace

std::string ReportHtml(const ops::Report& report, const Face& face) {
  const Page page = ReportPage(report, face);
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
      "'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
      "form-action 'none'\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta name=\"generator\" content=\"benchkeep\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>{} - {}</title>\n"
      "<style>\n{}</style>\n</head>\n<body>\n<main>\n",
      page.language, Escaped(page.title), Escaped(page.period), ReportStyle());
  out += fmt::format(
      "<header><h1>{}</h1><p class=\"period\">{}</p><p "
      "class=\"dim\"><bdi>{}</bdi> &middot; {}</p></header>\n",
      Escaped(page.title), Escaped(page.period), Breakable(page.store),
      Escaped(page.made));
  out += "<dl class=\"figures\">\n";
  for (const PageFigure& figure : page.figures) {
    out += fmt::format(
        "<div class=\"{}\"><dt>{}</dt><dd><strong>{}</strong>{}</dd></div>\n",
        ClassOf(figure.tone), Escaped(figure.label), Escaped(figure.value),
        figure.note.empty() ? ""
                            : "<small>" + Breakable(figure.note) + "</small>");
  }
  out += "</dl>\n";
  for (const PageSection& section : page.sections) {
    out += fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", section.id,
                       Escaped(section.title));
    for (const PageBlock& block : section.blocks) {
      out += std::visit(BlockWriter{page, section}, block);
    }
    out += "</section>\n";
  }
  return out + "<footer><p>" + Escaped(page.footer) +
         "</p></footer>\n</main>\n</body>\n</html>\n";
}

}  // namespace benchkeep::render
