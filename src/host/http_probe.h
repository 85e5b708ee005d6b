// How far a service can be reached, and how long each step takes.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace benchkeep::host {

// Where the way to the service ends.
enum class ProbeOutcome {
  kOk,           // It answers.
  kBadUrl,       // Not an address of http or https.
  kDns,          // The name has no address.
  kConnect,      // Nobody listens, or no way leads there.
  kTls,          // No trust: certificate or handshake.
  kTimeout,      // No answer in time.
  kKey,          // 401 or 403.
  kQuota,        // 429.
  kServer,       // 500 and above.
  kBroken,       // The answer is no HTTP, or was cut off.
  kCouldNotRun,  // Nothing about the service: we could not even try.
};
const char* ProbeOutcomeName(ProbeOutcome outcome);  // "dns", "could_not_run"

struct ProbeRequest {
  std::string url;
  std::string key;  // Sent as a bearer token; never shown.  May be empty.
  std::chrono::milliseconds timeout{5'000};
};

struct ProbeResult {
  ProbeOutcome outcome = ProbeOutcome::kCouldNotRun;
  int http_status = 0;  // 0: none came.
  // How long each step took; none: it was not reached.
  std::optional<double> dns_ms;
  std::optional<double> connect_ms;
  std::optional<double> tls_ms;
  std::optional<double> answer_ms;  // From the request to its first byte.
  double total_ms = 0;
  std::string error;  // In the words of the library; without the key.
};

// Asks all of them at once, with GET, following no redirects and reading
// little.  Needs no thread-safety of the caller's.
std::vector<ProbeResult> ProbeServices(
    const std::vector<ProbeRequest>& requests);

// The URL without user, password, query and fragment, to be shown.
std::string ShownUrl(const std::string& url);

}  // namespace benchkeep::host
