// Host, Origin, token and session.

#include "web/access.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "base/result.h"

namespace benchkeep::web {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kMaxSessions = 64;

// In a time that does not tell where they differ.
bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && !a.empty() &&
         CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool Contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// "host:port", and "host" alone for the scheme's own port.
void AddHost(std::vector<std::string>& hosts, const std::string& name,
             const AccessPolicy& policy) {
  constexpr int kHttp = 80;
  constexpr int kHttps = 443;
  hosts.push_back(fmt::format("{}:{}", name, policy.address.port));
  if (policy.address.port == (policy.tls ? kHttps : kHttp)) {
    hosts.push_back(name);
  }
}

}  // namespace

std::string RandomToken() {
  std::array<unsigned char, kTokenBytes> bytes{};
  BENCHKEEP_CHECK(RAND_bytes(bytes.data(), kTokenBytes) == 1);
  std::string out;
  for (const unsigned char byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

bool IsToken(std::string_view text) {
  return text.size() == 2 * kTokenBytes &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Access::Access(AccessPolicy policy) : policy_(std::move(policy)) {
  for (const char* name : {"127.0.0.1", "localhost", "[::1]"}) {
    AddHost(loopback_hosts_, name, policy_);
  }
  if (!policy_.address.loopback) {
    AddHost(other_hosts_,
            policy_.address.ipv6 ? "[" + policy_.address.host + "]"
                                 : policy_.address.host,
            policy_);
  }
  for (const std::string& name : policy_.names) {
    AddHost(other_hosts_, Lower(name), policy_);
    // Behind a proxy the name comes with the proxy's port, or with none.
    other_hosts_.push_back(Lower(name));
  }
}

bool Access::LoopbackHost(std::string_view host) const {
  return policy_.address.loopback && Contains(loopback_hosts_, host);
}

bool Access::OwnHost(std::string_view host) const {
  return Contains(loopback_hosts_, host) || Contains(other_hosts_, host);
}

std::optional<Refusal> Access::CheckSender(const HttpRequest& request) const {
  const std::string host = Lower(request.Header("host"));
  if (!OwnHost(host)) {
    return Refusal{403, "host_refused",
                   Say(N_("this server does not answer to that host name")),
                   Say(N_("open it by its own address, or add the name to "
                          "[serve] names"))};
  }
  const std::string origin = Lower(request.Header("origin"));
  const std::string_view site = request.Header("sec-fetch-site");
  const bool navigation =
      request.Header("sec-fetch-mode") == "navigate" && request.method == "GET";
  const bool foreign_origin = !origin.empty() && origin != "http://" + host &&
                              origin != "https://" + host;
  const bool foreign_site =
      !site.empty() && site != "same-origin" && site != "none" && !navigation;
  if (foreign_origin || foreign_site) {
    return Refusal{403,
                   "origin_refused",
                   Say(N_("the request comes from another site")),
                   {}};
  }
  return std::nullopt;
}

std::optional<Refusal> Access::CheckReader(const HttpRequest& request) const {
  if (LoopbackHost(Lower(request.Header("host")))) return std::nullopt;
  if (HasBearer(request) || Find(request) != nullptr) return std::nullopt;
  return Refusal{401, "token_needed", Say(N_("this needs the token")),
                 Say(N_("`benchkeep serve --show-token` prints it"))};
}

std::optional<Refusal> Access::CheckActor(const HttpRequest& request) const {
  const bool bearer = HasBearer(request);
  const Session* session = Find(request);
  if (!bearer && session == nullptr) {
    return Refusal{401, "token_needed", Say(N_("this needs the token")),
                   Say(N_("`benchkeep serve --show-token` prints it"))};
  }
  // A form of another site cannot send this type without asking first.
  const std::string_view type = request.Header("content-type");
  if (type.substr(0, type.find(';')) != "application/json") {
    return Refusal{415,
                   "type_refused",
                   Say(N_("the content type must be application/json")),
                   {}};
  }
  if (!bearer && (request.Header("origin").empty() ||
                  !SameSecret(request.Header("x-csrf-token"), session->csrf))) {
    return Refusal{403, "csrf_refused",
                   Say(N_("the X-CSRF-Token of the session is missing")),
                   Say(N_("load the page again"))};
  }
  return std::nullopt;
}

bool Access::HasBearer(const HttpRequest& request) const {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view value = request.Header("authorization");
  return value.starts_with(kScheme) &&
         SameSecret(value.substr(kScheme.size()), policy_.token);
}

std::optional<Session> Access::Open(const HttpRequest& request,
                                    std::string_view token) {
  if (!HasBearer(request) && !SameSecret(token, policy_.token)) {
    return std::nullopt;
  }
  if (sessions_.size() == kMaxSessions) sessions_.erase(sessions_.begin());
  return sessions_.emplace_back(Session{RandomToken(), RandomToken()});
}

const Session* Access::Find(const HttpRequest& request) const {
  const std::string_view id = request.Cookie(CookieName());
  const Session* found = nullptr;
  for (const Session& session : sessions_) {
    if (SameSecret(id, session.id)) found = &session;
  }
  return found;
}

void Access::Close(const HttpRequest& request) {
  const Session* session = Find(request);
  if (session == nullptr) return;
  sessions_.erase(sessions_.begin() + (session - sessions_.data()));
}

const char* Access::CookieName() const {
  // A browser takes a __Host- cookie from this very host only, and by HTTPS.
  return policy_.tls ? "__Host-benchkeep" : "benchkeep";
}

std::string Access::SetCookie(const Session* session) const {
  constexpr int kLifetimeSeconds = 12 * 60 * 60;
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}",
                     CookieName(), session == nullptr ? "" : session->id,
                     session == nullptr ? 0 : kLifetimeSeconds,
                     policy_.tls ? "; Secure" : "");
}

}  // namespace benchkeep::web
