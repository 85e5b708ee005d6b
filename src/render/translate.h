// From messages to words in the language of whoever reads them.
//
// gettext holds the Chinese catalogue; English needs none, since the msgids are
// English.  Translators of both languages may live in one process: only the
// Chinese one asks gettext, which is set up for Chinese once.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/message.h"

namespace benchkeep::render {

enum class Language { kEnglish, kChinese };

// The part of the environment that names a language.
struct LocaleNames {
  std::string language = {};  // LANGUAGE, a list with ':'.
  std::string lc_all = {};
  std::string lc_messages = {};
  std::string lang = {};
};

// By gettext's own order: the first of LC_ALL, LC_MESSAGES and LANG that is set
// counts, and unless it is plain C, LANGUAGE goes before it.  C.UTF-8 is not
// plain C: it is the only locale of many machines.
Language LanguageOf(const LocaleNames& names);

class Translator {
 public:
  // English.
  Translator() = default;

  // Looks for zh_CN/LC_MESSAGES/benchkeep.mo below each of `folders`, in turn;
  // without a catalogue everything stays English.  Not thread-safe; the
  // Translator is.
  Translator(Language language,
             const std::vector<std::filesystem::path>& folders);

  // The language really spoken.
  [[nodiscard]] Language language() const { return language_; }

  [[nodiscard]] std::string Tr(const char* msgid) const;

  // With the arguments filled in.  Control characters in them (a file name may
  // hold any) are escaped, so that they cannot steer a terminal.
  [[nodiscard]] std::string Tr(const Message& message) const;

 private:
  Language language_ = Language::kEnglish;
};

// `text` as one line that is safe to print: control characters become \n, \t or
// \x1b, bytes that are not UTF-8 become U+FFFD.
std::string Printable(std::string_view text);

}  // namespace benchkeep::render
