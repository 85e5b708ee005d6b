// Escape codes of the inks.

#include "render/style.h"

namespace benchkeep::render {
namespace {

const char* CodeOf(Ink ink) {
  switch (ink) {
    case Ink::kPlain:
      return "";
    case Ink::kBold:
      return "\x1b[1m";
    case Ink::kDim:
      return "\x1b[2m";
    case Ink::kGood:
      return "\x1b[32m";
    case Ink::kWarning:
      return "\x1b[33m";
    case Ink::kBad:
      return "\x1b[31m";
  }
  return "";
}

}  // namespace

std::string InkOn(Ink ink, std::string_view text) {
  if (ink == Ink::kPlain || text.empty()) return std::string(text);
  std::string out = CodeOf(ink);
  out += text;
  out += "\x1b[0m";
  return out;
}

}  // namespace benchkeep::render
