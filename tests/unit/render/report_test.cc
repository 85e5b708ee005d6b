// A fixed report in its forms: tests/golden/report holds the reviewed ones.
//
// After a change run this once with BENCHKEEP_UPDATE_GOLDEN=1 and read the
// difference.

#include "render/report.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ops/report_parts.h"
#include "render/report_page.h"

namespace benchkeep::render {
namespace {

constexpr const char* kEvil = "<b>&\"'|`x`*_";

ops::ReportCount Count(std::uint64_t successes, std::uint64_t tests,
                       std::uint64_t infrastructure = 0) {
  ops::ReportCount count;
  count.total_tests = tests;
  count.known = tests;
  count.successes = successes;
  count.infrastructure = infrastructure;
  return count;
}

// Everything that a report can have, of a Monday in August.
ops::Report Sample() {
  ops::Report report;
  report.store = "/srv/pilot";
  report.made = *ParseIso("2025-08-25T04:00:00");
  report.until = 1756080000;  // 2025-08-25
  report.since = report.until - 7 * 86'400;
  report.before_since = report.since - 7 * 86'400;
  report.source = ops::Report::Source::kResults;
  report.newest = "2025-08-24";
  report.all = Count(300, 600, 40);
  report.tables = {{.column = "model",
                    .lines = {{"gpt-4o-mini", Count(200, 300, 10)},
                              {kEvil, Count(100, 300, 30)}},
                    .query = "SELECT model FROM results"},
                   {.column = "prompt_type",
                    .lines = {{std::nullopt, Count(300, 600, 40)}},
                    .query = "SELECT prompt_type FROM results"}};
  ops::ReportChange fell;
  fell.column = "model";
  fell.value = kEvil;
  fell.before = Count(80, 100);
  fell.now = Count(40, 100, 30);
  ops::ReportChange fresh;
  fresh.column = "model";
  fresh.value = "gpt-4o-mini";
  fresh.now = Count(3, 4);
  report.changes.lines = {fell, fresh};
  report.changes.before = Count(80, 100);
  report.changes.now = Count(43, 104);
  report.changes.queries = {"SELECT model, period FROM results"};
  report.changes.failures_query = "SELECT period, reason FROM results";
  report.failures.reasons = {
      {"Error code: 429", ops::ErrorClass::kRateLimit, 40},
      {"no JSON <script>", ops::ErrorClass::kFormat, 7}};
  report.failures.all = report.all;
  report.failures.query = "SELECT reason FROM results WHERE model = 'a\"b'";
  store::TestGroup group;
  group.values = {kEvil, "cot", "0.8", "easy", "simple_task"};
  group.total_tests = 5;
  store::TestGroup other = group;
  other.values[0] = "gpt-4o-mini";
  other.values[1] = "optimal";
  report.coverage = ops::CoverageOf(
      {group, other},
      {"model", "prompt_type", "tool_success_rate", "difficulty"});
  report.coverage.query = "SELECT * FROM cells";
  report.errors.emplace();
  report.errors->files = 2;
  report.errors->errors = 9;
  report.errors->causes.resize(1);
  report.errors->causes[0].kind = ops::ErrorClass::kTimeout;
  report.errors->causes[0].pattern = "timed out after # s <img>";
  report.errors->causes[0].count = 9;
  report.errors->causes[0].recent = 4;
  report.errors->causes[0].last = "2025-08-24T10:11:12";
  report.health.emplace();
  report.health->state = ops::CheckState::kWarning;
  report.health->checks.resize(1);
  report.health->checks[0].name = "disk";
  report.health->checks[0].state = ops::CheckState::kWarning;
  report.health->checks[0].message = Say("{0} used", "85.0%");
  report.health->checks[0].fix = Say("`benchkeep clean`");
  report.backups = {{.id = "20250824-020000",
                     .foreign = false,
                     .state = store::BackupState::kGood,
                     .age_seconds = 93'600,
                     .bytes = 2048,
                     .total_tests = 590}};
  report.jobs.resize(1);
  report.jobs[0].name = "backup";
  report.jobs[0].schedule = "0 2 * * *";
  report.jobs[0].failures = 2;
  report.jobs[0].last.emplace();
  report.jobs[0].last->started = *ParseIso("2025-08-25T02:00:00");
  report.jobs[0].last->status = store::RunStatus::kFailed;
  report.growth.source = ops::ReportGrowth::Source::kResults;
  report.growth.days = {{"2025-08-22", 100, 100, 60},
                        {"2025-08-23", 250, 250, 100},
                        {"2025-08-24", 250, 250, 140}};
  report.growth.query = "SELECT day FROM results";
  report.growth.tests_fit = LineFit{200, 0, 0.98};
  report.growth.tests_per_day = 200;
  report.growth.results_bytes = 4096;
  report.growth.free_bytes = 1'000'000'000;
  report.growth.bytes_per_day = 100'000'000;
  report.growth.bytes_fit = LineFit{-100'000'000, 0, 0.9};
  report.growth.samples = 12;
  report.growth.sampled_days = 6.5;
  report.growth.days_to_full = 10;
  ops::JudgeChanges(report);
  return report;
}

void Compare(const std::string& name, const std::string& text) {
  const auto file = std::filesystem::path(BENCHKEEP_SOURCE_DIR) / "tests" /
                    "golden" / "report" / name;
  if (std::getenv("BENCHKEEP_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(file) << text;
  }
  std::ostringstream golden;
  golden << std::ifstream(file).rdbuf();
  EXPECT_EQ(golden.str(), text) << file << ": see the top of report_test.cc";
}

std::size_t Times(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + part.size())) {
    ++times;
  }
  return times;
}

TEST(Report, IsThisMarkdown) {
  const Translator english;
  Compare("weekly.md", ReportMarkdown(Sample(), {english, false, 100}));
}

TEST(Report, IsThisText) {
  const Translator english;
  Compare("weekly.txt", ReportText(Sample(), {english, false, 100}));
}

TEST(Report, IsAPageThatNeedsNothingElse) {
  const Translator english;
  const std::string page = ReportHtml(Sample(), {english, false, 100});
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
  for (const char* word : {"http:", "https:", "<script", "src=", "url(",
                           "@import", "<iframe", "onload"}) {
    EXPECT_EQ(page.find(word), std::string::npos) << word;
  }
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  // A row of the changes, with its two marks; and the query below.
  EXPECT_NE(page.find("<tr><th scope=\"row\"><bdi>&lt;b&gt;&amp;&quot;&#39;|`x`"
                      "*_<wbr></bdi></th>"),
            std::string::npos);
  EXPECT_NE(page.find("<td class=\"bad word\"><bdi>fell</bdi></td>"),
            std::string::npos);
  EXPECT_NE(page.find("<pre><code>benchkeep query &quot;SELECT model, period "
                      "FROM results&quot;</code></pre>"),
            std::string::npos);
  EXPECT_NE(page.find("benchkeep query &#39;SELECT reason FROM results WHERE "
                      "model = &#39;\\&#39;&#39;a&quot;b"),
            std::string::npos);
  EXPECT_EQ(Times(page, "<section "), 9U);
  EXPECT_EQ(Times(page, "<section "), Times(page, "</section>"));
  EXPECT_EQ(Times(page, "<table"), Times(page, "</table>"));
  EXPECT_EQ(Times(page, "<details>"), 11U);
  // Three days, each with what succeeded and what did not.
  EXPECT_EQ(Times(page, "<rect class=\"known\""), 3U);
}

TEST(Report, EscapesEveryName) {
  const Translator english;
  const Face face{english, false, 100};
  const std::string page = ReportHtml(Sample(), face);
  EXPECT_EQ(page.find("<b>"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  const std::string markdown = ReportMarkdown(Sample(), face);
  EXPECT_EQ(markdown.find("<b>"), std::string::npos);
  EXPECT_NE(markdown.find("\\<b\\>&amp;\"'\\|\\`x\\`\\*\\_"),
            std::string::npos);
}

TEST(Report, ReadsWellWhenNothingIsThere) {
  const Translator english;
  const Face face{english, false, 100};
  ops::Report report;
  report.made = *ParseIso("2025-08-25T04:00:00");
  report.changes.unknown = Say("there are no results yet");
  report.growth.tests_unknown = Say("too little");
  Compare("empty.txt", ReportText(report, face));
  const std::string page = ReportHtml(report, face);
  EXPECT_EQ(Times(page, "<section "), Times(page, "</section>"));
  EXPECT_NE(page.find("There are no results yet."), std::string::npos);
}

TEST(Report, IsNotWithoutEnd) {
  const Translator english;
  const Face face{english, false, 100};
  ops::Report report = Sample();
  report.tables.resize(1);
  report.tables[0].lines.clear();
  for (int i = 0; i < 100; ++i) {
    report.tables[0].lines.push_back({"m" + std::to_string(i), Count(1, 2)});
  }
  const std::string text = ReportText(report, face);
  EXPECT_NE(text.find("\nm59 "), std::string::npos);
  EXPECT_EQ(text.find("\nm60 "), std::string::npos);
  EXPECT_NE(text.find("and 40 more; --json lists all of them"),
            std::string::npos);
}

TEST(Report, ShowsDaysWithoutTests) {
  const Translator english;
  const Face face{english, false, 100};
  ops::Report report = Sample();
  report.growth.days = {{"2025-02-01", 7, 7, 3},
                        {"2025-08-20", 100, 100, 60},
                        {"2025-08-24", 250, 250, 140}};
  const std::string page = ReportHtml(report, face);
  // 45 days up to the newest; the one in February is too old.
  EXPECT_EQ(Times(page, "<rect class=\"known\""), 45U);
  EXPECT_EQ(page.find("2025-02-01: 3"), std::string::npos);
  EXPECT_NE(page.find("<title>2025-08-21: 0 / 0</title>"), std::string::npos);
}

TEST(QueryLine, IsSafeInAShell) {
  EXPECT_EQ(QueryLine("SELECT 'a'"), "benchkeep query \"SELECT 'a'\"");
  EXPECT_EQ(QueryLine("SELECT \"a\" || '$HOME'"),
            "benchkeep query 'SELECT \"a\" || '\\''$HOME'\\'''");
}

}  // namespace
}  // namespace benchkeep::render
