// gettext behind Translator.

#include "render/translate.h"

#include <fmt/format.h>
#include <libintl.h>

#include <clocale>
#include <cstdlib>
#include <system_error>

#include "base/text.h"

namespace benchkeep::render {
namespace {

constexpr const char* kDomain = "benchkeep";

bool IsPlainC(const std::string& name) {
  return name == "C" || name == "POSIX";
}

// gettext wants a locale other than "C" before it translates at all; C.UTF-8 is
// everywhere, and LANGUAGE then chooses the catalogue.
bool SetUpChinese(const std::vector<std::filesystem::path>& folders) {
  for (const std::filesystem::path& folder : folders) {
    std::error_code ignored;
    if (!std::filesystem::exists(
            folder / "zh_CN" / "LC_MESSAGES" / "benchkeep.mo", ignored)) {
      continue;
    }
    if (std::setlocale(LC_MESSAGES, "C.UTF-8") == nullptr) return false;
    ::setenv("LANGUAGE", "zh_CN", 1);
    return ::bindtextdomain(kDomain, folder.c_str()) != nullptr &&
           ::bind_textdomain_codeset(kDomain, "UTF-8") != nullptr;
  }
  return false;
}

}  // namespace

Language LanguageOf(const LocaleNames& names) {
  const std::string& locale = !names.lc_all.empty()        ? names.lc_all
                              : !names.lc_messages.empty() ? names.lc_messages
                                                           : names.lang;
  if (IsPlainC(locale)) return Language::kEnglish;
  const std::string& wanted = names.language.empty() ? locale : names.language;
  return wanted.starts_with("zh") ? Language::kChinese : Language::kEnglish;
}

Translator::Translator(Language language,
                       const std::vector<std::filesystem::path>& folders) {
  if (language == Language::kChinese && SetUpChinese(folders)) {
    language_ = Language::kChinese;
  }
}

std::string Translator::Tr(const char* msgid) const {
  // The empty msgid is the catalogue's header.
  if (language_ == Language::kEnglish || *msgid == '\0') return msgid;
  return ::dgettext(kDomain, msgid);
}

std::string Translator::Tr(const Message& message) const {
  std::vector<std::string> args;
  args.reserve(message.args.size());
  for (const std::string& arg : message.args) args.push_back(Printable(arg));
  return Fill(Tr(message.msgid).c_str(), args);
}

std::string Printable(std::string_view text) {
  std::string out;
  const std::string clean = CleanUtf8(text);
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const auto byte = static_cast<unsigned char>(clean[i]);
    const bool next_is_c1 = byte == 0xC2 && i + 1 < clean.size() &&
                            static_cast<unsigned char>(clean[i + 1]) < 0xA0;
    if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (next_is_c1) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(clean[++i]));
    } else {
      out += clean[i];
    }
  }
  return out;
}

}  // namespace benchkeep::render
