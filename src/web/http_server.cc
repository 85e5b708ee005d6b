// The loop that serves all connections.

#include "web/http_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <deque>
#include <mutex>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "web/channel.h"

namespace benchkeep::web {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

constexpr milliseconds kTick{200};
constexpr milliseconds kLingerTime{2'000};
constexpr std::size_t kLingerBytes = 256 * 1024;
constexpr milliseconds kFarewellTime{1'000};
constexpr int kBacklog = 256;
constexpr int kMaxEvents = 64;

class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// What a connection is waiting for.
enum class Phase {
  kIdle,    // The first byte of a request.
  kHead,    // The rest of its head.
  kBody,    // The rest of its body.
  kAnswer,  // Room for the answer.
  kStream,  // Events.
  kLinger,  // The client's end, after our last byte.
};

struct Connection {
  Socket socket;
  std::unique_ptr<Channel> channel;
  Phase phase = Phase::kIdle;
  SteadyTime since;         // Start of the phase.
  std::uint64_t order = 0;  // Among all connections.
  SteadyTime last_beat;
  std::string input;
  // The answer: its head and small pieces, then the shared body.
  std::string output;
  std::size_t output_sent = 0;
  std::shared_ptr<const std::string> body;
  std::size_t body_sent = 0;
  bool close_after = false;
  bool become_stream = false;
  std::size_t lingered = 0;
  bool blocked_on_write = false;
  std::uint32_t armed = 0;

  [[nodiscard]] bool HasOutput() const {
    return output_sent < output.size() ||
           (body != nullptr && body_sent < body->size());
  }
};

}  // namespace

Result<ListenAddress> ParseListenAddress(const std::string& text) {
  const auto bad = [&]() -> Unexpected {
    return Fail(Code::kInvalidArgument,
                Say(N_("'{0}' is no address to listen on"), text),
                Say(N_("write it as 127.0.0.1:8000 or [::1]:8000")));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return bad();
  ListenAddress out;
  const std::string port = text.substr(colon + 1);
  const auto [end, error] =
      std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc() || end != port.data() + port.size()) return bad();
  out.host = text.substr(0, colon);
  if (out.host == "localhost") out.host = "127.0.0.1";
  if (out.host.size() > 2 && out.host.front() == '[' &&
      out.host.back() == ']') {
    out.ipv6 = true;
    out.host = out.host.substr(1, out.host.size() - 2);
    in6_addr six{};
    if (::inet_pton(AF_INET6, out.host.c_str(), &six) != 1) return bad();
    out.loopback = IN6_IS_ADDR_LOOPBACK(&six);
    return out;
  }
  in_addr four{};
  if (::inet_pton(AF_INET, out.host.c_str(), &four) != 1) return bad();
  constexpr std::uint32_t kLoopbackNet = 127;
  out.loopback = (ntohl(four.s_addr) >> 24U) == kLoopbackNet;
  return out;
}

class HttpServer::Impl {
 public:
  static Result<std::unique_ptr<Impl>> Listen(const ListenAddress& address,
                                              const TlsFiles& tls,
                                              const HttpServerOptions& options);

  [[nodiscard]] const ListenAddress& address() const { return address_; }
  Status Run(const Handler& handler, const std::function<bool()>& interrupted);
  void Broadcast(std::string bytes);

 private:
  Status Open();
  void Watch(int fd, std::uint32_t events);
  void AcceptAll();
  bool MakeRoom();
  void Serve(int fd);
  // These return false once the connection is to be closed.
  bool Advance(Connection& connection);
  bool ReadInput(Connection& connection, bool& more);
  bool TakeRequest(Connection& connection);
  bool WriteOutput(Connection& connection);
  bool Drain(Connection& connection);
  void Begin(Connection& connection, HttpResponse response, bool keep_alive,
             bool head_only);
  void Enter(Connection& connection, Phase phase);
  void Arm(Connection& connection);
  void Sweep();
  void DeliverEvents();
  [[nodiscard]] milliseconds TimeOf(Phase phase) const;
  [[nodiscard]] std::size_t Streams() const;

  ListenAddress address_;
  HttpServerOptions options_;
  std::unique_ptr<TlsServer> tls_;
  Socket listener_;
  Socket epoll_;
  Socket wake_;
  const Handler* handler_ = nullptr;
  std::unordered_map<int, Connection> connections_;
  SteadyTime now_;
  std::uint64_t accepted_ = 0;
  std::mutex mutex_;
  std::deque<std::string> events_;  // Guarded by mutex_.
};

Result<std::unique_ptr<HttpServer::Impl>> HttpServer::Impl::Listen(
    const ListenAddress& address, const TlsFiles& tls,
    const HttpServerOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->address_ = address;
  impl->options_ = options;
  if (!tls.certificate.empty() || !tls.key.empty()) {
    BENCHKEEP_ASSIGN(impl->tls_, TlsServer::Load(tls.certificate, tls.key));
  }
  BENCHKEEP_TRY(impl->Open());
  return impl;
}

Status HttpServer::Impl::Open() {
  const std::string name =
      address_.ipv6 ? fmt::format("[{}]:{}", address_.host, address_.port)
                    : fmt::format("{}:{}", address_.host, address_.port);
  const int family = address_.ipv6 ? AF_INET6 : AF_INET;
  listener_ =
      Socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  epoll_ = Socket(::epoll_create1(EPOLL_CLOEXEC));
  wake_ = Socket(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (listener_.get() < 0 || epoll_.get() < 0 || wake_.get() < 0) {
    return FailSys(errno, N_("listening on {0}: {1}"), name);
  }
  const int yes = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (address_.ipv6) {
    ::setsockopt(listener_.get(), IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    auto* six = reinterpret_cast<sockaddr_in6*>(&storage);
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(address_.port);
    ::inet_pton(AF_INET6, address_.host.c_str(), &six->sin6_addr);
    size = sizeof(sockaddr_in6);
  } else {
    auto* four = reinterpret_cast<sockaddr_in*>(&storage);
    four->sin_family = AF_INET;
    four->sin_port = htons(address_.port);
    ::inet_pton(AF_INET, address_.host.c_str(), &four->sin_addr);
    size = sizeof(sockaddr_in);
  }
  auto* plain = reinterpret_cast<sockaddr*>(&storage);
  if (::bind(listener_.get(), plain, size) != 0 ||
      ::listen(listener_.get(), kBacklog) != 0) {
    if (errno == EADDRINUSE) {
      return Fail(Code::kBusy, Say(N_("{0} is taken by another program"), name),
                  Say(N_("choose another port with --listen or [serve] "
                         "listen")));
    }
    return FailSys(errno, N_("listening on {0}: {1}"), name);
  }
  size = sizeof storage;
  if (::getsockname(listener_.get(), plain, &size) == 0) {
    address_.port = ntohs(
        address_.ipv6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                      : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
  }
  Watch(listener_.get(), EPOLLIN);
  Watch(wake_.get(), EPOLLIN);
  return {};
}

void HttpServer::Impl::Watch(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

milliseconds HttpServer::Impl::TimeOf(Phase phase) const {
  switch (phase) {
    case Phase::kIdle:
      return options_.idle_time;
    case Phase::kHead:
      return options_.head_time;
    case Phase::kBody:
      return options_.body_time;
    case Phase::kAnswer:
      return options_.answer_time;
    case Phase::kStream:
      return milliseconds::max();
    case Phase::kLinger:
      break;
  }
  return kLingerTime;
}

std::size_t HttpServer::Impl::Streams() const {
  return static_cast<std::size_t>(std::count_if(
      connections_.begin(), connections_.end(), [](const auto& entry) {
        return entry.second.phase == Phase::kStream ||
               entry.second.become_stream;
      }));
}

Status HttpServer::Impl::Run(const Handler& handler,
                             const std::function<bool()>& interrupted) {
  handler_ = &handler;
  std::optional<SteadyTime> stop_at;
  SteadyTime swept{};
  while (true) {
    std::array<epoll_event, kMaxEvents> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), kMaxEvents,
                                   static_cast<int>(kTick.count()));
    if (count < 0 && errno != EINTR) {
      return FailSys(errno, N_("waiting for connections at {0}: {1}"),
                     address_.host);
    }
    now_ = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == wake_.get()) {
        DeliverEvents();
      } else if (fd != listener_.get()) {
        Serve(fd);
      } else if (!stop_at) {
        AcceptAll();
      }
    }
    if (now_ - swept >= kTick) {
      swept = now_;
      Sweep();
      if (!stop_at && interrupted()) {
        stop_at = now_ + kFarewellTime;
        listener_ = Socket();
      }
    }
    if (stop_at) {
      const bool busy = std::any_of(
          connections_.begin(), connections_.end(), [](const auto& entry) {
            return entry.second.phase == Phase::kAnswer;
          });
      if (!busy || now_ >= *stop_at) break;
    }
  }
  connections_.clear();
  return {};
}

void HttpServer::Impl::AcceptAll() {
  while (true) {
    Socket socket(::accept4(listener_.get(), nullptr, nullptr,
                            SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.get() < 0) {
      const bool full = errno == EMFILE || errno == ENFILE;
      if (full && MakeRoom()) continue;
      return;
    }
    if (connections_.size() >= options_.connections && !MakeRoom()) continue;
    const int yes = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    Connection connection;
    connection.channel = tls_ == nullptr ? PlainChannel(socket.get())
                                         : tls_->Accept(socket.get());
    if (connection.channel == nullptr) continue;
    connection.socket = std::move(socket);
    connection.order = ++accepted_;
    const int fd = connection.socket.get();
    // A fresh connection owes its first request soon.
    Enter(connection, Phase::kHead);
    connection.armed = EPOLLIN;
    Watch(fd, EPOLLIN);
    connections_.emplace(fd, std::move(connection));
  }
}

// Gives up the connection that has waited longest for its client.
bool HttpServer::Impl::MakeRoom() {
  auto oldest = connections_.end();
  for (auto it = connections_.begin(); it != connections_.end(); ++it) {
    const Phase phase = it->second.phase;
    if (phase == Phase::kStream || phase == Phase::kAnswer) continue;
    if (oldest == connections_.end() ||
        std::tie(it->second.since, it->second.order) <
            std::tie(oldest->second.since, oldest->second.order)) {
      oldest = it;
    }
  }
  if (oldest == connections_.end()) return false;
  connections_.erase(oldest);
  return true;
}

void HttpServer::Impl::Enter(Connection& connection, Phase phase) {
  connection.phase = phase;
  connection.since = now_;
}

void HttpServer::Impl::Serve(int fd) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  if (Advance(found->second)) {
    Arm(found->second);
  } else {
    connections_.erase(found);
  }
}

bool HttpServer::Impl::Advance(Connection& connection) {
  while (true) {
    if (connection.HasOutput() && !WriteOutput(connection)) return false;
    if (connection.HasOutput() || connection.phase == Phase::kAnswer) {
      return true;  // Nothing more is read before that is gone.
    }
    if (connection.phase == Phase::kLinger) return Drain(connection);
    // Requests that are here already first.
    if (connection.phase != Phase::kStream && !connection.input.empty()) {
      if (!TakeRequest(connection)) return false;
      if (connection.phase == Phase::kAnswer) continue;
    }
    bool more = false;
    if (!ReadInput(connection, more)) return false;
    if (connection.phase == Phase::kStream) connection.input.clear();
    if (!more) return true;
  }
}

bool HttpServer::Impl::ReadInput(Connection& connection, bool& more) {
  std::array<char, 16 * 1024> buffer{};
  const Transfer got = connection.channel->Read(buffer);
  connection.blocked_on_write = got.state == Transfer::State::kWantWrite;
  more = got.state == Transfer::State::kMoved;
  if (more) connection.input.append(buffer.data(), got.bytes);
  return got.state != Transfer::State::kClosed;
}

bool HttpServer::Impl::TakeRequest(Connection& connection) {
  ParsedRequest parsed = ParseHttpRequest(connection.input, options_.limits);
  if (parsed.state == Parse::kMore) {
    const Phase phase = parsed.head_done ? Phase::kBody : Phase::kHead;
    if (connection.phase != phase) Enter(connection, phase);
    return true;
  }
  if (parsed.state == Parse::kBad) {
    Begin(connection,
          Answer(parsed.status, "text/plain; charset=utf-8",
                 fmt::format("{}\n", ReasonPhrase(parsed.status))),
          false, false);
    return true;
  }
  connection.input.erase(0, parsed.bytes);
  HttpResponse response = (*handler_)(parsed.request);
  if (response.stream && Streams() >= options_.streams) {
    response =
        Answer(503, "text/plain; charset=utf-8", "too many event streams\n");
  }
  Begin(connection, std::move(response), parsed.request.keep_alive,
        parsed.request.method == "HEAD");
  return true;
}

void HttpServer::Impl::Begin(Connection& connection, HttpResponse response,
                             bool keep_alive, bool head_only) {
  connection.become_stream = response.stream && !head_only;
  connection.close_after = !keep_alive || (response.stream && head_only);
  connection.output = ResponseHead(response, keep_alive);
  connection.output_sent = 0;
  connection.body = head_only ? nullptr : std::move(response.body);
  connection.body_sent = 0;
  Enter(connection, Phase::kAnswer);
}

bool HttpServer::Impl::WriteOutput(Connection& connection) {
  while (connection.HasOutput()) {
    const bool head = connection.output_sent < connection.output.size();
    const std::string_view rest =
        head
            ? std::string_view(connection.output).substr(connection.output_sent)
            : std::string_view(*connection.body).substr(connection.body_sent);
    const Transfer put = connection.channel->Write(rest);
    if (put.state == Transfer::State::kClosed) return false;
    connection.blocked_on_write = put.state != Transfer::State::kWantRead;
    if (put.state != Transfer::State::kMoved) return true;
    (head ? connection.output_sent : connection.body_sent) += put.bytes;
  }
  connection.blocked_on_write = false;
  connection.output.clear();
  connection.output_sent = 0;
  connection.body.reset();
  if (connection.phase == Phase::kStream) return true;
  if (connection.become_stream) {
    connection.become_stream = false;
    connection.last_beat = now_;
    Enter(connection, Phase::kStream);
  } else if (connection.close_after) {
    // Closing with unread input would reset the connection, and the client
    // might never see the answer.
    connection.channel->Finish();
    Enter(connection, Phase::kLinger);
  } else {
    Enter(connection, Phase::kIdle);
  }
  return true;
}

bool HttpServer::Impl::Drain(Connection& connection) {
  std::array<char, 16 * 1024> buffer{};
  while (connection.lingered < kLingerBytes) {
    const Transfer got = connection.channel->Read(buffer);
    if (got.state == Transfer::State::kClosed) return false;
    if (got.state != Transfer::State::kMoved) return true;
    connection.lingered += got.bytes;
  }
  return false;
}

void HttpServer::Impl::Arm(Connection& connection) {
  std::uint32_t events = connection.blocked_on_write ? EPOLLOUT : EPOLLIN;
  // The end of a stream's reader shows while it is written to, too.
  if (connection.phase == Phase::kStream) events |= EPOLLIN;
  if (events == connection.armed) return;
  connection.armed = events;
  epoll_event event{};
  event.events = events;
  event.data.fd = connection.socket.get();
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.socket.get(), &event);
}

void HttpServer::Impl::Sweep() {
  std::vector<int> beating;
  for (auto it = connections_.begin(); it != connections_.end();) {
    Connection& connection = it->second;
    const bool late = connection.phase != Phase::kStream &&
                      now_ - connection.since > TimeOf(connection.phase);
    if (!late) {
      if (connection.phase == Phase::kStream &&
          now_ - connection.last_beat >= options_.heartbeat) {
        // A stream that could not send its last beat has no reader.
        connection.last_beat = now_;
        connection.output += ":\n\n";
        beating.push_back(it->first);
      }
      ++it;
      continue;
    }
    const bool reading =
        (connection.phase == Phase::kHead || connection.phase == Phase::kBody);
    if (reading && !connection.input.empty()) {
      Begin(connection,
            Answer(408, "text/plain; charset=utf-8", "Request Timeout\n"),
            false, false);
      connection.input.clear();
      beating.push_back(it->first);
      ++it;
    } else {
      it = connections_.erase(it);
    }
  }
  for (const int fd : beating) Serve(fd);
}

void HttpServer::Impl::DeliverEvents() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got =
      ::read(wake_.get(), &count, sizeof count);
  std::deque<std::string> events;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    events.swap(events_);
  }
  std::string bytes;
  for (const std::string& event : events) bytes += event;
  std::vector<int> streams;
  for (auto it = connections_.begin(); it != connections_.end();) {
    Connection& connection = it->second;
    if (connection.phase != Phase::kStream) {
      ++it;
      continue;
    }
    if (connection.output.size() - connection.output_sent + bytes.size() >
        options_.stream_bytes) {
      it = connections_.erase(it);
      continue;
    }
    connection.output.erase(0, std::exchange(connection.output_sent, 0));
    connection.output += bytes;
    streams.push_back(it->first);
    ++it;
  }
  for (const int fd : streams) Serve(fd);
}

void HttpServer::Impl::Broadcast(std::string bytes) {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    events_.push_back(std::move(bytes));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(wake_.get(), &one, sizeof one);
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::Listen(
    const ListenAddress& address, const TlsFiles& tls,
    const HttpServerOptions& options) {
  BENCHKEEP_ASSIGN(std::unique_ptr<Impl> impl,
                   Impl::Listen(address, tls, options));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

const ListenAddress& HttpServer::address() const { return impl_->address(); }

Status HttpServer::Run(const Handler& handler,
                       const std::function<bool()>& interrupted) {
  return impl_->Run(handler, interrupted);
}

void HttpServer::Broadcast(std::string bytes) {
  impl_->Broadcast(std::move(bytes));
}

}  // namespace benchkeep::web
