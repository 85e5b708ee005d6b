// Plain sockets and TLS by OpenSSL.

#include "web/channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace benchkeep::web {
namespace {

class Plain final : public Channel {
 public:
  explicit Plain(int socket) : socket_(socket) {}

  Transfer Read(std::span<char> buffer) override {
    while (true) {
      const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (got > 0) {
        return {Transfer::State::kMoved, static_cast<std::size_t>(got)};
      }
      if (got < 0 && errno == EINTR) continue;
      const bool later = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
      return {later ? Transfer::State::kWantRead : Transfer::State::kClosed, 0};
    }
  }

  Transfer Write(std::string_view bytes) override {
    while (true) {
      const ssize_t put =
          ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put >= 0) {
        return {Transfer::State::kMoved, static_cast<std::size_t>(put)};
      }
      if (errno == EINTR) continue;
      const bool later = errno == EAGAIN || errno == EWOULDBLOCK;
      return {later ? Transfer::State::kWantWrite : Transfer::State::kClosed,
              0};
    }
  }

  void Finish() override { ::shutdown(socket_, SHUT_WR); }

 private:
  int socket_;
};

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

class Encrypted final : public Channel {
 public:
  Encrypted(SSL* ssl, int socket) : ssl_(ssl), socket_(socket) {
    SSL_set_fd(ssl, socket);
    SSL_set_accept_state(ssl);
  }

  Transfer Read(std::span<char> buffer) override {
    ERR_clear_error();
    const int most =
        static_cast<int>(std::min<std::size_t>(buffer.size(), INT_MAX));
    return Moved(SSL_read(ssl_.get(), buffer.data(), most));
  }

  Transfer Write(std::string_view bytes) override {
    if (bytes.empty()) return {Transfer::State::kMoved, 0};
    ERR_clear_error();
    const int most =
        static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
    return Moved(SSL_write(ssl_.get(), bytes.data(), most));
  }

  void Finish() override {
    if (!failed_) {
      ERR_clear_error();
      SSL_shutdown(ssl_.get());
    }
    ::shutdown(socket_, SHUT_WR);
  }

 private:
  Transfer Moved(int result) {
    if (result > 0) {
      return {Transfer::State::kMoved, static_cast<std::size_t>(result)};
    }
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return {Transfer::State::kWantRead, 0};
      case SSL_ERROR_WANT_WRITE:
        return {Transfer::State::kWantWrite, 0};
      default:
        failed_ = true;
        return {Transfer::State::kClosed, 0};
    }
  }

  std::unique_ptr<SSL, FreeSsl> ssl_;
  int socket_;
  bool failed_ = false;
};

class OpenSslServer final : public TlsServer {
 public:
  explicit OpenSslServer(SSL_CTX* context) : context_(context) {}

  std::unique_ptr<Channel> Accept(int socket) override {
    SSL* ssl = SSL_new(context_.get());
    if (ssl == nullptr) return nullptr;
    return std::make_unique<Encrypted>(ssl, socket);
  }

 private:
  std::unique_ptr<SSL_CTX, FreeContext> context_;
};

}  // namespace

std::unique_ptr<Channel> PlainChannel(int socket) {
  return std::make_unique<Plain>(socket);
}

Result<std::unique_ptr<TlsServer>> TlsServer::Load(
    const std::string& certificate_file, const std::string& key_file) {
  std::unique_ptr<SSL_CTX, FreeContext> context(
      SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) {
    return Fail(Code::kInternal, Say(N_("TLS could not be set up")));
  }
  SSL_CTX* raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // A write that is tried again may come from another place in memory.
  SSL_CTX_set_mode(
      raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const bool loaded =
      SSL_CTX_use_certificate_chain_file(raw, certificate_file.c_str()) == 1 &&
      SSL_CTX_use_PrivateKey_file(raw, key_file.c_str(), SSL_FILETYPE_PEM) ==
          1 &&
      SSL_CTX_check_private_key(raw) == 1;
  if (!loaded) {
    char reason[256] = "";
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    ERR_clear_error();
    return Fail(Code::kInvalidArgument,
                Say(N_("{0} and {1} are no certificate with its key: {2}"),
                    certificate_file, key_file, reason),
                Say(N_("set [serve] tls_certificate and tls_key to two PEM "
                       "files that belong together")),
                certificate_file);
  }
  return std::make_unique<OpenSslServer>(context.release());
}

}  // namespace benchkeep::web
