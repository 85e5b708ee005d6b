// HTTP requests: whatever comes, what is accepted is what it seems to be.

#include "fuzzer.h"
#include "web/http_request.h"

namespace benchkeep::fuzz {

std::vector<std::string> Seeds() {
  return {
      "GET / HTTP/1.1\r\nHost: localhost:8000\r\n\r\n",
      "GET /api/v1/status?lang=zh&a=%41+b HTTP/1.0\r\n"
      "Connection: keep-alive\r\nCookie: a=1; benchkeep=x\r\n\r\nGET / HTTP",
      "POST /api/v1/session HTTP/1.1\r\nContent-Length: 3\r\n\r\n{} rest",
      "GET /../x HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "GET / HTTP/1.1\r\nA : b\r\n c\r\n\r\n",
      "\x16\x03\x01",
  };
}

void Feed(std::string_view input) {
  const web::HttpLimits limits;
  const web::ParsedRequest parsed = web::ParseHttpRequest(input, limits);
  if (parsed.state == web::Parse::kBad) {
    Require(parsed.status >= 400 && parsed.status < 600, "a status of refusal");
    return;
  }
  if (parsed.state == web::Parse::kMore) {
    Require(input.size() < limits.head_bytes + limits.body_bytes,
            "nothing is waited for beyond the limits");
    return;
  }
  Require(parsed.bytes > 0 && parsed.bytes <= input.size(), "bytes taken");
  const web::HttpRequest& request = parsed.request;
  Require(request.path.starts_with('/'), "a path from the root");
  Require(request.path.find("..") == std::string::npos ||
              request.path.find("/..") == std::string::npos ||
              request.path.find("/../") == std::string::npos,
          "no way upwards");
  Require(request.body.size() <= limits.body_bytes, "a bounded body");
  for (const auto& [name, value] : request.headers) {
    Require(value.find_first_of("\r\n") == std::string::npos, "one line each");
  }
  // The same bytes alone are the same request.
  const web::ParsedRequest again =
      web::ParseHttpRequest(input.substr(0, parsed.bytes), limits);
  Require(again.state == web::Parse::kDone && again.bytes == parsed.bytes &&
              again.request.path == request.path &&
              again.request.body == request.body,
          "what follows changes nothing");
}

}  // namespace benchkeep::fuzz
