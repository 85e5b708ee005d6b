// The status report as JSON and as a screen.

#include "render/status.h"

#include <map>

#include "render/text_table.h"

namespace benchkeep::render {
namespace {

Json Rate(const std::optional<double>& rate) {
  return rate ? Json::Double(*rate) : Json();
}

Json Text(const std::optional<std::string>& text) {
  return text ? Json::String(*text) : Json();
}

Json Models(const std::vector<store::ModelStatistics>& models) {
  Json list = Json::Array();
  for (const store::ModelStatistics& model : models) {
    Json& one = list.Append(Json::Object());
    one.Set("name", model.name.empty() ? Json() : Json::String(model.name));
    one.Set("total_tests", Json::Uint(model.total_tests));
    one.Set("success_rate", Rate(model.success_rate));
  }
  return list;
}

Json ResultsJson(const store::ResultsStatistics& results) {
  Json json = Json::Object();
  json.Set("shape", Json::String(store::ShapeName(results.shape)));
  json.Set("rows", Json::Uint(results.rows));
  json.Set("total_tests", Json::Uint(results.total_tests));
  json.Set("successes", Json::Uint(results.successes));
  json.Set("success_rate", Rate(results.success_rate));
  json.Set("newest", Text(results.newest));
  json.Set("bytes", Json::Uint(results.bytes));
  json.Set("models", Models(results.models));
  return json;
}

Json MasterJson(const store::MasterStatistics& master) {
  Json json = Json::Object();
  json.Set("version", Json::String(master.version));
  json.Set("leaves", Json::Uint(master.leaves));
  json.Set("total_tests", Json::Uint(master.total_tests));
  json.Set("successes", Json::Uint(master.successes));
  json.Set("success_rate", Rate(master.success_rate));
  json.Set("summary_total_tests",
           master.summary_total ? Json::Int(*master.summary_total) : Json());
  json.Set("newest", Text(master.newest));
  json.Set("bytes", Json::Uint(master.bytes));
  json.Set("models", Models(master.models));
  return json;
}

Json IncrementsJson(const ops::IncrementStatistics& increments) {
  Json json = Json::Object();
  json.Set("files", Json::Uint(increments.files));
  json.Set("rows", Json::Uint(increments.rows));
  json.Set("bytes", Json::Uint(increments.bytes));
  json.Set("unreadable", Json::Uint(increments.unreadable));
  json.Set("oldest_age_seconds", increments.oldest_age_seconds
                                     ? Json::Int(*increments.oldest_age_seconds)
                                     : Json());
  return json;
}

// One line per source of results: what it is, and how much.
std::string Overview(const ops::StatusReport& report, const Face& face) {
  TextTable table;
  table.Column("")
      .Column(face.Tr(N_("tests")), Align::kRight)
      .Column(face.Tr(N_("success")), Align::kRight)
      .Column(face.Tr(N_("size")), Align::kRight)
      .Column(face.Tr(N_("newest")));
  if (report.results) {
    const store::ResultsStatistics& r = *report.results;
    std::string name = face.Tr(N_("results file (consolidated)"));
    table.Row({name, Thousands(r.total_tests), Percent(r.success_rate),
               HumanBytes(r.bytes), r.newest.value_or("-")});
  } else {
    table.Row({face.Tr(N_("results file (consolidated)")), "-"});
  }
  if (report.increments) {
    const ops::IncrementStatistics& i = *report.increments;
    table.Row(
        {face.Tr(Say(N_("waiting in {0} increments"), Thousands(i.files))),
         Thousands(i.rows), "", HumanBytes(i.bytes),
         i.oldest_age_seconds
             ? face.Tr(Say(
                   N_("oldest: {0}"),
                   HumanAge(std::chrono::seconds(*i.oldest_age_seconds), face)))
             : ""});
  }
  if (report.master) {
    const store::MasterStatistics& m = *report.master;
    table.Row(
        {face.Tr(Say(N_("master database, {0} cells"), Thousands(m.leaves))),
         Thousands(m.total_tests), Percent(m.success_rate), HumanBytes(m.bytes),
         m.newest.value_or("-")});
  } else {
    table.Row({face.Tr(N_("master database")), "-"});
  }
  return table.Render(face);
}

// Models of both sources side by side.
std::string ModelTable(const ops::StatusReport& report, const Face& face) {
  struct Line {
    const store::ModelStatistics* results = nullptr;
    const store::ModelStatistics* master = nullptr;
  };
  std::vector<std::string> order;
  std::map<std::string, Line> lines;
  const auto add = [&](const std::vector<store::ModelStatistics>& models,
                       const store::ModelStatistics* Line::*side) {
    for (const store::ModelStatistics& model : models) {
      const auto [at, is_new] = lines.try_emplace(model.name);
      if (is_new) order.push_back(model.name);
      at->second.*side = &model;
    }
  };
  if (report.results) add(report.results->models, &Line::results);
  if (report.master) add(report.master->models, &Line::master);
  if (order.empty()) return {};
  TextTable table;
  table.Column(face.Tr(N_("model")));
  if (report.results) {
    table.Column(face.Tr(N_("results")), Align::kRight)
        .Column(face.Tr(N_("success")), Align::kRight);
  }
  if (report.master) {
    table.Column(face.Tr(N_("master")), Align::kRight)
        .Column(face.Tr(N_("success")), Align::kRight);
  }
  for (const std::string& name : order) {
    std::vector<TableCell> cells = {name.empty() ? face.Tr(N_("(no model)"))
                                                 : name};
    const auto side = [&](const store::ModelStatistics* model) {
      cells.emplace_back(model == nullptr ? "-"
                                          : Thousands(model->total_tests));
      cells.emplace_back(model == nullptr ? "-" : Percent(model->success_rate));
    };
    if (report.results) side(lines[name].results);
    if (report.master) side(lines[name].master);
    table.Row(std::move(cells));
  }
  return "\n" + table.Render(face);
}

}  // namespace

Document StatusDocument(const ops::StatusReport& report, const Face& face) {
  Document document{.command = "status"};
  document.status = OutcomeOf(report.findings);
  document.data.Set("results",
                    report.results ? ResultsJson(*report.results) : Json());
  document.data.Set("master",
                    report.master ? MasterJson(*report.master) : Json());
  document.data.Set("increments", report.increments
                                      ? IncrementsJson(*report.increments)
                                      : Json());
  Json quarantine;
  if (report.quarantine) {
    quarantine = Json::Object();
    quarantine.Set("files", Json::Uint(report.quarantine->files));
  }
  document.data.Set("quarantine", std::move(quarantine));
  document.findings = report.findings;
  document.text = Overview(report, face) + ModelTable(report, face);
  return document;
}

}  // namespace benchkeep::render
