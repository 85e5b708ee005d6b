// benchkeep notify: tell people how the store is doing, by mail and webhooks.

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/version.h"
#include "host/child_processes.h"
#include "host/host_name.h"
#include "host/local_time.h"
#include "host/memory.h"
#include "jobs/alerts.h"
#include "jobs/courier.h"
#include "jobs/sentry.h"
#include "ops/check.h"
#include "ops/log_errors.h"
#include "ops/status.h"
#include "render/notice.h"
#include "render/notify.h"

namespace benchkeep::cli {
namespace {

using jobs::Channel;
using jobs::ChannelKind;

constexpr std::chrono::seconds kShortWait{2};
constexpr std::chrono::seconds kLongWait{60};
constexpr std::int64_t kHour = 3600;

// What every action needs: the channels, the language of messages, the queue.
class Desk {
 public:
  explicit Desk(Context& context)
      : context_(context),
        store_(context.store()),
        host_(host::HostName()),
        channels_(jobs::ChannelsOf(
            store_,
            [&context](const char* name) { return context.variable(name); },
            host_)),
        outbox_(store_) {
    const std::string& language = store_.settings().notify_language;
    if (!language.empty()) {
      translator_ =
          context.TranslatorIn(language == "zh" ? render::Language::kChinese
                                                : render::Language::kEnglish);
    }
  }

  [[nodiscard]] const std::vector<Channel>& channels() const {
    return channels_;
  }
  [[nodiscard]] const render::Translator& translator() const {
    return translator_ ? *translator_ : context_.translator();
  }
  [[nodiscard]] bool Has(ChannelKind kind) const {
    return std::any_of(
        channels_.begin(), channels_.end(),
        [kind](const Channel& each) { return each.kind == kind; });
  }
  [[nodiscard]] bool TellsPeople() const {
    return Has(ChannelKind::kMail) || Has(ChannelKind::kWebhook);
  }

  [[nodiscard]] render::NoticeFrame Frame() const {
    const store::Settings& settings = store_.settings();
    const fs::Path& root = store_.layout().root();
    return {settings.notify_name.empty() ? root.filename().string()
                                         : settings.notify_name,
            host_, root.string(), context_.clock().Now()};
  }

  [[nodiscard]] ops::CheckReport Check(ops::CheckLevel level) const {
    ops::CheckOptions options;
    options.level = level;
    options.memory_bytes = context_.memory_bytes();
    options.remember = !context_.dry_run();
    options.utc_offset = host::UtcOffset(context_.clock().Now());
    options.self = host::ProcessId();
    options.variable = [this](const char* name) {
      return context_.variable(name);
    };
    return ops::RunChecks(store_, options, context_.progress());
  }

  // Puts the notice into the queue for every channel that wants it; returns for
  // how many recipients.
  Result<std::uint64_t> Queue(const jobs::Notice& notice) {
    const std::string id = jobs::MakeMessageId(context_.clock().Now(), host_);
    std::uint64_t queued = 0;
    for (const Channel& channel : channels_) {
      const bool wanted = channel.kind != ChannelKind::kSentry &&
                          (notice.kind != "health" || channel.wants_health);
      if (!wanted) continue;
      for (store::OutboxItem& item : jobs::ItemsFor(channel, notice, id)) {
        if (!context_.dry_run()) BENCHKEEP_TRY(outbox_.Add(item));
        ++queued;
      }
    }
    return queued;
  }

  Result<std::uint64_t> QueueEvents(store::NotifyMemory& memory) {
    const Channel* sentry = jobs::FindChannel(channels_, jobs::kSentryChannel);
    if (sentry == nullptr || sentry->problem) return std::uint64_t{0};
    const ops::LogErrorsOptions options{
        .recall = context_.dry_run() ? ops::LogRecall::kLook
                                     : ops::LogRecall::kRemember,
        .rescan = false,
        .threads = host::AllowedProcessors(),
        .utc_offset = host::UtcOffset(context_.clock().Now())};
    BENCHKEEP_ASSIGN(const ops::LogErrorsReport report,
                     ops::ReadLogErrors(store_, options, context_.progress()));
    const render::NoticeFrame frame = Frame();
    const std::vector<Json> events = jobs::SentryEvents(
        report,
        {frame.store, frame.host, store_.settings().sentry_environment,
         std::string("benchkeep@") + kVersion},
        frame.now, memory.events);
    for (const Json& event : events) {
      store::OutboxItem item;
      item.channel = jobs::kSentryChannel;
      item.kind = "event";
      item.content = event;
      if (!context_.dry_run()) BENCHKEEP_TRY(outbox_.Add(item));
    }
    return events.size();
  }

  // kBusy when somebody else delivers.
  Result<fs::FileLock> Lock(std::chrono::seconds wait) const {
    return outbox_.Lock(wait);
  }

  Result<jobs::DeliveryReport> Deliver(const fs::FileLock& lock, bool now,
                                       store::NotifyMemory& memory) {
    jobs::NetCarrier carrier([this] { return context_.Interrupted(); });
    jobs::DeliveryOptions options;
    options.now = now;
    options.cancelled = [this] { return context_.Interrupted(); };
    return jobs::Deliver(store_, lock, channels_, carrier, options, memory);
  }

  [[nodiscard]] const store::Outbox& outbox() const { return outbox_; }

 private:
  Context& context_;
  const store::Store& store_;
  const std::string host_;
  const std::vector<Channel> channels_;
  store::Outbox outbox_;
  std::optional<render::Translator> translator_;
};

// Nobody to tell is no failure: the jobs run this by default.
ExitCode Show(Context& context, const render::NotifyRun& run) {
  return context.Emit(render::NotifyDocument(run, context.face()));
}

class HealthAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Choice<ops::CheckLevel>("level",
                                  N_("how deep to look, as in `check`"),
                                  {{"quick", ops::CheckLevel::kQuick},
                                   {"full", ops::CheckLevel::kFull},
                                   {"deep", ops::CheckLevel::kDeep}},
                                  &level_);
  }

  ExitCode Run(Context& context) override {
    const Status done = Work(context);
    return done.ok() ? Show(context, run_) : context.Fail(done.error());
  }

 private:
  Status Work(Context& context) {
    Desk desk(context);
    run_.command = context.command();
    run_.dry_run = context.dry_run();
    run_.channels = desk.TellsPeople();
    // Without anybody to tell it is shown here alone, and only on request.
    if (!run_.channels && !run_.dry_run) return {};
    const ops::CheckReport report = desk.Check(level_);
    const Result<ops::StatusReport> status =
        ops::ReadStatus(context.store(), {context.memory_bytes()});
    BENCHKEEP_ASSIGN(store::NotifyMemory memory,
                     store::LoadNotifyMemory(context.store()));
    notice_ = render::HealthNotice(
        report, status.ok() ? &*status : nullptr,
        jobs::DeliveryFindings(memory, desk.channels(), context.clock().Now()),
        desk.Frame(), desk.translator());
    run_.notice = &notice_;
    BENCHKEEP_ASSIGN(run_.queued, desk.Queue(notice_));
    if (run_.dry_run) return {};
    const Result<fs::FileLock> lock = desk.Lock(kShortWait);
    if (!lock.ok()) {
      if (lock.error().code != Code::kBusy) return Unexpected(lock.error());
      run_.delivery.busy = true;
      return {};
    }
    BENCHKEEP_ASSIGN(memory, store::LoadNotifyMemory(context.store()));
    BENCHKEEP_ASSIGN(run_.delivery, desk.Deliver(*lock, false, memory));
    return {};
  }

  ops::CheckLevel level_ = ops::CheckLevel::kFull;
  jobs::Notice notice_;
  render::NotifyRun run_;
};

class AlertsAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    const Status done = Work(context);
    return done.ok() ? Show(context, run_) : context.Fail(done.error());
  }

 private:
  Status Work(Context& context) {
    Desk desk(context);
    run_.command = context.command();
    run_.dry_run = context.dry_run();
    run_.channels = !desk.channels().empty();
    if (!run_.channels) return {};
    // What was alerted and what waits belong together: one at a time.
    std::optional<fs::FileLock> lock;
    if (!run_.dry_run) {
      Result<fs::FileLock> taken = desk.Lock(kLongWait);
      if (!taken.ok()) {
        if (taken.error().code != Code::kBusy) {
          return Unexpected(taken.error());
        }
        run_.delivery.busy = true;
        return {};
      }
      lock.emplace(std::move(*taken));
    }
    BENCHKEEP_ASSIGN(store::NotifyMemory memory,
                     store::LoadNotifyMemory(context.store()));
    if (desk.TellsPeople()) BENCHKEEP_TRY(Alert(context, desk, memory));
    BENCHKEEP_ASSIGN(run_.events, desk.QueueEvents(memory));
    if (!lock) return {};
    // In the queue first: a crash in between tells people twice, not never.
    BENCHKEEP_TRY(store::SaveNotifyMemory(context.store(), memory));
    BENCHKEEP_ASSIGN(run_.delivery, desk.Deliver(*lock, false, memory));
    return {};
  }

  Status Alert(Context& context, Desk& desk, store::NotifyMemory& memory) {
    report_ = desk.Check(ops::CheckLevel::kQuick);
    if (context.Interrupted()) {
      return benchkeep::Fail(Code::kCancelled, Say(N_("interrupted")));
    }
    const store::Settings& settings = context.store().settings();
    const jobs::AlertRules rules{
        .least = settings.notify_level == "critical"
                     ? ops::CheckState::kCritical
                     : ops::CheckState::kWarning,
        .reminder_seconds = settings.notify_reminder_hours * kHour};
    const std::int64_t now =
        std::chrono::floor<std::chrono::seconds>(context.clock().Now())
            .time_since_epoch()
            .count();
    run_.alerts = jobs::DecideAlerts(report_, rules, now, memory.alerts);
    if (run_.alerts.empty()) return {};
    notice_ = render::AlertNotice(run_.alerts, report_, desk.Frame(),
                                  desk.translator());
    run_.notice = &notice_;
    BENCHKEEP_ASSIGN(run_.queued, desk.Queue(notice_));
    return {};
  }

  ops::CheckReport report_;
  jobs::Notice notice_;
  render::NotifyRun run_;
};

class TestAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags
        .Text("channel",
              N_("only this one: mail, sentry, or the name of a webhook"),
              &only_)
        .Value("NAME");
  }

  ExitCode Run(Context& context) override {
    const Desk desk(context);
    const jobs::Notice notice =
        render::TestNotice(desk.Frame(), desk.translator());
    std::vector<render::TestLine> lines;
    jobs::NetCarrier carrier([&context] { return context.Interrupted(); });
    for (const Channel& channel : desk.channels()) {
      const bool meant = only_.empty() || channel.name == only_ ||
                         channel.name == "webhook " + only_;
      if (meant) Try(context, channel, notice, carrier, lines);
    }
    if (lines.empty() && !only_.empty()) {
      return context.Fail(
          benchkeep::Fail(Code::kNotFound,
                          Say(N_("there is no channel '{0}'"), only_),
                          Say(N_("`benchkeep notify queue` lists them")))
              .value());
    }
    return context.Emit(
        render::NotifyTestDocument(lines, context.dry_run(), context.face()));
  }

 private:
  static void Try(Context& context, const Channel& channel,
                  const jobs::Notice& notice, jobs::Carrier& carrier,
                  std::vector<render::TestLine>& lines) {
    const TimePoint now = context.clock().Now();
    std::vector<store::OutboxItem> items = jobs::ItemsFor(
        channel, notice, jobs::MakeMessageId(now, host::HostName()));
    if (channel.kind == ChannelKind::kSentry) {
      items[0].content = jobs::SentryTestEvent(notice.title, notice.host, now);
    }
    if (items.empty()) items.emplace_back();
    for (store::OutboxItem& item : items) {
      item.id = item.message_id.empty() ? FormatStamp(now) : item.message_id;
      item.created = now;
      render::TestLine line{channel.name, item.recipient, channel.target, {}};
      if (channel.problem) {
        line.result.reason = "setup";
        line.result.answer = context.translator().Tr(channel.problem->message);
      } else if (!context.dry_run()) {
        line.result = carrier.Send(channel, item, now);
        line.result.answer = channel.Redacted(line.result.answer);
      }
      lines.push_back(std::move(line));
    }
  }

  std::string only_;
};

class QueueAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    const Desk desk(context);
    const auto list = desk.outbox().List();
    if (!list.ok()) return context.Fail(list.error());
    const auto memory = store::LoadNotifyMemory(context.store());
    if (!memory.ok()) return context.Fail(memory.error());
    return context.Emit(
        render::NotifyQueueDocument(*list, *memory, desk.channels(),
                                    context.clock().Now(), context.face()));
  }
};

class FlushAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    render::NotifyRun run;
    const Status done = Work(context, run);
    return done.ok() ? Show(context, run) : context.Fail(done.error());
  }

 private:
  static Status Work(Context& context, render::NotifyRun& run) {
    Desk desk(context);
    run.command = context.command();
    run.dry_run = context.dry_run();
    run.channels = !desk.channels().empty();
    if (run.dry_run) {
      BENCHKEEP_ASSIGN(run.delivery.waiting, desk.outbox().Count());
      return {};
    }
    BENCHKEEP_ASSIGN(const fs::FileLock lock, desk.Lock(kShortWait));
    BENCHKEEP_ASSIGN(store::NotifyMemory memory,
                     store::LoadNotifyMemory(context.store()));
    BENCHKEEP_ASSIGN(run.delivery, desk.Deliver(lock, true, memory));
    return {};
  }
};

}  // namespace

const Command kNotifyCommand = {
    .name = "notify",
    .group = Group::kOperate,
    .summary = N_("tell people how the store is doing: mail, webhooks, Sentry"),
    .help = N_(
        "Mail goes where [mail] says, webhooks where the tables "
        "[webhook.NAME] say (plain JSON, Feishu, DingTalk, WeCom, Slack), and "
        "the causes of errors in the logs to [sentry]. Passwords and addresses "
        "with tokens come from files that you alone can read, or from the "
        "environment, and are never shown.\n\n"
        "A message is kept on the disk until the other side has it: it is "
        "tried again after 60 seconds, then after twice as long each time, up "
        "to an hour, and given up after [notify] keep_days, on record. The "
        "jobs `health` (daily at 09:00) and `alerts` (every ten minutes) run "
        "this by themselves."),
    .examples = {{"benchkeep notify test",
                  N_("See whether messages arrive, after setting it up:")},
                 {"benchkeep notify queue", N_("What waits, and why:")}},
    .subcommands =
        {{.name = "health",
          .summary = N_("send the daily mail: all checks, and the figures"),
          .help =
              N_("The subject carries the worst state of `check`, such as "
                 "\"[benchkeep] WARNING pilot-bench: backup: ...\". The "
                 "mail has all checks with what cures them, and the "
                 "figures of `status`. Webhooks get it with health = true."),
          .examples = {{"benchkeep notify health --dry-run",
                        N_("See the mail without sending it:")},
                       {"benchkeep notify health", N_("Send it now:")}},
          .needs = Needs::kStore,
          .action = MakeAction<HealthAction>},
         {.name = "alerts",
          .summary = N_("look quickly, and send what has changed"),
          .help = N_("Tells people when a check gets worse, better or good "
                     "again, and once more after [notify] reminder_hours while "
                     "it stays bad. A check that could not tell is told the "
                     "second time in a row. Sends each cause of errors in the "
                     "logs to Sentry at most once an hour, and delivers what "
                     "waits."),
          .examples = {{"benchkeep notify alerts --dry-run",
                        N_("See what would be sent now:")}},
          .needs = Needs::kStore,
          .action = MakeAction<AlertsAction>},
         {.name = "test",
          .summary = N_("send a test to every channel and show what came back"),
          .help = N_("Nothing is queued: what cannot be delivered now is "
                     "shown, with the words of the other side. Exits with 3 "
                     "when some channels fail, with 1 when all do."),
          .examples = {{"benchkeep notify test", N_("All channels:")},
                       {"benchkeep notify test --channel mail",
                        N_("Only mail:")}},
          .needs = Needs::kStore,
          .action = MakeAction<TestAction>},
         {.name = "queue",
          .summary = N_("list what waits, how the channels are doing, and what "
                        "was given up"),
          .help = N_("Messages wait while their channel fails. Each one that "
                     "was given up is listed with the reason: \"expired\", "
                     "\"queue_full\", or \"refused\" by the other side."),
          .examples = {{"benchkeep notify queue", N_("What waits, and why:")},
                       {"benchkeep notify queue --json | jq '.data.waiting | "
                        "length'",
                        N_("How many, for a script:")}},
          .needs = Needs::kStore,
          .action = MakeAction<QueueAction>},
         {.name = "flush",
          .summary = N_("send what waits now"),
          .help = N_("Also what is to wait after a failure, but nothing that "
                     "the other side asked to hold back."),
          .examples = {{"benchkeep notify flush",
                        N_("After the mail server came back:")}},
          .needs = Needs::kStore,
          .action = MakeAction<FlushAction>}},
};

}  // namespace benchkeep::cli
