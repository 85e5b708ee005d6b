// The words of messages.

#include "render/notice.h"

#include <fmt/format.h>

#include <algorithm>

#include "render/check.h"
#include "render/html.h"
#include "render/text_table.h"

namespace benchkeep::render {
namespace {

using jobs::Alert;
using jobs::AlertKind;
using jobs::Notice;
using ops::CheckReport;
using ops::CheckResult;
using ops::CheckState;

constexpr std::size_t kTitleColumns = 110;
constexpr const char* kMark = "[benchkeep] ";

// As they stand in subjects: to be seen in a list of mails.
std::string LoudState(CheckState state, const Translator& translator) {
  switch (state) {
    case CheckState::kOk:
      return translator.Tr(N_("OK"));
    case CheckState::kWarning:
      return translator.Tr(N_("WARNING"));
    case CheckState::kUnknown:
      return translator.Tr(N_("UNKNOWN"));
    case CheckState::kCritical:
      return translator.Tr(N_("CRITICAL"));
  }
  return {};
}

const char* ColorOf(CheckState state) {
  switch (state) {
    case CheckState::kOk:
      return "#1a7f37";
    case CheckState::kWarning:
      return "#9a6700";
    case CheckState::kUnknown:
      return "#6e4b9e";
    case CheckState::kCritical:
      return "#b42318";
  }
  return "#000000";
}

std::string Html(const std::string& text) {
  std::string out;
  for (const char c : HtmlText(text)) {
    if (c == '\n') out += "<br>";
    out += c;
  }
  return out;
}

// Mail programs know inline styles only.
constexpr const char* kCell =
    "style=\"padding:6px 10px;border-top:1px solid #d9dde3;"
    "vertical-align:top;text-align:left\"";
constexpr const char* kDim = "style=\"color:#5b6470\"";

std::string Page(const std::string& title, const std::string& language,
                 CheckState state, const std::string& body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<title>{}</title>\n</head>\n"
      "<body style=\"margin:0;padding:16px;background:#ffffff;color:#1d232b;"
      "font-family:sans-serif;font-size:15px;line-height:1.45\">\n"
      "<h1 style=\"font-size:18px;margin:0 0 12px;padding-left:10px;"
      "border-left:6px solid {}\">{}</h1>\n{}</body>\n</html>\n",
      language, Html(title), ColorOf(state), Html(title), body);
}

std::string Iso(std::int64_t seconds) {
  return FormatIso(TimePoint(std::chrono::seconds(seconds)));
}

class Writer {
 public:
  Writer(const NoticeFrame& frame, const Translator& translator)
      : frame_(frame), translator_(translator) {}

  [[nodiscard]] Notice Start(const char* kind, CheckState state) const {
    Notice notice;
    notice.kind = kind;
    notice.state = jobs::CheckStateName(state);
    notice.store = frame_.store;
    notice.host = frame_.host;
    notice.root = frame_.root;
    notice.time = FormatIso(frame_.now);
    return notice;
  }

  [[nodiscard]] std::string Tr(const Message& message) const {
    return translator_.Tr(message);
  }
  [[nodiscard]] std::string Tr(const char* msgid) const {
    return translator_.Tr(msgid);
  }
  [[nodiscard]] const Translator& translator() const { return translator_; }
  [[nodiscard]] std::string language() const {
    return translator_.language() == Language::kChinese ? "zh-CN" : "en";
  }

  // "[benchkeep] WARNING pilot-bench: backup: ... (+2 more)".
  [[nodiscard]] std::string Title(const std::string& state,
                                  const std::string& what,
                                  std::size_t more) const {
    std::string title =
        kMark + state + " " + Printable(frame_.store) + ": " + what;
    title = Clip(title, kTitleColumns);
    if (more > 0) title += " " + Tr(Say(N_("(+{0} more)"), more));
    return title;
  }

  // "backup: the newest good backup is 49 h old".
  [[nodiscard]] std::string Short(const CheckResult& check) const {
    return Tr(CheckWords(check.name)) + ": " + Tr(check.message);
  }

  [[nodiscard]] std::string TextOf(const CheckResult& check) const {
    std::string text = fmt::format(
        "{}  {}\n", LoudState(check.state, translator_), Short(check));
    if (check.state == CheckState::kOk) return text;
    if (!check.fix.empty()) {
      text += "    " + Tr(Say(N_("cure: {0}"), Tr(check.fix))) + "\n";
    }
    if (check.last_good) {
      text +=
          "    " + Tr(Say(N_("last good: {0}"), Iso(*check.last_good))) + "\n";
    }
    return text;
  }

  [[nodiscard]] std::string RowOf(const CheckResult& check) const {
    std::string what = Html(Tr(check.message));
    if (check.state != CheckState::kOk && !check.fix.empty()) {
      what += fmt::format("<br><span {}>{}</span>", kDim,
                          Html(Tr(Say(N_("cure: {0}"), Tr(check.fix)))));
    }
    if (check.state != CheckState::kOk && check.last_good) {
      what += fmt::format(
          "<br><span {}>{}</span>", kDim,
          Html(Tr(Say(N_("last good: {0}"), Iso(*check.last_good)))));
    }
    return fmt::format(
        "<tr><td {}><b style=\"color:{}\">{}</b></td><td {}>{}</td>"
        "<td {}>{}</td></tr>\n",
        kCell, ColorOf(check.state), Html(LoudState(check.state, translator_)),
        kCell, Html(Tr(CheckWords(check.name))), kCell, what);
  }

  [[nodiscard]] Json JsonOf(const CheckResult& check) const {
    Json one = Json::Object();
    one.Set("name", Json::String(check.name));
    one.Set("status", Json::String(jobs::CheckStateName(check.state)));
    one.Set("message", Json::String(Tr(check.message)));
    one.Set("fix", check.fix.empty() ? Json() : Json::String(Tr(check.fix)));
    return one;
  }

  [[nodiscard]] std::string Footer() const {
    return Tr(Say(N_("{0} on {1}, {2}"), frame_.root, frame_.host,
                  FormatIso(frame_.now))) +
           "\n";
  }

 private:
  const NoticeFrame& frame_;
  const Translator& translator_;
};

// The gravest first; of equals in the order of the checks.
std::vector<const CheckResult*> ByGravity(const CheckReport& report) {
  std::vector<const CheckResult*> checks;
  checks.reserve(report.checks.size());
  for (const CheckResult& check : report.checks) checks.push_back(&check);
  std::stable_sort(checks.begin(), checks.end(),
                   [](const CheckResult* a, const CheckResult* b) {
                     return a->state > b->state;
                   });
  return checks;
}

// What the figures are called, and what they are.
std::vector<std::pair<std::string, std::string>> Figures(
    const ops::StatusReport* status, const Writer& writer) {
  std::vector<std::pair<std::string, std::string>> rows;
  if (status == nullptr) return rows;
  const auto tests = [&writer](std::uint64_t count,
                               const std::optional<double>& rate) {
    return writer.Tr(
        Say(N_("{0} tests, {1} successful"), Thousands(count), Percent(rate)));
  };
  if (status->results) {
    const auto& results = *status->results;
    rows.emplace_back(writer.Tr(N_("results file (consolidated)")),
                      tests(results.total_tests, results.success_rate));
    if (results.newest) {
      rows.emplace_back(writer.Tr(N_("newest result")), *results.newest);
    }
  }
  if (status->increments) {
    rows.emplace_back(writer.Tr(N_("waiting increments")),
                      writer.Tr(Say(N_("{0} with {1} rows"),
                                    Thousands(status->increments->files),
                                    Thousands(status->increments->rows))));
  }
  if (status->master) {
    rows.emplace_back(
        writer.Tr(N_("master database")),
        tests(status->master->total_tests, status->master->success_rate));
  }
  return rows;
}

std::string AlertWord(AlertKind kind, const Writer& writer) {
  switch (kind) {
    case AlertKind::kWorse:
      return writer.Tr(N_("worse"));
    case AlertKind::kBetter:
      return writer.Tr(N_("better"));
    case AlertKind::kRecovered:
      return writer.Tr(N_("recovered"));
    case AlertKind::kReminder:
      return writer.Tr(N_("reminder"));
  }
  return {};
}

}  // namespace

Notice HealthNotice(const CheckReport& report, const ops::StatusReport* status,
                    const Findings& deliveries, const NoticeFrame& frame,
                    const Translator& translator) {
  const Writer writer(frame, translator);
  Notice notice = writer.Start("health", report.state);
  const std::vector<const CheckResult*> checks = ByGravity(report);
  const auto good = static_cast<std::size_t>(std::count_if(
      checks.begin(), checks.end(),
      [](const CheckResult* each) { return each->state == CheckState::kOk; }));
  const std::size_t bad = checks.size() - good;
  const std::string summary =
      writer.Tr(Say(N_("{0} of {1} checks are ok"), good, checks.size()));
  notice.title = writer.Title(LoudState(report.state, translator),
                              bad == 0 ? summary : writer.Short(*checks[0]),
                              bad > 1 ? bad - 1 : 0);
  std::string rows;
  notice.text = notice.title + "\n\n";
  for (const CheckResult* check : checks) {
    notice.text += writer.TextOf(*check);
    rows += writer.RowOf(*check);
    notice.checks.Append(writer.JsonOf(*check));
  }
  std::string body =
      "<table style=\"border-collapse:collapse\">\n" + rows + "</table>\n";
  const auto figures = Figures(status, writer);
  if (!figures.empty()) {
    notice.text += "\n";
    body += "<table style=\"border-collapse:collapse;margin-top:16px\">\n";
    for (const auto& [name, value] : figures) {
      notice.text += fmt::format("{}: {}\n", name, value);
      body += fmt::format("<tr><td {}>{}</td><td {}>{}</td></tr>\n", kCell,
                          Html(name), kCell, Html(value));
    }
    body += "</table>\n";
  }
  for (const Finding& finding : deliveries) {
    const std::string line = writer.Tr(finding.message);
    notice.text += fmt::format("\n{}\n", line);
    body += fmt::format("<p>{}</p>\n", Html(line));
  }
  notice.text += "\n" + summary + "\n" + writer.Footer();
  body += fmt::format("<p>{}</p>\n<p {}>{}</p>\n", Html(summary), kDim,
                      Html(writer.Footer()));
  notice.html = Page(notice.title, writer.language(), report.state, body);
  return notice;
}

Notice AlertNotice(const std::vector<Alert>& alerts, const CheckReport& report,
                   const NoticeFrame& frame, const Translator& translator) {
  const Writer writer(frame, translator);
  // The worst news first; what recovered last.
  std::vector<const Alert*> sorted;
  sorted.reserve(alerts.size());
  for (const Alert& alert : alerts) sorted.push_back(&alert);
  std::stable_sort(
      sorted.begin(), sorted.end(),
      [](const Alert* a, const Alert* b) { return a->now > b->now; });
  const Alert& first = *sorted[0];
  Notice notice = writer.Start("alert", first.now);
  const std::string word = first.kind == AlertKind::kRecovered
                               ? writer.Tr(N_("RECOVERED"))
                               : LoudState(first.now, translator);
  notice.title =
      writer.Title(word, writer.Short(*first.result), alerts.size() - 1);
  notice.text = notice.title + "\n\n";
  std::string rows;
  for (const Alert* alert : sorted) {
    const CheckResult& check = *alert->result;
    const std::string change = writer.Tr(
        Say(N_("{0}: {1} -> {2}, since {3}"), AlertWord(alert->kind, writer),
            writer.Tr(CheckStateWords(alert->before)),
            writer.Tr(CheckStateWords(alert->now)), Iso(alert->since)));
    notice.text += writer.TextOf(check) + "    " + change + "\n";
    rows +=
        writer.RowOf(check) +
        fmt::format("<tr><td></td><td></td><td {}>{}</td></tr>\n",
                    "style=\"padding:0 10px 8px;color:#5b6470\"", Html(change));
    Json one = writer.JsonOf(check);
    one.Set("before", Json::String(jobs::CheckStateName(alert->before)));
    notice.checks.Append(std::move(one));
  }
  std::string body =
      "<table style=\"border-collapse:collapse\">\n" + rows + "</table>\n";
  std::string others;
  for (const CheckResult* check : ByGravity(report)) {
    const bool told = std::any_of(
        alerts.begin(), alerts.end(),
        [check](const Alert& each) { return each.check == check->name; });
    if (told || check->state == CheckState::kOk) continue;
    others += writer.TextOf(*check);
  }
  if (!others.empty()) {
    const std::string title = writer.Tr(N_("Not good either, as before:"));
    notice.text += "\n" + title + "\n" + others;
    body += "<p>" + Html(title + "\n" + others) + "</p>\n";
  }
  notice.text += "\n" + writer.Footer();
  body += fmt::format("<p {}>{}</p>\n", kDim, Html(writer.Footer()));
  notice.html = Page(notice.title, writer.language(), first.now, body);
  return notice;
}

Notice TestNotice(const NoticeFrame& frame, const Translator& translator) {
  const Writer writer(frame, translator);
  Notice notice = writer.Start("test", CheckState::kOk);
  notice.title = kMark + writer.Tr(Say(N_("test from {0}"), frame.store));
  const std::string line =
      writer.Tr(N_("Messages of benchkeep arrive here. This one was a test."));
  notice.text = notice.title + "\n\n" + line + "\n\n" + writer.Footer();
  notice.html = Page(notice.title, writer.language(), CheckState::kOk,
                     fmt::format("<p>{}</p>\n<p {}>{}</p>\n", Html(line), kDim,
                                 Html(writer.Footer())));
  return notice;
}

}  // namespace benchkeep::render
