// The sequences of xterm, VT220, rxvt and the Linux console.

#include "tui/keys.h"

#include <array>
#include <cstddef>

namespace benchkeep::tui {
namespace {

using Code = Key::Code;

struct Sequence {
  std::string_view bytes;  // After Escape.
  Code code;
};

constexpr std::array<Sequence, 20> kSequences = {{
    {"[A", Code::kUp},        {"OA", Code::kUp},    {"[B", Code::kDown},
    {"OB", Code::kDown},      {"[D", Code::kLeft},  {"OD", Code::kLeft},
    {"[C", Code::kRight},     {"OC", Code::kRight}, {"[5~", Code::kPageUp},
    {"[6~", Code::kPageDown}, {"[H", Code::kHome},  {"OH", Code::kHome},
    {"[1~", Code::kHome},     {"[7~", Code::kHome}, {"[F", Code::kEnd},
    {"OF", Code::kEnd},       {"[4~", Code::kEnd},  {"[8~", Code::kEnd},
    {"[Z", Code::kBackTab},   {"OM", Code::kEnter},
}};

// Length of the escape sequence at the start of `text` (which begins with
// Escape); 0 when it is not complete.
std::size_t SequenceLength(std::string_view text) {
  constexpr std::size_t kLongest = 32;
  if (text.size() < 2) return 0;
  if (text[1] == 'O') return text.size() < 3 ? 0 : 3;
  if (text[1] != '[') return 1;  // Escape, then another key.
  for (std::size_t i = 2; i < text.size(); ++i) {
    if (text[i] >= '@' && text[i] <= '~') return i + 1;
    if (i > kLongest) return i + 1;
  }
  return 0;
}

Key Simple(char byte) {
  constexpr char kDelete = 127;
  switch (byte) {
    case '\r':
    case '\n':
      return {Code::kEnter, '\0'};
    case '\t':
      return {Code::kTab, '\0'};
    case '\b':
    case kDelete:
    case '\x1b':
      return {Code::kEscape, '\0'};
    default:
      break;
  }
  if (byte >= ' ' && byte < kDelete) return {Code::kCharacter, byte};
  return {};
}

}  // namespace

std::vector<Key> KeyReader::Feed(std::string_view bytes) {
  pending_ += bytes;
  std::vector<Key> keys;
  while (!pending_.empty()) {
    if (pending_[0] != '\x1b') {
      keys.push_back(Simple(pending_[0]));
      pending_.erase(0, 1);
      continue;
    }
    const std::size_t length = SequenceLength(pending_);
    if (length == 0) break;
    Key key = length == 1 ? Simple('\x1b') : Key{};
    for (const Sequence& each : kSequences) {
      if (pending_.substr(1, length - 1) == each.bytes) key.code = each.code;
    }
    keys.push_back(key);
    pending_.erase(0, length);
  }
  return keys;
}

std::vector<Key> KeyReader::Flush() {
  if (pending_.empty()) return {};
  pending_.clear();
  return {Simple('\x1b')};
}

}  // namespace benchkeep::tui
