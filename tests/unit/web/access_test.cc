// Tests of who may ask for what.

#include "web/access.h"

#include <gtest/gtest.h>

namespace benchkeep::web {
namespace {

const std::string kToken(64, 'a');

using Headers = std::vector<std::pair<std::string, std::string>>;

HttpRequest Request(const std::string& method, Headers headers) {
  HttpRequest request;
  request.method = method;
  request.path = "/";
  request.headers = std::move(headers);
  return request;
}

Access Made(const std::string& address, bool tls,
            std::vector<std::string> names = {}) {
  AccessPolicy policy;
  policy.address = *ParseListenAddress(address);
  policy.tls = tls;
  policy.names = std::move(names);
  policy.token = kToken;
  return Access(std::move(policy));
}

Access OnLoopback() { return Made("127.0.0.1:8000", false, {"Bench.Example"}); }

int SenderStatus(const Headers& headers) {
  const auto refusal = OnLoopback().CheckSender(Request("GET", headers));
  return refusal ? refusal->status : 200;
}

int ReaderStatus(const Headers& headers) {
  const auto refusal = OnLoopback().CheckReader(Request("GET", headers));
  return refusal ? refusal->status : 200;
}

TEST(AccessTest, AnswersToItsOwnNamesOnly) {
  for (const char* host :
       {"127.0.0.1:8000", "localhost:8000", "[::1]:8000", "LOCALHOST:8000",
        "bench.example", "bench.example:8000"}) {
    EXPECT_EQ(SenderStatus({{"host", host}}), 200) << host;
  }
  for (const char* host : {"", "localhost", "127.0.0.1", "127.0.0.1:80",
                           "evil.example:8000", "localhost:8000.evil.example",
                           "127.0.0.1:8000@evil", "[::1]", "0.0.0.0:8000"}) {
    EXPECT_EQ(SenderStatus({{"host", host}}), 403) << host;
  }
}

TEST(AccessTest, RefusesOtherSites) {
  const std::string host = "localhost:8000";
  const auto with = [&](const std::string& name, const std::string& value) {
    return SenderStatus({{"host", host}, {name, value}});
  };
  EXPECT_EQ(with("origin", "http://localhost:8000"), 200);
  EXPECT_EQ(with("origin", "http://evil.example"), 403);
  EXPECT_EQ(with("origin", "http://localhost:8001"), 403);
  EXPECT_EQ(with("origin", "http://127.0.0.1:8000"), 403);
  EXPECT_EQ(with("origin", "null"), 403);
  EXPECT_EQ(with("sec-fetch-site", "same-origin"), 200);
  EXPECT_EQ(with("sec-fetch-site", "none"), 200);
  EXPECT_EQ(with("sec-fetch-site", "cross-site"), 403);
  EXPECT_EQ(with("sec-fetch-site", "same-site"), 403);
  // A link from elsewhere may be followed.
  EXPECT_EQ(SenderStatus({{"host", host},
                          {"sec-fetch-site", "cross-site"},
                          {"sec-fetch-mode", "navigate"}}),
            200);
}

TEST(AccessTest, ReadingIsOpenByLoopbackNamesOnly) {
  EXPECT_EQ(ReaderStatus({{"host", "localhost:8000"}}), 200);
  EXPECT_EQ(ReaderStatus({{"host", "bench.example"}}), 401);
  EXPECT_EQ(ReaderStatus({{"host", "bench.example"},
                          {"authorization", "Bearer " + kToken}}),
            200);
  EXPECT_EQ(ReaderStatus({{"host", "bench.example"},
                          {"authorization", "Bearer " + kToken + "a"}}),
            401);
  EXPECT_EQ(ReaderStatus({{"host", "bench.example"},
                          {"authorization", "bearer " + kToken}}),
            401);
  EXPECT_EQ(ReaderStatus(
                {{"host", "bench.example"}, {"cookie", "benchkeep=" + kToken}}),
            401);
}

TEST(AccessTest, NothingIsOpenOnOtherAddresses) {
  const Access access = Made("192.0.2.1:443", true);
  // Whatever name a stranger sends.
  for (const char* host : {"192.0.2.1", "192.0.2.1:443", "localhost:443"}) {
    const HttpRequest request = Request("GET", {{"host", host}});
    EXPECT_FALSE(access.CheckSender(request)) << host;
    EXPECT_TRUE(access.CheckReader(request)) << host;
  }
}

TEST(AccessTest, ActionsNeedTheTokenOrASessionWithItsCsrfToken) {
  Access access = OnLoopback();
  const auto status = [&](Headers headers) {
    headers.emplace_back("host", "localhost:8000");
    const auto refusal = access.CheckActor(Request("POST", headers));
    return refusal ? refusal->status : 200;
  };
  const std::pair<std::string, std::string> json = {"content-type",
                                                    "application/json"};
  const std::pair<std::string, std::string> bearer = {"authorization",
                                                      "Bearer " + kToken};
  EXPECT_EQ(status({json}), 401);
  EXPECT_EQ(status({bearer}), 415);
  EXPECT_EQ(status({bearer, {"content-type", "text/plain"}}), 415);
  EXPECT_EQ(status({bearer, json}), 200);

  EXPECT_FALSE(access.Open(Request("POST", {}), ""));
  EXPECT_FALSE(access.Open(Request("POST", {}), std::string(64, 'b')));
  const auto session = access.Open(Request("POST", {}), kToken);
  ASSERT_TRUE(session);
  EXPECT_TRUE(IsToken(session->id));
  EXPECT_NE(session->id, session->csrf);
  const std::pair<std::string, std::string> cookie = {
      "cookie", "benchkeep=" + session->id};
  const std::pair<std::string, std::string> csrf = {"x-csrf-token",
                                                    session->csrf};
  const std::pair<std::string, std::string> origin = {"origin",
                                                      "http://localhost:8000"};
  EXPECT_EQ(status({cookie, json}), 403);
  EXPECT_EQ(status({cookie, json, origin}), 403);
  EXPECT_EQ(status({cookie, json, csrf}), 403);
  EXPECT_EQ(status({cookie, json, origin, {"x-csrf-token", session->id}}), 403);
  EXPECT_EQ(status({cookie, json, origin, csrf}), 200);
  EXPECT_EQ(
      status({{"cookie", "benchkeep=" + session->csrf}, json, origin, csrf}),
      401);
  access.Close(Request("DELETE", {cookie}));
  EXPECT_EQ(status({cookie, json, origin, csrf}), 401);
}

TEST(AccessTest, CookiesAreKeptFromScriptsAndOtherSites) {
  const Access plain = OnLoopback();
  const Session session{"i", "c"};
  EXPECT_EQ(plain.SetCookie(&session),
            "benchkeep=i; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200");
  EXPECT_EQ(plain.SetCookie(nullptr),
            "benchkeep=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
  const Access tls = Made("127.0.0.1:8443", true);
  EXPECT_EQ(tls.SetCookie(&session),
            "__Host-benchkeep=i; Path=/; HttpOnly; SameSite=Strict; "
            "Max-Age=43200; Secure");
}

TEST(AccessTest, AddressesAreReadStrictly) {
  const auto good = ParseListenAddress("[::1]:80");
  ASSERT_TRUE(good.ok());
  EXPECT_TRUE(good->ipv6 && good->loopback);
  EXPECT_EQ(good->host, "::1");
  EXPECT_EQ(good->port, 80);
  EXPECT_TRUE(ParseListenAddress("127.1.2.3:0")->loopback);
  EXPECT_EQ(ParseListenAddress("localhost:1")->host, "127.0.0.1");
  EXPECT_FALSE(ParseListenAddress("0.0.0.0:80")->loopback);
  EXPECT_FALSE(ParseListenAddress("[::]:80")->loopback);
  for (const char* text :
       {"", "8000", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:65536",
        "127.0.0.1:8a", "::1:80", "example.com:80", "127.0.0.1:-1", "[]:80"}) {
    EXPECT_FALSE(ParseListenAddress(text).ok()) << text;
  }
}

}  // namespace
}  // namespace benchkeep::web
