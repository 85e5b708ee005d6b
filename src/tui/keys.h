// Keys out of the bytes that a terminal sends.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace benchkeep::tui {

struct Key {
  enum class Code {
    kCharacter,  // `character`, ASCII.
    kUp,
    kDown,
    kLeft,
    kRight,
    kPageUp,
    kPageDown,
    kHome,
    kEnd,
    kEnter,
    kEscape,
    kTab,
    kBackTab,
    kOther,  // Understood by nobody here.
  };
  Code code = Code::kOther;
  char character = '\0';
  bool operator==(const Key&) const = default;
};

// A sequence may come in pieces, and Escape alone begins like one: what is not
// complete waits for more, or for Flush().
class KeyReader {
 public:
  std::vector<Key> Feed(std::string_view bytes);
  // Nothing more came for a moment: what waits is what it is.
  std::vector<Key> Flush();
  [[nodiscard]] bool waiting() const { return !pending_.empty(); }

 private:
  std::string pending_;
};

}  // namespace benchkeep::tui
