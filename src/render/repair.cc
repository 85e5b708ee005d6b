// A repair, as JSON and text.

#include "render/repair.h"

#include <map>
#include <utility>

#include "base/json_pointer.h"
#include "render/diagnose.h"
#include "render/merge.h"
#include "render/text_table.h"

namespace benchkeep::render {
namespace {

constexpr std::size_t kMostLines = 20;

std::string Line(std::string text) { return std::move(text) + "\n"; }

Json ChangesJson(const ops::RepairPlan& plan, const Face& face) {
  Json list = Json::Array();
  for (const ops::PlannedChange& change : plan.changes) {
    const store::Correction& correction = change.correction;
    Json& one = list.Append(Json::Object());
    one.Set("code", Json::String(correction.code));
    one.Set("pointer", Json::String(correction.pointer));
    one.Set("before", correction.before.value_or(Json()));
    one.Set("after", correction.after);
    one.Set("rule", Json::String(correction.rule));
    one.Set("evidence", Json::String(face.Tr(correction.message)));
    Json origin;
    if (change.origin) {
      origin = Json::Object();
      origin.Set("kind", Json::String(change.origin->kind));
      origin.Set("file", Json::String(change.origin->file));
    }
    one.Set("origin", std::move(origin));
  }
  return list;
}

Json RecoveriesJson(const ops::RepairPlan& plan) {
  Json list = Json::Array();
  for (const ops::PlannedRecovery& recovery : plan.recoveries) {
    Json& one = list.Append(Json::Object());
    one.Set("code", Json::String(recovery.code));
    one.Set("file", Json::String(recovery.file));
    one.Set("sibling", Json::String(recovery.sibling));
    one.Set("rows", Json::Uint(recovery.rows));
    one.Set("row_groups", Json::Uint(recovery.row_groups));
    one.Set("bytes", Json::Uint(recovery.bytes));
    one.Set("bytes_used", Json::Uint(recovery.bytes_used));
    one.Set("columns_cut", Json::Uint(recovery.columns_cut));
  }
  return list;
}

const char* BaseWord(ops::PlanBase base) {
  switch (base) {
    case ops::PlanBase::kWhole:
      return "whole";
    case ops::PlanBase::kPrefix:
      return "prefix";
    case ops::PlanBase::kNew:
      return "new";
  }
  return "whole";
}

void SetPlan(const ops::RepairPlan& plan, const Face& face, Json& data) {
  data.Set("changes", ChangesJson(plan, face));
  data.Set("recovered", RecoveriesJson(plan));
  data.Set("base", Json::String(BaseWord(plan.base)));
  data.Set("prefix_bytes", Json::Uint(plan.prefix_bytes));
  data.Set("tests_before", Json::Int(plan.tests_before));
  data.Set("tests_after", Json::Int(plan.tests_after));
  Json origins = Json::Object();
  std::map<std::string, std::uint64_t> files;
  for (const ops::PlannedChange& change : plan.changes) {
    if (change.origin) ++files[change.origin->file];
  }
  for (const auto& [file, count] : files) {
    origins.Set(file, Json::Uint(count));
  }
  data.Set("origins", std::move(origins));
}

// The names that tell places apart: "/models/m/by_prompt_type/p/summary/total"
// is "m/p/summary/total".
std::string ShortPointer(const std::string& pointer) {
  std::string text;
  for (const std::string& name : PointerNames(pointer)) {
    if (name == "models" || name.starts_with("by_")) continue;
    text += (text.empty() ? "" : "/") + name;
  }
  return Printable(text.empty() ? pointer : text);
}

// A value on one line; cells are long.
std::string Short(const Json& value) {
  constexpr std::size_t kWidth = 24;
  return Clip(Printable(value.Dump()), kWidth);
}

std::string PlanText(const ops::RepairPlan& plan, const Face& face) {
  std::string text;
  if (plan.base == ops::PlanBase::kPrefix) {
    text += Line(face.Tr(
        Say(N_("of the torn master database the first {0} bytes are kept"),
            Thousands(plan.prefix_bytes))));
  }
  TextTable table;
  table.Column(face.Tr(N_("where")))
      .Column(face.Tr(N_("now")), Align::kRight)
      .Column(face.Tr(N_("then")), Align::kRight)
      .Column(face.Tr(N_("from")));
  std::size_t lines = 0;
  for (const ops::PlannedChange& change : plan.changes) {
    if (lines++ == kMostLines) break;
    const store::Correction& correction = change.correction;
    table.Row({ShortPointer(correction.pointer),
               correction.before ? Short(*correction.before) : "-",
               Short(correction.after),
               change.origin ? Printable(change.origin->file)
                             : face.Tr(N_("the cells"))});
  }
  if (!table.empty()) text += table.Render(face);
  if (plan.changes.size() > kMostLines) {
    text += Line(face.Tr(
        Say(N_("... and {0} more; `benchkeep repair --plan "
               "FILE` writes all of them"),
            Thousands(std::uint64_t{plan.changes.size() - kMostLines}))));
  }
  for (const ops::PlannedRecovery& recovery : plan.recoveries) {
    text += Line(face.Tr(Say(
        N_("{0}: {1} rows in {2} row groups come back; {3} of {4} bytes "
           "are used"),
        recovery.file, Thousands(recovery.rows), Thousands(recovery.row_groups),
        Thousands(recovery.bytes_used), Thousands(recovery.bytes))));
    if (recovery.columns_cut > 0) {
      text += Line(face.Tr(
          Say(N_("{0}: of one more row group only {1} of {2} columns are left: "
                 "its rows are lost"),
              recovery.file, recovery.columns_cut, recovery.columns)));
    }
  }
  if (plan.tests_before != plan.tests_after) {
    text += Line(face.Tr(Say(N_("tests by the cells: {0} -> {1}"),
                             Thousands(plan.tests_before),
                             Thousands(plan.tests_after))));
  }
  return text;
}

}  // namespace

Document RepairPlanDocument(const ops::RepairPlan& plan, const Face& face) {
  Document document{.command = "repair"};
  SetPlan(plan, face, document.data);
  document.data.Set("applied", Json::Bool(false));
  document.data.Set("plan", Json());
  document.data.Set("undo", Json());
  SetLevels(nullptr, face, document.data);
  document.text = plan.empty() ? Line(face.Tr(N_("there is nothing to repair")))
                               : PlanText(plan, face);
  return document;
}

Document RepairPlanDocument(const ops::PlannedRepair& planned,
                            const std::string& file, const Face& face) {
  Document document = RepairPlanDocument(planned.plan, face);
  document.findings = planned.plan.uncured;
  document.status = OutcomeOf(planned.plan.uncured);
  SetLevels(planned.before ? &*planned.before : nullptr, face, document.data);
  if (planned.before && !planned.plan.empty()) {
    document.text = LevelTable(&*planned.before, face) + document.text;
  }
  if (!file.empty()) {
    document.data.Set("plan", Json::String(file));
    document.text += Line(face.Tr(
        Say(N_("the plan is in {0}; apply it: benchkeep repair --apply {0}"),
            file)));
  }
  return document;
}

Document RepairDocument(const ops::RepairReport& report, const Face& face) {
  Document document = RepairPlanDocument(report.plan, face);
  document.findings = report.after.findings;
  document.status = OutcomeOf(report.after.findings);
  Json& data = document.data;
  data.Set("applied", Json::Bool(!report.txn.empty()));
  data.Set("undo", report.txn.empty() ? Json() : Json::String(report.txn));
  const store::MasterAudit* audit =
      report.after.master ? &*report.after.master : nullptr;
  SetLevels(audit, face, data);
  data.Set("clean", Json::Bool(ops::IsSound(report.after)));
  if (!report.txn.empty()) {
    document.text += Line(
        face.Tr(Say(N_("repaired: {0} values, {1} files"),
                    Thousands(std::uint64_t{report.plan.changes.size()}),
                    Thousands(std::uint64_t{report.plan.recoveries.size()}))));
    document.text += LevelTable(audit, face);
  }
  document.text +=
      Line(ops::IsSound(report.after)
               ? face.Paint(Ink::kGood,
                            face.Tr(N_("diagnosed again: no damage found")))
               : face.Tr(N_("diagnosed again: not everything is cured")));
  document.text += UndoHint(report.txn, face);
  return document;
}

}  // namespace benchkeep::render
