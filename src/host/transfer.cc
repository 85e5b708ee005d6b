// Transfers with libcurl.

#include "host/transfer.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace benchkeep::host {
namespace {

constexpr std::size_t kMaxBody = 65536;
constexpr std::size_t kMaxAnswer = 300;
constexpr double kMicros = 1000;  // In a millisecond.

struct CurlCloser {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct ListCloser {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListCloser>;

// Once per process, and for as long as it lives.
bool SetUp() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return done;
}

void Append(List& list, const std::string& text) {
  curl_slist* const longer = curl_slist_append(list.get(), text.c_str());
  if (longer == nullptr) return;
  static_cast<void>(list.release());
  list.reset(longer);
}

const char* ReasonOf(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "dns";
    case CURLE_COULDNT_CONNECT:
      return "connect";
    case CURLE_OPERATION_TIMEDOUT:
      return "timeout";
    case CURLE_LOGIN_DENIED:
      return "auth";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
      return "tls";
    case CURLE_ABORTED_BY_CALLBACK:
      return "cancelled";
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_FAILED_INIT:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_NOT_BUILT_IN:
      return "setup";
    default:
      return "broken";
  }
}

// One line of at most kMaxAnswer bytes.
std::string Short(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20;
    if (control && (out.empty() || out.back() == ' ')) continue;
    out += control ? ' ' : c;
    if (out.size() >= kMaxAnswer) break;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

int StopWhenCancelled(void* cancelled, curl_off_t /*total*/, curl_off_t /*now*/,
                      curl_off_t /*upload*/, curl_off_t /*sent*/) {
  const auto& asked = *static_cast<const Cancelled*>(cancelled);
  return asked && asked() ? 1 : 0;
}

void SetUrl(CURL* curl, const std::string& url) {
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  // What is meant for this machine, without TLS perhaps, goes to no proxy.
  const auto parts = SplitUrl(url);
  if (parts && parts->IsLoopback()) curl_easy_setopt(curl, CURLOPT_PROXY, "");
}

void SetLimits(CURL* curl, std::chrono::milliseconds timeout,
               const std::string& ca_file, const Cancelled* cancelled) {
  const auto millis = static_cast<long>(timeout.count());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, millis);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, millis);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_NETRC, CURL_NETRC_IGNORED);
  if (!ca_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, StopWhenCancelled);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, cancelled);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

double Millis(CURL* curl) {
  curl_off_t micros = 0;
  curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &micros);
  return static_cast<double>(micros) / kMicros;
}

struct Upload {
  std::string_view left;
};

std::size_t GiveBytes(char* buffer, std::size_t size, std::size_t count,
                      void* data) {
  auto& upload = *static_cast<Upload*>(data);
  const std::size_t take = std::min(size * count, upload.left.size());
  std::copy_n(upload.left.data(), take, buffer);
  upload.left.remove_prefix(take);
  return take;
}

// The last line that the server said, and the last one that says no: after that
// there may be a farewell.
struct ServerLines {
  std::string last;
  std::string refusal;
};

std::size_t KeepLine(char* data, std::size_t size, std::size_t count,
                     void* kept) {
  auto& lines = *static_cast<ServerLines*>(kept);
  lines.last.assign(data, std::min(size * count, kMaxAnswer * 2));
  const bool refuses =
      lines.last.starts_with('4') || lines.last.starts_with('5');
  if (refuses) lines.refusal = lines.last;
  return size * count;
}

// What a refusal means depends on which command it answers.
void JudgeSmtp(std::string_view error, SendResult& result) {
  constexpr int kGoingDown = 421;
  constexpr int kNeedsLogin = 530;
  constexpr int kTooLarge = 552;
  constexpr int kRefusals = 500;
  const bool permanent = result.code >= kRefusals;
  if (result.code == kGoingDown) {
    result.reason = "server";
  } else if (result.code == kNeedsLogin) {
    result.reason = "auth";
  } else if (error.starts_with("MAIL failed") && result.code != kTooLarge) {
    // The sender is not welcome: that holds for every message.
    result.reason = permanent ? "refused" : "server";
  } else {
    result.reason = permanent ? "refused" : "server";
    result.outcome = permanent ? SendOutcome::kRefused : SendOutcome::kLater;
  }
}

struct Download {
  std::string body;
  std::string rate_limits;
};

std::size_t KeepBody(char* data, std::size_t size, std::size_t count,
                     void* kept) {
  auto& body = static_cast<Download*>(kept)->body;
  if (body.size() >= kMaxBody) return 0;  // Nobody answers at such length.
  body.append(data, std::min(size * count, kMaxBody - body.size()));
  return size * count;
}

std::size_t KeepHeader(char* data, std::size_t size, std::size_t count,
                       void* kept) {
  constexpr std::string_view kName = "x-sentry-rate-limits:";
  const std::string_view line(data, size * count);
  const bool wanted =
      line.size() > kName.size() &&
      std::equal(kName.begin(), kName.end(), line.begin(), [](char a, char b) {
        return a == std::tolower(static_cast<unsigned char>(b));
      });
  if (wanted) {
    static_cast<Download*>(kept)->rate_limits =
        Short(line.substr(kName.size()));
  }
  return size * count;
}

void JudgeHttp(SendResult& result) {
  constexpr int kOk = 200;
  constexpr int kRedirect = 300;
  constexpr int kTooMany = 429;
  constexpr int kServerError = 500;
  constexpr int kBadRequest = 400;
  constexpr std::array<int, 4> kAboutThisMessage = {kBadRequest, 411, 413, 422};
  if (result.code >= kOk && result.code < kRedirect) {
    result.outcome = SendOutcome::kDone;
    result.reason.clear();
  } else if (result.code == kTooMany) {
    result.reason = "rate_limited";
  } else if (result.code >= kServerError) {
    result.reason = "server";
  } else if (result.code == 401 || result.code == 403) {
    result.reason = "auth";
  } else {
    result.reason = "refused";
    const bool this_one =
        std::find(kAboutThisMessage.begin(), kAboutThisMessage.end(),
                  result.code) != kAboutThisMessage.end();
    if (this_one) result.outcome = SendOutcome::kLater;
  }
}

}  // namespace

struct MailSession::Handle {
  std::unique_ptr<CURL, CurlCloser> curl;

  void Open() {
    if (SetUp()) curl.reset(curl_easy_init());
  }
  // The library says QUIT to an open connection and waits long for the answer,
  // whatever the limits are: a connection that cannot be read ends the wait.
  void HangUp(int how) {
    curl_socket_t socket = CURL_SOCKET_BAD;
    if (curl != nullptr &&
        curl_easy_getinfo(curl.get(), CURLINFO_ACTIVESOCKET, &socket) ==
            CURLE_OK &&
        socket != CURL_SOCKET_BAD) {
      ::shutdown(socket, how);
    }
    curl.reset();
  }
};

MailSession::MailSession(MailServer server, Cancelled cancelled)
    : server_(std::move(server)),
      cancelled_(std::move(cancelled)),
      handle_(std::make_unique<Handle>()) {
  handle_->Open();
}

MailSession::~MailSession() { handle_->HangUp(SHUT_RD); }

SendResult MailSession::Send(const std::string& from, const std::string& to,
                             const std::string& bytes) {
  SendResult result;
  result.reason = "setup";
  CURL* const curl = handle_->curl.get();
  if (curl == nullptr) return result;
  curl_easy_reset(curl);  // The connection stays.
  std::array<char, CURL_ERROR_SIZE> error{};
  ServerLines lines;
  Upload upload{bytes};
  List recipients;
  Append(recipients, "<" + to + ">");
  SetUrl(curl, server_.url + "/" + server_.our_name);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  SetLimits(curl, server_.timeout, server_.ca_file, &cancelled_);
  curl_easy_setopt(curl, CURLOPT_USE_SSL,
                   server_.tls == MailTls::kRequired   ? CURLUSESSL_ALL
                   : server_.tls == MailTls::kOptional ? CURLUSESSL_TRY
                                                       : CURLUSESSL_NONE);
  if (!server_.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, server_.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, server_.password.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error.data());
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, KeepLine);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &lines);
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, ("<" + from + ">").c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, GiveBytes);
  curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
  curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
                   static_cast<curl_off_t>(bytes.size()));
  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  result.code = static_cast<int>(status);
  result.millis = Millis(curl);
  const bool refused = code != CURLE_OK &&
                       lines.refusal.starts_with(std::to_string(result.code));
  result.answer = Short(refused ? lines.refusal : lines.last);
  if (code == CURLE_OK) {
    result.outcome = SendOutcome::kDone;
    result.reason.clear();
    return result;
  }
  // Its answers may no longer belong to what is asked next.
  handle_->HangUp(SHUT_RDWR);
  handle_->Open();
  result.reason = ReasonOf(code);
  const std::string said(error.data());
  constexpr int kLeastFailure = 400;
  if (result.reason == "broken" && result.code >= kLeastFailure) {
    JudgeSmtp(said, result);
    return result;
  }
  // What the server said last explains a refused login, not a broken line.
  if (code != CURLE_LOGIN_DENIED || result.answer.empty()) {
    result.answer = Short(said.empty() ? curl_easy_strerror(code) : said);
  }
  return result;
}

struct HttpSession::Handle {
  std::unique_ptr<CURL, CurlCloser> curl;
};

HttpSession::HttpSession(Cancelled cancelled)
    : cancelled_(std::move(cancelled)), handle_(std::make_unique<Handle>()) {
  if (SetUp()) handle_->curl.reset(curl_easy_init());
}

HttpSession::~HttpSession() = default;

HttpAnswer HttpSession::Post(const HttpPost& post) {
  HttpAnswer answer;
  SendResult& result = answer.result;
  result.reason = "setup";
  CURL* const curl = handle_->curl.get();
  if (curl == nullptr) return answer;
  curl_easy_reset(curl);
  List headers;
  for (const std::string& header : post.headers) Append(headers, header);
  Append(headers, "Expect:");  // Do not ask first.
  Download download;
  SetUrl(curl, post.url);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  SetLimits(curl, post.timeout, post.ca_file, &cancelled_);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "benchkeep-notify");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, post.body.data());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(post.body.size()));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, KeepBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &download);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, KeepHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &download);
  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  result.code = static_cast<int>(status);
  result.millis = Millis(curl);
  answer.body = std::move(download.body);
  answer.rate_limits = std::move(download.rate_limits);
  // An endless body comes behind a status that counts.
  const bool answered =
      code == CURLE_OK || (code == CURLE_WRITE_ERROR && status != 0);
  if (!answered) {
    // The library's own words, which hold no part of the address.
    result.reason = ReasonOf(code);
    result.answer = curl_easy_strerror(code);
    return answer;
  }
  result.answer = Short(answer.body);
  JudgeHttp(result);
  curl_off_t wait = 0;
  if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK &&
      wait > 0) {
    result.retry_after = std::chrono::seconds(wait);
  }
  return answer;
}

bool UrlParts::IsLoopback() const {
  return host == "localhost" || host == "[::1]" || host == "::1" ||
         (host.starts_with("127.") &&
          std::all_of(host.begin(), host.end(), [](unsigned char c) {
            return std::isdigit(c) != 0 || c == '.';
          }));
}

std::optional<UrlParts> SplitUrl(const std::string& url) {
  struct Closer {
    void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
  };
  const std::unique_ptr<CURLU, Closer> handle(curl_url());
  if (handle == nullptr ||
      curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return std::nullopt;
  }
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    std::string out;
    if (curl_url_get(handle.get(), which, &text, 0) == CURLUE_OK) out = text;
    curl_free(text);
    return out;
  };
  return UrlParts{part(CURLUPART_SCHEME), part(CURLUPART_USER),
                  part(CURLUPART_HOST), part(CURLUPART_PORT),
                  part(CURLUPART_PATH)};
}

}  // namespace benchkeep::host
