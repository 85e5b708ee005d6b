// Errors of the logs, as JSON and text.

#include "render/log_errors.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "render/text_table.h"

namespace benchkeep::render {
namespace {

using ops::ErrorCause;
using ops::ErrorClass;
using ops::LogErrorsReport;

constexpr std::size_t kShown = 15;
constexpr std::size_t kCures = 3;

Json OrNull(const std::string& text) {
  return text.empty() ? Json() : Json::String(text);
}

Json CauseJson(const ErrorCause& cause) {
  Json json = Json::Object();
  json.Set("class", Json::String(ops::ErrorClassName(cause.kind)));
  json.Set("pattern", Json::String(cause.pattern));
  json.Set("count", Json::Uint(cause.count));
  json.Set("first", OrNull(cause.first));
  json.Set("last", OrNull(cause.last));
  json.Set("example", Json::String(cause.example));
  json.Set("model", OrNull(cause.model));
  json.Set("file", Json::String(cause.file));
  json.Set("files", Json::Uint(cause.files));
  json.Set("recent", Json::Uint(cause.recent));
  json.Set("new", Json::Bool(cause.is_new));
  Json spike;
  if (!cause.spike_hour.empty()) {
    spike = Json::Object();
    spike.Set("hour", Json::String(cause.spike_hour));
    spike.Set("count", Json::Uint(cause.spike_count));
    spike.Set("usual", Json::Double(cause.spike_usual));
  }
  json.Set("spike", std::move(spike));
  return json;
}

Json ClassesJson(
    const std::array<std::uint64_t, ops::kErrorClasses>& by_class) {
  Json json = Json::Object();
  for (std::size_t i = 0; i < by_class.size(); ++i) {
    json.Set(ops::ErrorClassName(static_cast<ErrorClass>(i)),
             Json::Uint(by_class[i]));
  }
  return json;
}

Findings FindingsOf(const LogErrorsReport& report) {
  Findings findings = report.findings;
  for (const ErrorCause& cause : report.causes) {
    if (cause.is_new && cause.kind != ErrorClass::kFormat) {
      findings.push_back({"log_errors_new", Severity::kWarning, cause.file,
                          Say(N_("new since yesterday, {0} times: {1}"),
                              cause.count, cause.pattern),
                          ErrorClassCure(cause.kind)});
    } else if (!cause.spike_hour.empty()) {
      findings.push_back(
          {"log_errors_spike", Severity::kWarning, cause.file,
           Say(N_("{0} times in the hour from {1}:00, usually {2}: {3}"),
               cause.spike_count, cause.spike_hour,
               std::llround(cause.spike_usual), cause.pattern),
           ErrorClassCure(cause.kind)});
    }
  }
  return findings;
}

std::string When(const std::string& time) {
  std::string text = time.substr(0, 16);
  if (text.size() > 10) text[10] = ' ';
  return text.empty() ? "-" : text;
}

Ink InkOf(const ErrorCause& cause) {
  return cause.is_new || !cause.spike_hour.empty() ? Ink::kBad : Ink::kPlain;
}

// What tells causes apart, without the tags before it.
std::string ShortPattern(std::string_view pattern) {
  constexpr std::string_view kAttempt = "Attempt #/#: ";
  if (pattern.starts_with('[')) {
    const std::size_t end = pattern.find("] ");
    if (end != std::string_view::npos) pattern.remove_prefix(end + 2);
  }
  if (pattern.starts_with(kAttempt)) pattern.remove_prefix(kAttempt.size());
  return std::string(pattern);
}

std::string Table(const std::vector<const ErrorCause*>& causes,
                  const LogErrorsView& view, const Face& face) {
  TextTable table;
  table.Column(face.Tr(N_("times")), Align::kRight)
      .Column(face.Tr(N_("kind")))
      .Column(face.Tr(N_("last")))
      .Column(face.Tr(N_("cause")));
  // What the other columns take.
  constexpr std::size_t kOthers = 44;
  constexpr std::size_t kLeast = 36;
  const std::size_t room =
      std::max(kLeast, face.width > kOthers ? face.width - kOthers : 0);
  std::size_t shown = 0;
  for (const ErrorCause* cause : causes) {
    if (!view.all && ++shown > kShown) break;
    table.Row({{Thousands(cause->count), InkOf(*cause)},
               face.Tr(ErrorClassWords(cause->kind)),
               When(cause->last),
               Clip(ShortPattern(cause->pattern), room)});
  }
  return table.Render(face);
}

std::string Examples(const std::vector<const ErrorCause*>& causes,
                     const LogErrorsView& view, const Face& face) {
  std::string text;
  std::size_t shown = 0;
  for (const ErrorCause* cause : causes) {
    if (!view.all && ++shown > kShown) break;
    text +=
        "\n" +
        face.Paint(Ink::kBold, Printable(Clip(cause->pattern, face.width))) +
        "\n";
    text += Wrap(Printable(cause->example), face.width, 2);
    std::string where = cause->file;
    if (!cause->model.empty()) where += ", " + cause->model;
    text += "  " +
            face.Paint(Ink::kDim,
                       face.Tr(Say(N_("{0}; first {1}, last {2}"), where,
                                   When(cause->first), When(cause->last)))) +
            "\n";
  }
  return text;
}

// What helps against the first few kinds.
std::string Cures(const std::vector<const ErrorCause*>& causes,
                  const Face& face) {
  std::string text;
  std::set<ErrorClass> seen;
  for (const ErrorCause* cause : causes) {
    if (seen.size() >= kCures) break;
    const Message cure = ErrorClassCure(cause->kind);
    if (cure.empty() || !seen.insert(cause->kind).second) continue;
    text +=
        Wrap(face.Tr(Say(N_("{0}: {1}"), face.Tr(ErrorClassWords(cause->kind)),
                         face.Tr(cure))),
             face.width, 2) +
        "\n";
  }
  return text.empty() ? "" : "\n" + face.Tr(N_("what helps:")) + "\n" + text;
}

}  // namespace

Message ErrorClassWords(ErrorClass kind) {
  switch (kind) {
    case ErrorClass::kRateLimit:
      return Say(N_("rate limit"));
    case ErrorClass::kAuth:
      return Say(N_("key or right"));
    case ErrorClass::kTimeout:
      return Say(N_("timeout"));
    case ErrorClass::kNetwork:
      return Say(N_("network"));
    case ErrorClass::kFormat:
      return Say(N_("format"));
    case ErrorClass::kCrash:
      return Say(N_("crash"));
    case ErrorClass::kDisk:
      return Say(N_("disk"));
    case ErrorClass::kOther:
      return Say(N_("other"));
  }
  return {};
}

Message ErrorClassCure(ErrorClass kind) {
  switch (kind) {
    case ErrorClass::kRateLimit:
      return Say(
          N_("run with fewer workers or a lower rate; `benchkeep tune` "
             "computes how many"));
    case ErrorClass::kAuth:
      return Say(
          N_("check the keys in the configuration of the benchmark, "
             "then `benchkeep check`"));
    case ErrorClass::kTimeout:
      return Say(
          N_("`benchkeep check` times the service; with many workers "
             "try fewer"));
    case ErrorClass::kNetwork:
      return Say(
          N_("`benchkeep check` says how far the service can be "
             "reached"));
    case ErrorClass::kCrash:
      return Say(
          N_("see the traceback in the log; results that were written "
             "are safe, `benchkeep consolidate` takes them in"));
    case ErrorClass::kDisk:
      return Say(
          N_("free some space: `benchkeep logs compress`, `benchkeep "
             "clean`"));
    case ErrorClass::kFormat:
    case ErrorClass::kOther:
      return {};
  }
  return {};
}

Document LogErrorsDocument(const LogErrorsReport& report,
                           const LogErrorsView& view, const Face& face) {
  Document document{.command = "logs errors"};
  document.findings = FindingsOf(report);
  document.status = OutcomeOf(document.findings);
  std::vector<const ErrorCause*> causes;
  for (const ErrorCause& cause : report.causes) {
    if (view.only_new && !cause.is_new && cause.spike_hour.empty()) continue;
    causes.push_back(&cause);
  }
  Json& data = document.data;
  data.Set("files", Json::Uint(report.files));
  data.Set("bytes", Json::Uint(report.bytes));
  data.Set("bytes_read", Json::Uint(report.bytes_read));
  data.Set("error_lines", Json::Uint(report.error_lines));
  data.Set("errors", Json::Uint(report.errors));
  data.Set("classes", ClassesJson(report.by_class));
  Json& list = data.Set("causes", Json::Array());
  for (const ErrorCause* cause : causes) list.Append(CauseJson(*cause));
  Json& total = data.Set("total", Json::Object());
  total.Set("error_lines", Json::Uint(report.total_error_lines));
  total.Set("classes", ClassesJson(report.total_by_class));
  data.Set("remembered", Json::Bool(report.remembered));

  document.text =
      face.Tr(Say(N_("{0} logs, {1}; {2} of them new"), Thousands(report.files),
                  HumanBytes(report.bytes), HumanBytes(report.bytes_read))) +
      "\n" +
      face.Tr(Say(N_("{0} lines hold ERROR; {1} errors, of {2} causes:"),
                  Thousands(report.error_lines), Thousands(report.errors),
                  report.causes.size())) +
      "\n";
  if (causes.empty()) {
    document.text += "\n" +
                     face.Tr(view.only_new ? N_("nothing new since yesterday")
                                           : N_("no errors")) +
                     "\n";
    return document;
  }
  document.text += "\n" + Table(causes, view, face);
  if (!view.all && causes.size() > kShown) {
    document.text += face.Paint(
        Ink::kDim, face.Tr(Say(N_("... and {0} more; --all shows them"),
                               causes.size() - kShown)));
    document.text += "\n";
  }
  document.text += view.examples ? Examples(causes, view, face) : "";
  document.text += Cures(causes, face);
  return document;
}

}  // namespace benchkeep::render
