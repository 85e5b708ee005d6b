// How a person sees text: language, colours, width.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "render/translate.h"

namespace benchkeep::render {

enum class Ink { kPlain, kBold, kDim, kGood, kWarning, kBad };

// `text` in that ink, with the terminal's escape codes around it.
std::string InkOn(Ink ink, std::string_view text);

// What a renderer of text needs to know.  `translator` must outlive it.
struct Face {
  const Translator& translator;
  bool color = false;
  std::size_t width = 80;  // Columns.

  [[nodiscard]] std::string Tr(const char* msgid) const {
    return translator.Tr(msgid);
  }
  [[nodiscard]] std::string Tr(const Message& message) const {
    return translator.Tr(message);
  }
  [[nodiscard]] std::string Paint(Ink ink, std::string_view text) const {
    return color ? InkOn(ink, text) : std::string(text);
  }
};

}  // namespace benchkeep::render
