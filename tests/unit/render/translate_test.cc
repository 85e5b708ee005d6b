// Languages: choosing, falling back, and safe arguments.

#include "render/translate.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace benchkeep::render {
namespace {

TEST(LanguageOf, FollowsTheLocale) {
  EXPECT_EQ(LanguageOf({}), Language::kEnglish);
  EXPECT_EQ(LanguageOf({.lang = "zh_CN.UTF-8"}), Language::kChinese);
  EXPECT_EQ(LanguageOf({.lang = "en_US.UTF-8"}), Language::kEnglish);
  EXPECT_EQ(LanguageOf({.lc_all = "zh_CN.UTF-8", .lang = "en_US.UTF-8"}),
            Language::kChinese);
  EXPECT_EQ(LanguageOf({.lc_messages = "en_US.UTF-8", .lang = "zh_CN"}),
            Language::kEnglish);
}

TEST(LanguageOf, PutsLanguageFirstExceptInPlainC) {
  EXPECT_EQ(LanguageOf({.language = "zh_CN:en", .lang = "C.UTF-8"}),
            Language::kChinese);
  EXPECT_EQ(LanguageOf({.language = "en", .lang = "zh_CN.UTF-8"}),
            Language::kEnglish);
  EXPECT_EQ(LanguageOf({.language = "zh_CN", .lc_all = "C"}),
            Language::kEnglish);
}

TEST(Translator, FallsBackToEnglishWithoutACatalogue) {
  const Translator translator(Language::kChinese, {"/nonexistent"});
  EXPECT_EQ(translator.language(), Language::kEnglish);
  EXPECT_EQ(translator.Tr("warning"), "warning");
  EXPECT_EQ(translator.Tr(Say("{0} is fine", "x")), "x is fine");
}

TEST(Translator, SpeaksBothLanguagesInOneProcess) {
  const std::filesystem::path folder =
      std::filesystem::path(BENCHKEEP_BINARY).parent_path() / "locale";
  const Translator chinese(Language::kChinese, {"/nonexistent", folder});
  const Translator english;
  ASSERT_EQ(chinese.language(), Language::kChinese) << folder;
  EXPECT_EQ(chinese.Tr("warning"), "\xE8\xAD\xA6\xE5\x91\x8A");
  EXPECT_EQ(english.Tr("warning"), "warning");
  EXPECT_EQ(chinese.Tr(Say("{0} is fine", "a.toml")),
            "a.toml \xE6\xB2\xA1\xE6\x9C\x89\xE9\x97\xAE\xE9\xA2\x98");
  EXPECT_EQ(chinese.Tr("no such string"), "no such string");
  EXPECT_EQ(chinese.Tr(""), "");
}

TEST(Translator, EscapesControlCharactersInArguments) {
  const Translator english;
  EXPECT_EQ(english.Tr(Say("{0}", "a\x1b[31m\n\x7f")), "a\\x1b[31m\\n\\x7f");
}

TEST(Printable, KeepsWordsAndEscapesTheRest) {
  EXPECT_EQ(Printable("\xE6\xA8\xA1 ok"), "\xE6\xA8\xA1 ok");
  EXPECT_EQ(Printable("a\tb\r"), "a\\tb\\x0d");
  EXPECT_EQ(Printable("\xC2\x9B"
                      "31m"),
            "\\x9b31m");  // CSI in one character.
  EXPECT_EQ(Printable("\xFF"), "\xEF\xBF\xBD");
}

}  // namespace
}  // namespace benchkeep::render
