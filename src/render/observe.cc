// What `observe init` wrote.

#include "render/observe.h"

namespace benchkeep::render {
namespace {

Json List(const std::vector<std::string>& names) {
  Json list = Json::Array();
  for (const std::string& name : names) list.Append(Json::String(name));
  return list;
}

}  // namespace

Document ObserveDocument(const ops::ObserveReport& report, const Face& face) {
  Document document{.command = "observe init"};
  document.data.Set("folder", Json::String(report.folder));
  document.data.Set("written", List(report.written));
  document.data.Set("unchanged", List(report.unchanged));
  document.data.Set("dry_run", Json::Bool(report.dry_run));
  for (const std::string& name : report.written) {
    document.text +=
        face.Tr(report.dry_run
                    ? Say(N_("would write {0}/{1}"), report.folder, name)
                    : Say(N_("wrote {0}/{1}"), report.folder, name)) +
        "\n";
  }
  for (const std::string& name : report.unchanged) {
    document.text +=
        face.Tr(Say(N_("{0}/{1} is there already"), report.folder, name)) +
        "\n";
  }
  document.text +=
      face.Tr(Say(N_("{0}/README.md says how to go on"), report.folder)) + "\n";
  return document;
}

}  // namespace benchkeep::render
