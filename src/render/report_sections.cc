// Failures, coverage and growth, as sections of a report.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "render/log_errors.h"
#include "render/report_parts.h"

namespace benchkeep::render {
namespace {

using ops::ErrorClass;
using ops::Report;
using ops::ReportCoverage;

constexpr std::size_t kMaxReasonsShown = 12;
constexpr std::size_t kMaxCausesShown = 10;
constexpr std::int64_t kDaysShown = 45;
constexpr std::size_t kMostColumns = 20;  // Of a matrix.

PageTable::Column Left(std::string title) {
  return {std::move(title), Align::kLeft};
}
PageTable::Column Right(std::string title) {
  return {std::move(title), Align::kRight};
}

Tone ToneOf(ErrorClass kind) {
  return ops::IsInfrastructure(kind) ? Tone::kWarning : Tone::kPlain;
}

PageSection InfrastructureSection(const Report& report, const Face& face) {
  PageSection section{
      "infrastructure", face.Tr(N_("Failures of the infrastructure")), {}};
  const ops::ReportFailures& failures = report.failures;
  if (!failures.unknown.empty()) {
    section.blocks.push_back(PageText{
        face.Tr(Say(N_("Success without failures of the infrastructure cannot "
                       "be told: {0}."),
                    face.Tr(failures.unknown))),
        Tone::kWarning});
    return section;
  }
  if (report.source == Report::Source::kNone) {
    section.blocks.push_back(
        PageText{face.Tr(N_("There are no results yet.")), Tone::kDim});
    return section;
  }
  const std::uint64_t outside = failures.all.infrastructure.value_or(0);
  section.blocks.push_back(PageText{face.Tr(
      Say(N_("Success is {0} of all tests, {1} without the {2} that "
             "infrastructure failed (rate limits, keys, timeouts, network, "
             "disk)."),
          Percent(failures.all.success_rate()),
          Percent(failures.all.rate_without()), Thousands(outside)))});
  if (failures.timeouts_only) {
    section.blocks.push_back(PageText{
        face.Tr(N_("Cells count timeouts only: rate limits and keys cannot be "
                   "told apart from other failures.")),
        Tone::kWarning});
  }
  if (failures.reasons.empty()) {
    section.blocks.push_back(PageText{
        face.Tr(N_("No failed test says why it failed.")), Tone::kDim});
    return section;
  }
  PageTable table;
  table.query = failures.query;
  table.columns = {Left(face.Tr(N_("kind"))), Right(face.Tr(N_("tests"))),
                   Left(face.Tr(N_("what the results say")))};
  std::size_t shown = 0;
  for (const ops::ReportFailures::Reason& reason : failures.reasons) {
    if (++shown > kMaxReasonsShown) break;
    table.rows.push_back(
        {{face.Tr(ErrorClassWords(reason.kind)), ToneOf(reason.kind)},
         {Thousands(reason.tests)},
         {Clip(Printable(reason.text), 100)}});
  }
  section.blocks.push_back(std::move(table));
  const std::size_t more = failures.reasons.size() + failures.other_reasons;
  if (more > kMaxReasonsShown) {
    section.blocks.push_back(PageText{
        face.Tr(Say(N_("and {0} other reasons"), more - kMaxReasonsShown)),
        Tone::kDim});
  }
  return section;
}

PageSection ErrorSection(const Report& report, const Face& face) {
  PageSection section{"errors", face.Tr(N_("Errors in the logs")), {}};
  if (!report.errors) {
    section.blocks.push_back(
        PageText{face.Tr(N_("The logs could not be read.")), Tone::kWarning});
    return section;
  }
  const ops::LogErrorsReport& errors = *report.errors;
  if (errors.files == 0) {
    section.blocks.push_back(
        PageText{face.Tr(N_("There are no logs.")), Tone::kDim});
    return section;
  }
  std::uint64_t recent = 0;
  for (const ops::ErrorCause& cause : errors.causes) recent += cause.recent;
  section.blocks.push_back(PageText{
      face.Tr(Say(N_("{0} errors in {1} logs, {2} of them in this period."),
                  Thousands(errors.errors), errors.files, Thousands(recent)))});
  if (errors.causes.empty()) return section;
  PageTable table;
  table.command = "benchkeep logs errors --json";
  table.columns = {Left(face.Tr(N_("kind"))), Right(face.Tr(N_("all"))),
                   Right(face.Tr(N_("this period"))), Left(face.Tr(N_("last"))),
                   Left(face.Tr(N_("cause")))};
  std::size_t shown = 0;
  for (const ops::ErrorCause& cause : errors.causes) {
    if (++shown > kMaxCausesShown) break;
    std::string last = cause.last.substr(0, 16);
    if (last.size() > 10) last[10] = ' ';
    table.rows.push_back(
        {{face.Tr(ErrorClassWords(cause.kind)), ToneOf(cause.kind)},
         {Thousands(cause.count)},
         {Thousands(cause.recent),
          cause.recent > 0 ? Tone::kWarning : Tone::kDim},
         {last.empty() ? "-" : last},
         {Clip(Printable(cause.pattern), 90)}});
  }
  section.blocks.push_back(std::move(table));
  if (errors.causes.size() > kMaxCausesShown) {
    section.blocks.push_back(
        PageText{face.Tr(Say(N_("and {0} other causes"),
                             errors.causes.size() - kMaxCausesShown)),
                 Tone::kDim});
  }
  return section;
}

PageCell CoverageCell(const ReportCoverage::Cell& cell) {
  if (cell.tested == 0) return {"-", Tone::kBad};
  std::string text = Thousands(cell.total_tests);
  if (cell.tested == cell.wanted) return {text, Tone::kGood};
  text += fmt::format(" ({}/{})", cell.tested, cell.wanted);
  return {text, Tone::kWarning};
}

std::string SettingWords(const ReportCoverage& coverage, const Face& face) {
  std::string words;
  for (std::size_t i = 2; i < coverage.names.size(); ++i) {
    words += (i == 2 ? "" : ", ") + ColumnWords(coverage.names[i], face);
  }
  return words;
}

// "model: prompt type, prompt type (0.8, easy; 1, easy)".
std::vector<std::string> GapLines(const ReportCoverage& coverage) {
  std::vector<std::string> lines;
  std::size_t row = coverage.rows.size();
  for (const ReportCoverage::Gap& gap : coverage.gaps) {
    if (gap.row != row) lines.push_back(coverage.rows[gap.row] + ": ");
    std::string& line = lines.back();
    if (gap.row == row) line += ", ";
    row = gap.row;
    line += coverage.columns[gap.column];
    if (coverage.cells[gap.row][gap.column].tested == 0) continue;
    std::string settings;
    for (const std::string& one : gap.settings) {
      settings += (settings.empty() ? "" : "; ") + one;
    }
    line += " (" + settings + ")";
  }
  return lines;
}

// The last days up to the newest one, those without tests included.
std::vector<ops::ReportGrowth::Day> LastDays(
    const std::vector<ops::ReportGrowth::Day>& days) {
  constexpr std::chrono::hours kDay{24};
  const auto last = ParseIso(days.back().day);
  if (!last) return days;
  const auto begin = ParseIso(days.front().day).value_or(*last);
  const auto first = std::max(begin, *last - (kDaysShown - 1) * kDay);
  std::vector<ops::ReportGrowth::Day> out;
  auto next = days.begin();
  for (auto day = first; day <= *last; day += kDay) {
    const std::string name = FormatIso(day).substr(0, 10);
    while (next != days.end() && next->day < name) ++next;
    const bool there = next != days.end() && next->day == name;
    out.push_back(there ? *next : ops::ReportGrowth::Day{name, 0, 0, 0});
  }
  return out;
}

// What there is to say about the disk.
void ForecastText(const Report& report, const Face& face,
                  PageSection& section) {
  const ops::ReportGrowth& growth = report.growth;
  if (growth.free_bytes) {
    section.blocks.push_back(PageText{face.Tr(Say(
        N_("The results file has {0}, {1} are free on its disk."),
        HumanBytes(growth.results_bytes), HumanBytes(*growth.free_bytes)))});
  }
  if (growth.bytes_fit && growth.bytes_per_day && *growth.bytes_per_day > 0) {
    section.blocks.push_back(PageText{face.Tr(Say(
        N_("The free space shrinks by {0} a day, by {1} measurements in {2} "
           "days; the line explains {3} of their variance."),
        HumanBytes(static_cast<std::uint64_t>(*growth.bytes_per_day)),
        growth.samples, fmt::format("{:.1f}", growth.sampled_days),
        Percent(growth.bytes_fit->r_squared, 0)))});
  }
  if (growth.days_to_full) {
    constexpr double kSoon = 14;
    constexpr double kFar = 3650;
    section.blocks.push_back(
        *growth.days_to_full > kFar
            ? PageText{face.Tr(N_("If it goes on like this the disk will not "
                                  "be full within ten years.")),
                       Tone::kGood}
            : PageText{
                  face.Tr(Say(N_("If it goes on like this the disk will "
                                 "be full in {0} days."),
                              fmt::format("{:.0f}", *growth.days_to_full))),
                  *growth.days_to_full < kSoon ? Tone::kBad : Tone::kPlain});
  } else if (!growth.bytes_unknown.empty()) {
    section.blocks.push_back(
        PageText{face.Tr(Say(N_("No forecast of the disk: {0}."),
                             face.Tr(growth.bytes_unknown))),
                 Tone::kDim});
  }
}

}  // namespace

std::vector<PageSection> FailureSections(const Report& report,
                                         const Face& face) {
  return {InfrastructureSection(report, face), ErrorSection(report, face)};
}

PageSection CoverageSection(const Report& report, const Face& face) {
  PageSection section{"coverage", face.Tr(N_("What has been tested")), {}};
  const ReportCoverage& coverage = report.coverage;
  if (coverage.rows.empty()) {
    section.blocks.push_back(
        PageText{face.Tr(N_("There are no results yet.")), Tone::kDim});
    return section;
  }
  section.blocks.push_back(PageText{face.Tr(
      Say(N_("{0} of {1} settings have tests: what one model was tested with "
             "({2}, for each prompt type), all should be."),
          Thousands(std::uint64_t{coverage.tested}),
          Thousands(std::uint64_t{coverage.wanted}),
          SettingWords(coverage, face)))});
  PageTable table;
  table.matrix = true;
  table.query = coverage.query;
  table.columns.push_back(Left(face.Tr(N_("tests (settings)"))));
  const std::size_t columns = std::min(coverage.columns.size(), kMostColumns);
  for (std::size_t column = 0; column < columns; ++column) {
    table.columns.push_back(Right(coverage.columns[column]));
  }
  for (std::size_t row = 0; row < coverage.rows.size(); ++row) {
    if (row == kMostLines) break;
    std::vector<PageCell> cells = {{coverage.rows[row]}};
    for (std::size_t column = 0; column < columns; ++column) {
      cells.push_back(CoverageCell(coverage.cells[row][column]));
    }
    table.rows.push_back(std::move(cells));
  }
  section.blocks.push_back(std::move(table));
  AddRest(coverage.rows.size(), face, section);
  if (coverage.gaps.empty()) {
    section.blocks.push_back(
        PageText{face.Tr(N_("Nothing is missing.")), Tone::kGood});
    return section;
  }
  section.blocks.push_back(PageText{face.Tr(N_("Not tested yet:"))});
  PageList gaps{GapLines(coverage)};
  const std::size_t lines = gaps.items.size();
  gaps.items.resize(std::min(lines, kMostLines));
  section.blocks.push_back(std::move(gaps));
  AddRest(lines, face, section);
  return section;
}

PageSection GrowthSection(const Report& report, const Face& face) {
  PageSection section{"growth", face.Tr(N_("Growth and forecast")), {}};
  const ops::ReportGrowth& growth = report.growth;
  if (!growth.days.empty()) {
    PageDays days;
    days.days = LastDays(growth.days);
    days.known = face.Tr(N_("succeeded"));
    days.rest = face.Tr(N_("did not succeed"));
    days.query = growth.query;
    section.blocks.push_back(std::move(days));
  } else {
    section.blocks.push_back(PageText{
        growth.source == ops::ReportGrowth::Source::kBackups
            ? face.Tr(N_("The store does not say when tests ran; what follows "
                         "is by the totals of its backups."))
            : face.Tr(N_("The store does not say when tests ran.")),
        Tone::kDim});
  }
  if (growth.tests_per_day) {
    section.blocks.push_back(PageText{face.Tr(
        Say(N_("{0} tests a day, by a straight line through the last 30 days; "
               "it explains {1} of their variance."),
            fmt::format("{:.1f}", *growth.tests_per_day),
            Percent(growth.tests_fit->r_squared, 0)))});
  } else {
    section.blocks.push_back(
        PageText{face.Tr(Say(N_("No growth can be told: {0}."),
                             face.Tr(growth.tests_unknown))),
                 Tone::kDim});
  }
  ForecastText(report, face, section);
  return section;
}

}  // namespace benchkeep::render
