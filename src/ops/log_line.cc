// Lines of logs, unwrapped and judged.

#include "ops/log_line.h"

#include <algorithm>
#include <array>

#include "ops/log_anchor.h"

namespace benchkeep::ops {
namespace {

constexpr std::size_t kStamp = 19;   // "2025-08-27 00:43:09"
constexpr std::size_t kMaxTag = 40;  // Longer brackets are text.
constexpr char kEscape = '\x1b';

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsAlpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr std::array<bool, 256> kWordBytes = [] {
  std::array<bool, 256> is{};
  for (unsigned c = 0; c < is.size(); ++c) {
    is[c] = IsAlpha(static_cast<char>(c)) || IsDigit(static_cast<char>(c)) ||
            c == '_' || c == '.';
  }
  return is;
}();
bool IsWord(char c) { return kWordBytes[static_cast<unsigned char>(c)]; }

// "dddd-dd-dd dd:dd:dd", with a T between as well.
bool IsStamp(std::string_view text) {
  if (text.size() < kStamp || text[4] != '-' || text[7] != '-' ||
      (text[10] != ' ' && text[10] != 'T') || text[13] != ':' ||
      text[16] != ':') {
    return false;
  }
  bool digits = true;  // All are looked at: no branch is mispredicted.
  for (const std::size_t i : {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18}) {
    digits &= IsDigit(text[i]);
  }
  return digits;
}

struct LevelWord {
  std::string_view word;
  LogLevel level;
};
constexpr std::array<LevelWord, 10> kLevels = {{
    {"INFO", LogLevel::kInfo},
    {"ERROR", LogLevel::kError},
    {"DEBUG", LogLevel::kDebug},
    {"WARNING", LogLevel::kWarning},
    {"WARN", LogLevel::kWarning},
    {"SUCCESS", LogLevel::kInfo},
    {"CRITICAL", LogLevel::kError},
    {"FATAL", LogLevel::kError},
    {"TRACE", LogLevel::kDebug},
    {"NOTICE", LogLevel::kInfo},
}};

LogLevel LevelOf(std::string_view word) {
  constexpr std::size_t kShortest = 4;
  constexpr std::size_t kLongest = 8;
  if (word.size() < kShortest || word.size() > kLongest) return LogLevel::kNone;
  for (const LevelWord& each : kLevels) {
    if (each.word[0] == word[0] && each.word == word) return each.level;
  }
  return LogLevel::kNone;
}

// Reads the prefix of a line: times, levels, loggers, wrappers, in any order.
class PrefixReader {
 public:
  explicit PrefixReader(std::string_view line) : text_(line) {}

  LogLine Read() {
    Skip();
    while (at_ < text_.size() && (Stamp() || Bracket() || Word() || Dash())) {
      Skip();
    }
    line_.message = text_.substr(std::min(at_, text_.size()));
    while (!line_.message.empty() &&
           static_cast<unsigned char>(line_.message.back()) <= ' ') {
      line_.message.remove_suffix(1);
    }
    // One space is the script's own word, more are a line it passes on.
    line_.wrapped = wrapper_ && line_.level == LogLevel::kError && spaces_ > 1;
    line_.indent = spaces_;
    return line_;
  }

 private:
  // Over spaces, colours and stray control characters.
  void Skip() {
    spaces_ = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == kEscape) {
        colored_ = true;
        const std::size_t end = text_.find('m', at_);
        if (end == std::string_view::npos || end > at_ + 12) {
          ++at_;
        } else {
          at_ = end + 1;
        }
      } else if (c == ' ' || c == '\t') {
        ++spaces_;
        ++at_;
      } else if (static_cast<unsigned char>(c) < ' ') {
        ++at_;
      } else {
        return;
      }
    }
  }

  bool Stamp() {
    if (!IsDigit(text_[at_]) || !IsStamp(text_.substr(at_))) return false;
    line_.time = text_.substr(at_, kStamp);
    at_ += kStamp;
    if (at_ + 1 < text_.size() && (text_[at_] == ',' || text_[at_] == '.') &&
        IsDigit(text_[at_ + 1])) {
      ++at_;
      while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    }
    if (at_ < text_.size() && text_[at_] == 'Z') ++at_;
    return true;
  }

  bool Bracket() {
    if (text_[at_] != '[') return false;
    const std::size_t end = text_.substr(at_, kMaxTag).find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view inside = text_.substr(at_ + 1, end - 1);
    if (IsStamp(inside)) {
      line_.time = inside.substr(0, kStamp);
    } else if (const LogLevel level = LevelOf(inside);
               level != LogLevel::kNone) {
      line_.level = level;
      wrapper_ = colored_;
    } else {
      line_.tag = inside;
      return false;
    }
    at_ += end + 1;
    return true;
  }

  bool Word() {
    if (!IsAlpha(text_[at_]) && text_[at_] != '_') return false;
    std::size_t end = at_;
    while (end < text_.size() && IsWord(text_[end])) ++end;
    const LogLevel level = LevelOf(text_.substr(at_, end - at_));
    const std::string_view after = text_.substr(end);
    if (level == LogLevel::kNone) {
      // "batch_test_runner - ERROR - ..."
      if (!after.starts_with(" - ")) return false;
      std::string_view next = after.substr(3);
      next = next.substr(0, next.find(' '));
      if (LevelOf(next) == LogLevel::kNone) return false;
      at_ = end + 3;
      return true;
    }
    if (after.starts_with(':')) {
      // "ERROR:__main__:..." of Python's default, or "ERROR: ...".
      at_ = end + 1;
      const std::string_view rest = text_.substr(at_, kMaxTag);
      const std::size_t colon = rest.find(':');
      if (colon != std::string_view::npos && colon > 0 &&
          std::all_of(rest.begin(), rest.begin() + colon, IsWord)) {
        at_ += colon + 1;
      }
    } else if (after.empty() || after[0] == ' ') {
      // A plain word only where nothing said it before: "CRITICAL failure".
      if (line_.level != LogLevel::kNone && !after.starts_with(" - ")) {
        return false;
      }
      at_ = end;
    } else {
      return false;
    }
    line_.level = level;
    wrapper_ = false;
    return true;
  }

  bool Dash() {
    if (!text_.substr(at_).starts_with("- ")) return false;
    if (line_.time.empty() && line_.level == LogLevel::kNone) return false;
    // "   - a list" below a wrapper is no separator.
    if (spaces_ > 1) return false;
    at_ += 1;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t spaces_ = 0;
  bool colored_ = false;
  bool wrapper_ = false;
  LogLine line_;
};

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// "ValueError: ...", "openai.RateLimitError: ...", the last line of a
// traceback.
bool IsExceptionLine(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && IsWord(text[end])) ++end;
  const std::string_view name = text.substr(0, end);
  if (end >= text.size() || text[end] != ':' || name.size() < 6) return false;
  return name.ends_with("Error") || name.ends_with("Exception");
}

bool IsRule(std::string_view message) {
  return message.starts_with("===") || message.starts_with("---") ||
         message.starts_with("***");
}

}  // namespace

LogLine ParseLogLine(std::string_view line) {
  return PrefixReader(line).Read();
}

bool TellsOfError(const LogLine& line) {
  if (line.level != LogLevel::kNone && line.level != LogLevel::kError) {
    return false;
  }
  if (line.message.empty() || IsRule(line.message)) return false;
  if (line.level == LogLevel::kError && !line.wrapped) return true;
  if (!line.tag.empty()) {
    return line.tag.ends_with("ERROR") || Contains(line.tag, "FAILURE") ||
           line.tag == "CRITICAL" || line.tag == "FATAL" ||
           line.tag == "FORMAT_ISSUE";
  }
  const std::string_view text = line.message;
  return text.starts_with(kCrossMark) || text.starts_with("Error code: ") ||
         text.starts_with("Error: ") || Contains(text, "Segmentation fault") ||
         text == "Killed" || Contains(text, " Killed ") ||
         IsExceptionLine(text);
}

std::string_view ModelIn(std::string_view message) {
  constexpr std::string_view kModel = "model";
  constexpr std::string_view kChinese = "\xE6\xA8\xA1\xE5\x9E\x8B";
  struct Mark {  // What stands before the name.
    std::string_view word;
    std::string_view before;
    std::string_view after;
  };
  constexpr std::array<Mark, 6> kMarks = {{{kModel, "", "="},
                                           {kModel, "", ": "},
                                           {kModel, "", " '"},
                                           {kModel, "'", "': '"},
                                           {kChinese, "", ": "},
                                           {kChinese, "", " "}}};
  constexpr std::size_t kNone = std::string_view::npos;
  // Where the first name after each mark would begin.
  std::array<std::size_t, kMarks.size()> names;
  names.fill(kNone);
  for (const std::string_view word : {kModel, kChinese}) {
    for (std::size_t at = message.find(word); at != kNone;
         at = message.find(word, at + word.size())) {
      const std::string_view before = message.substr(0, at);
      const std::string_view after = message.substr(at + word.size());
      for (std::size_t i = 0; i < kMarks.size(); ++i) {
        const Mark& mark = kMarks[i];
        if (names[i] == kNone && mark.word == word &&
            after.starts_with(mark.after) && before.ends_with(mark.before)) {
          names[i] = at + word.size() + mark.after.size();
        }
      }
    }
  }
  for (const std::size_t name_at : names) {
    if (name_at == kNone) continue;
    const std::string_view rest = message.substr(name_at);
    std::size_t end = 0;
    while (end < rest.size() && (IsWord(rest[end]) || rest[end] == '-')) ++end;
    const std::string_view name = rest.substr(0, end);
    // Names of models have a digit; "model: loading" names none.
    if (name.size() > 3 && std::any_of(name.begin(), name.end(), IsDigit)) {
      return name;
    }
  }
  return {};
}

}  // namespace benchkeep::ops
