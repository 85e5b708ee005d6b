// How a JSON text is laid out, so that it can be written back the same way.

#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace benchkeep {

struct JsonStyle {
  int indent = 2;        // 0: on one line.
  bool spaced = false;   // ", " and ": " on one line, as Python does.
  bool ascii = false;    // Everything else is "\\uXXXX", as Python does.
  bool newline = false;  // At the end.

  bool operator==(const JsonStyle&) const = default;
};

// The style of a text that need not be whole.
JsonStyle StyleOf(std::string_view text);

// `json` in that style.
std::string DumpAs(const Json& json, const JsonStyle& style);

}  // namespace benchkeep
