// Models, writers, errors, checks and jobs as rows.

#include "tui/lists.h"

#include <algorithm>

#include "tui/graph.h"

namespace benchkeep::tui {
namespace {

constexpr int kShortly = 10;  // Minutes.
constexpr int kHour = 60;
constexpr int kWide = 56;  // From here on lists show more columns.
constexpr int kVeryWide = 84;
constexpr int kSpark = 16;

std::string Since(const std::optional<TimePoint>& time, const Model& model,
                  const Look& look) {
  return time ? ShortSpan(model.now - *time, look) : "-";
}

std::string When(const std::optional<TimePoint>& time, const Model& model) {
  return time ? WallDateTime(*time, model.utc_offset) : "-";
}

// As long as the longest, within bounds.
template <typename Rows, typename Text>
int WidestOf(const Rows& rows, int least, int most, const Text& text) {
  int width = least;
  for (const auto& row : rows) width = std::max(width, WidthOf(text(row)));
  return std::min(width, most);
}

Grid Models(const Model& model, const View& view, int room, const Look& look) {
  Grid grid;
  grid.columns = {{look.Tr(N_("model")), 0, false, 0},
                  {look.Tr(N_("tests")), 7, true, 0},
                  {look.Tr(N_("success")), 7, true, 24},
                  {look.Tr(N_("/min")), 5, true, 34},
                  {look.Tr(N_("last hour")), kSpark, false, kWide}};
  grid.empty = look.Tr(N_("no results yet"));
  const int back = static_cast<int>(view.back.count());
  const Point* then = back > 0 ? model.PointAt(model.now - view.back) : nullptr;
  for (const ModelRow& row : model.models) {
    std::optional<std::int64_t> tests = row.tests;
    // All of its tests wait in increments, uncounted.
    if (row.tests == 0) tests.reset();
    if (back > 0) {
      tests.reset();
      if (then != nullptr) {
        const auto found = then->models.find(row.name);
        if (found != then->models.end()) tests = found->second;
      }
    }
    const std::optional<double> pace = PerMinute(row.minutes, kShortly, back);
    std::string spark;
    if (room >= kWide) {
      std::vector<double> minutes = row.minutes;
      minutes.resize(minutes.size() -
                     std::min(minutes.size(), static_cast<std::size_t>(back)));
      const auto size = static_cast<std::ptrdiff_t>(minutes.size());
      const std::ptrdiff_t hour = std::min<std::ptrdiff_t>(size, kHour);
      spark = Sparkline(Gathered({minutes.end() - hour, minutes.end()}, kSpark),
                        kSpark, look.glyphs);
    }
    const bool moves = pace.value_or(0) > 0;
    grid.rows.push_back({{row.name.empty() ? look.Tr(N_("(none)")) : row.name},
                         {Count(tests)},
                         {PercentOf(row.success_rate)},
                         {Rate(pace), moves ? Ink::kPlain : Ink::kDim},
                         {spark, Ink::kAccent}});
  }
  return grid;
}

Grid Writers(const Model& model, int room, const Look& look) {
  Grid grid;
  // With a question mark where it may belong to somebody else.
  const auto state = [&look](const WriterRow& row) {
    return WriterWord(row.state, look) + (row.certain ? "" : "?");
  };
  const int word = WidestOf(model.writers, 5, 12, state);
  grid.columns = {{look.Tr(N_("process")), 7, true, 0},
                  {look.Tr(N_("program")), 0, false, 0},
                  {look.Tr(N_("state")), word, false, 0},
                  {look.Tr(N_("wrote")), 7, true, 30},
                  {look.Tr(N_("processor")), 9, true, kWide},
                  {look.Tr(N_("memory")), 9, true, kWide},
                  {look.Tr(N_("started")), 19, false, kVeryWide}};
  grid.empty = look.Tr(N_("no program writes results"));
  for (const WriterRow& row : model.writers) {
    const Ink ink = row.certain ? InkOfState(row.state) : Ink::kDim;
    std::string cpu = "-";
    if (row.cpu_seconds) {
      cpu = ShortSpan(std::chrono::duration_cast<std::chrono::nanoseconds>(
                          std::chrono::duration<double>(*row.cpu_seconds)),
                      look);
    }
    grid.rows.push_back(
        {{std::to_string(row.pid)},
         {row.name},
         {state(row), ink},
         {Since(row.last_write, model, look)},
         {cpu},
         {row.rss_bytes && room >= kWide ? Bytes(*row.rss_bytes) : "-"},
         {When(row.started, model)}});
  }
  return grid;
}

// What tells causes apart, without the tags before it.
std::string ShortPattern(const std::string& pattern) {
  if (!pattern.starts_with('[')) return pattern;
  const std::size_t end = pattern.find("] ");
  return end == std::string::npos ? pattern : pattern.substr(end + 2);
}

Grid Errors(const Model& model, const Look& look) {
  Grid grid;
  const int word = WidestOf(model.causes, 4, 12, [&](const CauseRow& row) {
    return ErrorWord(row.kind, look);
  });
  grid.columns = {{look.Tr(N_("last")), 7, true, 0},
                  {look.Tr(N_("times")), 6, true, 0},
                  {look.Tr(N_("24 h")), 6, true, kVeryWide},
                  {look.Tr(N_("kind")), word, false, 34},
                  {look.Tr(N_("cause")), 0, false, 0}};
  grid.empty = look.Tr(N_("no errors"));
  for (const CauseRow& row : model.causes) {
    const Ink ink = row.is_new || row.spike ? Ink::kBad
                    : row.recent > 0        ? Ink::kWarning
                                            : Ink::kPlain;
    grid.rows.push_back({{Since(row.last_at, model, look)},
                         {Count(row.count), ink},
                         {Count(row.recent), ink},
                         {ErrorWord(row.kind, look)},
                         {ShortPattern(row.pattern)}});
  }
  return grid;
}

Grid Checks(const Model& model, const Look& look) {
  Grid grid;
  const int state = WidestOf(model.checks, 2, 12, [&](const CheckRow& row) {
    return StatusWord(row.status, look);
  });
  const int name = WidestOf(model.checks, 4, 16, [&](const CheckRow& row) {
    return CheckWord(row.name, look);
  });
  grid.columns = {{look.Tr(N_("state")), state, false, 0},
                  {look.Tr(N_("check")), name, false, 0},
                  {look.Tr(N_("message")), 0, false, 0}};
  grid.empty = look.Tr(N_("not looked at yet"));
  for (const CheckRow& row : model.checks) {
    grid.rows.push_back(
        {{StatusWord(row.status, look), InkOfState(row.status)},
         {CheckWord(row.name, look)},
         {row.message, row.status == "ok" ? Ink::kDim : Ink::kPlain}});
  }
  return grid;
}

// A sign for a state, where there is no room for the word.
const char* JobSign(const std::string& state) {
  if (state == "running") return "*";
  if (state == "failing") return "!";
  return state == "waiting" ? " " : "-";
}

Grid Jobs(const Model& model, int room, const Look& look) {
  constexpr int kRoomForWords = 32;
  constexpr int kRoomForSchedule = 70;
  const bool words = room >= kRoomForWords;
  const bool wide = room >= kRoomForSchedule;
  const int name = WidestOf(model.jobs, 3, wide ? 20 : 11,
                            [](const JobRow& row) { return row.name; });
  const int state = WidestOf(model.jobs, 5, 15, [&](const JobRow& row) {
    return JobWord(row.state, look);
  });
  Grid grid;
  grid.columns = {{look.Tr(N_("job")), words ? name : 0, false, 0}};
  if (words) {
    grid.columns.push_back({look.Tr(N_("state")), wide ? state : 0, false, 0});
  } else {
    grid.columns.push_back({"", 1, false, 0});
  }
  grid.columns.insert(
      grid.columns.end(),
      {{words ? look.Tr(N_("last")) : "", words ? 7 : 6, true, 0},
       {look.Tr(N_("result")), 12, false, kWide},
       {look.Tr(N_("next run")), 8, true, kRoomForWords},
       {look.Tr(N_("schedule")), wide ? 0 : 1, false, kRoomForSchedule}});
  grid.empty = look.Tr(N_("no jobs"));
  for (const JobRow& row : model.jobs) {
    const Ink ink =
        row.state == "waiting" ? Ink::kPlain : InkOfState(row.state);
    grid.rows.push_back(
        {{row.name},
         {words ? JobWord(row.state, look) : JobSign(row.state), ink},
         {Since(row.last, model, look)},
         {row.last_status.empty() ? "-" : RunWord(row.last_status, look),
          row.last_status.empty() ? Ink::kDim : InkOfState(row.last_status)},
         {row.next ? ShortSpan(*row.next - model.now, look) : "-"},
         {row.schedule, Ink::kDim}});
  }
  return grid;
}

template <typename Rows>
const typename Rows::value_type* Selected(const Rows& rows, const View& view) {
  if (view.selected < 0 || view.selected >= static_cast<int>(rows.size())) {
    return nullptr;
  }
  return &rows[static_cast<std::size_t>(view.selected)];
}

std::vector<Detail> AboutModel(const ModelRow& row, const View& view,
                               const Look& look) {
  const int back = static_cast<int>(view.back.count());
  std::vector<Detail> out = {
      {look.Tr(N_("model")), row.name, Ink::kBold},
      {look.Tr(N_("tests")),
       look.Tr(Say(N_("{0}, success rate {1}"), Count(row.tests),
                   PercentOf(row.success_rate)))},
      {look.Tr(N_("pace")),
       look.Tr(Say(N_("{0} a minute, {1} in the last hour"),
                   Rate(PerMinute(row.minutes, kShortly, back)),
                   Rate(PerMinute(row.minutes, kHour, back))))}};
  std::string prompts;
  for (const ModelRow::Prompt& prompt : row.prompts) {
    if (!prompts.empty()) prompts += ", ";
    prompts += (prompt.name.empty() ? look.Tr(N_("(none)")) : prompt.name) +
               " " + PercentOf(prompt.success_rate) + " (" +
               Count(prompt.tests) + ")";
  }
  if (!prompts.empty()) {
    out.push_back({look.Tr(N_("prompt types")), prompts});
  }
  return out;
}

std::string SignWord(const WriterRow& row, const Look& look) {
  if (row.sign == "open_file") {
    return look.Tr(Say(N_("it has {0} open for writing"), row.evidence));
  }
  if (row.sign == "increment") {
    return look.Tr(Say(N_("it wrote {0}"), row.evidence));
  }
  if (row.sign == "child") {
    return look.Tr(Say(N_("process {0} started it"), row.evidence));
  }
  return look.Tr(Say(N_("its script is {0}"), row.evidence));
}

std::vector<Detail> AboutWriter(const WriterRow& row, const Model& model,
                                const Look& look) {
  std::vector<Detail> out = {
      {look.Tr(N_("process")), std::to_string(row.pid) + " " + row.name,
       Ink::kBold},
      {look.Tr(N_("state")), WriterWord(row.state, look),
       InkOfState(row.state)},
      {look.Tr(N_("why")), SignWord(row, look)},
      {look.Tr(N_("started")), When(row.started, model)},
      {look.Tr(N_("wrote")), When(row.last_write, model)}};
  if (row.usual_gap_seconds) {
    const auto gap = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(*row.usual_gap_seconds));
    out.push_back({look.Tr(N_("usual gap")), ShortSpan(gap, look)});
  }
  if (row.state == "stuck") {
    out.push_back(
        {look.Tr(N_("cure")),
         look.Tr(Say(N_("look at process {0}; `benchkeep logs errors --new` "
                        "may say why; results that were written are safe"),
                     row.pid)),
         Ink::kWarning});
  }
  if (!row.certain) {
    out.push_back({"",
                   look.Tr(N_("nothing ties it to this store: it may "
                              "belong to another campaign")),
                   Ink::kDim});
  }
  return out;
}

std::vector<Detail> AboutCause(const CauseRow& row, const Look& look) {
  std::vector<Detail> out = {
      {look.Tr(N_("cause")), row.pattern, Ink::kBold},
      {look.Tr(N_("kind")), ErrorWord(row.kind, look)},
      {look.Tr(N_("times")),
       look.Tr(Say(N_("{0}, {1} of them in the last 24 hours"),
                   Count(row.count), Count(row.recent)))},
      {look.Tr(N_("seen")),
       look.Tr(Say(N_("first {0}, last {1}"), row.first, row.last))},
      {look.Tr(N_("log")),
       row.file + (row.model.empty() ? "" : ", " + row.model)},
      {look.Tr(N_("example")), row.example, Ink::kDim}};
  if (row.is_new) {
    out.insert(out.begin() + 1,
               {"", look.Tr(N_("new since yesterday")), Ink::kBad});
  }
  return out;
}

std::vector<Detail> AboutCheck(const CheckRow& row, const Model& model,
                               const Look& look) {
  std::vector<Detail> out = {
      {look.Tr(N_("check")), CheckWord(row.name, look), Ink::kBold},
      {look.Tr(N_("state")), StatusWord(row.status, look),
       InkOfState(row.status)},
      {look.Tr(N_("message")), row.message}};
  if (!row.fix.empty()) {
    out.push_back({look.Tr(N_("cure")), row.fix, Ink::kWarning});
  }
  if (row.last_good) {
    out.push_back({look.Tr(N_("last good")), When(row.last_good, model)});
  }
  return out;
}

std::vector<Detail> AboutJob(const JobRow& row, const Model& model,
                             const Look& look) {
  std::vector<Detail> out = {
      {look.Tr(N_("job")), row.name, Ink::kBold},
      {look.Tr(N_("command")), "benchkeep " + row.command},
      {look.Tr(N_("schedule")), row.schedule},
      {look.Tr(N_("state")), JobWord(row.state, look), InkOfState(row.state)},
      {look.Tr(N_("last run")), When(row.last, model)},
      {look.Tr(N_("next run")), When(row.next, model)}};
  if (!row.last_status.empty()) {
    out.push_back({look.Tr(N_("result")), RunWord(row.last_status, look),
                   InkOfState(row.last_status)});
  }
  if (row.failures > 0) {
    out.push_back({look.Tr(N_("failures in a row")),
                   std::to_string(row.failures), Ink::kBad});
    out.push_back(
        {look.Tr(N_("cure")),
         look.Tr(Say(N_("`benchkeep schedule history {0}` shows what it said"),
                     row.name)),
         Ink::kWarning});
  }
  return out;
}

}  // namespace

Grid GridOf(Panel panel, const Model& model, const View& view, int room,
            const Look& look) {
  switch (panel) {
    case Panel::kModels:
      return Models(model, view, room, look);
    case Panel::kWriters:
      return Writers(model, room, look);
    case Panel::kErrors:
      return Errors(model, look);
    case Panel::kChecks:
      return Checks(model, look);
    case Panel::kJobs:
      return Jobs(model, room, look);
    case Panel::kOverview:
    case Panel::kPace:
    case Panel::kMachine:
      break;
  }
  return {};
}

std::vector<Detail> DetailsOf(Panel panel, const Model& model, const View& view,
                              const Look& look) {
  if (panel == Panel::kModels) {
    const ModelRow* row = Selected(model.models, view);
    if (row != nullptr) return AboutModel(*row, view, look);
  } else if (panel == Panel::kWriters) {
    const WriterRow* row = Selected(model.writers, view);
    if (row != nullptr) return AboutWriter(*row, model, look);
  } else if (panel == Panel::kErrors) {
    const CauseRow* row = Selected(model.causes, view);
    if (row != nullptr) return AboutCause(*row, look);
  } else if (panel == Panel::kChecks) {
    const CheckRow* row = Selected(model.checks, view);
    if (row != nullptr) return AboutCheck(*row, model, look);
  } else if (panel == Panel::kJobs) {
    const JobRow* row = Selected(model.jobs, view);
    if (row != nullptr) return AboutJob(*row, model, look);
  }
  return {};
}

}  // namespace benchkeep::tui
