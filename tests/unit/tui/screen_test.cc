// The screens are reviewed pictures: tests/golden/screens/<language>/<name>.txt
// holds them.
//
// After a change run the test once with BENCHKEEP_UPDATE_GOLDEN=1 and look at
// the difference.

#include "tui/screen.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "unit/tui/sample_inputs.h"

namespace benchkeep::tui {
namespace {

render::Translator Chinese() {
  return {render::Language::kChinese,
          {std::filesystem::path(BENCHKEEP_BINARY).parent_path() / "locale"}};
}

std::string TextOf(const Canvas& canvas) {
  std::string out;
  for (const std::string& line : canvas.Lines()) out += line + "\n";
  return out;
}

View Opened(Panel panel, int selected) {
  View view;
  view.focus = panel;
  view.open = true;
  view.selected = selected;
  return view;
}

std::map<std::string, std::string> Screens(const Look& look) {
  const Model model = SampleModel();
  std::map<std::string, std::string> out;
  const auto add = [&](const std::string& name, const View& view, Size size) {
    out[name] = TextOf(Compose(model, view, size, look));
  };
  add("80x24", {}, {80, 24});
  add("120x40", {}, {120, 40});
  add("40x12", {}, {40, 12});
  add("50x30", {}, {50, 30});
  View past;
  past.back = std::chrono::minutes(30);
  past.frozen = SampleNow();
  past.focus = Panel::kPace;
  add("past", past, {80, 24});
  View help;
  help.help = true;
  add("help", help, {80, 24});
  add("totals", Opened(Panel::kOverview, 0), {80, 30});
  add("models", Opened(Panel::kModels, 1), {100, 30});
  add("writers", Opened(Panel::kWriters, 0), {80, 24});
  add("errors", Opened(Panel::kErrors, 0), {80, 24});
  add("jobs", Opened(Panel::kJobs, 1), {80, 24});
  add("checks", Opened(Panel::kChecks, 0), {80, 24});
  add("machine", Opened(Panel::kMachine, 0), {80, 24});
  out["once"] = ComposeText(model, 80, look);
  return out;
}

void Compare(const std::string& language,
             const std::map<std::string, std::string>& screens) {
  const auto folder = std::filesystem::path(BENCHKEEP_SOURCE_DIR) / "tests" /
                      "golden" / "screens" / language;
  const bool update = std::getenv("BENCHKEEP_UPDATE_GOLDEN") != nullptr;
  std::filesystem::create_directories(folder);
  for (const auto& [name, text] : screens) {
    const std::filesystem::path file = folder / (name + ".txt");
    if (update) std::ofstream(file) << text;
    std::ostringstream golden;
    golden << std::ifstream(file).rdbuf();
    EXPECT_EQ(golden.str(), text) << file << ": see the top of screen_test.cc";
  }
}

TEST(ScreenTest, IsAsReviewedInEnglish) {
  const render::Translator english;
  Compare("en", Screens({english, Glyphs::kUnicode}));
  Compare("ascii", {{"80x24", TextOf(Compose(SampleModel(), {}, {80, 24},
                                             {english, Glyphs::kAscii}))}});
}

TEST(ScreenTest, IsAsReviewedInChinese) {
  const render::Translator chinese = Chinese();
  ASSERT_EQ(chinese.language(), render::Language::kChinese);
  Compare("zh", Screens({chinese, Glyphs::kUnicode}));
}

// The cells of a row always add up to its width, whatever is in it.
TEST(ScreenTest, EveryGlyphHasItsCells) {
  const render::Translator chinese = Chinese();
  for (const Model& model : {SampleModel(), Model()}) {
    for (int panel = 0; panel < kPanels; ++panel) {
      for (const bool open : {false, true}) {
        for (int width = 1; width < 140; width += 3) {
          for (const int height : {1, 4, 5, 11, 20, 24, 33}) {
            View view = Opened(static_cast<Panel>(panel), 0);
            view.open = open;
            const Canvas canvas = Compose(model, view, {width, height},
                                          {chinese, Glyphs::kUnicode});
            for (int y = 0; y < height; ++y) {
              int columns = 0;
              for (int x = 0; x < width; ++x) {
                columns += WidthOf(canvas.At(x, y).glyph);
              }
              ASSERT_EQ(columns, width) << width << "x" << height;
            }
          }
        }
      }
    }
  }
}

TEST(ScreenTest, OldFiguresSaySo) {
  const render::Translator english;
  Inputs inputs = SampleInputs();
  inputs["writers"].stale = true;
  inputs["writers"].collected = SampleNow() - std::chrono::minutes(7);
  inputs["errors"].document.reset();
  inputs["errors"].problem = "the disk does not answer";
  const Model model = ReadModel(inputs, SampleNow(), std::chrono::seconds(0));
  const std::string text =
      TextOf(Compose(model, {}, {80, 24}, {english, Glyphs::kAscii}));
  EXPECT_NE(text.find("1 not up to date"), std::string::npos) << text;
  EXPECT_NE(text.find("! 7 min"), std::string::npos) << text;
  EXPECT_NE(text.find("batch_test"), std::string::npos) << text;
  EXPECT_NE(text.find("the disk does not answer"), std::string::npos) << text;
}

TEST(ScreenTest, APlainTerminalGetsAsciiOnly) {
  const render::Translator english;
  Inputs inputs = SampleInputs();
  inputs.erase("status");
  inputs.erase("pace");
  inputs.erase("errors");
  const Model model = ReadModel(inputs, SampleNow(), std::chrono::seconds(0));
  for (const Size size : {Size{120, 40}, Size{80, 24}, Size{40, 12}}) {
    for (const char c :
         TextOf(Compose(model, {}, size, {english, Glyphs::kAscii}))) {
      ASSERT_LT(static_cast<unsigned char>(c), 0x80);
    }
  }
}

}  // namespace
}  // namespace benchkeep::tui
