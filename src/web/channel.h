// The bytes of one connection, plain or encrypted, never blocking.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace benchkeep::web {

// What came of reading or writing.
struct Transfer {
  enum class State {
    kMoved,      // `bytes` of them.
    kWantRead,   // Try again once there is something to read.
    kWantWrite,  // Try again once there is room to write.
    kClosed,     // The other side has ended, or an error.
  };
  State state = State::kClosed;
  std::size_t bytes = 0;
};

class Channel {
 public:
  virtual ~Channel() = default;
  virtual Transfer Read(std::span<char> buffer) = 0;
  virtual Transfer Write(std::string_view bytes) = 0;
  // Says that nothing more will be written.
  virtual void Finish() = 0;
};

// Over a non-blocking socket that outlives it.
std::unique_ptr<Channel> PlainChannel(int socket);

// Certificate and key of a server, and channels that use them.
class TlsServer {
 public:
  virtual ~TlsServer() = default;
  virtual std::unique_ptr<Channel> Accept(int socket) = 0;

  // kInvalidArgument when the files are no pair of certificate and key.
  static Result<std::unique_ptr<TlsServer>> Load(
      const std::string& certificate_file, const std::string& key_file);
};

}  // namespace benchkeep::web
