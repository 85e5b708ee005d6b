// Tests by the minute: numbers for programs, a table for people.

#include "render/pace.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "render/text_table.h"

namespace benchkeep::render {
namespace {

using Source = ops::ArrivalsReport::Source;

constexpr std::size_t kShortly = 10;  // Minutes.
constexpr std::size_t kHour = 60;

const char* SourceName(Source source) {
  return source == Source::kRows ? "rows" : "samples";
}

std::optional<double> RateOf(const ops::ModelArrivals& model) {
  const std::uint64_t known = ops::SumOfLast(model.known, model.known.size());
  if (known == 0) return std::nullopt;
  return std::accumulate(model.successes.begin(), model.successes.end(), 0.0) /
         static_cast<double>(known);
}

Json ModelJson(const ops::ModelArrivals& model) {
  Json json = Json::Object();
  json.Set("name", model.name.empty() ? Json() : Json::String(model.name));
  json.Set("tests",
           Json::Uint(ops::SumOfLast(model.tests, model.tests.size())));
  const std::optional<double> rate = RateOf(model);
  json.Set("success_rate", rate ? Json::Double(*rate) : Json());
  Json& minutes = json.Set("minutes", Json::Array());
  for (const std::uint64_t tests : model.tests) {
    minutes.Append(Json::Uint(tests));
  }
  return json;
}

}  // namespace

Document PaceDocument(const ops::ArrivalsReport& report, const Face& face) {
  Document document{.command = "pace"};
  document.findings = report.findings;
  document.status = OutcomeOf(document.findings);
  const bool known = report.source != Source::kNone;
  const auto all =
      static_cast<std::int64_t>(std::llround(report.TestsIn(report.minutes)));
  const double shortly = report.TestsIn(kShortly) / kShortly;
  const double hourly = report.TestsIn(kHour) / kHour;
  Json& data = document.data;
  data.Set("source", known ? Json::String(SourceName(report.source)) : Json());
  data.Set("start", Json::String(FormatIso(report.start)));
  data.Set("minutes", Json::Uint(report.minutes));
  data.Set("tests", Json::Int(all));
  data.Set("per_minute_10", known ? Json::Double(shortly) : Json());
  data.Set("per_minute_60", known ? Json::Double(hourly) : Json());
  Json& minutes = data.Set("all", Json::Array());
  for (const double tests : report.all) minutes.Append(Json::Double(tests));
  Json& list = data.Set("models", Json::Array());
  for (const ops::ModelArrivals& model : report.models) {
    list.Append(ModelJson(model));
  }
  if (!known) {
    document.text =
        face.Tr(N_("the results do not say when a test ended, and `check` "
                   "has not seen the master database twice yet")) +
        "\n";
    return document;
  }
  document.text =
      face.Tr(Say(N_("{0} tests a minute in the last 10 minutes, {1} in the "
                     "last hour; {2} tests in {3}"),
                  fmt::format("{:.1f}", shortly), fmt::format("{:.1f}", hourly),
                  Thousands(all),
                  HumanDuration(std::chrono::minutes(report.minutes), face))) +
      "\n";
  if (report.models.empty()) return document;
  TextTable table;
  table.Column(face.Tr(N_("model")))
      .Column(face.Tr(N_("10 min")), Align::kRight)
      .Column(face.Tr(N_("1 h")), Align::kRight)
      .Column(face.Tr(N_("all")), Align::kRight)
      .Column(face.Tr(N_("success")), Align::kRight);
  for (const ops::ModelArrivals& model : report.models) {
    table.Row({model.name.empty() ? face.Tr(N_("(none)")) : model.name,
               Thousands(ops::SumOfLast(model.tests, kShortly)),
               Thousands(ops::SumOfLast(model.tests, kHour)),
               Thousands(ops::SumOfLast(model.tests, report.minutes)),
               Percent(RateOf(model))});
  }
  document.text += "\n" + table.Render(face);
  return document;
}

}  // namespace benchkeep::render
