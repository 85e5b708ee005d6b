// Puts messages into the queue and takes them to where they go.

#include "jobs/courier.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>

#include "jobs/webhook_form.h"

namespace benchkeep::jobs {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kFirstWait = 60;
constexpr std::int64_t kLongestWait = 3600;
constexpr std::int64_t kDay = 86'400;
constexpr std::uint64_t kMostEvents = 200;

std::int64_t SecondsOf(TimePoint time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

// 60 s, 2 min, 4 min, ... an hour.
std::int64_t WaitAfter(std::int64_t failures) {
  std::int64_t wait = kFirstWait;
  for (std::int64_t i = 1; i < failures && wait < kLongestWait; ++i) wait *= 2;
  return std::min(wait, kLongestWait);
}

std::string TitleOf(const store::OutboxItem& item) {
  if (const auto title = item.content.StringAt("title")) return *title;
  const Json* message = item.content.Find("message");
  return message == nullptr ? "" : message->StringAt("formatted").value_or("");
}

std::string ErrorText(const host::SendResult& result) {
  std::string text = result.reason;
  if (result.code != 0) text += " (" + std::to_string(result.code) + ")";
  if (!result.answer.empty()) text += ": " + result.answer;
  return text;
}

// One delivery of the queue.
class Round {
 public:
  Round(const store::Store& store, const std::vector<Channel>& channels,
        Carrier& carrier, const DeliveryOptions& options,
        store::NotifyMemory& memory)
      : store_(store),
        outbox_(store),
        channels_(channels),
        carrier_(carrier),
        options_(options),
        memory_(memory),
        start_(store.clock().Now()) {
    for (const Channel& channel : channels_) {
      reports_[channel.name] = {.name = channel.name, .target = channel.target};
    }
  }

  Result<DeliveryReport> Run() {
    BENCHKEEP_TRY(GiveUpOld());
    // What others add meanwhile is taken along.
    while (true) {
      BENCHKEEP_ASSIGN(const store::OutboxList list, outbox_.List());
      const std::uint64_t sent = report_.sent;
      const std::size_t seen = seen_.size();
      for (const store::OutboxItem& item : list.items) {
        if (Ends()) break;
        if (!seen_.insert(item.id).second) continue;
        BENCHKEEP_TRY(Try(item));
      }
      if (Ends() || (report_.sent == sent && seen_.size() == seen)) break;
    }
    BENCHKEEP_TRY(outbox_.Sync());
    if (dirty_) BENCHKEEP_TRY(store::SaveNotifyMemory(store_, memory_));
    return Report();
  }

 private:
  bool Ends() const {
    return (options_.cancelled && options_.cancelled()) ||
           store_.clock().Now() - start_ >= options_.most;
  }

  // By age and by number; the oldest go.
  Status GiveUpOld() {
    BENCHKEEP_ASSIGN(const store::OutboxList list, outbox_.List());
    const store::Settings& settings = store_.settings();
    const std::int64_t now = SecondsOf(start_);
    const auto most = static_cast<std::uint64_t>(settings.notify_max_queued);
    std::uint64_t left = list.items.size();
    std::uint64_t events = static_cast<std::uint64_t>(
        std::count_if(list.items.begin(), list.items.end(), IsEvent));
    for (const store::OutboxItem& item : list.items) {
      const bool old =
          now - SecondsOf(item.created) > settings.notify_keep_days * kDay;
      const bool many = left > most || (IsEvent(item) && events > kMostEvents);
      if (!old && !many) continue;
      BENCHKEEP_TRY(
          GiveUp(item, old ? "expired" : "queue_full", item.last_error));
      --left;
      if (IsEvent(item)) --events;
    }
    return {};
  }

  static bool IsEvent(const store::OutboxItem& item) {
    return item.channel == kSentryChannel;
  }

  // On record first: a crash in between gives it up twice, never silently.
  Status GiveUp(const store::OutboxItem& item, const std::string& reason,
                const std::string& error) {
    memory_.given_up.push_back({SecondsOf(store_.clock().Now()), item.id,
                                item.channel, item.kind, item.recipient,
                                TitleOf(item), reason, error});
    BENCHKEEP_TRY(store::SaveNotifyMemory(store_, memory_));
    BENCHKEEP_TRY(outbox_.Remove(item));
    ++report_.given_up;
    ++reports_[item.channel].given_up;
    return {};
  }

  // Why the channel is to be left alone now; empty: it is not.
  std::string Blocked(const Channel& channel, std::int64_t now) {
    if (failed_.contains(channel.name)) {
      return memory_.channels[channel.name].last_error;
    }
    const store::ChannelMemory& known = memory_.channels[channel.name];
    if (!known.blocked_until) return {};
    const std::int64_t wait = *known.blocked_until - now;
    // Nobody asks for longer: a clock was wrong.
    if (wait <= 0 || wait > kDay) return {};
    if (options_.now && known.reason != "rate_limited") return {};
    return known.last_error;
  }

  Status Try(const store::OutboxItem& item) {
    const TimePoint now = store_.clock().Now();
    const Channel* channel = FindChannel(channels_, item.channel);
    if (channel == nullptr) {
      reports_[item.channel].name = item.channel;
      reports_[item.channel].error = "setup: there is no such channel any more";
      return {};
    }
    ChannelReport& report = reports_[channel->name];
    const std::string blocked = Blocked(*channel, SecondsOf(now));
    if (!blocked.empty()) {
      report.error = blocked;
      return {};
    }
    const bool early = item.next_attempt && *item.next_attempt > now &&
                       *item.next_attempt - now <= seconds(kLongestWait);
    if (early && !options_.now) {
      if (report.error.empty()) report.error = item.last_error;
      return {};
    }
    if (channel->problem) {
      host::SendResult result;
      result.reason = "setup";
      result.answer = channel->problem->message.English();
      return Failed(item, *channel, result);
    }
    host::SendResult result = carrier_.Send(*channel, item, now);
    result.answer = channel->Redacted(result.answer);
    switch (result.outcome) {
      case host::SendOutcome::kDone:
        return Done(item, *channel, result);
      case host::SendOutcome::kRefused:
        report.error = ErrorText(result);
        return GiveUp(item, "refused", ErrorText(result));
      case host::SendOutcome::kLater:
        return Later(item, *channel, result);
      case host::SendOutcome::kFailed:
        return Failed(item, *channel, result);
    }
    return {};
  }

  Status Done(const store::OutboxItem& item, const Channel& channel,
              const host::SendResult& result) {
    BENCHKEEP_TRY(outbox_.Remove(item));
    ++report_.sent;
    ++reports_[channel.name].sent;
    store::ChannelMemory& known = memory_.channels[channel.name];
    const std::int64_t now = SecondsOf(store_.clock().Now());
    known = {.last_success = now, .last_failure = known.last_failure};
    dirty_ = true;
    // Taken, but no more for now.
    if (result.retry_after) {
      known.reason = "rate_limited";
      known.last_error = known.reason;
      known.blocked_until = now + result.retry_after->count();
    }
    return {};
  }

  Status Later(store::OutboxItem item, const Channel& channel,
               const host::SendResult& result) {
    ++item.attempts;
    item.last_error = ErrorText(result);
    item.next_attempt =
        store_.clock().Now() + seconds(WaitAfter(item.attempts));
    reports_[channel.name].error = item.last_error;
    return outbox_.Update(item);
  }

  Status Failed(store::OutboxItem item, const Channel& channel,
                const host::SendResult& result) {
    if (result.reason == "cancelled") {
      failed_.insert(channel.name);
      return {};
    }
    const std::int64_t now = SecondsOf(store_.clock().Now());
    store::ChannelMemory& known = memory_.channels[channel.name];
    const bool asked_to_wait = result.reason == "rate_limited";
    known.last_failure = now;
    known.failures += asked_to_wait ? 0 : 1;
    known.reason = result.reason;
    known.last_error = ErrorText(result);
    std::int64_t wait = WaitAfter(std::max<std::int64_t>(known.failures, 1));
    if (result.retry_after) {
      wait = std::min(
          std::max(wait * (asked_to_wait ? 0 : 1), result.retry_after->count()),
          kDay);
    }
    known.blocked_until = now + wait;
    failed_.insert(channel.name);
    reports_[channel.name].error = known.last_error;
    dirty_ = true;
    BENCHKEEP_TRY(store::SaveNotifyMemory(store_, memory_));
    ++item.attempts;
    item.last_error = known.last_error;
    return outbox_.Update(item);
  }

  Result<DeliveryReport> Report() {
    BENCHKEEP_ASSIGN(const store::OutboxList list, outbox_.List());
    for (const store::OutboxItem& item : list.items) {
      reports_[item.channel].name = item.channel;
      ++reports_[item.channel].waiting;
    }
    report_.waiting = list.items.size();
    for (auto& [name, each] : reports_) report_.channels.push_back(each);
    report_.findings =
        DeliveryFindings(memory_, channels_, store_.clock().Now());
    for (const std::string& name : list.damaged) {
      report_.findings.push_back(
          {"outbox_damaged", Severity::kWarning,
           store_.layout().Relative(store_.layout().outbox() / name),
           Say(N_("a message that waits cannot be read")),
           Say(N_("look at the file, and remove it by hand"))});
    }
    return report_;
  }

  const store::Store& store_;
  store::Outbox outbox_;
  const std::vector<Channel>& channels_;
  Carrier& carrier_;
  const DeliveryOptions& options_;
  store::NotifyMemory& memory_;
  const TimePoint start_;
  DeliveryReport report_;
  std::map<std::string, ChannelReport> reports_;
  std::set<std::string> seen_;
  std::set<std::string> failed_;  // Channels that had their turn.
  bool dirty_ = false;
};

}  // namespace

NetCarrier::NetCarrier(host::Cancelled cancelled)
    : cancelled_(std::move(cancelled)), http_(cancelled_) {}

NetCarrier::~NetCarrier() = default;

host::SendResult NetCarrier::SendMail(const Channel& channel,
                                      const store::OutboxItem& item) {
  const Notice notice = NoticeFromJson(item.content);
  Mail mail;
  mail.from = channel.from;
  mail.to = channel.to;
  // Whoever was taken out of the settings meanwhile still gets it.
  const bool listed = std::any_of(mail.to.begin(), mail.to.end(),
                                  [&item](const MailAddress& each) {
                                    return each.address == item.recipient;
                                  });
  if (!listed) mail.to = {{"", item.recipient}};
  mail.subject = notice.title;
  mail.text = notice.text;
  mail.html = notice.html;
  mail.message_id = item.message_id;
  mail.date = item.created;
  mail.headers = {{"X-Benchkeep-Kind", notice.kind},
                  {"X-Benchkeep-State", notice.state}};
  auto& session = mail_[channel.name];
  if (session == nullptr) {
    session =
        std::make_unique<host::MailSession>(channel.mail_server, cancelled_);
  }
  return session->Send(channel.from.address, item.recipient, MailBytes(mail));
}

host::SendResult NetCarrier::Send(const Channel& channel,
                                  const store::OutboxItem& item,
                                  TimePoint now) {
  if (channel.kind == ChannelKind::kMail) return SendMail(channel, item);
  host::HttpPost post;
  post.ca_file = channel.ca_file;
  post.timeout = channel.timeout;
  if (channel.kind == ChannelKind::kWebhook) {
    WebhookCall call =
        MakeWebhookCall(channel.form, channel.url, channel.secret,
                        NoticeFromJson(item.content), item.id, now);
    post.url = std::move(call.url);
    post.body = std::move(call.body);
    post.headers = {"Content-Type: application/json; charset=utf-8"};
    return JudgeWebhook(channel.form, http_.Post(post));
  }
  post.url = channel.dsn.endpoint;
  post.body = SentryEnvelope(item.content, now);
  post.headers = SentryHeaders(channel.dsn);
  host::HttpAnswer answer = http_.Post(post);
  host::SendResult result = std::move(answer.result);
  const seconds pause = SentryPause(answer.rate_limits);
  if (pause.count() > 0) {
    result.retry_after = std::max(pause, result.retry_after.value_or(pause));
  }
  // An event that Sentry does not like will not grow nicer.
  if (result.outcome == host::SendOutcome::kLater) {
    result.outcome = host::SendOutcome::kRefused;
  }
  return result;
}

std::string MakeMessageId(TimePoint now, const std::string& host) {
  std::random_device random;
  return fmt::format("{}.{:08x}{:08x}@{}", FormatStamp(now), random(), random(),
                     host);
}

std::vector<store::OutboxItem> ItemsFor(const Channel& channel,
                                        const Notice& notice,
                                        const std::string& message_id) {
  std::vector<store::OutboxItem> items;
  store::OutboxItem item;
  item.channel = channel.name;
  item.kind = notice.kind;
  item.content = NoticeToJson(notice);
  if (channel.kind != ChannelKind::kMail) {
    item.content.Set("html", Json::String(""));
    return {item};
  }
  item.message_id = message_id;
  for (const MailAddress& to : channel.to) {
    item.recipient = to.address;
    items.push_back(item);
  }
  return items;
}

Result<DeliveryReport> Deliver(const store::Store& store,
                               const fs::FileLock& /*lock*/,
                               const std::vector<Channel>& channels,
                               Carrier& carrier, const DeliveryOptions& options,
                               store::NotifyMemory& memory) {
  return Round(store, channels, carrier, options, memory).Run();
}

Findings DeliveryFindings(const store::NotifyMemory& memory,
                          const std::vector<Channel>& channels, TimePoint now) {
  Findings findings;
  for (const Channel& channel : channels) {
    const auto known = memory.channels.find(channel.name);
    if (channel.problem) {
      findings.push_back({"notify_setup", Severity::kWarning,
                          channel.problem->path.string(),
                          channel.problem->message, channel.problem->fix});
    } else if (known != memory.channels.end() && known->second.failures > 0) {
      findings.push_back(
          {"notify_failing", Severity::kWarning, "",
           Say(N_("messages by {0} cannot be delivered: {1}"), channel.name,
               known->second.last_error),
           Say(N_("`benchkeep notify test` tries all channels; `benchkeep "
                  "notify flush` sends what waits"))});
    }
  }
  const auto recent =
      std::count_if(memory.given_up.begin(), memory.given_up.end(),
                    [now](const store::GivenUp& each) {
                      return SecondsOf(now) - each.time < kDay;
                    });
  if (recent > 0) {
    const store::GivenUp& newest = memory.given_up.back();
    findings.push_back(
        {"notify_given_up", Severity::kWarning, "",
         Say(N_("{0} messages were given up in the last 24 hours, the last one "
                "as '{1}': {2}"),
             recent, newest.reason,
             newest.error.empty() ? newest.title : newest.error),
         Say(N_("`benchkeep notify queue` lists them"))});
  }
  return findings;
}

}  // namespace benchkeep::jobs
