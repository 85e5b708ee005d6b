// What a report says, section by section.

#include "render/report_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "render/report_parts.h"

namespace benchkeep::render {

using ops::Report;
using ops::ReportChange;
using ops::ReportCount;

std::string LocalTime(std::int64_t seconds) {
  std::string text = FormatIso(TimePoint(std::chrono::seconds(seconds)));
  text[10] = ' ';
  return text.substr(0, 16);
}

std::string IntervalText(const Proportion& share) {
  const auto interval = Wilson95(share.successes, share.tests);
  if (!interval) return "-";
  return fmt::format("{:.1f}-{:.1f}%", interval->low * 100,
                     interval->high * 100);
}

PageCell RateCell(const Proportion& share) {
  if (share.tests == 0) return {"-", Tone::kDim};
  const double rate =
      static_cast<double>(share.successes) / static_cast<double>(share.tests);
  return {Percent(rate), Tone::kPlain,
          PageBar{rate, Wilson95(share.successes, share.tests)}};
}

std::string ValueName(const std::optional<std::string>& value,
                      const Face& face) {
  return value && !value->empty() ? *value : face.Tr(N_("(none)"));
}

std::string ColumnWords(const std::string& column, const Face& face) {
  if (column == "model") return face.Tr(N_("model"));
  if (column == "prompt_type") return face.Tr(N_("prompt type"));
  if (column == "tool_success_rate") return face.Tr(N_("tool success rate"));
  if (column == "difficulty") return face.Tr(N_("difficulty"));
  return column;
}

std::string PText(double p) {
  return p < 0.0001 ? "< 0.0001" : fmt::format("{:.4f}", p);
}

void AddRest(std::size_t lines, const Face& face, PageSection& section) {
  if (lines <= kMostLines) return;
  section.blocks.push_back(
      PageText{face.Tr(Say(N_("and {0} more; --json lists all of them"),
                           lines - kMostLines)),
               Tone::kDim});
}

namespace {

const PageTable::Column Left(std::string title) {
  return {std::move(title), Align::kLeft};
}
const PageTable::Column Right(std::string title) {
  return {std::move(title), Align::kRight};
}

std::string Points(double difference) {
  return fmt::format("{:+.1f}", difference * 100);
}

// What became of one value of a column.
PageCell Verdict(const ReportChange& line, const Face& face) {
  if (line.before.known == 0) {
    return {face.Tr(N_("new in this period")), Tone::kDim};
  }
  if (line.now.known == 0) return {face.Tr(N_("no test now")), Tone::kDim};
  if (line.explained()) {
    return {face.Tr(N_("fell: infrastructure")), Tone::kWarning};
  }
  if (line.drop()) return {face.Tr(N_("fell")), Tone::kBad};
  if (line.real()) return {face.Tr(N_("rose")), Tone::kGood};
  return {face.Tr(N_("no real change")), Tone::kDim};
}

// Adds the table of one column.
void AddChanges(const Report& report, const std::string& column,
                const std::string& query, const Face& face,
                PageSection& section) {
  PageTable table;
  std::size_t lines = 0;
  table.query = query;
  table.columns = {
      Left(ColumnWords(column, face)), Right(face.Tr(N_("tests before"))),
      Right(face.Tr(N_("tests now"))), Right(face.Tr(N_("before"))),
      Right(face.Tr(N_("now"))),       Right(face.Tr(N_("points"))),
      Right(face.Tr(N_("test"))),      Right(face.Tr(N_("p, corrected"))),
      Left(face.Tr(N_("verdict")))};
  for (const ReportChange& line : report.changes.lines) {
    if (line.column != column) continue;
    if (++lines > kMostLines) continue;
    const bool both = line.test.has_value();
    const bool exact =
        both && line.test->method == ProportionTest::Method::kFisher;
    table.rows.push_back({{ValueName(line.value, face)},
                          {Thousands(line.before.total_tests)},
                          {Thousands(line.now.total_tests)},
                          RateCell(line.before.all()),
                          RateCell(line.now.all()),
                          {both ? Points(line.difference()) : "-"},
                          {both ? (exact ? "Fisher" : "z") : "-", Tone::kDim},
                          {both ? PText(line.adjusted) : "-"},
                          Verdict(line, face)});
  }
  section.blocks.push_back(std::move(table));
  AddRest(lines, face, section);
}

// What is left of real changes without failures of the infrastructure.
void AddWithout(const ops::ReportChanges& changes, const Face& face,
                PageSection& section) {
  PageTable table;
  table.query = changes.failures_query;
  table.columns = {Left(face.Tr(N_("without the infrastructure"))),
                   Right(face.Tr(N_("its failures before"))),
                   Right(face.Tr(N_("its failures now"))),
                   Right(face.Tr(N_("before"))),
                   Right(face.Tr(N_("now"))),
                   Right(face.Tr(N_("p, corrected")))};
  for (const ReportChange& line : changes.lines) {
    if (!line.real() || !line.now.infrastructure ||
        table.rows.size() == kMostLines) {
      continue;
    }
    table.rows.push_back(
        {{ValueName(line.value, face)},
         {Thousands(line.before.infrastructure.value_or(0))},
         {Thousands(*line.now.infrastructure)},
         RateCell(line.before.without()),
         RateCell(line.now.without()),
         {line.test_without ? PText(line.adjusted_without) : "-",
          line.adjusted_without < ops::kReportLevel ? Tone::kPlain
                                                    : Tone::kDim}});
  }
  if (!table.rows.empty()) section.blocks.push_back(std::move(table));
}

PageSection ChangeSection(const Report& report, const Face& face) {
  PageSection section{"changes", face.Tr(N_("What changed")), {}};
  const ops::ReportChanges& changes = report.changes;
  const std::string before = fmt::format(
      "{} - {}", LocalTime(report.before_since), LocalTime(report.since));
  if (!changes.unknown.empty()) {
    section.blocks.push_back(
        PageText{face.Tr(Say(N_("Periods cannot be compared: {0}."),
                             face.Tr(changes.unknown))),
                 Tone::kWarning});
    return section;
  }
  if (changes.now.total_tests == 0 && changes.before.total_tests == 0) {
    section.blocks.push_back(PageText{
        report.newest
            ? face.Tr(Say(N_("No test ran in this period, nor in the one "
                             "before. The newest is of {0}; `benchkeep report "
                             "{1} --until TIME` looks at another period."),
                          *report.newest, ops::ReportSpanName(report.span)))
            : face.Tr(
                  N_("No test ran in this period, nor in the one before."))});
    return section;
  }
  const auto drops =
      std::count_if(changes.lines.begin(), changes.lines.end(),
                    [](const ReportChange& line) { return line.drop(); });
  section.blocks.push_back(
      PageText{face.Tr(Say(N_("{0} tests now, {1} in the period before ({2})."),
                           Thousands(changes.now.total_tests),
                           Thousands(changes.before.total_tests), before))});
  if (changes.comparisons == 0) {
    section.blocks.push_back(
        PageText{face.Tr(N_("Nothing ran in both periods, so that nothing can "
                            "be compared."))});
  } else {
    section.blocks.push_back(
        drops > 0
            ? PageText{face.Tr(Say(N_("{0} real drops."), drops)), Tone::kBad}
            : PageText{face.Tr(N_("No real drop.")), Tone::kGood});
  }
  std::vector<std::string> columns;
  for (const ReportChange& line : changes.lines) {
    if (std::find(columns.begin(), columns.end(), line.column) ==
        columns.end()) {
      columns.push_back(line.column);
    }
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    AddChanges(report, columns[i],
               i < changes.queries.size() ? changes.queries[i] : "", face,
               section);
  }
  if (changes.comparisons == 0) return section;
  AddWithout(changes, face, section);
  section.blocks.push_back(PageText{
      face.Tr(Say(N_("Two-proportion z test, or Fisher's exact test where "
                     "fewer than 5 are expected in a field; p corrected for "
                     "{0} comparisons by Holm's method. Below 0.05 a change "
                     "is called real."),
                  changes.comparisons)),
      Tone::kDim});
  return section;
}

PageSection SuccessSection(const Report& report, const Face& face) {
  PageSection section{"success", face.Tr(N_("Success")), {}};
  if (report.source == Report::Source::kNone) {
    section.blocks.push_back(
        PageText{face.Tr(N_("There are no results yet.")), Tone::kDim});
    return section;
  }
  section.blocks.push_back(PageText{
      report.source == Report::Source::kMaster
          ? face.Tr(N_("All tests so far, by the cells of the master database: "
                       "they hold more than the results file."))
          : face.Tr(N_("All tests so far, by the results file."))});
  const bool outside = report.all.infrastructure.has_value();
  for (const ops::ReportTable& from : report.tables) {
    PageTable table;
    table.query = from.query;
    table.columns = {
        Left(ColumnWords(from.column, face)), Right(face.Tr(N_("tests"))),
        Right(face.Tr(N_("succeeded"))), Right(face.Tr(N_("success"))),
        Right(face.Tr(N_("interval (95 %)")))};
    if (outside) {
      table.columns.push_back(Right(face.Tr(N_("failed by infrastructure"))));
      table.columns.push_back(Right(face.Tr(N_("success without"))));
    }
    for (const ops::ReportTable::Line& line : from.lines) {
      if (table.rows.size() == kMostLines) break;
      const ReportCount& count = line.count;
      std::vector<PageCell> row = {{ValueName(line.value, face)},
                                   {Thousands(count.total_tests)},
                                   {Thousands(count.successes)},
                                   RateCell(count.all()),
                                   {IntervalText(count.all()), Tone::kDim}};
      if (outside) {
        const std::uint64_t failed = count.infrastructure.value_or(0);
        row.push_back(
            {Thousands(failed), failed > 0 ? Tone::kWarning : Tone::kDim});
        row.push_back({Percent(count.rate_without())});
      }
      table.rows.push_back(std::move(row));
    }
    section.blocks.push_back(std::move(table));
    AddRest(from.lines.size(), face, section);
  }
  if (outside) {
    section.blocks.push_back(
        PageText{face.Tr(N_("The query of the next section gives what "
                            "infrastructure failed.")),
                 Tone::kDim});
  }
  section.blocks.push_back(
      PageText{face.Tr(N_("Intervals are Wilson's, 95 %: that far the true "
                          "rate may be from the one seen.")),
               Tone::kDim});
  return section;
}

std::vector<PageFigure> Figures(const Report& report, const Face& face) {
  std::vector<PageFigure> figures;
  figures.push_back(
      {face.Tr(N_("tests")), Thousands(report.all.total_tests),
       face.Tr(Say(N_("{0} models"), report.coverage.rows.size()))});
  figures.push_back({face.Tr(N_("success")), Percent(report.all.success_rate()),
                     IntervalText(report.all.all())});
  const ops::ReportChanges& changes = report.changes;
  if (changes.unknown.empty()) {
    figures.push_back({report.span == ops::ReportSpan::kDay
                           ? face.Tr(N_("tests this day"))
                           : face.Tr(N_("tests this week")),
                       Thousands(changes.now.total_tests),
                       face.Tr(Say(N_("before: {0}"),
                                   Thousands(changes.before.total_tests)))});
    const auto drops =
        std::count_if(changes.lines.begin(), changes.lines.end(),
                      [](const ReportChange& line) { return line.drop(); });
    figures.push_back(
        {face.Tr(N_("real drops")), std::to_string(drops),
         face.Tr(Say(N_("of {0} comparisons"), changes.comparisons)),
         drops > 0 ? Tone::kBad : Tone::kGood});
  } else {
    figures.push_back({face.Tr(N_("real drops")), "-",
                       face.Tr(N_("cannot be compared")), Tone::kDim});
  }
  figures.push_back(HealthFigure(report, face));
  figures.push_back(BackupFigure(report, face));
  return figures;
}

}  // namespace

std::string QueryLine(const std::string& sql) {
  constexpr std::string_view kUnsafe = "\"$`\\!";
  if (sql.find_first_of(kUnsafe) == std::string::npos) {
    return "benchkeep query \"" + sql + "\"";
  }
  std::string quoted;
  for (const char c : sql) {
    quoted += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return "benchkeep query '" + quoted + "'";
}

Page ReportPage(const Report& report, const Face& face) {
  Page page;
  page.language =
      face.translator.language() == Language::kChinese ? "zh-CN" : "en";
  page.title = report.span == ops::ReportSpan::kDay
                   ? face.Tr(N_("Daily report"))
                   : face.Tr(N_("Weekly report"));
  page.store = report.store;
  page.period =
      fmt::format("{} - {}", LocalTime(report.since), LocalTime(report.until));
  page.made = face.Tr(Say(N_("made {0}"), FormatIso(report.made)));
  page.figures = Figures(report, face);
  page.sections = {ChangeSection(report, face), SuccessSection(report, face)};
  for (PageSection& section : FailureSections(report, face)) {
    page.sections.push_back(std::move(section));
  }
  page.sections.push_back(CoverageSection(report, face));
  for (PageSection& section : KeepingSections(report, face)) {
    page.sections.push_back(std::move(section));
  }
  page.sections.push_back(GrowthSection(report, face));
  page.query_label = face.Tr(N_("Where these numbers come from"));
  page.footer =
      face.Tr(N_("Made by benchkeep. Times of tests are those of the results' "
                 "own clock; every table names the command that gives it."));
  return page;
}

}  // namespace benchkeep::render
