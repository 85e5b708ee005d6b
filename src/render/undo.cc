// Past changes, as JSON and text.

#include "render/undo.h"

#include "render/text_table.h"

namespace benchkeep::render {
namespace {

Json ChangeJson(const store::PastTransaction& past) {
  Json json = Json::Object();
  json.Set("id", Json::String(past.id));
  json.Set("command", Json::String(past.op));
  json.Set("time", Json::String(past.time));
  json.Set("undone_by", past.undone_by.empty() ? Json()
                                               : Json::String(past.undone_by));
  const Json* notes = past.record.Find("notes");
  json.Set("notes", notes == nullptr ? Json::Object() : *notes);
  return json;
}

std::string TextOf(const Json& json, const char* name) {
  return json.StringAt(name).value_or("");
}

// "120 -> 130 rows", "undoes ...", or nothing.
std::string Summary(const store::PastTransaction& past, const Face& face) {
  const Json* notes = past.record.Find("notes");
  if (notes == nullptr) return {};
  if (past.op == "undo") {
    return face.Tr(Say(N_("takes back {0}"), TextOf(*notes, "undoes")));
  }
  const auto before = notes->IntAt("rows_before");
  const auto after = notes->IntAt("rows_after");
  if (!before || !after) return {};
  return face.Tr(
      Say(N_("{0} -> {1} rows"), Thousands(*before), Thousands(*after)));
}

}  // namespace

Document UndoListDocument(const std::vector<store::PastTransaction>& past,
                          const Face& face) {
  Document document{.command = "undo"};
  Json list = Json::Array();
  TextTable table;
  table.Column(face.Tr(N_("id")))
      .Column(face.Tr(N_("command")))
      .Column(face.Tr(N_("what")))
      .Column("");
  for (const store::PastTransaction& change : past) {
    list.Append(ChangeJson(change));
    table.Row({change.id, change.op, Summary(change, face),
               change.undone_by.empty() ? "" : face.Tr(N_("taken back"))});
  }
  document.data.Set("changes", std::move(list));
  document.text =
      past.empty()
          ? face.Tr(N_("no change of this store can be taken back")) + "\n"
          : table.Render(face) + "\n" +
                face.Tr(N_("take one back: benchkeep undo ID")) + "\n";
  return document;
}

std::string UndoPlanText(const store::PastTransaction& past,
                         const Face& face) {
  std::string text;
  const Json* steps = past.record.Find("steps");
  const std::vector<Json> none;
  for (const Json& step : steps == nullptr ? none : steps->items()) {
    const std::string action = TextOf(step, "do");
    Message line;
    if (action == "replace") {
      const Json* expected = step.Find("expected");
      line = expected == nullptr || expected->is_null()
                 ? Say(N_("remove {0}, which it made"), TextOf(step, "target"))
                 : Say(N_("bring back {0} as it was before"),
                       TextOf(step, "target"));
    } else if (action == "remove") {
      line = Say(N_("bring back {0}"), TextOf(step, "from"));
    } else {
      line = Say(N_("move {0} back"), TextOf(step, "to"));
    }
    text += "  " + face.Tr(line) + "\n";
  }
  const std::string source = TextOf(past.record, "taken_from");
  if (!source.empty()) {
    text += "  " +
            face.Tr(Say(N_("put the increments it merged back into {0}"),
                        source)) +
            "\n";
  }
  return text;
}

Document UndoShowDocument(const store::PastTransaction& past,
                          const Face& face) {
  Document document{.command = "undo"};
  document.data.Set("change", ChangeJson(past));
  document.data.Set("record", past.record);
  document.text = past.id + "  " + past.op + "  " + past.time + "\n";
  const std::string summary = Summary(past, face);
  if (!summary.empty()) document.text += summary + "\n";
  document.text += face.Tr(N_("taking it back would:")) + "\n" +
                   UndoPlanText(past, face);
  return document;
}

}  // namespace benchkeep::render
