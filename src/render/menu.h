// The maintenance menu, as a screen and as JSON.

#pragma once

#include <string>
#include <vector>

#include "ops/menu.h"
#include "render/document.h"

namespace benchkeep::render {

// One command as the user would type it: {"-C", "/data", "check"}.
using CommandWords = std::vector<std::string>;

struct MenuLine {
  ops::MenuItem item = ops::MenuItem::kCheck;
  std::vector<CommandWords> commands;  // What it runs, in order.
  ops::MenuBadge badge;
};

// "benchkeep -C /data check", quoted for a shell.
std::string CommandText(const CommandWords& words);

// The text is the menu without a prompt.
Document MenuDocument(const std::vector<MenuLine>& lines, const Face& face);

}  // namespace benchkeep::render
