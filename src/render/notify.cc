// What `notify` answers.

#include "render/notify.h"

#include <algorithm>

#include "render/check.h"
#include "render/text_table.h"

namespace benchkeep::render {
namespace {

Json Text(const std::string& text) {
  return text.empty() ? Json() : Json::String(text);
}

Json Time(const std::optional<std::int64_t>& seconds) {
  return seconds ? Json::String(
                       FormatIso(TimePoint(std::chrono::seconds(*seconds))))
                 : Json();
}

std::string Ago(TimePoint then, TimePoint now, const Face& face) {
  return HumanAge(now - then, face);
}

Message NoChannels() {
  return Say(
      N_("no channel is set up: [mail], [webhook.NAME] and [sentry] in "
         "benchkeep.toml"));
}

Json AlertJson(const jobs::Alert& alert, const Face& face) {
  static constexpr const char* kKinds[] = {"worse", "better", "recovered",
                                           "reminder"};
  Json one = Json::Object();
  one.Set("check", Json::String(alert.check));
  one.Set("kind", Json::String(kKinds[static_cast<int>(alert.kind)]));
  one.Set("before", Json::String(jobs::CheckStateName(alert.before)));
  one.Set("status", Json::String(jobs::CheckStateName(alert.now)));
  one.Set("since", Time(alert.since));
  one.Set("message", Json::String(face.Tr(alert.result->message)));
  return one;
}

Json ChannelJson(const jobs::ChannelReport& channel) {
  Json one = Json::Object();
  one.Set("channel", Json::String(channel.name));
  one.Set("target", Text(channel.target));
  one.Set("sent", Json::Uint(channel.sent));
  one.Set("waiting", Json::Uint(channel.waiting));
  one.Set("given_up", Json::Uint(channel.given_up));
  one.Set("error", Text(channel.error));
  return one;
}

std::string DeliveryText(const NotifyRun& run, const Face& face) {
  const jobs::DeliveryReport& delivery = run.delivery;
  std::string text;
  if (delivery.busy) {
    return face.Tr(N_("another run is delivering; it takes these along")) +
           "\n";
  }
  if (run.dry_run) return text;
  text += face.Tr(Say(N_("{0} sent, {1} waiting, {2} given up"), delivery.sent,
                      delivery.waiting, delivery.given_up)) +
          "\n";
  for (const jobs::ChannelReport& channel : delivery.channels) {
    if (channel.error.empty()) continue;
    text +=
        "  " + Printable(channel.name) + ": " + Printable(channel.error) + "\n";
  }
  return text;
}

std::string StateWord(bool usable, const store::ChannelMemory& known,
                      const Face& face) {
  if (!usable) return face.Tr(N_("cannot be used"));
  if (known.failures > 0) {
    return face.Tr(Say(N_("failing, {0} in a row"), known.failures));
  }
  if (!known.last_success) return face.Tr(N_("never used"));
  return face.Tr(N_("works"));
}

}  // namespace

Document NotifyDocument(const NotifyRun& run, const Face& face) {
  Document document{.command = run.command};
  const jobs::DeliveryReport& delivery = run.delivery;
  document.findings = delivery.findings;
  document.status = OutcomeOf(document.findings);
  Json& data = document.data;
  data.Set("dry_run", Json::Bool(run.dry_run));
  data.Set("kind", run.notice == nullptr ? Json() : Text(run.notice->kind));
  data.Set("state", run.notice == nullptr ? Json() : Text(run.notice->state));
  data.Set("subject", run.notice == nullptr ? Json() : Text(run.notice->title));
  data.Set("text", run.notice == nullptr ? Json() : Text(run.notice->text));
  Json& alerts = data.Set("alerts", Json::Array());
  for (const jobs::Alert& alert : run.alerts) {
    alerts.Append(AlertJson(alert, face));
  }
  data.Set("events", Json::Uint(run.events));
  data.Set("queued", Json::Uint(run.queued));
  data.Set("sent", Json::Uint(delivery.sent));
  data.Set("waiting", Json::Uint(delivery.waiting));
  data.Set("given_up", Json::Uint(delivery.given_up));
  data.Set("busy", Json::Bool(delivery.busy));
  Json& channels = data.Set("channels", Json::Array());
  for (const jobs::ChannelReport& channel : delivery.channels) {
    channels.Append(ChannelJson(channel));
  }
  if (!run.channels) {
    document.text = face.Tr(NoChannels()) + "\n";
    if (run.notice != nullptr) {
      document.text += "\n" + run.notice->text;
    }
    return document;
  }
  if (run.notice != nullptr && run.dry_run) {
    document.text = face.Tr(N_("would send:")) + "\n\n" + run.notice->text;
  } else if (run.notice != nullptr) {
    document.text = Printable(run.notice->title) + "\n";
  } else if (run.command == "notify alerts") {
    document.text = face.Tr(N_("nothing has changed: no alert")) + "\n";
  }
  if (run.events > 0) {
    document.text +=
        face.Tr(Say(N_("{0} causes of errors for Sentry"), run.events)) + "\n";
  }
  document.text += DeliveryText(run, face);
  return document;
}

Document NotifyTestDocument(const std::vector<TestLine>& lines, bool dry_run,
                            const Face& face) {
  Document document{.command = "notify test"};
  document.data.Set("dry_run", Json::Bool(dry_run));
  Json& channels = document.data.Set("channels", Json::Array());
  TextTable table;
  table.Column(face.Tr(N_("channel")))
      .Column(face.Tr(N_("to")))
      .Column(face.Tr(N_("outcome")))
      .Column(face.Tr(N_("time")), Align::kRight)
      .Column(face.Tr(N_("answer")));
  std::size_t good = 0;
  for (const TestLine& line : lines) {
    const bool ok = line.result.outcome == host::SendOutcome::kDone;
    good += ok ? 1 : 0;
    Json& one = channels.Append(Json::Object());
    one.Set("channel", Json::String(line.channel));
    one.Set("recipient", Text(line.recipient));
    one.Set("target", Text(line.target));
    one.Set("ok", dry_run ? Json() : Json::Bool(ok));
    one.Set("reason", Text(line.result.reason));
    one.Set("code",
            line.result.code == 0 ? Json() : Json::Int(line.result.code));
    one.Set("answer", Text(line.result.answer));
    one.Set("millis", Json::Double(line.result.millis));
    const std::string to =
        line.recipient.empty() ? line.target : line.recipient;
    const TableCell outcome =
        dry_run ? TableCell("-")
        : ok    ? TableCell(face.Tr(N_("delivered")), Ink::kGood)
                : TableCell(face.Tr(N_("failed")) + ": " + line.result.reason,
                            Ink::kBad);
    table.Row({line.channel, to, outcome,
               dry_run ? ""
                       : HumanDuration(std::chrono::microseconds(
                                           static_cast<std::int64_t>(
                                               line.result.millis * 1000)),
                                       face),
               line.result.answer});
    if (ok || dry_run) continue;
    document.findings.push_back(
        {"notify_failing", Severity::kWarning, "",
         Say(N_("messages by {0} cannot be delivered: {1}"), line.channel,
             line.result.reason + (line.result.answer.empty() ? "" : ": ") +
                 line.result.answer),
         Say(N_("correct its settings in benchkeep.toml, and try again"))});
  }
  document.text =
      lines.empty() ? face.Tr(NoChannels()) + "\n" : table.Render(face);
  document.status = OutcomeOf(document.findings);
  if (!dry_run && good == 0 && !lines.empty()) {
    document.status = Outcome::kFailed;
  }
  return document;
}

Document NotifyQueueDocument(const store::OutboxList& list,
                             const store::NotifyMemory& memory,
                             const std::vector<jobs::Channel>& channels,
                             TimePoint now, const Face& face) {
  Document document{.command = "notify queue"};
  document.findings = jobs::DeliveryFindings(memory, channels, now);
  for (const std::string& name : list.damaged) {
    document.findings.push_back(
        {"outbox_damaged", Severity::kWarning, ".benchkeep/outbox/" + name,
         Say(N_("a message that waits cannot be read")),
         Say(N_("look at the file, and remove it by hand"))});
  }
  document.status = OutcomeOf(document.findings);
  Json& lines = document.data.Set("channels", Json::Array());
  TextTable overview;
  overview.Column(face.Tr(N_("channel")))
      .Column(face.Tr(N_("state")))
      .Column(face.Tr(N_("waiting")), Align::kRight)
      .Column(face.Tr(N_("last delivery")))
      .Column(face.Tr(N_("last error")));
  for (const jobs::Channel& channel : channels) {
    const auto found = memory.channels.find(channel.name);
    const store::ChannelMemory known =
        found == memory.channels.end() ? store::ChannelMemory() : found->second;
    const auto waiting = static_cast<std::uint64_t>(std::count_if(
        list.items.begin(), list.items.end(),
        [&](const auto& item) { return item.channel == channel.name; }));
    Json& one = lines.Append(Json::Object());
    one.Set("channel", Json::String(channel.name));
    one.Set("target", Text(channel.target));
    one.Set("usable", Json::Bool(!channel.problem));
    one.Set("waiting", Json::Uint(waiting));
    one.Set("failures", Json::Int(known.failures));
    one.Set("last_success", Time(known.last_success));
    one.Set("last_failure", Time(known.last_failure));
    one.Set("last_error", Text(known.last_error));
    one.Set("blocked_until", Time(known.blocked_until));
    const bool good = !channel.problem && known.failures == 0;
    overview.Row(
        {channel.name,
         {StateWord(!channel.problem, known, face),
          good ? Ink::kGood : Ink::kBad},
         Thousands(waiting),
         known.last_success
             ? Ago(TimePoint(std::chrono::seconds(*known.last_success)), now,
                   face)
             : "-",
         Clip(known.last_error, 60)});
  }
  Json& waiting = document.data.Set("waiting", Json::Array());
  TextTable table;
  table.Column(face.Tr(N_("made")))
      .Column(face.Tr(N_("channel")))
      .Column(face.Tr(N_("to")))
      .Column(face.Tr(N_("tries")), Align::kRight)
      .Column(face.Tr(N_("message")));
  constexpr std::size_t kMostRows = 50;
  std::size_t rows = 0;
  for (const store::OutboxItem& item : list.items) {
    const std::string title = item.content.StringAt("title").value_or("");
    Json& one = waiting.Append(Json::Object());
    one.Set("id", Json::String(item.id));
    one.Set("channel", Json::String(item.channel));
    one.Set("kind", Text(item.kind));
    one.Set("recipient", Text(item.recipient));
    one.Set("title", Text(title));
    one.Set("created", Json::String(FormatIso(item.created)));
    one.Set("attempts", Json::Int(item.attempts));
    one.Set("next_attempt", item.next_attempt
                                ? Json::String(FormatIso(*item.next_attempt))
                                : Json());
    one.Set("last_error", Text(item.last_error));
    if (++rows > kMostRows) continue;
    table.Row({Ago(item.created, now, face), item.channel, item.recipient,
               Thousands(item.attempts), Clip(title, 70)});
  }
  Json& given_up = document.data.Set("given_up", Json::Array());
  TextTable lost;
  lost.Column(face.Tr(N_("given up")))
      .Column(face.Tr(N_("channel")))
      .Column(face.Tr(N_("to")))
      .Column(face.Tr(N_("reason")))
      .Column(face.Tr(N_("message")));
  for (const store::GivenUp& each : memory.given_up) {
    Json& one = given_up.Append(Json::Object());
    one.Set("time", Time(each.time));
    one.Set("id", Text(each.id));
    one.Set("channel", Text(each.channel));
    one.Set("kind", Text(each.kind));
    one.Set("recipient", Text(each.recipient));
    one.Set("title", Text(each.title));
    one.Set("reason", Text(each.reason));
    one.Set("error", Text(each.error));
    lost.Row(
        {Ago(TimePoint(std::chrono::seconds(each.time)), now, face),
         each.channel, each.recipient, each.reason,
         Clip(each.title + (each.error.empty() ? "" : ": ") + each.error, 80)});
  }
  document.text =
      channels.empty() ? face.Tr(NoChannels()) + "\n" : overview.Render(face);
  if (!table.empty()) document.text += "\n" + table.Render(face);
  if (rows > kMostRows) {
    document.text +=
        face.Tr(Say(N_("... and {0} more"), rows - kMostRows)) + "\n";
  }
  if (list.items.empty()) {
    document.text += "\n" + face.Tr(N_("nothing waits")) + "\n";
  }
  if (!lost.empty()) document.text += "\n" + lost.Render(face);
  return document;
}

}  // namespace benchkeep::render
