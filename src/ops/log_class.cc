// Which kind of error a message tells of: words in English and Chinese.

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string>
#include <utility>

#include "ops/log_line.h"

namespace benchkeep::ops {
namespace {

constexpr std::array<std::pair<ErrorClass, const char*>, kErrorClasses> kNames =
    {{
        {ErrorClass::kRateLimit, "rate_limit"},
        {ErrorClass::kAuth, "auth"},
        {ErrorClass::kTimeout, "timeout"},
        {ErrorClass::kNetwork, "network"},
        {ErrorClass::kFormat, "format"},
        {ErrorClass::kCrash, "crash"},
        {ErrorClass::kDisk, "disk"},
        {ErrorClass::kOther, "other"},
    }};

// Only the start of a long message is looked at.
constexpr std::size_t kMaxClassified = 2000;

// Lower case.  A number stands for a status code: "Error code: 429".
constexpr std::string_view kRateLimit[] = {
    "429",
    "rate limit",
    "rate_limit",
    "ratelimit",
    "rate quota",
    "ratequota",
    "throttl",
    "too many requests",
    "quota exceeded",
    "insufficient_quota",
    "exceeded your current quota",
    "\xE9\x99\x90\xE6\xB5\x81",              // flow limit
    "\xE9\xA2\x91\xE7\x8E\x87",              // frequency
    "\xE8\xBF\x87\xE4\xBA\x8E\xE9\xA2\x91",  // too frequent
    "\xE9\x85\x8D\xE9\xA2\x9D",              // quota
};
constexpr std::string_view kAuth[] = {
    "401",
    "403",
    "unauthorized",
    "api key",
    "api_key",
    "apikey",
    "authentication",
    "permission_denied",
    "\xE5\xAF\x86\xE9\x92\xA5",              // key
    "\xE6\x9C\xAA\xE6\x8E\x88\xE6\x9D\x83",  // not authorised
    "\xE9\x89\xB4\xE6\x9D\x83",              // authorisation
    "\xE8\xAE\xA4\xE8\xAF\x81",              // authentication
};
constexpr std::string_view kDisk[] = {
    "no space left",
    "enospc",
    "[errno 28]",
    "[errno 122]",
    "[errno 30]",
    "[errno 5]",
    "disk quota",
    "disk full",
    "disk i/o",
    "read-only file system",
    "input/output error",
    "\xE7\xA3\x81\xE7\x9B\x98",              // disk
    "\xE7\xA9\xBA\xE9\x97\xB4\xE4\xB8\x8D",  // space not (enough)
};
constexpr std::string_view kTimeout[] = {
    "timeout",
    "timed out",
    "time out",
    "timedout",
    "deadline exceeded",
    "exit code: 124",
    "exit code 124",
    "504",
    "408",
    "\xE8\xB6\x85\xE6\x97\xB6",  // over time
};
constexpr std::string_view kNetwork[] = {
    "connection",
    "connecterror",
    "broken pipe",
    "refused",
    "unreachable",
    "name resolution",
    "getaddrinfo",
    "remote end closed",
    "remoteprotocolerror",
    "certificate",
    "ssl",
    "network",
    "bad gateway",
    "service unavailable",
    "502",
    "503",
    "\xE7\xBD\x91\xE7\xBB\x9C",  // network
    "\xE8\xBF\x9E\xE6\x8E\xA5",  // connection
};
constexpr std::string_view kCrash[] = {
    "traceback",
    "segmentation fault",
    "core dumped",
    "killed",
    "out of memory",
    "oom",
    "memoryerror",
    "uncaught",
    "unhandled",
    "exit code: 1",
    "exit code 1",
    "\xE5\xB4\xA9\xE6\xBA\x83",              // crashed
    "\xE5\x86\x85\xE5\xAD\x98\xE4\xB8\x8D",  // memory not (enough)
    "\xE9\x80\x80\xE5\x87\xBA\xE7\xA0\x81",  // exit code
    "\xE5\xBC\x82\xE5\xB8\xB8\xE9\x80\x80",  // left abnormally
    "\xE8\xBF\x9B\xE7\xA8\x8B\xE7\xBB\x88",  // process ended
};
constexpr std::string_view kFormat[] = {
    "format_issue",
    "format_error",
    "format error",
    "invalid format",
    "malformed",
    "json",
    "yaml",
    "to parse",
    "parse error",
    "parsing",
    "decode",
    "invalid literal",
    "unexpected token",
    "schema",
    "400",
    "422",
    "\xE6\xA0\xBC\xE5\xBC\x8F",  // format
    "\xE8\xA7\xA3\xE6\x9E\x90",  // parse
    "\xE8\xA7\xA3\xE7\xA0\x81",  // decode
};

struct Kind {
  ErrorClass kind;
  std::span<const std::string_view> words;
};
// The first that fits: the plainer sign goes before the vaguer one.
constexpr Kind kKinds[] = {
    {ErrorClass::kRateLimit, kRateLimit}, {ErrorClass::kAuth, kAuth},
    {ErrorClass::kDisk, kDisk},           {ErrorClass::kTimeout, kTimeout},
    {ErrorClass::kNetwork, kNetwork},     {ErrorClass::kCrash, kCrash},
    {ErrorClass::kFormat, kFormat},
};

bool IsAlnum(char c) { return std::isalnum(static_cast<unsigned char>(c)); }

// A number that stands alone, and after a word that makes it a status:
// "code: 429", "HTTP/1.1 429", "'MPE-429'".
bool HasStatus(const std::string& text, std::string_view number) {
  constexpr std::size_t kNear = 12;
  for (std::size_t at = text.find(number); at != std::string::npos;
       at = text.find(number, at + 1)) {
    const std::size_t end = at + number.size();
    if (end < text.size() && (IsAlnum(text[end]) || text[end] == '.')) continue;
    if (at == 0) return true;  // "429 Too Many Requests"
    if (IsAlnum(text[at - 1]) || text[at - 1] == '.' || text[at - 1] == ',') {
      continue;
    }
    if (text[at - 1] == '-' && at > 1 &&
        std::isalpha(static_cast<unsigned char>(text[at - 2])) != 0) {
      return true;
    }
    const std::size_t from = at > kNear ? at - kNear : 0;
    const std::string_view before(text.data() + from, at - from);
    for (const std::string_view word :
         {"code", "status", "http", "error", "\xE7\xA0\x81"}) {
      if (before.find(word) != std::string_view::npos) return true;
    }
  }
  return false;
}

// A short word must stand alone: "oom" is not in "room".
bool HasWord(const std::string& text, std::string_view word) {
  constexpr std::size_t kShort = 3;
  for (std::size_t at = text.find(word); at != std::string::npos;
       at = text.find(word, at + 1)) {
    if (word.size() > kShort || static_cast<unsigned char>(word[0]) >= 0x80) {
      return true;
    }
    const std::size_t end = at + word.size();
    if ((at == 0 || !IsAlnum(text[at - 1])) &&
        (end == text.size() || !IsAlnum(text[end]))) {
      return true;
    }
  }
  return false;
}

}  // namespace

const char* ErrorClassName(ErrorClass kind) {
  for (const auto& [each, name] : kNames) {
    if (each == kind) return name;
  }
  return "other";
}

ErrorClass ErrorClassOf(std::string_view name) {
  for (const auto& [kind, each] : kNames) {
    if (name == each) return kind;
  }
  return ErrorClass::kOther;
}

bool IsInfrastructure(ErrorClass kind) {
  switch (kind) {
    case ErrorClass::kRateLimit:
    case ErrorClass::kAuth:
    case ErrorClass::kTimeout:
    case ErrorClass::kNetwork:
    case ErrorClass::kDisk:
      return true;
    case ErrorClass::kFormat:
    case ErrorClass::kCrash:
    case ErrorClass::kOther:
      break;
  }
  return false;
}

ErrorClass Classify(std::string_view message) {
  std::string text(message.substr(0, kMaxClassified));
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c < 0x80 ? std::tolower(c) : c);
  });
  for (const Kind& kind : kKinds) {
    for (const std::string_view word : kind.words) {
      const bool status =
          std::isdigit(static_cast<unsigned char>(word[0])) != 0;
      if (status ? HasStatus(text, word) : HasWord(text, word)) {
        return kind.kind;
      }
    }
  }
  return ErrorClass::kOther;
}

}  // namespace benchkeep::ops
