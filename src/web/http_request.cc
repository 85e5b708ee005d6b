// Reading HTTP requests.

#include "web/http_request.h"

#include <algorithm>
#include <optional>

namespace benchkeep::web {
namespace {

constexpr int kBadRequest = 400;
constexpr int kTooLarge = 413;
constexpr int kTargetTooLong = 414;
constexpr int kExpectationFailed = 417;
constexpr int kHeadersTooLarge = 431;
constexpr int kNotImplemented = 501;
constexpr int kVersionNotSupported = 505;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsTokenChar(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kOthers.find(c) != std::string_view::npos;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenChar);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<int> HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// %XX and '+'; nullopt when it is malformed or decodes to a control character.
std::optional<std::string> Decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+') c = ' ';
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const auto high = HexDigit(text[i + 1]);
      const auto low = HexDigit(text[i + 2]);
      if (!high || !low) return std::nullopt;
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return std::nullopt;
    out += c;
  }
  return out;
}

// The pieces of `text` between separators.
std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool ReadQuery(std::string_view text, HttpRequest& request) {
  for (const std::string_view part : Split(text, '&')) {
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const auto name = Decode(part.substr(0, equals));
    const auto value = equals == std::string_view::npos
                           ? std::optional<std::string>("")
                           : Decode(part.substr(equals + 1));
    if (!name || !value) return false;
    request.query[*name] = *value;
  }
  return true;
}

// 0, or the status to refuse it with.
int ReadRequestLine(std::string_view line, const HttpLimits& limits,
                    HttpRequest& request) {
  const std::vector<std::string_view> words = Split(line, ' ');
  if (words.size() != 3 || !IsToken(words[0])) return kBadRequest;
  const std::string_view target = words[1];
  const std::string_view version = words[2];
  if (version.size() != 8 || !version.starts_with("HTTP/") ||
      !IsDigit(version[5]) || version[6] != '.' || !IsDigit(version[7])) {
    return kBadRequest;
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return kVersionNotSupported;
  }
  if (target.size() > limits.target_bytes) return kTargetTooLong;
  const bool plain = std::all_of(target.begin(), target.end(), [](char c) {
    return c > 0x20 && c < 0x7F && c != '#' && c != '\\' && c != '"' &&
           c != '<' && c != '>';
  });
  if (!plain || !target.starts_with('/')) return kBadRequest;
  request.method = words[0];
  request.keep_alive = version == "HTTP/1.1";
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  // All our paths are plain: an encoded or dotted one is an attempt.
  if (request.path.find('%') != std::string::npos ||
      request.path.find("//") != std::string::npos) {
    return kBadRequest;
  }
  for (const std::string_view part : Split(request.path, '/')) {
    if (part == "." || part == "..") return kBadRequest;
  }
  if (question != std::string_view::npos &&
      !ReadQuery(target.substr(question + 1), request)) {
    return kBadRequest;
  }
  return 0;
}

int ReadHeader(std::string_view line, const HttpLimits& limits,
               HttpRequest& request) {
  if (request.headers.size() == limits.headers) return kHeadersTooLarge;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return kBadRequest;
  // No space before the colon, and no folded lines: both are no tokens.
  const std::string_view name = line.substr(0, colon);
  if (!IsToken(name)) return kBadRequest;
  const std::string_view value = Trim(line.substr(colon + 1));
  const bool clean = std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
  if (!clean) return kBadRequest;
  request.headers.emplace_back(Lower(name), value);
  return 0;
}

// Headers that decide about the request itself: once at most.
int CheckHeaders(const HttpRequest& request) {
  constexpr std::string_view kOnce[] = {
      "host",   "content-length", "content-type", "authorization",
      "origin", "cookie",         "x-csrf-token", "connection"};
  for (const std::string_view name : kOnce) {
    const auto count =
        std::count_if(request.headers.begin(), request.headers.end(),
                      [&](const auto& header) { return header.first == name; });
    if (count > 1) return kBadRequest;
  }
  for (const auto& [name, value] : request.headers) {
    if (name == "transfer-encoding") return kNotImplemented;
    if (name == "expect") return kExpectationFailed;
    if (name == "upgrade") return kNotImplemented;
  }
  return 0;
}

int ReadLength(const HttpRequest& request, const HttpLimits& limits,
               std::size_t& length) {
  constexpr std::size_t kMostDigits = 9;
  length = 0;
  for (const auto& [name, value] : request.headers) {
    if (name != "content-length") continue;
    if (value.empty() || !std::all_of(value.begin(), value.end(), IsDigit)) {
      return kBadRequest;
    }
    if (value.size() > kMostDigits) return kTooLarge;
    length = std::stoul(value);
    if (length > limits.body_bytes) return kTooLarge;
  }
  return 0;
}

bool HasBareLineFeed(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') return true;
  }
  return false;
}

ParsedRequest Refused(int status) {
  ParsedRequest refused;
  refused.state = Parse::kBad;
  refused.status = status;
  return refused;
}

// Reads everything before the empty line.
int ReadHead(std::string_view head, const HttpLimits& limits,
             HttpRequest& request) {
  bool first = true;
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    // A bare CR or LF would be a line end for some readers.
    if (line.find_first_of("\r\n") != std::string_view::npos) {
      return kBadRequest;
    }
    const int bad = first ? ReadRequestLine(line, limits, request)
                          : ReadHeader(line, limits, request);
    if (bad != 0) return bad;
    first = false;
    head.remove_prefix(end + 2);
  }
  return CheckHeaders(request);
}

}  // namespace

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

std::string_view HttpRequest::Cookie(std::string_view name) const {
  for (const std::string_view part : Split(Header("cookie"), ';')) {
    const std::string_view pair = Trim(part);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return pair.substr(equals + 1);
    }
  }
  return {};
}

ParsedRequest ParseHttpRequest(std::string_view input,
                               const HttpLimits& limits) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t end =
      input.substr(0, std::min(input.size(), limits.head_bytes)).find(kEnd);
  if (end == std::string_view::npos) {
    if (input.size() >= limits.head_bytes) return Refused(kHeadersTooLarge);
    // Nothing that is no HTTP is waited for.
    if (HasBareLineFeed(input)) return Refused(kBadRequest);
    const std::string_view word = input.substr(0, input.find(' '));
    constexpr std::size_t kLongestMethod = 32;
    if (!input.empty() && (!IsToken(word) || word.size() > kLongestMethod)) {
      return Refused(kBadRequest);
    }
    return {};
  }
  ParsedRequest out;
  HttpRequest& request = out.request;
  if (const int bad = ReadHead(input.substr(0, end + 2), limits, request);
      bad != 0) {
    return Refused(bad);
  }
  std::size_t length = 0;
  if (const int bad = ReadLength(request, limits, length); bad != 0) {
    return Refused(bad);
  }
  const std::size_t head_bytes = end + kEnd.size();
  if (input.size() - head_bytes < length) {
    out.head_done = true;
    return out;
  }
  request.body = input.substr(head_bytes, length);
  const std::string connection = Lower(request.Header("connection"));
  if (connection == "close") request.keep_alive = false;
  if (connection == "keep-alive") request.keep_alive = true;
  out.state = Parse::kDone;
  out.bytes = head_bytes + length;
  return out;
}

}  // namespace benchkeep::web
