// Tests of the server's loop with real sockets: order, deadlines, limits,
// streams and random bytes.  The sanitizers run this, too.

#include "web/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace benchkeep::web {
namespace {

using std::chrono::milliseconds;

class Client {
 public:
  explicit Client(std::uint16_t port)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    timeval patience{30, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(fd_); }

  void Send(const std::string& bytes) const {
    ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  void EndSending() const { ::shutdown(fd_, SHUT_WR); }

  // All that comes until the end, or until `mark` has come.
  std::string Receive(const std::string& mark = "") const {
    std::string all;
    std::string piece(65536, '\0');
    while (mark.empty() || all.find(mark) == std::string::npos) {
      const ssize_t got = ::recv(fd_, piece.data(), piece.size(), 0);
      if (got <= 0) break;
      all.append(piece.data(), static_cast<std::size_t>(got));
    }
    return all;
  }

 private:
  int fd_;
};

// A server in a thread of its own; "/big" answers with a megabyte, "/events"
// with a stream, everything else with its path.
class HttpServerTest : public testing::Test {
 protected:
  void Start(HttpServerOptions options = {}) {
    server_ = std::move(
        *HttpServer::Listen(*ParseListenAddress("127.0.0.1:0"), {}, options));
    thread_ = std::thread([this] {
      const Status served = server_->Run(
          [](const HttpRequest& request) {
            HttpResponse response = Answer(
                200, "text/plain",
                request.path == "/big" ? std::string(1 << 20, 'x')
                                       : request.path + " " + request.body);
            response.stream = request.path == "/events";
            return response;
          },
          [this] { return stop_.load(); });
      EXPECT_TRUE(served.ok());
    });
  }
  void TearDown() override {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return server_->address().port; }

  [[nodiscard]] bool Alive() const {
    const Client client(port());
    client.Send("GET /alive HTTP/1.0\r\n\r\n");
    return client.Receive().ends_with("\r\n\r\n/alive ");
  }

  std::unique_ptr<HttpServer> server_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

TEST_F(HttpServerTest, AnswersInOrderOnOneConnection) {
  Start();
  const Client client(port());
  client.Send(
      "GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"
      "HEAD /3 HTTP/1.1\r\n\r\nGET /4 HTTP/1.1\r\nConnection: close\r\n\r\n"
      "GET /5 HTTP/1.1\r\n\r\n");
  const std::string all = client.Receive();
  const std::size_t one = all.find("/1 ");
  const std::size_t two = all.find("/2 hi");
  const std::size_t four = all.find("/4 ");
  EXPECT_TRUE(one < two && two < four && four != std::string::npos) << all;
  EXPECT_EQ(all.find("/3"), std::string::npos);
  EXPECT_EQ(all.find("/5"), std::string::npos);
}

TEST_F(HttpServerTest, ARequestMayComeByteByByte) {
  Start();
  const Client client(port());
  for (const char c : std::string("GET /slow HTTP/1.0\r\n\r\n")) {
    client.Send(std::string(1, c));
  }
  EXPECT_TRUE(client.Receive().ends_with("/slow "));
}

TEST_F(HttpServerTest, AByteNowAndThenDoesNotExtendTheDeadline) {
  HttpServerOptions options;
  options.head_time = milliseconds(400);
  options.body_time = milliseconds(400);
  Start(options);
  const Client head(port());
  const Client body(port());
  head.Send("GET / HTTP/1.1\r\n");
  body.Send("POST / HTTP/1.1\r\nContent-Length: 999\r\n\r\n");
  std::atomic<bool> done{false};
  std::thread dripping([&] {
    while (!done) {
      head.Send("X");
      body.Send("x");
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  EXPECT_EQ(head.Receive("\r\n").substr(0, 12), "HTTP/1.1 408");
  EXPECT_EQ(body.Receive("\r\n").substr(0, 12), "HTTP/1.1 408");
  done = true;
  dripping.join();
  EXPECT_TRUE(Alive());
}

TEST_F(HttpServerTest, AReaderThatDoesNotReadIsCutOff) {
  HttpServerOptions options;
  options.answer_time = milliseconds(400);
  Start(options);
  const Client client(port());
  for (int i = 0; i < 20; ++i) client.Send("GET /big HTTP/1.1\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(1000));
  EXPECT_TRUE(Alive());
  // What is left in the buffers of the system, and then the end.
  EXPECT_LT(client.Receive().size(), 20U << 20U);
}

TEST_F(HttpServerTest, TheOneThatHasWaitedLongestMakesRoom) {
  HttpServerOptions options;
  options.connections = 8;
  Start(options);
  std::vector<std::unique_ptr<Client>> waiting;
  for (int i = 0; i < 30; ++i) {
    waiting.push_back(std::make_unique<Client>(port()));
    waiting.back()->Send("GET / HT");
  }
  EXPECT_TRUE(Alive());
  EXPECT_EQ(waiting.front()->Receive(), "");
}

TEST_F(HttpServerTest, StreamsGetWhatIsBroadcast) {
  HttpServerOptions options;
  options.streams = 2;
  options.heartbeat = milliseconds(300);
  Start(options);
  const Client one(port());
  const Client two(port());
  one.Send("GET /events HTTP/1.1\r\n\r\n");
  two.Send("GET /events HTTP/1.1\r\n\r\n");
  EXPECT_NE(one.Receive("/events ").find("200 OK"), std::string::npos);
  EXPECT_NE(two.Receive("/events ").find("200 OK"), std::string::npos);
  const Client three(port());
  three.Send("GET /events HTTP/1.1\r\n\r\n");
  EXPECT_EQ(three.Receive("\r\n").substr(0, 12), "HTTP/1.1 503");
  for (int i = 0; i < 100; ++i) {
    server_->Broadcast("data: " + std::to_string(i) + "\n\n");
  }
  EXPECT_NE(one.Receive("data: 99\n").find("data: 0\n\ndata: 1\n"),
            std::string::npos);
  EXPECT_NE(two.Receive("data: 99\n").find("data: 50\n"), std::string::npos);
  EXPECT_NE(one.Receive(":\n\n"), "");
  EXPECT_TRUE(Alive());
}

TEST_F(HttpServerTest, AStreamThatIsNotReadIsCutOff) {
  HttpServerOptions options;
  options.stream_bytes = 64 * 1024;
  Start(options);
  const Client deaf(port());
  deaf.Send("GET /events HTTP/1.1\r\n\r\n");
  deaf.Receive("/events ");
  for (int i = 0; i < 200; ++i) {
    server_->Broadcast(std::string(60 * 1024, 'x'));
    std::this_thread::sleep_for(milliseconds(2));
  }
  EXPECT_TRUE(Alive());
  EXPECT_LT(deaf.Receive().size(), 200U * 60 * 1024);
}

TEST_F(HttpServerTest, RandomBytesDoNoHarm) {
  HttpServerOptions options;
  options.head_time = milliseconds(300);
  options.body_time = milliseconds(300);
  options.connections = 64;
  Start(options);
  std::mt19937 random(1);
  const std::string good =
      "POST /x?y=%41 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  std::vector<std::unique_ptr<Client>> open;
  for (int round = 0; round < 600; ++round) {
    std::string bytes = good + good;
    for (unsigned i = random() % 8; i > 0; --i) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(random() % (bytes.size() + 1));
    auto client = std::make_unique<Client>(port());
    client->Send(bytes);
    if (random() % 2 == 0) client->EndSending();
    if (random() % 2 == 0) open.push_back(std::move(client));
    if (open.size() > 100) open.clear();
  }
  EXPECT_TRUE(Alive());
}

TEST_F(HttpServerTest, ATakenAddressIsSaid) {
  Start();
  const auto second = HttpServer::Listen(server_->address(), {}, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::kBusy);
}

}  // namespace
}  // namespace benchkeep::web
