// Who may ask for what.
//
// Reading is open to whoever reaches a loopback address by a loopback name; by
// any other name it needs the token, and so does every action.  A web page
// elsewhere can make a browser send requests here, but it cannot choose their
// Host header (rebinding shows), set Authorization, or read a CSRF token:
//   Host     must be a name of ours                      (else 403)
//   Origin   when sent, must be our own                  (else 403)
//   token    Authorization: Bearer TOKEN, or the cookie of a session that was
//            opened with the token                       (else 401)
//   actions  POST of application/json; with a cookie also the session's
//            X-CSRF-Token                                (else 403, 415)

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/message.h"
#include "web/http_request.h"
#include "web/http_server.h"

namespace benchkeep::web {

struct AccessPolicy {
  ListenAddress address;
  bool tls = false;
  std::vector<std::string> names;  // Host names of ours besides loopback's.
  std::string token;               // 64 hexadecimal digits.
};

struct Refusal {
  int status = 403;
  const char* code = "";  // "host_refused"
  Message message;
  Message fix;
};

// A browser that has shown the token.
struct Session {
  std::string id;
  std::string csrf;
};

class Access {
 public:
  explicit Access(AccessPolicy policy);

  // Host and Origin: the least that every request owes.
  [[nodiscard]] std::optional<Refusal> CheckSender(
      const HttpRequest& request) const;
  // May it read?
  [[nodiscard]] std::optional<Refusal> CheckReader(
      const HttpRequest& request) const;
  // May it act?
  [[nodiscard]] std::optional<Refusal> CheckActor(
      const HttpRequest& request) const;

  // Opens a session for whoever sends the right token, as a header or as
  // {"token": "..."}.
  std::optional<Session> Open(const HttpRequest& request,
                              std::string_view token);
  // The session whose cookie the request carries.
  [[nodiscard]] const Session* Find(const HttpRequest& request) const;
  void Close(const HttpRequest& request);
  // "Set-Cookie" for a session; for none it removes the cookie.
  [[nodiscard]] std::string SetCookie(const Session* session) const;

 private:
  [[nodiscard]] bool OwnHost(std::string_view host) const;
  [[nodiscard]] bool LoopbackHost(std::string_view host) const;
  [[nodiscard]] bool HasBearer(const HttpRequest& request) const;
  [[nodiscard]] const char* CookieName() const;

  AccessPolicy policy_;
  std::vector<std::string> loopback_hosts_;
  std::vector<std::string> other_hosts_;
  std::vector<Session> sessions_;  // The oldest first.
};

// 256 random bits as 64 hexadecimal digits.
std::string RandomToken();
bool IsToken(std::string_view text);

}  // namespace benchkeep::web
