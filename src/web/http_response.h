// An answer to an HTTP request.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace benchkeep::web {

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  // Shared: a cached document is sent to many without a copy.
  std::shared_ptr<const std::string> body;
  // The connection stays open as an event stream; what HttpServer::Broadcast
  // gets is sent after the body.
  bool stream = false;

  void Add(std::string_view name, std::string_view value);
};

HttpResponse Answer(int status, std::string_view content_type,
                    std::string body);

// "Not Found" of 404.
std::string_view ReasonPhrase(int status);

// The bytes before the body.
std::string ResponseHead(const HttpResponse& response, bool keep_alive);

}  // namespace benchkeep::web
