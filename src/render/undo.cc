// Past changes, as JSON and text.

#include "render/undo.h"

#include "render/text_table.h"

namespace benchkeep::render {
namespace {

Json ChangeJson(const ops::Change& change) {
  Json json = Json::Object();
  json.Set("id", Json::String(change.id));
  json.Set("command", Json::String(change.command));
  json.Set("time", Json::String(change.time));
  json.Set("undone_by",
           change.undone_by.empty() ? Json() : Json::String(change.undone_by));
  json.Set("notes", change.notes);
  return json;
}

// "120 -> 130 rows", "takes back ...", or nothing.
std::string Summary(const ops::Change& change, const Face& face) {
  if (const auto undone = change.notes.StringAt("undoes")) {
    return face.Tr(Say(N_("takes back {0}"), *undone));
  }
  const auto before = change.notes.IntAt("rows_before");
  const auto after = change.notes.IntAt("rows_after");
  if (!before || !after) return {};
  return face.Tr(
      Say(N_("{0} -> {1} rows"), Thousands(*before), Thousands(*after)));
}

}  // namespace

Document UndoListDocument(const std::vector<ops::Change>& changes,
                          const Face& face) {
  Document document{.command = "undo"};
  Json list = Json::Array();
  TextTable table;
  table.Column(face.Tr(N_("id")))
      .Column(face.Tr(N_("command")))
      .Column(face.Tr(N_("what")))
      .Column("");
  for (const ops::Change& change : changes) {
    list.Append(ChangeJson(change));
    table.Row({change.id, change.command, Summary(change, face),
               change.undone_by.empty() ? "" : face.Tr(N_("taken back"))});
  }
  document.data.Set("changes", std::move(list));
  document.text =
      changes.empty()
          ? face.Tr(N_("no change of this store can be taken back")) + "\n"
          : table.Render(face) + "\n" +
                face.Tr(N_("take one back: benchkeep undo ID")) + "\n";
  return document;
}

Document UndoShowDocument(const ops::Change& change, const Face& face) {
  Document document{.command = "undo"};
  document.data.Set("change", ChangeJson(change));
  Json plan = Json::Array();
  std::string lines;
  for (const Message& line : change.plan) {
    plan.Append(Json::String(face.Tr(line)));
    lines += "  " + face.Tr(line) + "\n";
  }
  document.data.Set("plan", std::move(plan));
  document.text = change.id + "  " + change.command + "  " + change.time + "\n";
  const std::string summary = Summary(change, face);
  if (!summary.empty()) document.text += summary + "\n";
  document.text += face.Tr(N_("taking it back would:")) + "\n" + lines;
  return document;
}

}  // namespace benchkeep::render
