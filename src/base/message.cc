// Filling of message templates.

#include "base/message.h"

#include <cstddef>

namespace benchkeep {

std::string Fill(const char* pattern, const std::vector<std::string>& args) {
  std::string out;
  for (const char* p = pattern; *p != '\0'; ++p) {
    if ((*p == '{' && p[1] == '{') || (*p == '}' && p[1] == '}')) {
      out += *p++;
      continue;
    }
    if (*p == '{' && p[1] >= '0' && p[1] <= '9' && p[2] == '}') {
      const auto index = static_cast<std::size_t>(p[1] - '0');
      if (index < args.size()) {
        out += args[index];
        p += 2;
        continue;
      }
    }
    out += *p;
  }
  return out;
}

std::string Message::English() const { return Fill(msgid, args); }

}  // namespace benchkeep
