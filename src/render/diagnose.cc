// A diagnosis, as JSON and text.

#include "render/diagnose.h"

#include "render/text_table.h"

namespace benchkeep::render {
namespace {

Json Count(const std::optional<std::int64_t>& count) {
  return count ? Json::Int(*count) : Json();
}

Json Outcomes(const store::ClaimedSums& sums) {
  Json json = Json::Object();
  json.Set("success", Count(sums.success));
  json.Set("partial", Count(sums.partial));
  json.Set("failed", Count(sums.failed));
  return json;
}

store::ClaimedSums ClaimedOf(const store::LevelSums& sums) {
  return {sums.tests, sums.success, sums.partial, sums.failed};
}

Json DamageJson(const ops::DocumentDamage& damage) {
  Json json = Json::Object();
  json.Set("file", Json::String(damage.file));
  json.Set("bytes", Json::Uint(damage.bytes));
  json.Set("offset", Json::Uint(damage.offset));
  json.Set("line", Json::Uint(damage.line));
  json.Set("column", Json::Uint(damage.column));
  json.Set("pointer", Json::String(damage.pointer));
  json.Set("tests_left", Json::Int(damage.tests_left));
  json.Set("cells_left", Json::Uint(damage.cells_left));
  return json;
}

Json CellsJson(const ops::CellComparison& cells) {
  Json json = Json::Object();
  json.Set("equal", Json::Uint(cells.equal));
  json.Set("different", Json::Uint(cells.different));
  json.Set("only_master", Json::Uint(cells.only_master));
  json.Set("only_results", Json::Uint(cells.only_results));
  Json& list = json.Set("differences", Json::Array());
  for (const ops::CellDifference& difference : cells.differences) {
    Json& one = list.Append(Json::Object());
    one.Set("cell", Json::String(difference.cell));
    one.Set("master", Count(difference.master));
    one.Set("results", Count(difference.results));
  }
  return json;
}

std::string Number(const std::optional<std::int64_t>& count) {
  return count ? Thousands(*count) : std::string("-");
}

}  // namespace

void SetLevels(const store::MasterAudit* audit, const Face& face, Json& data) {
  if (audit == nullptr) {
    data.Set("levels", Json());
    data.Set("outcomes", Json());
    data.Set("vote", Json());
    return;
  }
  Json levels = Json::Object();
  levels.Set("leaf", Json::Int(audit->leaf.tests));
  levels.Set("model", Count(audit->model.tests));
  levels.Set("summary", Count(audit->summary.tests));
  data.Set("levels", std::move(levels));
  Json outcomes = Json::Object();
  outcomes.Set("leaf", Outcomes(ClaimedOf(audit->leaf)));
  outcomes.Set("model", Outcomes(audit->model));
  outcomes.Set("summary", Outcomes(audit->summary));
  data.Set("outcomes", std::move(outcomes));
  Json vote = Json::Object();
  vote.Set("winner", Json::String(audit->vote.winner));
  Json& agreeing = vote.Set("agreeing", Json::Array());
  for (const std::string& level : audit->vote.agreeing) {
    agreeing.Append(Json::String(level));
  }
  vote.Set("evidence", Json::String(face.Tr(audit->vote.evidence)));
  data.Set("vote", std::move(vote));
}

std::string LevelTable(const store::MasterAudit* audit, const Face& face) {
  if (audit == nullptr) return {};
  TextTable table;
  table.Column("")
      .Column(face.Tr(N_("tests")), Align::kRight)
      .Column(face.Tr(N_("successes")), Align::kRight)
      .Column(face.Tr(N_("partial")), Align::kRight)
      .Column(face.Tr(N_("failed")), Align::kRight);
  const auto row = [&](std::string name, const store::ClaimedSums& sums) {
    const bool wrong = sums.tests && *sums.tests != audit->leaf.tests;
    table.Row({std::move(name),
               {Number(sums.tests), wrong ? Ink::kWarning : Ink::kPlain},
               Number(sums.success),
               Number(sums.partial),
               Number(sums.failed)});
  };
  row(face.Tr(Say(N_("{0} cells add up to"), Thousands(audit->leaf.cells))),
      ClaimedOf(audit->leaf));
  row(face.Tr(N_("the models claim")), audit->model);
  row(face.Tr(N_("the summary claims")), audit->summary);
  return table.Render(face) + face.Tr(audit->vote.evidence) + "\n";
}

Document DiagnoseDocument(const ops::DiagnoseReport& report, const Face& face) {
  Document document{.command = "diagnose"};
  document.status = OutcomeOf(report.findings);
  document.findings = report.findings;
  Json& data = document.data;
  const store::MasterAudit* audit = report.master ? &*report.master : nullptr;
  SetLevels(audit, face, data);
  data.Set("version", report.master_version.empty()
                          ? Json()
                          : Json::String(report.master_version));
  data.Set("damage", report.damage ? DamageJson(*report.damage) : Json());
  data.Set("cells", report.cells ? CellsJson(*report.cells) : Json());
  Json& copies = data.Set("copies", Json::Array());
  for (const ops::CopyState& copy : report.copies) {
    Json& one = copies.Append(Json::Object());
    one.Set("file", Json::String(copy.name));
    one.Set("kind", Json::String(copy.kind));
    one.Set("good", Json::Bool(copy.good));
    one.Set("problem", copy.problem.empty()
                           ? Json()
                           : Json::String(face.Tr(copy.problem)));
    one.Set("total_tests", Json::Int(copy.tests));
    one.Set("last_updated", copy.last_updated.empty()
                                ? Json()
                                : Json::String(copy.last_updated));
  }
  Json& counts = data.Set("counts", Json::Object());
  for (const auto& [code, count] : report.counts) {
    counts.Set(code, Json::Uint(count));
  }
  data.Set("deep", Json::Bool(report.deep));
  data.Set("files_decoded", Json::Uint(report.files_decoded));
  data.Set("rows_decoded", Json::Uint(report.rows_decoded));

  std::string& text = document.text;
  text = LevelTable(audit, face);
  if (report.cells) {
    text += face.Tr(Say(N_("{0} cells are counted alike by master database and "
                           "results"),
                        Thousands(report.cells->equal))) +
            "\n";
  }
  if (report.deep) {
    text += face.Tr(Say(N_("read every page of {0} Parquet files, {1} rows"),
                        Thousands(report.files_decoded),
                        Thousands(report.rows_decoded))) +
            "\n";
  }
  if (ops::IsSound(report)) {
    text += face.Paint(Ink::kGood, face.Tr(N_("no damage found"))) + "\n";
  }
  return document;
}

}  // namespace benchkeep::render
