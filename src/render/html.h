// Text in HTML.

#pragma once

#include <string>
#include <string_view>

namespace benchkeep::render {

// Safe between tags and in quoted attributes.
std::string HtmlText(std::string_view text);

}  // namespace benchkeep::render
