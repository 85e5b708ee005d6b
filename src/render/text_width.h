// Text glyph by glyph, as a terminal sees it.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace benchkeep::render {

// One character with the columns it takes, or an escape code with none.
struct Glyph {
  std::string_view bytes;
  char32_t point = 0;  // 0 for an escape code.
  std::size_t width = 0;
};

class GlyphReader {
 public:
  explicit GlyphReader(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool done() const { return rest_.empty(); }
  Glyph Next();

 private:
  std::string_view rest_;
  bool joined_ = false;  // The glyph before was a zero-width joiner.
  std::size_t last_width_ = 0;
};

// One line (no newline in it) in pieces of at most `width` columns.
std::vector<std::string> WrapLine(std::string_view line, std::size_t width);

}  // namespace benchkeep::render
