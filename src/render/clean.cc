// What clean removes and keeps.

#include "render/clean.h"

#include "render/merge.h"
#include "render/text_table.h"

namespace benchkeep::render {
namespace {

using Kind = ops::CleanItem::Kind;
using Fate = ops::CleanItem::Fate;

constexpr std::size_t kShown = 20;

const char* KindName(Kind kind) {
  switch (kind) {
    case Kind::kChange:
      return "change";
    case Kind::kTemporary:
      return "temporary";
    case Kind::kIncrement:
      return "increment";
    case Kind::kQuarantine:
      return "quarantine";
    case Kind::kUnknown:
      break;
  }
  return "unknown";
}

const char* FateName(Fate fate) {
  switch (fate) {
    case Fate::kGoes:
      return "goes";
    case Fate::kGone:
      return "gone";
    case Fate::kStays:
      break;
  }
  return "stays";
}

std::string Table(const ops::CleanReport& report, bool staying,
                  const Face& face) {
  TextTable table;
  table.Column(staying ? face.Tr(N_("stays")) : face.Tr(N_("goes")))
      .Column(face.Tr(N_("size")), Align::kRight)
      .Column(face.Tr(N_("age")), Align::kRight)
      .Column(face.Tr(N_("why")));
  std::size_t rows = 0;
  for (const ops::CleanItem& item : report.items) {
    if ((item.fate == Fate::kStays) != staying) continue;
    if (++rows > kShown) continue;
    table.Row({item.path, HumanBytes(item.bytes),
               HumanDuration(std::chrono::seconds(item.age_seconds), face),
               face.Tr(item.why)});
  }
  if (rows == 0) return {};
  std::string text = table.Render(face);
  if (rows > kShown) {
    text += face.Tr(Say(N_("... and {0} more"),
                        Thousands(std::uint64_t{rows - kShown}))) +
            "\n";
  }
  return text + "\n";
}

}  // namespace

Document CleanDocument(const ops::CleanReport& report, const Face& face) {
  Document document{.command = "clean"};
  document.status = OutcomeOf(report.findings);
  document.findings = report.findings;
  Json& data = document.data;
  data.Set("removed", Json::Uint(report.removed));
  data.Set("kept", Json::Uint(report.kept));
  data.Set("bytes_freed", Json::Uint(report.bytes_freed));
  data.Set("dry_run", Json::Bool(report.dry_run));
  data.Set("undo", report.txn.empty() ? Json() : Json::String(report.txn));
  Json items = Json::Array();
  for (const ops::CleanItem& item : report.items) {
    Json& one = items.Append(Json::Object());
    one.Set("kind", Json::String(KindName(item.kind)));
    one.Set("fate", Json::String(FateName(item.fate)));
    one.Set("path", Json::String(item.path));
    one.Set("bytes", Json::Uint(item.bytes));
    one.Set("age_seconds", Json::Int(item.age_seconds));
    one.Set("why", Json::String(face.Tr(item.why)));
  }
  data.Set("items", std::move(items));

  std::string& text = document.text;
  text = Table(report, false, face) + Table(report, true, face);
  const std::string freed = HumanBytes(report.bytes_freed);
  if (report.removed == 0) {
    text += face.Tr(N_("there is nothing to remove"));
  } else if (report.dry_run) {
    text += face.Tr(Say(N_("{0} would go, {1} would be free"),
                        Thousands(report.removed), freed));
  } else {
    text += face.Tr(Say(N_("{0} are gone, {1} are free"),
                        Thousands(report.removed), freed));
  }
  text += "\n" + UndoHint(report.txn, face);
  return document;
}

}  // namespace benchkeep::render
