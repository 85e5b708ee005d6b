// benchkeep monitor: the campaign on one screen, live.

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "cli/commands.h"
#include "cli/site_parts.h"
#include "host/local_time.h"
#include "ops/check.h"
#include "tui/monitor.h"
#include "tui/screen.h"

namespace benchkeep::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A disk that does not answer in that time hangs; the screen comes anyway.
constexpr seconds kOpening{3};
constexpr seconds kUsualInterval{5};
constexpr std::int64_t kMostSeconds = 3600;
// What has not been collected by then is missing from `--once`.
constexpr seconds kOncePatience{30};
constexpr std::size_t kMostColumns = 120;

// Whether the terminal shows more than ASCII, by its locale and its kind.
tui::Glyphs GlyphsFor(const Context& context) {
  std::string locale;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    locale = context.variable(name);
    if (!locale.empty()) break;
  }
  std::transform(locale.begin(), locale.end(), locale.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const bool utf8 = locale.find("utf-8") != std::string::npos ||
                    locale.find("utf8") != std::string::npos;
  // The console of the kernel has no Braille and few blocks.
  const bool console = context.variable("TERM") == "linux";
  return utf8 && !console ? tui::Glyphs::kUnicode : tui::Glyphs::kAscii;
}

// Tells the thread that waits that a collector has finished a run.
class News {
 public:
  void Tell() {
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      ++count_;
    }
    changed_.notify_all();
  }

  void WaitBriefly() {
    constexpr milliseconds kBriefly{100};
    std::unique_lock<std::mutex> lock(mutex_);
    const std::uint64_t before = count_;
    changed_.wait_for(lock, kBriefly, [&] { return count_ != before; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
};

class MonitorAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Bool("once", N_("print the figures once and end"), &once_);
    flags
        .Int("interval",
             N_("seconds between two looks; otherwise [serve] refresh_seconds"),
             &interval_)
        .Value("SECONDS");
    flags.Bool("ascii", N_("draw with ASCII characters only"), &ascii_);
  }

  ExitCode Run(Context& context) override {
    if (interval_ && (*interval_ < 1 || *interval_ > kMostSeconds)) {
      return context.Usage(
          Fail(Code::kInvalidArgument,
               Say(N_("--interval must be a number from 1 to {0}"),
                   kMostSeconds))
              .value());
    }
    seconds refresh(interval_.value_or(kUsualInterval.count()));
    // Opening the store looks at its disk, which may hang; then the screen says
    // so.
    if (ops::StoreAnswers(context.file_system(), context.clock(),
                          context.root(), kOpening)) {
      if (const Status opened = context.OpenStore(Context::Trace::kNone);
          !opened.ok()) {
        return context.Fail(opened.error());
      }
      if (!interval_) {
        refresh = seconds(context.store().settings().serve_refresh_seconds);
      }
    }
    const std::string kind = context.variable("TERM");
    const bool screen = !once_ && !context.options().json && kind != "dumb" &&
                        !kind.empty() && context.output_is_terminal() &&
                        context.input_is_terminal();
    return screen ? Show(context, refresh) : PrintOnce(context, refresh);
  }

 private:
  [[nodiscard]] tui::MonitorParts PartsOf(Context& context,
                                          jobs::Collectors& collectors) const {
    return {
        .collectors = collectors,
        .clock = context.clock(),
        .look = {.translator = context.translator(),
                 .glyphs = ascii_ ? tui::Glyphs::kAscii : GlyphsFor(context)},
        .colors =
            context.face().color ? tui::Colors::kSome : tui::Colors::kNone,
        .language = LanguageOf(context),
        .store = context.root().filename().string(),
        .path = context.root().string(),
        .utc_offset = host::UtcOffset};
  }

  static std::string LanguageOf(const Context& context) {
    return context.translator().language() == render::Language::kChinese ? "zh"
                                                                         : "en";
  }

  ExitCode Show(Context& context, seconds refresh) const {
    Result<std::unique_ptr<tui::Terminal>> terminal = tui::Terminal::Take();
    if (!terminal.ok()) return context.Fail(terminal.error());
    tui::Terminal* const screen = terminal->get();
    jobs::Collectors collectors(
        MonitorSpecs(context, refresh), {LanguageOf(context)}, context.clock(),
        [screen](const std::string& /*name*/) { screen->Wake(); });
    collectors.Start();
    tui::RunMonitor(PartsOf(context, collectors), *screen);
    screen->GiveBack();
    collectors.Stop();
    return ExitCode::kOk;
  }

  ExitCode PrintOnce(Context& context, seconds refresh) const {
    News news;
    jobs::Collectors collectors(
        MonitorSpecs(context, refresh), {LanguageOf(context)}, context.clock(),
        [&news](const std::string& /*name*/) { news.Tell(); });
    collectors.Start();
    const TimePoint end = context.clock().Now() + kOncePatience;
    const auto waits = [&] {
      const std::vector<jobs::CollectorHealth> health = collectors.Health();
      return std::any_of(
          health.begin(), health.end(),
          [](const jobs::CollectorHealth& one) { return one.runs == 0; });
    };
    while (waits() && context.clock().Now() < end && !context.Interrupted()) {
      news.WaitBriefly();
    }
    const tui::MonitorParts parts = PartsOf(context, collectors);
    const tui::Model model = tui::ModelOf(parts);
    collectors.Stop();
    if (context.Interrupted()) return ExitCode::kInterrupted;
    render::Document document{.command = context.command()};
    document.data = tui::ModelToJson(model);
    for (const auto& [name, part] : model.parts) {
      if (part.collected && !part.stale) continue;
      document.findings.push_back(
          {"collector_down", Severity::kWarning, "",
           Say(N_("{0} is not up to date: {1}"), name,
               part.problem.empty()
                   ? context.translator().Tr(N_("no answer yet"))
                   : part.problem),
           Say(N_("look at the disk of the store: it may hang"))});
    }
    document.status = render::OutcomeOf(document.findings);
    document.text = tui::ComposeText(
        model, static_cast<int>(std::min(context.face().width, kMostColumns)),
        parts.look);
    return context.Emit(document);
  }

  bool once_ = false;
  bool ascii_ = false;
  std::optional<std::int64_t> interval_;
};

}  // namespace

const Command kMonitorCommand = {
    .name = "monitor",
    .group = Group::kOperate,
    .summary = N_("watch the campaign on one screen"),
    .help = N_(
        "Totals, success rate, results per minute as a graph, every model with "
        "its pace, writers (alive, stuck, dead), the newest errors by cause, "
        "the checks, the jobs, backups, disk, memory and pressure. All of it "
        "is collected in the background: a slow disk never blocks the screen, "
        "and every panel says how old its figures are.\n\n"
        "Keys: ? shows all of them, q ends, tab goes to the next panel, enter "
        "opens it, space freezes the picture, left and right go back in the "
        "last 24 hours. Without a terminal, with TERM=dumb, --once or --json "
        "the figures are printed once. The terminal is given back as it was "
        "when the program ends, also by a signal; after SIGKILL `reset` "
        "helps."),
    .examples = {{"benchkeep monitor", N_("The store in this folder:")},
                 {"benchkeep -C /data/campaign monitor --interval 30",
                  N_("A large store, looked at less often:")},
                 {"benchkeep monitor --once --json | jq "
                  ".data.pace.per_minute_10",
                  N_("One number for a script:")}},
    .needs = Needs::kNothing,
    .action = MakeAction<MonitorAction>,
};

}  // namespace benchkeep::cli
