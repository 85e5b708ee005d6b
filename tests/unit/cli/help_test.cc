// Help is reviewed text: tests/golden/help/<language>/<command>.txt holds it.
//
// After a change of a command run the test once with BENCHKEEP_UPDATE_GOLDEN=1
// and read the difference.

#include "cli/help.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "cli/commands.h"

namespace benchkeep::cli {
namespace {

using Pages = std::map<std::string, std::string>;

void AddPages(const Command& command, const std::string& name,
              const render::Face& face, Pages& pages) {
  pages[name] = HelpText(command, name, face);
  for (const Command& subcommand : command.subcommands) {
    AddPages(subcommand, name + " " + subcommand.name, face, pages);
  }
}

Pages AllPages(const render::Translator& translator) {
  const render::Face face{translator, false, 80};
  Pages pages{{"benchkeep", OverviewText(face)}};
  for (const Command* command : AllCommands()) {
    AddPages(*command, command->name, face, pages);
  }
  return pages;
}

void Compare(const std::string& language, const Pages& pages) {
  const auto folder = std::filesystem::path(BENCHKEEP_SOURCE_DIR) / "tests" /
                      "golden" / "help" / language;
  const bool update = std::getenv("BENCHKEEP_UPDATE_GOLDEN") != nullptr;
  if (update) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  std::size_t files = 0;
  for (const auto& [name, text] : pages) {
    std::string file = name + ".txt";
    std::replace(file.begin(), file.end(), ' ', '-');
    if (update) std::ofstream(folder / file) << text;
    std::ostringstream golden;
    golden << std::ifstream(folder / file).rdbuf();
    EXPECT_EQ(golden.str(), text)
        << (folder / file) << ": see the top of help_test.cc";
    ++files;
  }
  std::size_t there = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(folder)) {
    ++there;
  }
  EXPECT_EQ(there, files) << folder << " holds help of commands that are gone";
}

TEST(Help, IsAsReviewedInEnglish) { Compare("en", AllPages({})); }

TEST(Help, IsAsReviewedInChinese) {
  const render::Translator chinese(
      render::Language::kChinese,
      {std::filesystem::path(BENCHKEEP_BINARY).parent_path() / "locale"});
  ASSERT_EQ(chinese.language(), render::Language::kChinese);
  Compare("zh", AllPages(chinese));
}

TEST(Help, EveryCommandTeaches) {
  for (const auto& [name, text] : AllPages({})) {
    if (name == "benchkeep") continue;
    EXPECT_NE(text.find("\nExamples\n"), std::string::npos) << name;
    EXPECT_NE(text.find("\nExit codes\n"), std::string::npos) << name;
    EXPECT_EQ(text.find("\n\n\n"), std::string::npos) << name;
  }
}

TEST(Help, NoLineIsWiderThanTheTerminal) {
  for (const auto& [name, text] : AllPages({})) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      // Examples are for copying and never broken.
      if (line.find("    benchkeep ") == 0) continue;
      EXPECT_LE(line.size(), 80U) << name << ": " << line;
    }
  }
}

}  // namespace
}  // namespace benchkeep::cli
