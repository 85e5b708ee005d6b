// Handing messages over: mail by SMTP, and bodies by HTTP POST.
//
// Certificates are always verified, redirects never followed, and every
// transfer has a deadline.  What comes back is told apart by what can be done
// about it.  Not thread-safe; a session keeps its connection for the next
// message.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace benchkeep::host {

enum class SendOutcome {
  kDone,     // The other side has it.
  kRefused,  // It will never take this message.
  kLater,    // Not this message now, but others perhaps.
  kFailed,   // Nothing can be sent there now.
};

struct SendResult {
  SendOutcome outcome = SendOutcome::kFailed;
  // Stable: "dns", "connect", "tls", "auth", "timeout", "refused",
  // "rate_limited", "server", "broken", "setup", "cancelled"; empty when done.
  std::string reason;
  std::string answer;  // What the other side or the library said.
  int code = 0;        // Of SMTP or HTTP; 0: none came.
  std::optional<std::chrono::seconds> retry_after;  // As the other side asks.
  double millis = 0;
};

enum class MailTls { kRequired, kOptional, kOff };

struct MailServer {
  std::string url;  // smtp://HOST[:PORT], smtps://...
  MailTls tls = MailTls::kRequired;
  std::string user;      // Empty: no login.
  std::string password;  // Never shown.
  std::string ca_file;   // Empty: those of the machine.
  std::string our_name;  // For EHLO.
  std::chrono::milliseconds timeout{30'000};
};

using Cancelled = std::function<bool()>;

class MailSession {
 public:
  MailSession(MailServer server, Cancelled cancelled);
  ~MailSession();
  MailSession(const MailSession&) = delete;
  MailSession& operator=(const MailSession&) = delete;

  // `from` and `to` are bare addresses, `bytes` a whole message.
  SendResult Send(const std::string& from, const std::string& to,
                  const std::string& bytes);

 private:
  struct Handle;
  MailServer server_;
  Cancelled cancelled_;
  std::unique_ptr<Handle> handle_;
};

struct HttpPost {
  std::string url;
  std::string body;
  std::vector<std::string> headers;  // "Content-Type: application/json"
  std::string ca_file;
  std::chrono::milliseconds timeout{30'000};
};

struct HttpAnswer {
  SendResult result;        // By the status alone.
  std::string body;         // The beginning of it.
  std::string rate_limits;  // X-Sentry-Rate-Limits; empty when absent.
};

class HttpSession {
 public:
  explicit HttpSession(Cancelled cancelled);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  HttpAnswer Post(const HttpPost& post);

 private:
  struct Handle;
  Cancelled cancelled_;
  std::unique_ptr<Handle> handle_;
};

// The parts of an address; nullopt for what is none.
struct UrlParts {
  std::string scheme;
  std::string user;
  std::string host;
  std::string port;  // Empty: the usual one.
  std::string path;
  [[nodiscard]] bool IsLoopback() const;
};
std::optional<UrlParts> SplitUrl(const std::string& url);

}  // namespace benchkeep::host
