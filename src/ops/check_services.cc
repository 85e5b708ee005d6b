// The checks of what the campaign depends on: its logs, and the services it
// calls.

#include <algorithm>
#include <string>

#include "host/http_probe.h"
#include "host/memory.h"
#include "ops/check_parts.h"
#include "ops/log_errors.h"

namespace benchkeep::ops {
namespace {

Message OutcomeWords(host::ProbeOutcome outcome, const std::string& url,
                     bool with_key, int status) {
  using host::ProbeOutcome;
  switch (outcome) {
    case ProbeOutcome::kOk:
      return Say(N_("{0} answers"), url);
    case ProbeOutcome::kBadUrl:
      return Say(N_("{0} is not an address of http or https"), url);
    case ProbeOutcome::kDns:
      return Say(N_("{0} has a name that is not known (DNS)"), url);
    case ProbeOutcome::kConnect:
      return Say(N_("{0} cannot be reached: no connection"), url);
    case ProbeOutcome::kTls:
      return Say(N_("{0} is not to be trusted: its certificate or the TLS "
                    "handshake is wrong"),
                 url);
    case ProbeOutcome::kTimeout:
      return Say(N_("{0} does not answer in time"), url);
    case ProbeOutcome::kKey:
      return with_key ? Say(N_("{0} refuses the key ({1})"), url, status)
                      : Say(N_("{0} asks for a key ({1}), none was sent"), url,
                            status);
    case ProbeOutcome::kQuota:
      return Say(N_("{0} says that the quota is used up (429)"), url);
    case ProbeOutcome::kServer:
      return Say(N_("{0} has a fault of its own ({1})"), url, status);
    case ProbeOutcome::kBroken:
      return Say(N_("{0} breaks off, or does not speak HTTP"), url);
    case ProbeOutcome::kCouldNotRun:
      return Say(N_("{0} could not be asked"), url);
  }
  return {};
}

Message OutcomeCure(host::ProbeOutcome outcome, bool with_key) {
  using host::ProbeOutcome;
  switch (outcome) {
    case ProbeOutcome::kOk:
      return {};
    case ProbeOutcome::kBadUrl:
      return Say(N_("correct [api] endpoints in benchkeep.toml"));
    case ProbeOutcome::kDns:
    case ProbeOutcome::kConnect:
    case ProbeOutcome::kTimeout:
    case ProbeOutcome::kBroken:
      return Say(
          N_("look at the network and proxy of this machine; [api] "
             "endpoints names other services"));
    case ProbeOutcome::kTls:
      return Say(
          N_("look at the clock of this machine and at its certificates "
             "(package ca-certificates)"));
    case ProbeOutcome::kKey:
      return with_key ? Say(N_("renew the key of [api] key_variable"))
                      : Say(N_("name the variable that holds the key: [api] "
                               "key_variable"));
    case ProbeOutcome::kQuota:
      return Say(N_("run with fewer workers, or raise the quota"));
    case ProbeOutcome::kServer:
      return Say(N_("wait; the fault is on the side of the service"));
    case ProbeOutcome::kCouldNotRun:
      return Say(
          N_("look at the certificates of this machine (package "
             "ca-certificates)"));
  }
  return {};
}

Json Time(const std::optional<double>& millis) {
  return millis ? Json::Double(*millis) : Json();
}

Json ProbeJson(const std::string& url, const host::ProbeResult& probe,
               std::int64_t failures) {
  Json one = Json::Object();
  one.Set("endpoint", Json::String(url));
  one.Set("outcome", Json::String(host::ProbeOutcomeName(probe.outcome)));
  one.Set("http_status",
          probe.http_status == 0 ? Json() : Json::Int(probe.http_status));
  one.Set("failures", Json::Int(failures));
  one.Set("dns_ms", Time(probe.dns_ms));
  one.Set("connect_ms", Time(probe.connect_ms));
  one.Set("tls_ms", Time(probe.tls_ms));
  one.Set("answer_ms", Time(probe.answer_ms));
  one.Set("total_ms", Json::Double(probe.total_ms));
  one.Set("error", probe.error.empty() ? Json() : Json::String(probe.error));
  return one;
}

}  // namespace

CheckOutput CheckLogErrors(const CheckInput& input) {
  CheckOutput output;
  CheckResult& result = output.result;
  const LogErrorsOptions options{.recall = input.options.remember
                                               ? LogRecall::kRemember
                                               : LogRecall::kLook,
                                 .rescan = false,
                                 .threads = host::AllowedProcessors(),
                                 .utc_offset = input.options.utc_offset};
  NoProgress quiet;
  const Result<LogErrorsReport> report =
      ReadLogErrors(input.store, options, quiet);
  if (!report.ok()) {
    Unreadable(result, report.error());
    return output;
  }
  result.state = CheckState::kOk;
  std::uint64_t recent = 0;
  std::uint64_t fresh = 0;  // Causes that are new.
  const ErrorCause* first = nullptr;
  for (const ErrorCause& cause : report->causes) {
    // What models write is for the results to judge.
    if (cause.kind == ErrorClass::kFormat) continue;
    recent += cause.recent;
    fresh += cause.is_new ? 1 : 0;
    if (first == nullptr && cause.recent > 0) first = &cause;
  }
  const store::Settings& settings = input.store.settings();
  const CheckState state =
      Compare(result, static_cast<double>(recent),
              {static_cast<double>(settings.check_errors_warning),
               static_cast<double>(settings.check_errors_critical), ""});
  result.message = report->files == 0
                       ? Say(N_("there are no logs"))
                       : Say(N_("{0} errors in 24 h, {1} in all logs"), recent,
                             report->errors);
  const Message fix = Say(N_("`benchkeep logs errors` names the causes"));
  if (first != nullptr) {
    Worsen(result, state,
           Say(N_("{0} errors in 24 h, most of them: {1}"), recent,
               first->pattern),
           fix);
    if (fresh > 0) {
      Worsen(result, CheckState::kWarning,
             Say(N_("{0} errors in 24 h; new causes: {1}, such as: {2}"),
                 recent, fresh, first->pattern),
             Say(N_("`benchkeep logs errors --new` names them")));
    }
  }
  if (!report->findings.empty()) {
    Worsen(result, CheckState::kWarning, report->findings.front().message, fix);
  }
  result.details.Set("recent", Json::Uint(recent));
  result.details.Set("errors", Json::Uint(report->errors));
  result.details.Set("error_lines", Json::Uint(report->error_lines));
  result.details.Set("new_causes", Json::Uint(fresh));
  return output;
}

CheckOutput CheckApi(const CheckInput& input) {
  CheckOutput output;
  CheckResult& result = output.result;
  const store::Settings& settings = input.store.settings();
  result.state = CheckState::kOk;
  std::string key;
  if (!settings.api_key_variable.empty() && input.options.variable) {
    key = input.options.variable(settings.api_key_variable.c_str());
  }
  std::vector<host::ProbeRequest> requests;
  for (const std::string& url : settings.api_endpoints) {
    requests.push_back(
        {url, key, std::chrono::seconds(settings.api_timeout_seconds)});
  }
  const std::vector<host::ProbeResult> probes = host::ProbeServices(requests);
  Json& list = result.details.Set("endpoints", Json::Array());
  std::int64_t good = 0;
  double slowest = 0;
  for (std::size_t i = 0; i < probes.size(); ++i) {
    const host::ProbeResult& probe = probes[i];
    const std::string url = host::ShownUrl(requests[i].url);
    const std::string mark_name = "api " + url;
    const auto before = input.memory.marks.find(mark_name);
    store::CheckMark mark = before == input.memory.marks.end()
                                ? store::CheckMark{}
                                : before->second;
    const bool could = probe.outcome != host::ProbeOutcome::kCouldNotRun &&
                       probe.outcome != host::ProbeOutcome::kBadUrl;
    if (probe.outcome == host::ProbeOutcome::kOk) {
      mark = {input.now, 0};
      ++good;
      slowest = std::max(slowest, probe.total_ms);
    } else if (could) {
      ++mark.failures;
    }
    output.keep.marks[mark_name] = mark;
    list.Append(ProbeJson(url, probe, mark.failures));
    if (probe.outcome == host::ProbeOutcome::kOk) continue;
    const CheckState state = !could ? CheckState::kUnknown
                             : mark.failures >= settings.api_failures
                                 ? CheckState::kCritical
                                 : CheckState::kWarning;
    Worsen(result, state,
           OutcomeWords(probe.outcome, url, !key.empty(), probe.http_status),
           OutcomeCure(probe.outcome, !key.empty()));
  }
  result.value = static_cast<double>(good);
  result.limits = {static_cast<double>(probes.size()), {}, ""};
  if (result.state == CheckState::kOk) {
    result.message = probes.empty()
                         ? Say(N_("no service is to be checked"))
                         : Say(N_("{0} services answer, the slowest in {1} ms"),
                               good, static_cast<std::int64_t>(slowest));
  }
  return output;
}

}  // namespace benchkeep::ops
