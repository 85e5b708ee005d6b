// Probes with libcurl.

#include "host/http_probe.h"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

namespace benchkeep::host {
namespace {

constexpr std::size_t kMaxThreads = 16;
constexpr curl_off_t kMaxBody = 65536;
constexpr double kMicros = 1000;  // In a millisecond.
constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;
constexpr int kTooMany = 429;
constexpr int kServerError = 500;

struct CurlCloser {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct ListCloser {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// Drops the body; a long one is not worth waiting for.
std::size_t Swallow(char* /*data*/, std::size_t size, std::size_t count,
                    void* seen) {
  auto& total = *static_cast<curl_off_t*>(seen);
  total += static_cast<curl_off_t>(size * count);
  return total > kMaxBody ? 0 : size * count;
}

ProbeOutcome OutcomeOf(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return ProbeOutcome::kBadUrl;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return ProbeOutcome::kDns;
    case CURLE_COULDNT_CONNECT:
      return ProbeOutcome::kConnect;
    case CURLE_OPERATION_TIMEDOUT:
      return ProbeOutcome::kTimeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return ProbeOutcome::kTls;
    case CURLE_FAILED_INIT:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_SSL_CACERT_BADFILE:  // This machine has no list of authorities.
    case CURLE_NOT_BUILT_IN:
      return ProbeOutcome::kCouldNotRun;
    default:
      return ProbeOutcome::kBroken;
  }
}

ProbeOutcome OutcomeOf(int status) {
  if (status == kUnauthorized || status == kForbidden)
    return ProbeOutcome::kKey;
  if (status == kTooMany) return ProbeOutcome::kQuota;
  if (status >= kServerError) return ProbeOutcome::kServer;
  return ProbeOutcome::kOk;
}

double Millis(CURL* curl, CURLINFO what) {
  curl_off_t micros = 0;
  curl_easy_getinfo(curl, what, &micros);
  return static_cast<double>(micros) / kMicros;
}

// Each of curl's times is counted from the start and 0 when not reached.
void ReadTimes(CURL* curl, ProbeResult& result) {
  const double dns = Millis(curl, CURLINFO_NAMELOOKUP_TIME_T);
  const double connect = Millis(curl, CURLINFO_CONNECT_TIME_T);
  const double tls = Millis(curl, CURLINFO_APPCONNECT_TIME_T);
  const double first = Millis(curl, CURLINFO_STARTTRANSFER_TIME_T);
  result.total_ms = Millis(curl, CURLINFO_TOTAL_TIME_T);
  if (dns > 0) result.dns_ms = dns;
  if (connect > 0) result.connect_ms = std::max(0.0, connect - dns);
  if (tls > 0) result.tls_ms = std::max(0.0, tls - connect);
  if (first > 0)
    result.answer_ms = std::max(0.0, first - std::max(connect, tls));
}

ProbeResult Probe(const ProbeRequest& request) {
  ProbeResult result;
  const std::unique_ptr<CURL, CurlCloser> owner(curl_easy_init());
  CURL* const curl = owner.get();
  if (curl == nullptr) return result;
  curl_off_t seen = 0;
  const auto timeout = static_cast<long>(request.timeout.count());
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "benchkeep-check");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Swallow);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &seen);
  std::unique_ptr<curl_slist, ListCloser> headers;
  if (!request.key.empty()) {
    headers.reset(curl_slist_append(
        nullptr, ("Authorization: Bearer " + request.key).c_str()));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  }
  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  result.http_status = static_cast<int>(status);
  ReadTimes(curl, result);
  // A body that we did not want to the end is an answer.
  const bool answered =
      code == CURLE_OK || (code == CURLE_WRITE_ERROR && status != 0);
  result.outcome = answered ? OutcomeOf(result.http_status) : OutcomeOf(code);
  // curl says the same of an answer that is no HTTP.
  if (code == CURLE_UNSUPPORTED_PROTOCOL && result.connect_ms) {
    result.outcome = ProbeOutcome::kBroken;
  }
  if (!answered) result.error = curl_easy_strerror(code);
  return result;
}

}  // namespace

const char* ProbeOutcomeName(ProbeOutcome outcome) {
  switch (outcome) {
    case ProbeOutcome::kOk:
      return "ok";
    case ProbeOutcome::kBadUrl:
      return "bad_url";
    case ProbeOutcome::kDns:
      return "dns";
    case ProbeOutcome::kConnect:
      return "connect";
    case ProbeOutcome::kTls:
      return "tls";
    case ProbeOutcome::kTimeout:
      return "timeout";
    case ProbeOutcome::kKey:
      return "key";
    case ProbeOutcome::kQuota:
      return "quota";
    case ProbeOutcome::kServer:
      return "server";
    case ProbeOutcome::kBroken:
      return "broken";
    case ProbeOutcome::kCouldNotRun:
      return "could_not_run";
  }
  return "could_not_run";
}

std::vector<ProbeResult> ProbeServices(
    const std::vector<ProbeRequest>& requests) {
  std::vector<ProbeResult> results(requests.size());
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return results;
  std::atomic<std::size_t> next{0};
  const auto probe_some = [&] {
    for (std::size_t at = next++; at < requests.size(); at = next++) {
      results[at] = Probe(requests[at]);
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(requests.size(), kMaxThreads); ++i) {
    threads.emplace_back(probe_some);
  }
  probe_some();
  for (std::thread& thread : threads) thread.join();
  curl_global_cleanup();
  return results;
}

std::string ShownUrl(const std::string& url) {
  std::string shown = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme = shown.find("://");
  const std::size_t from = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t path = std::min(shown.find('/', from), shown.size());
  const std::size_t at = shown.rfind('@', path);
  if (at != std::string::npos && at >= from && at < path) {
    shown.erase(from, at + 1 - from);
  }
  return shown;
}

}  // namespace benchkeep::host
