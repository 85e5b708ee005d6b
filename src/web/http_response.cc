// The head of HTTP responses.

#include "web/http_response.h"

#include <fmt/format.h>

namespace benchkeep::web {

void HttpResponse::Add(std::string_view name, std::string_view value) {
  headers.emplace_back(name, value);
}

HttpResponse Answer(int status, std::string_view content_type,
                    std::string body) {
  HttpResponse response;
  response.status = status;
  response.Add("Content-Type", content_type);
  response.body = std::make_shared<const std::string>(std::move(body));
  return response;
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

std::string ResponseHead(const HttpResponse& response, bool keep_alive) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status,
                                 ReasonPhrase(response.status));
  for (const auto& [name, value] : response.headers) {
    head += fmt::format("{}: {}\r\n", name, value);
  }
  // An event stream has no length: it ends with the connection.
  if (!response.stream && response.status != 304 && response.status != 204) {
    head += fmt::format("Content-Length: {}\r\n",
                        response.body == nullptr ? 0 : response.body->size());
  }
  head += keep_alive && !response.stream ? "Connection: keep-alive\r\n\r\n"
                                         : "Connection: close\r\n\r\n";
  return head;
}

}  // namespace benchkeep::web
