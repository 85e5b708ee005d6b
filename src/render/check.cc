// The report of `check`: JSON, screen, plugin line, Markdown.

#include "render/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "render/text_table.h"

namespace benchkeep::render {
namespace {

using ops::CheckReport;
using ops::CheckResult;
using ops::CheckState;

constexpr std::size_t kLeastRoom = 30;  // For the words of a check.

Ink InkOf(CheckState state) {
  switch (state) {
    case CheckState::kOk:
      return Ink::kGood;
    case CheckState::kWarning:
      return Ink::kWarning;
    case CheckState::kUnknown:
    case CheckState::kCritical:
      return Ink::kBad;
  }
  return Ink::kPlain;
}

// In the words of monitoring plugins, which are not translated.
const char* PluginWord(CheckState state) {
  switch (state) {
    case CheckState::kOk:
      return "OK";
    case CheckState::kWarning:
      return "WARNING";
    case CheckState::kUnknown:
      return "UNKNOWN";
    case CheckState::kCritical:
      return "CRITICAL";
  }
  return "UNKNOWN";
}

Json Number(const std::optional<double>& value) {
  if (!value) return {};
  const double whole = std::round(*value);
  constexpr double kExact = 9e15;
  return whole == *value && std::abs(whole) < kExact
             ? Json::Int(static_cast<std::int64_t>(whole))
             : Json::Double(*value);
}

std::string Plain(const std::optional<double>& value) {
  return value ? Number(value).text() : "";
}

std::string Iso(std::int64_t seconds) {
  return FormatIso(TimePoint(std::chrono::seconds(seconds)));
}

Json Threshold(const ops::CheckLimits& limits) {
  if (!limits.warning && !limits.critical) return {};
  Json json = Json::Object();
  json.Set("warning", Number(limits.warning));
  json.Set("critical", Number(limits.critical));
  json.Set("unit", *limits.unit == '\0' ? Json() : Json::String(limits.unit));
  return json;
}

Json CheckJson(const CheckResult& check, const Face& face) {
  Json json = Json::Object();
  json.Set("name", Json::String(check.name));
  json.Set("status", Json::String(OutcomeName(OutcomeOf(check.state))));
  json.Set("message", Json::String(face.Tr(check.message)));
  json.Set("value", Number(check.value));
  json.Set("threshold", Threshold(check.limits));
  json.Set("last_good",
           check.last_good ? Json::String(Iso(*check.last_good)) : Json());
  json.Set("fix",
           check.fix.empty() ? Json() : Json::String(face.Tr(check.fix)));
  json.Set("details", check.details);
  return json;
}

Findings FindingsOf(const CheckReport& report) {
  Findings findings;
  for (const CheckResult& check : report.checks) {
    if (check.state == CheckState::kOk) continue;
    findings.push_back({"check_" + check.name,
                        check.state == CheckState::kCritical
                            ? Severity::kCritical
                            : Severity::kWarning,
                        {},
                        check.message,
                        check.fix});
  }
  return findings;
}

std::string Screen(const CheckReport& report, const Face& face) {
  // A state, the name of the check, what it says; what cures it below.
  std::size_t state_width = 0;
  std::size_t name_width = 0;
  for (const CheckResult& check : report.checks) {
    state_width =
        std::max(state_width, DisplayWidth(face.Tr(StateWords(check.state))));
    name_width =
        std::max(name_width, DisplayWidth(face.Tr(CheckWords(check.name))));
  }
  const auto padded = [](const std::string& text, std::size_t width) {
    const std::size_t have = DisplayWidth(text);
    return text + std::string(width > have ? width - have : 0, ' ');
  };
  const std::size_t indent = state_width + name_width + 4;
  const std::size_t room = std::max(face.width, indent + kLeastRoom);
  std::string text;
  for (const CheckResult& check : report.checks) {
    const std::string state = face.Tr(StateWords(check.state));
    text += face.Paint(InkOf(check.state), padded(state, state_width)) + "  " +
            face.Paint(Ink::kBold,
                       padded(face.Tr(CheckWords(check.name)), name_width)) +
            "  ";
    std::string message = Wrap(face.Tr(check.message), room, indent);
    message.erase(0, std::min(indent, message.size()));
    text += message;
    if (check.state == CheckState::kOk) continue;
    if (!check.fix.empty()) {
      text += face.Paint(Ink::kDim,
                         Wrap(face.Tr(Say(N_("cure: {0}"), face.Tr(check.fix))),
                              room, indent));
    }
    if (check.last_good) {
      text += face.Paint(
          Ink::kDim,
          Wrap(face.Tr(Say(N_("last good: {0}"), Iso(*check.last_good))), room,
               indent));
    }
  }
  const auto good = std::count_if(
      report.checks.begin(), report.checks.end(),
      [](const CheckResult& each) { return each.state == CheckState::kOk; });
  text += "\n" +
          face.Paint(InkOf(report.state),
                     face.Tr(Say(N_("{0}: {1} of {2} checks are ok"),
                                 face.Tr(StateWords(report.state)), good,
                                 report.checks.size()))) +
          "\n";
  return text;
}

// Neither '|' nor line breaks may stand in what goes before the numbers.
std::string PluginText(const std::string& text) {
  std::string out = Printable(text);
  std::replace(out.begin(), out.end(), '|', '/');
  return out;
}

}  // namespace

Message StateWords(CheckState state) {
  switch (state) {
    case CheckState::kOk:
      return Say(N_("ok"));
    case CheckState::kWarning:
      return Say(N_("warning"));
    case CheckState::kUnknown:
      return Say(N_("unknown"));
    case CheckState::kCritical:
      return Say(N_("critical"));
  }
  return {};
}

Message CheckWords(const std::string& name) {
  if (name == "processes") return Say(N_("processes"));
  if (name == "master_database") return Say(N_("master database"));
  if (name == "results") return Say(N_("results"));
  if (name == "increments") return Say(N_("increments"));
  if (name == "disk") return Say(N_("disk"));
  if (name == "log_errors") return Say(N_("log errors"));
  if (name == "api") return Say(N_("services"));
  if (name == "backup") return Say(N_("backup"));
  return Say(N_("jobs"));
}

Outcome OutcomeOf(CheckState state) {
  switch (state) {
    case CheckState::kOk:
      return Outcome::kOk;
    case CheckState::kWarning:
      return Outcome::kWarning;
    case CheckState::kUnknown:
      return Outcome::kUnknown;
    case CheckState::kCritical:
      return Outcome::kCritical;
  }
  return Outcome::kUnknown;
}

Document CheckDocument(const CheckReport& report, const Face& face) {
  Document document{.command = "check"};
  document.status = OutcomeOf(report.state);
  document.findings = FindingsOf(report);
  document.data.Set("level", Json::String(ops::CheckLevelName(report.level)));
  Json& list = document.data.Set("checks", Json::Array());
  for (const CheckResult& check : report.checks) {
    list.Append(CheckJson(check, face));
  }
  document.data.Set("remembered", Json::Bool(report.remembered));
  document.text = Screen(report, face);
  return document;
}

std::string CheckNagios(const CheckReport& report,
                        const Translator& translator) {
  std::string text;
  for (const CheckResult& check : report.checks) {
    if (check.state == CheckState::kOk) continue;
    text += (text.empty() ? "" : "; ") + check.name + ": " +
            PluginText(translator.Tr(check.message));
  }
  if (text.empty()) {
    text = translator.Tr(Say(N_("{0} checks are ok"), report.checks.size()));
  }
  std::string numbers;
  for (const CheckResult& check : report.checks) {
    if (!check.value) continue;
    // Too few is what some checks warn of: a range from there on.
    const bool least = check.name == "processes" || check.name == "api";
    const std::string warning = Plain(check.limits.warning);
    const char* unit =
        std::string_view(check.limits.unit) == "%" ? check.limits.unit : "";
    numbers +=
        fmt::format(" {}={}{};{};{}", check.name, Plain(check.value), unit,
                    least && !warning.empty() ? warning + ":" : warning,
                    Plain(check.limits.critical));
  }
  return fmt::format("BENCHKEEP {} - {} |{}\n", PluginWord(report.state), text,
                     numbers);
}

std::string CheckMarkdown(const CheckReport& report,
                          const Translator& translator) {
  const auto cell = [&translator](const Message& message) {
    std::string text = Printable(translator.Tr(message));
    for (std::size_t at = text.find('|'); at != std::string::npos;
         at = text.find('|', at + 2)) {
      text.insert(at, 1, '\\');
    }
    return text;
  };
  std::string text = fmt::format(
      "| {} | {} | {} | {} | {} |\n| --- | --- | --- | --- | --- |\n",
      translator.Tr(N_("check")), translator.Tr(N_("status")),
      translator.Tr(N_("message")), translator.Tr(N_("last good")),
      translator.Tr(N_("cure")));
  for (const CheckResult& check : report.checks) {
    text += fmt::format(
        "| {} | {} | {} | {} | {} |\n", cell(CheckWords(check.name)),
        cell(StateWords(check.state)), cell(check.message),
        check.last_good ? Iso(*check.last_good) : "", cell(check.fix));
  }
  return text;
}

}  // namespace benchkeep::render
