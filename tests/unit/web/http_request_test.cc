// Tests of reading HTTP requests: what is understood, and what is refused.

#include "web/http_request.h"

#include <gtest/gtest.h>

namespace benchkeep::web {
namespace {

HttpLimits Small() {
  return {
      .head_bytes = 512, .headers = 4, .target_bytes = 64, .body_bytes = 16};
}

int StatusOf(const std::string& input) {
  const ParsedRequest parsed = ParseHttpRequest(input, Small());
  return parsed.state == Parse::kBad    ? parsed.status
         : parsed.state == Parse::kDone ? 200
                                        : 0;
}

TEST(HttpRequestTest, ReadsARequest) {
  const std::string input =
      "GET /api/v1/status?lang=zh&x=a%20b+c&flag HTTP/1.1\r\n"
      "Host: localhost:8000\r\nCookie: a=1; benchkeep=abc ; c=\r\n\r\nGET /";
  const ParsedRequest parsed = ParseHttpRequest(input, {});
  ASSERT_EQ(parsed.state, Parse::kDone);
  EXPECT_EQ(parsed.bytes, input.size() - 5);
  const HttpRequest& request = parsed.request;
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/api/v1/status");
  EXPECT_EQ(request.query.at("lang"), "zh");
  EXPECT_EQ(request.query.at("x"), "a b c");
  EXPECT_EQ(request.query.at("flag"), "");
  EXPECT_EQ(request.Header("host"), "localhost:8000");
  EXPECT_EQ(request.Header("nothing"), "");
  EXPECT_EQ(request.Cookie("benchkeep"), "abc");
  EXPECT_EQ(request.Cookie("bench"), "");
  EXPECT_TRUE(request.keep_alive);
}

TEST(HttpRequestTest, WaitsForTheRest) {
  const std::string input =
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
  for (std::size_t size = 0; size < input.size(); ++size) {
    const ParsedRequest parsed =
        ParseHttpRequest(std::string_view(input).substr(0, size), {});
    EXPECT_EQ(parsed.state, Parse::kMore) << size;
    EXPECT_EQ(parsed.head_done, size + 3 >= input.size()) << size;
  }
  const ParsedRequest parsed = ParseHttpRequest(input, {});
  ASSERT_EQ(parsed.state, Parse::kDone);
  EXPECT_EQ(parsed.request.body, "abc");
  EXPECT_EQ(parsed.bytes, input.size());
}

TEST(HttpRequestTest, ConnectionsEndWhenAsked) {
  const auto keeps = [](const std::string& version, const std::string& header) {
    return ParseHttpRequest("GET / HTTP/" + version + "\r\n" + header + "\r\n",
                            {})
        .request.keep_alive;
  };
  EXPECT_TRUE(keeps("1.1", ""));
  EXPECT_FALSE(keeps("1.1", "Connection: Close\r\n"));
  EXPECT_FALSE(keeps("1.0", ""));
  EXPECT_TRUE(keeps("1.0", "Connection: keep-alive\r\n"));
}

TEST(HttpRequestTest, RefusesWhatCouldBeMisread) {
  const std::string head = "GET / HTTP/1.1\r\n";
  const std::pair<std::string, int> cases[] = {
      {"GET / HTTP/1.1\r\n\r\n", 200},
      {"\x16\x03\x01", 400},  // TLS where none is spoken.
      {"GET  / HTTP/1.1\r\n\r\n", 400},
      {"GET /\r\n\r\n", 400},
      {"G\"T / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\n\r\n", 505},
      {"GET / HTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1 \r\n\r\n", 400},
      {"GET http://evil/ HTTP/1.1\r\n\r\n", 400},
      {"OPTIONS * HTTP/1.1\r\n\r\n", 400},
      {"GET /../etc/passwd HTTP/1.1\r\n\r\n", 400},
      {"GET /a/./b HTTP/1.1\r\n\r\n", 400},
      {"GET /%2e%2e/etc HTTP/1.1\r\n\r\n", 400},
      {"GET //evil.example/ HTTP/1.1\r\n\r\n", 400},
      {"GET /\\..\\x HTTP/1.1\r\n\r\n", 400},
      {"GET /?a=%0d%0aSet-Cookie:x HTTP/1.1\r\n\r\n", 400},
      {"GET /?a=%zz HTTP/1.1\r\n\r\n", 400},
      {"GET /?a=%0 HTTP/1.1\r\n\r\n", 400},
      {"GET /#x HTTP/1.1\r\n\r\n", 400},
      {"GET /\x80 HTTP/1.1\r\n\r\n", 400},
      {head + "Host : a\r\n\r\n", 400},
      {head + ": a\r\n\r\n", 400},
      {head + "Host\r\n\r\n", 400},
      {head + "A: b\r\n c\r\n\r\n", 400},  // A folded line.
      {head + "A: b\nC: d\r\n\r\n", 400},  // A bare line feed.
      {head + "A: b\rC: d\r\n\r\n", 400},
      {head + std::string("A: b\0c\r\n\r\n", 11), 400},
      {head + "Host: a\r\nHost: b\r\n\r\n", 400},
      {head + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
      {head + "Content-Length: +1\r\n\r\nx", 400},
      {head + "Content-Length: -1\r\n\r\nx", 400},
      {head + "Content-Length: 0x1\r\n\r\nx", 400},
      {head + "Content-Length:\r\n\r\nx", 400},
      {head + "Content-Length: 17\r\n\r\n", 413},
      {head + "Content-Length: 99999999999999999999\r\n\r\n", 413},
      {head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501},
      {head + "Upgrade: websocket\r\n\r\n", 501},
      {head + "Expect: 100-continue\r\n\r\n", 417},
      {head + "A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\n\r\n", 431},
      {head + "A: " + std::string(600, 'x'), 431},
      {"GET /" + std::string(80, 'x') + " HTTP/1.1\r\n\r\n", 414},
      {std::string(100, 'G'), 400},
  };
  for (const auto& [input, status] : cases) {
    EXPECT_EQ(StatusOf(input), status) << input;
  }
}

}  // namespace
}  // namespace benchkeep::web
