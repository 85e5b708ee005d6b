// An HTTP server for one small site: one thread, no disk, everything bounded.
//
// A single loop serves all connections, so a slow or hostile client costs a
// file descriptor and never a thread.  The head, the body and the answer of a
// request each have a deadline as a whole (a byte now and then does not extend
// it); when all connections are taken, the one that has waited longest for its
// client makes room.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "web/http_request.h"
#include "web/http_response.h"

namespace benchkeep::web {

struct HttpServerOptions {
  HttpLimits limits;
  std::chrono::milliseconds head_time{10'000};
  std::chrono::milliseconds body_time{20'000};
  std::chrono::milliseconds answer_time{60'000};
  std::chrono::milliseconds idle_time{60'000};  // Between requests.
  std::chrono::milliseconds heartbeat{15'000};  // Of event streams.
  std::size_t connections = 512;
  std::size_t streams = 64;
  std::size_t stream_bytes = 256 * 1024;  // Unsent, before it is cut off.
};

// Where to listen.
struct ListenAddress {
  std::string host;  // "127.0.0.1", "::1"
  std::uint16_t port = 0;
  bool ipv6 = false;
  bool loopback = false;
};

// Reads "127.0.0.1:8000", "[::1]:8000", "localhost:8000"; kInvalidArgument for
// anything else.  Port 0 lets the system choose.
Result<ListenAddress> ParseListenAddress(const std::string& text);

// PEM files for HTTPS; both empty for HTTP.
struct TlsFiles {
  std::string certificate;
  std::string key;
};

class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  // Binds and listens.  kBusy when the address is taken.
  static Result<std::unique_ptr<HttpServer>> Listen(
      const ListenAddress& address, const TlsFiles& tls,
      const HttpServerOptions& options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // With the port that the system chose.
  [[nodiscard]] const ListenAddress& address() const;

  // Serves until `interrupted` says so (asked several times a second), then
  // sends what is being sent for a moment longer.  `handler` runs in this
  // thread and must not wait for anything.
  Status Run(const Handler& handler, const std::function<bool()>& interrupted);

  // Sends bytes to all event streams.  From any thread.
  void Broadcast(std::string bytes);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace benchkeep::web
