// The maintenance menu.

#include "render/menu.h"

#include <algorithm>

#include "render/text_table.h"
#include "render/tune.h"

namespace benchkeep::render {
namespace {

using ops::BadgeState;
using ops::MenuItem;

constexpr std::size_t kWidth = 32;  // Of the guide's rules.

const char* Title(MenuItem item) {
  switch (item) {
    case MenuItem::kCheck:
      return N_("Daily check");
    case MenuItem::kBackup:
      return N_("Data backup");
    case MenuItem::kCleanup:
      return N_("Data cleanup");
    case MenuItem::kTune:
      return N_("Performance tuning");
    case MenuItem::kRecover:
      return N_("Disaster recovery");
    case MenuItem::kReport:
      return N_("Report");
    case MenuItem::kMonitor:
      break;
  }
  return N_("Monitoring");
}

Ink InkOf(BadgeState state) {
  switch (state) {
    case BadgeState::kOk:
      return Ink::kGood;
    case BadgeState::kWarning:
      return Ink::kWarning;
    case BadgeState::kCritical:
      return Ink::kBad;
    case BadgeState::kUnknown:
      break;
  }
  return Ink::kDim;
}

std::string BadgeText(const ops::MenuBadge& badge, const Face& face) {
  std::string words =
      badge.words.empty() ? std::string() : face.Tr(badge.words);
  if (!badge.age_seconds) return words;
  const std::string age =
      HumanAge(std::chrono::seconds(*badge.age_seconds), face);
  return words.empty() ? face.Tr(Say(N_("last: {0}"), age))
                       : face.Tr(Say(N_("last: {0}, {1}"), age, words));
}

}  // namespace

std::string CommandText(const CommandWords& words) {
  std::string text = "benchkeep";
  for (const std::string& word : words) text += " " + ShellWord(word);
  return text;
}

Document MenuDocument(const std::vector<MenuLine>& lines, const Face& face) {
  Document document{.command = "menu"};
  Json& items = document.data.Set("items", Json::Array());
  const std::string rule(kWidth, '=');
  const std::string title = face.Tr(N_("Maintenance menu"));
  const std::size_t width = DisplayWidth(title);
  std::string& text = document.text;
  text += rule + "\n";
  text += std::string((kWidth - std::min(kWidth, width)) / 2, ' ') +
          face.Paint(Ink::kBold, title) + "\n" + rule + "\n";
  std::size_t widest = 0;
  for (const MenuLine& line : lines) {
    widest = std::max(widest, DisplayWidth(face.Tr(Title(line.item))));
  }
  for (const MenuLine& line : lines) {
    const int number = static_cast<int>(line.item);
    const std::string name = face.Tr(Title(line.item));
    const std::string badge = BadgeText(line.badge, face);
    Json& one = items.Append(Json::Object());
    one.Set("number", Json::Int(number));
    one.Set("name", Json::String(ops::MenuItemName(line.item)));
    one.Set("title", Json::String(name));
    one.Set("state", Json::String(ops::BadgeStateName(line.badge.state)));
    one.Set("badge", Json::String(badge));
    one.Set("age_seconds", line.badge.age_seconds
                               ? Json::Int(*line.badge.age_seconds)
                               : Json());
    Json& commands = one.Set("commands", Json::Array());
    for (const CommandWords& words : line.commands) {
      commands.Append(Json::String(CommandText(words)));
    }
    text += std::to_string(number) + ". " + name +
            std::string(widest - DisplayWidth(name) + 2, ' ') +
            face.Paint(InkOf(line.badge.state), badge) + "\n";
  }
  text += "0. " + face.Tr(N_("Exit")) + "\n" + rule + "\n";
  return document;
}

}  // namespace benchkeep::render
