// What is always the same about a message, and a message that can be shown.

#include "ops/log_pattern.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "base/text.h"
#include "ops/log_line.h"

namespace benchkeep::ops {
namespace {

constexpr std::size_t kMaxRead = 1000;  // Of a message.
constexpr std::size_t kMaxPattern = 200;
constexpr std::size_t kMaxQuote = 200;
constexpr std::size_t kMinId = 8;       // "a3f81c02"
constexpr std::size_t kMinSecret = 32;  // A key without a name.
constexpr std::size_t kMaxStatus = 3;   // Digits of a status code.
constexpr char kEscape = '\x1b';
constexpr auto kNone = std::string_view::npos;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsAlnum(char c) { return IsDigit(c) || IsUpper(c) || IsLower(c); }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }
bool IsToken(char c) { return IsAlnum(c) || c == '_' || c == '.' || c == '-'; }
char Lower(char c) { return IsUpper(c) ? static_cast<char>(c + 32) : c; }

bool SameWord(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(),
                    [](char a, char b) { return Lower(a) == b; });
}

// "MPE-429", "PL-002": a code of somebody's, not a number.
bool IsCode(std::string_view token) {
  const std::size_t dash = token.find('-');
  return dash != kNone && dash >= 2 && dash <= 6 && token.size() <= dash + 5 &&
         token.size() > dash + 1 &&
         std::all_of(token.begin(), token.begin() + dash, IsUpper) &&
         std::all_of(token.begin() + dash + 1, token.end(), IsDigit);
}

bool IsId(std::string_view token) {
  if (token.size() < kMinId) return false;
  std::size_t digits = 0;
  std::size_t hex = 0;
  for (const char c : token) {
    digits += IsDigit(c) ? 1 : 0;
    hex += IsHex(c) || c == '-' ? 1 : 0;
  }
  return digits > 0 && (hex == token.size() || (token.size() >= 2 * kMinId &&
                                                digits * 4 >= token.size()));
}

// The text of a member, however deep, in the quotes of Python or JSON.
std::string_view Member(std::string_view payload, std::string_view name) {
  for (std::size_t at = payload.find(name); at != kNone;
       at = payload.find(name, at + 1)) {
    std::string_view rest = payload.substr(at + name.size());
    if (at == 0 || rest.empty() || rest[0] != payload[at - 1]) continue;
    rest.remove_prefix(1);
    if (!rest.starts_with(':')) continue;
    rest.remove_prefix(1);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (rest.empty() || (rest[0] != '\'' && rest[0] != '"')) continue;
    return rest.substr(1, rest.find(rest[0], 1) - 1);
  }
  return {};
}

class PatternWriter {
 public:
  PatternWriter(std::string_view text, std::string_view model, std::string& out)
      : text_(text.substr(0, kMaxRead)), model_(model), out_(out) {}

  void Write() {
    while (at_ < text_.size() && out_.size() < kMaxPattern) {
      if (EmbeddedLine(at_)) return;
      if (Escape() || Space() || Payload() || Url() || Path() || Quote()) {
        continue;
      }
      if (IsToken(text_[at_])) {
        Token();
      } else {
        out_ += text_[at_++];
      }
    }
  }

 private:
  [[nodiscard]] std::string_view Rest() const { return text_.substr(at_); }
  [[nodiscard]] bool AtWordStart() const {
    return at_ == 0 || !IsAlnum(text_[at_ - 1]);
  }

  // Another process wrote its line into this one.
  [[nodiscard]] bool EmbeddedLine(std::size_t at) const {
    constexpr std::string_view kForm = "dddd-dd-dd dd:";
    if (!IsDigit(text_[at]) || at == 0 || at + kForm.size() > text_.size() ||
        text_[at + 4] != '-') {
      return false;
    }
    for (std::size_t i = 0; i < kForm.size(); ++i) {
      const char c = text_[at + i];
      if (kForm[i] == 'd' ? !IsDigit(c) : c != kForm[i]) return false;
    }
    return true;
  }

  bool Escape() {
    if (text_[at_] != kEscape) return false;
    const std::size_t end = text_.find('m', at_);
    at_ = end == kNone ? text_.size() : end + 1;
    return true;
  }

  bool Space() {
    if (static_cast<unsigned char>(text_[at_]) > ' ') return false;
    if (!out_.empty() && out_.back() != ' ') out_ += ' ';
    ++at_;
    return true;
  }

  // {'success': False, 'message': 'why', 'code': 'MPE-429', ...}
  bool Payload() {
    const std::string_view rest = Rest();
    if (!rest.starts_with("{'") && !rest.starts_with("{\"")) return false;
    at_ = text_.size();
    const std::string_view why = Member(rest, "message");
    if (why.empty()) {
      out_ += "{...}";
      return true;
    }
    PatternWriter(why, model_, out_).Write();
    const std::string_view code = Member(rest, "code");
    if (!code.empty()) {
      out_ += " (";
      PatternWriter(code, model_, out_).Write();
      out_ += ')';
    }
    return true;
  }

  bool Url() {
    if (text_[at_] != 'h' || !AtWordStart()) return false;
    const std::string_view rest = Rest();
    if (!rest.starts_with("http://") && !rest.starts_with("https://")) {
      return false;
    }
    out_ += "<url>";
    SkipTo(" '\"<>)]},");
    return true;
  }

  // Absolute, or with a '/' and an ending: "logs/a.json".
  bool Path() {
    const char c = text_[at_];
    if (!AtWordStart() || (c != '/' && c != '.' && c != '~' && !IsAlnum(c))) {
      return false;
    }
    std::size_t end = at_;
    std::size_t slashes = 0;
    std::size_t letters = 0;
    while (end < text_.size() &&
           (IsToken(text_[end]) || text_[end] == '/' || text_[end] == '~')) {
      slashes += text_[end] == '/' ? 1 : 0;
      letters += IsAlnum(text_[end]) && !IsDigit(text_[end]) ? 1 : 0;
      ++end;
    }
    if (slashes == 0 || letters < 2) return false;
    const std::string_view token = text_.substr(at_, end - at_);
    if (token.starts_with("HTTP/")) return false;
    const std::size_t dot = token.rfind('.');
    const bool absolute = c == '/' || token.starts_with("./") ||
                          token.starts_with("../") || c == '~';
    if (!absolute && (dot == kNone || dot < token.rfind('/'))) return false;
    out_ += "<path>";
    at_ = end;
    return true;
  }

  bool Quote() {
    const char quote = text_[at_];
    if ((quote != '\'' && quote != '"') || !AtWordStart()) return false;
    const std::size_t end = text_.substr(at_, kMaxQuote).find(quote, 1);
    if (end == kNone) return false;
    out_ += quote;
    out_ += '*';
    out_ += quote;
    at_ += end + 1;
    return true;
  }

  void Token() {
    if (Rest().starts_with("HTTP/")) {
      out_ += "HTTP";
      word_ = "http";
      SkipTo(" ");
      return;
    }
    std::size_t end = at_;
    while (end < text_.size() && IsToken(text_[end]) &&
           (end == at_ || !EmbeddedLine(end))) {
      ++end;
    }
    // A full stop or a dash at the end belongs to the sentence.
    while (end > at_ + 1 && (text_[end - 1] == '.' || text_[end - 1] == '-')) {
      --end;
    }
    const std::string_view token = text_.substr(at_, end - at_);
    at_ = end;
    const std::string_view before = word_;
    word_ = token;
    if (!model_.empty() && token == model_) {
      out_ += "<model>";
    } else if (token.starts_with("sk-")) {
      out_ += "<key>";
    } else if (std::none_of(token.begin(), token.end(), IsDigit) ||
               IsCode(token) || IsStatus(token, before)) {
      out_ += token;
    } else if (IsId(token)) {
      out_ += "<id>";
    } else {
      Digits(token);
    }
  }

  [[nodiscard]] bool IsStatus(std::string_view token,
                              std::string_view before) const {
    if (token.size() > kMaxStatus ||
        !std::all_of(token.begin(), token.end(), IsDigit)) {
      return false;
    }
    for (const std::string_view word :
         {"code", "status", "errno", "http", "exit", "signal"}) {
      if (SameWord(before, word)) return true;
    }
    // "exit code" in Chinese ends in this character.
    constexpr std::string_view kCode = "\xE7\xA0\x81";
    const std::string_view out(out_);
    return out.substr(out.size() > 6 ? out.size() - 6 : 0).find(kCode) != kNone;
  }

  void Digits(std::string_view token) {
    bool in_number = false;
    for (std::size_t i = 0; i < token.size(); ++i) {
      const bool joins = (token[i] == '.' || token[i] == ',') && in_number &&
                         i + 1 < token.size() && IsDigit(token[i + 1]);
      if (IsDigit(token[i]) || joins) {
        if (!in_number) out_ += '#';
        in_number = true;
      } else {
        out_ += token[i];
        in_number = false;
      }
    }
  }

  void SkipTo(std::string_view stops) {
    at_ = std::min(text_.find_first_of(stops, at_), text_.size());
  }

  std::string_view text_;
  std::string_view model_;
  std::string& out_;
  std::size_t at_ = 0;
  std::string_view word_;  // The last one.
};

// At most `max_bytes`, never in the middle of a character.
void Cut(std::string& text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  text.resize(end);
}

// Takes secrets out of a text, from its start to its end.
class Scrubber {
 public:
  explicit Scrubber(std::string_view text) : text_(text) {}

  std::string Run() {
    while (at_ < text_.size()) {
      if (at_ == 0 || !IsAlnum(text_[at_ - 1])) {
        if (Known() || Bearer() || Named() || Nameless()) continue;
      }
      if (UserInfo()) continue;
      out_ += text_[at_++];
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::size_t EndOf(std::size_t from,
                                  std::string_view more) const {
    std::size_t end = from;
    while (end < text_.size() &&
           (IsAlnum(text_[end]) || more.find(text_[end]) != kNone)) {
      ++end;
    }
    return end;
  }

  // Tokens that tell by their first letters what they are.
  bool Known() {
    for (const std::string_view prefix :
         {"sk-", "ghp_", "hf_", "AKIA", "AIza", "eyJ", "xox"}) {
      if (!text_.substr(at_).starts_with(prefix)) continue;
      const std::size_t end = EndOf(at_, "_-.*");
      if (end - at_ < prefix.size() + 6) continue;
      out_ += prefix;
      out_ += "***";
      at_ = end;
      return true;
    }
    return false;
  }

  bool Bearer() {
    for (const std::string_view word : {"bearer ", "basic "}) {
      if (!SameWord(text_.substr(at_, word.size()), word)) continue;
      const std::size_t from = at_ + word.size();
      const std::size_t end = EndOf(from, "_-.~+/=*");
      if (end - from < 6) continue;
      out_ += text_.substr(at_, word.size());
      out_ += "***";
      at_ = end;
      return true;
    }
    return false;
  }

  // api_key=..., "password": "...", Authorization: ..., and in Chinese.
  bool Named() {
    std::size_t end = EndOf(at_, "_-");
    constexpr std::string_view kKey = "\xE5\xAF\x86\xE9\x92\xA5";
    if (text_.substr(at_).starts_with(kKey)) {
      end = at_ + kKey.size();
    } else if (!NamesSecret(text_.substr(at_, end - at_))) {
      return false;
    }
    constexpr std::string_view kProvided = " provided";
    if (text_.substr(end).starts_with(kProvided)) end += kProvided.size();
    while (end < text_.size() &&
           (text_[end] == '\'' || text_[end] == '"' || text_[end] == ' ')) {
      ++end;
    }
    constexpr std::string_view kColon = "\xEF\xBC\x9A";  // Fullwidth.
    if (end >= text_.size()) return false;
    if (text_[end] == ':' || text_[end] == '=') {
      ++end;
    } else if (text_.substr(end).starts_with(kColon)) {
      end += kColon.size();
    } else {
      return false;
    }
    while (end < text_.size() &&
           (text_[end] == ' ' || text_[end] == '\'' || text_[end] == '"')) {
      ++end;
    }
    // "Authorization: Bearer ...": the next look sees that.
    const std::size_t stop =
        std::min(text_.find_first_of(" '\",;&)}]", end), text_.size());
    const bool is_scheme = SameWord(text_.substr(end, stop - end), "bearer") ||
                           SameWord(text_.substr(end, stop - end), "basic");
    out_ += text_.substr(at_, end - at_);
    if (!is_scheme && stop > end) out_ += "***";
    at_ = is_scheme ? end : stop;
    return true;
  }

  static bool NamesSecret(std::string_view name) {
    for (const std::string_view word :
         {"key", "token", "secret", "password", "passwd", "authorization",
          "credential"}) {
      if (name.size() >= word.size() &&
          SameWord(name.substr(name.size() - word.size()), word)) {
        return true;
      }
    }
    return false;
  }

  // Long, with digits and letters of both cases, or all hexadecimal.
  bool Nameless() {
    const std::size_t end = EndOf(at_, "_-+=");
    const std::string_view token = text_.substr(at_, end - at_);
    if (token.size() < kMinSecret) return false;
    const auto any = [token](bool (*is)(char)) {
      return std::any_of(token.begin(), token.end(), is);
    };
    const bool mixed = any(IsDigit) && any(IsUpper) && any(IsLower);
    if (!mixed && !std::all_of(token.begin(), token.end(), IsHex)) return false;
    out_ += "***";
    at_ = end;
    return true;
  }

  // https://user:password@host
  bool UserInfo() {
    if (!text_.substr(at_).starts_with("://")) return false;
    const std::size_t from = at_ + 3;
    const std::size_t stop =
        std::min(text_.find_first_of(" /'\"", from), text_.size());
    const std::size_t at_sign = text_.substr(from, stop - from).rfind('@');
    out_ += "://";
    at_ = from;
    if (at_sign != kNone) {
      out_ += "***";
      at_ += at_sign;
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

void PatternOf(std::string_view message, std::string_view model,
               std::string& pattern) {
  pattern.clear();
  PatternWriter(message, model, pattern).Write();
  Cut(pattern, kMaxPattern);
  while (pattern.ends_with(' ')) pattern.pop_back();
}

std::size_t DecidingBytes(std::string_view message) {
  message = message.substr(0, kMaxRead);
  const std::size_t brace = message.find('{');
  if (brace == kNone || brace + 1 >= message.size()) return 0;
  const std::string_view head = message.substr(0, brace);
  const std::string_view payload = message.substr(brace);
  // Quotes, colours and what ends at a space could reach into the payload.
  if ((payload[1] != '\'' && payload[1] != '"') ||
      (!head.empty() && head.back() != ' ')) {
    return 0;
  }
  for (const char c : {'\'', '"', kEscape}) {
    if (head.find(c) != kNone) return 0;
  }
  const std::string_view why = Member(payload, "message");
  const std::string_view code = Member(payload, "code");
  if (why.empty() || code.empty()) return 0;
  const char* end =
      std::max(why.data() + why.size(), code.data() + code.size());
  const auto size = static_cast<std::size_t>(end - message.data());
  return size < message.size() ? size + 1 : 0;  // With the quote behind them.
}

std::string Scrubbed(std::string_view text, std::size_t max_bytes) {
  std::string plain;
  // Some more than will be shown, so that no secret is cut before it is seen.
  constexpr std::size_t kSlack = 4096;
  text = text.substr(0, max_bytes + kSlack);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == kEscape) {
      const std::size_t end = text.find('m', i);
      if (end != kNone && end < i + 12) i = end;
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0 || byte == '\r') continue;
    plain += byte < ' ' || byte == 0x7F ? ' ' : text[i];
  }
  std::string out = Scrubber(CleanUtf8(plain)).Run();
  Cut(out, max_bytes);
  return out;
}

}  // namespace benchkeep::ops
