// An HTTP/1.1 request, read strictly and within limits.
//
// Only what a browser, curl and Prometheus send is understood (RFC 9112 without
// transfer codings, folded lines and absolute targets); everything else is
// refused with the status that says why.  Strict on purpose: what two readers
// could understand differently is how requests are smuggled.

#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace benchkeep::web {

struct HttpLimits {
  std::size_t head_bytes = 16 * 1024;  // Request line and all headers.
  std::size_t headers = 64;
  std::size_t target_bytes = 2048;
  std::size_t body_bytes = 64 * 1024;
};

struct HttpRequest {
  std::string method;
  std::string path;                          // "/api/v1/status", not decoded.
  std::map<std::string, std::string> query;  // Decoded; the last of a name.
  std::vector<std::pair<std::string, std::string>>
      headers;  // Lower-case names.
  std::string body;
  bool keep_alive = true;

  // The value of a header that may occur once; empty when it is not there.
  // `name` in lower case.
  [[nodiscard]] std::string_view Header(std::string_view name) const;
  // The value of a cookie, or empty.
  [[nodiscard]] std::string_view Cookie(std::string_view name) const;
};

enum class Parse {
  kMore,  // Not all of it is here yet.
  kDone,
  kBad,
};

struct ParsedRequest {
  Parse state = Parse::kMore;
  HttpRequest request;     // kDone.
  std::size_t bytes = 0;   // kDone: how many of the input it took.
  int status = 0;          // kBad: what to answer, before closing.
  bool head_done = false;  // kMore: only the body is missing.
};

// Looks for one request at the start of `input`.
ParsedRequest ParseHttpRequest(std::string_view input,
                               const HttpLimits& limits);

}  // namespace benchkeep::web
