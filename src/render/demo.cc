// What is in the sample campaign, and what to try with it.

#include "render/demo.h"

#include <array>

#include "render/text_table.h"

namespace benchkeep::render {
namespace {

struct Next {
  const char* command;
  const char* meaning;  // msgid
};
constexpr std::array<Next, 6> kNext = {
    {{"status", N_("see what is there, and what is waiting")},
     {"consolidate", N_("merge the increments; the torn one is set aside")},
     {"status", N_("nothing waits any more")},
     {"export --all", N_("CSV, XLSX and JSON into the folder export")},
     {"query \"SELECT model, count(*) FROM results GROUP BY model\"",
      N_("ask anything")},
     {"undo list", N_("everything can be taken back")}}};

}  // namespace

Document DemoDocument(const ops::DemoReport& report, const Face& face) {
  Document document{.command = "demo"};
  Json& data = document.data;
  data.Set("folder", Json::String(report.folder));
  data.Set("seed", Json::Uint(report.seed));
  data.Set("files", Json::Uint(report.files));
  data.Set("tests", Json::Uint(report.tests));
  data.Set("cells", Json::Uint(report.cells));
  data.Set("models", Json::Uint(report.models));
  data.Set("rows_in_results", Json::Uint(report.rows_in_results));
  data.Set("rows_in_increments", Json::Uint(report.rows_in_increments));
  data.Set("overlapping", Json::Uint(report.overlapping));
  data.Set("conflicting", Json::Uint(report.conflicting));
  data.Set("increments", Json::Uint(report.increments));
  data.Set("torn", Json::String(report.torn));
  data.Set("summary_claims", Json::Uint(report.summary_claims));
  data.Set("dry_run", Json::Bool(report.dry_run));
  Json next = Json::Array();
  for (const Next& step : kNext) {
    next.Append(
        Json::String("benchkeep -C " + report.folder + " " + step.command));
  }
  data.Set("next", std::move(next));

  std::string& text = document.text;
  const auto line = [&](const Message& message) {
    text += face.Tr(message) + "\n";
  };
  line(report.dry_run
           ? Say(N_("would make a sample campaign in {0}:"), report.folder)
           : Say(N_("a sample campaign is in {0}:"), report.folder));
  line(Say(N_("  {0} tests of {1} models in {2} cells, {3} files"),
           Thousands(report.tests), Thousands(report.models),
           Thousands(report.cells), Thousands(report.files)));
  line(Say(N_("  results file: {0} rows"), Thousands(report.rows_in_results)));
  line(Say(N_("  {0} increments: {1} rows; {2} rows occur twice, {3} of them "
              "with another outcome"),
           Thousands(report.increments), Thousands(report.rows_in_increments),
           Thousands(report.overlapping), Thousands(report.conflicting)));
  if (!report.torn.empty()) {
    line(Say(N_("  one more increment is torn: {0}"), report.torn));
  }
  line(Say(N_("  master database: a summary that claims {0} tests"),
           Thousands(report.summary_claims)));
  if (report.dry_run) return document;

  text += "\n" + face.Tr(N_("what to try next:")) + "\n";
  for (const Next& step : kNext) {
    text += "  benchkeep -C " + report.folder + " " + step.command + "\n" +
            face.Paint(Ink::kDim, "      " + face.Tr(step.meaning)) + "\n";
  }
  return document;
}

}  // namespace benchkeep::render
