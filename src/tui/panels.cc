// Totals, graphs and bars.

#include "tui/panels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tui/gauges.h"
#include "tui/graph.h"
#include "tui/grid.h"
#include "tui/lists.h"

namespace benchkeep::tui {
namespace {

constexpr int kShortly = 10;  // Minutes.
constexpr int kHour = 60;
constexpr int kLeastGraph = 3;

// The totals at the moment that is looked at.
struct Totals {
  std::optional<std::int64_t> tests;
  std::optional<double> success_rate;
  std::optional<std::int64_t> waiting_files;
  std::optional<std::int64_t> waiting_rows;
  std::optional<std::int64_t> alive;
  std::optional<std::int64_t> stuck;
  std::optional<std::int64_t> dead;
};

Totals TotalsOf(const Scene& scene) {
  const Model& model = scene.model;
  if (scene.view.back.count() > 0) {
    const Point* then = model.PointAt(model.now - scene.view.back);
    if (then == nullptr) return {};
    return {then->tests,        then->success_rate, then->waiting_files,
            then->waiting_rows, then->alive,        then->stuck,
            then->dead};
  }
  Totals totals{model.tests,
                model.success_rate,
                model.waiting_files,
                model.waiting_rows,
                {},
                {},
                {}};
  const auto writers = model.parts.find("writers");
  if (writers != model.parts.end() && writers->second.collected) {
    totals.alive = model.WritersThatAre("alive");
    totals.stuck = model.WritersThatAre("stuck");
    totals.dead = model.WritersThatAre("dead");
  }
  return totals;
}

Line TestsLine(const Scene& scene, const Totals& totals) {
  const Model& model = scene.model;
  std::string more;
  if (!model.source.empty()) more = SourceWord(model.source, scene.look);
  return {scene.look.Tr(N_("tests")), Count(totals.tests), Ink::kBold, more};
}

Line WaitingLine(const Scene& scene, const Totals& totals) {
  const Look& look = scene.look;
  Line line{look.Tr(N_("increments")), "-"};
  if (!totals.waiting_files) return line;
  if (*totals.waiting_files == 0) {
    line.text = look.Tr(N_("nothing"));
    line.ink = Ink::kGood;
    return line;
  }
  line.text = look.Tr(Say(N_("{0} rows, {1} files"), Count(totals.waiting_rows),
                          Count(totals.waiting_files)));
  if (scene.view.back.count() == 0 && scene.model.waiting_age_seconds) {
    line.more =
        ShortSpan(std::chrono::seconds(*scene.model.waiting_age_seconds), look);
  }
  return line;
}

// "a, b", as the language joins them.
std::string Joined(const std::string& before, const std::string& after,
                   const Look& look) {
  return before.empty() ? after : look.Tr(Say(N_("{0}, {1}"), before, after));
}

Line WritersLine(const Scene& scene, const Totals& totals) {
  const Look& look = scene.look;
  Line line{look.Tr(N_("processes")), "-"};
  if (!totals.alive) return line;
  line.text = Count(totals.alive) + " " + look.Tr(N_("alive"));
  line.ink = *totals.alive > 0 ? Ink::kGood : Ink::kWarning;
  const auto add = [&](const std::optional<std::int64_t>& count,
                       const char* word, Ink ink) {
    if (count.value_or(0) == 0) return;
    line.text = Joined(line.text, Count(count) + " " + look.Tr(word), look);
    if (line.ink != Ink::kBad) line.ink = ink;
  };
  add(totals.stuck, N_("stuck"), Ink::kBad);
  add(totals.dead, N_("dead"), Ink::kWarning);
  return line;
}

Line BackupLine(const Scene& scene) {
  const Look& look = scene.look;
  const Model& model = scene.model;
  Line line{look.Tr(N_("backup")), "-"};
  const auto part = model.parts.find("backups");
  if (part == model.parts.end() || !part->second.collected) return line;
  const BackupRow* newest = model.NewestGoodBackup();
  if (newest == nullptr) {
    line.text = look.Tr(N_("no good one"));
    line.ink = Ink::kBad;
    return line;
  }
  line.text = look.Tr(
      Say(N_("{0} old"), ShortSpan(model.now - *newest->created, look)));
  line.ink = Ink::kGood;
  for (const CheckRow& check : model.checks) {
    if (check.name == "backup" && check.status != "ok") {
      line.ink = InkOfState(check.status);
    }
  }
  line.more =
      newest->tests ? look.Tr(Say(N_("{0} tests"), Count(newest->tests))) : "";
  return line;
}

// The gravest first; the others where there is room.
Line ChecksLine(const Scene& scene) {
  const Look& look = scene.look;
  const Model& model = scene.model;
  Line line{look.Tr(N_("checks")), "-"};
  if (model.checks.empty()) return line;
  line.text.clear();
  for (const char* status : {"critical", "unknown", "warning", "ok"}) {
    const std::int64_t count = model.ChecksThatAre(status);
    if (count == 0) continue;
    const std::string text =
        std::to_string(count) + " " + StatusWord(status, look);
    if (line.text.empty()) {
      line.text = text;
      line.ink = InkOfState(status);
    } else {
      line.more = Joined(line.more, text, look);
    }
  }
  return line;
}

Line ArrivingLine(const Scene& scene) {
  const Look& look = scene.look;
  const Model& model = scene.model;
  const int back = static_cast<int>(scene.view.back.count());
  Line line{look.Tr(N_("per minute")),
            Rate(PerMinute(model.minutes, kShortly, back)), Ink::kBold};
  const std::optional<double> hourly = PerMinute(model.minutes, kHour, back);
  if (hourly) {
    line.more = look.Tr(Say(N_("{0} in the last hour"), Rate(hourly)));
  } else {
    line.more = look.Tr(N_("counting since the start"));
  }
  return line;
}

Line ErrorsLine(const Scene& scene) {
  const Look& look = scene.look;
  const Model& model = scene.model;
  Line line{look.Tr(N_("errors")), "-"};
  const auto part = model.parts.find("errors");
  if (part == model.parts.end() || !part->second.collected) return line;
  line.text = Count(model.error_count);
  if (!model.causes.empty()) {
    const CauseRow& newest = model.causes.front();
    line.more = ErrorWord(newest.kind, look);
    if (newest.last_at) {
      line.more += " " + ShortSpan(model.now - *newest.last_at, look);
    }
  }
  return line;
}

int WidestLabel(const std::vector<Line>& lines) {
  int width = 0;
  for (const Line& line : lines) width = std::max(width, WidthOf(line.label));
  return width;
}

// What does not fit in its line is left out, not wrapped.
void FitLines(std::vector<Line>& lines, int width, Glyphs glyphs) {
  const int label = WidestLabel(lines) + 2;
  for (Line& line : lines) {
    line.text = Fitted(line.text, std::max(4, width - label), glyphs);
  }
}

}  // namespace

int DrawLines(Scene& scene, const Rect& rect, const std::vector<Line>& lines,
              int first) {
  constexpr int kGap = 2;
  const int label = WidestLabel(lines) + kGap;
  int y = rect.y;
  int skipped = 0;
  for (const Line& line : lines) {
    // A long text goes on below itself.
    const std::vector<std::string> pieces = Lines(
        line.text.empty() ? " " : line.text, std::max(8, rect.width - label));
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (skipped++ < first) continue;
      if (y >= rect.y + rect.height) return rect.height;
      if (i == 0) {
        scene.canvas.Put(rect.x, y, line.label, Ink::kDim, label - 1);
      }
      int x = rect.x + label;
      x += scene.canvas.Put(x, y, pieces[i], line.ink, rect.x + rect.width - x);
      const int left = rect.x + rect.width - x - kGap;
      if (i + 1 == pieces.size() && left >= WidthOf(line.more)) {
        scene.canvas.Put(x + kGap, y, line.more, Ink::kDim, left);
      }
      ++y;
    }
  }
  return y - rect.y;
}

void DrawOverview(Scene& scene, const Rect& rect) {
  const Totals totals = TotalsOf(scene);
  const Look& look = scene.look;
  std::vector<Line> lines = {
      TestsLine(scene, totals),
      {look.Tr(N_("success")), PercentOf(totals.success_rate), Ink::kBold},
      WaitingLine(scene, totals),
      WritersLine(scene, totals),
      BackupLine(scene),
      ChecksLine(scene)};
  if (rect.height > static_cast<int>(lines.size())) {
    lines.push_back(ErrorsLine(scene));
  }
  if (rect.height > static_cast<int>(lines.size()) &&
      !scene.model.newest.empty()) {
    std::string newest = scene.model.newest.substr(0, 19);
    if (newest.size() > 10) newest[10] = ' ';
    lines.push_back({look.Tr(N_("newest")), newest});
  }
  FitLines(lines, rect.width, scene.canvas.glyphs());
  DrawLines(scene, rect, lines, 0);
}

void DrawAllTotals(Scene& scene, const Rect& rect) {
  const Look& look = scene.look;
  const Model& model = scene.model;
  const Totals totals = TotalsOf(scene);
  std::vector<Line> lines = {
      TestsLine(scene, totals),
      {look.Tr(N_("success")), PercentOf(totals.success_rate), Ink::kBold},
      ArrivingLine(scene),
      WaitingLine(scene, totals),
      WritersLine(scene, totals),
      ErrorsLine(scene),
      ChecksLine(scene),
      {"", ""},
      {look.Tr(N_("results file")), Count(model.results_tests)},
      {look.Tr(N_("master database")), Count(model.master_tests)}};
  if (model.summary_tests && model.summary_tests != model.master_tests) {
    lines.back().more =
        look.Tr(Say(N_("its summary says {0}"), Count(model.summary_tests)));
  }
  lines.push_back(
      {look.Tr(N_("quarantine")), Count(model.quarantined),
       model.quarantined.value_or(0) > 0 ? Ink::kWarning : Ink::kPlain});
  lines.push_back({"", ""});
  for (const BackupRow& backup : model.backups) {
    lines.push_back({look.Tr(N_("backup")), backup.id, Ink::kPlain,
                     BackupWord(backup.state, look) + ", " +
                         Bytes(backup.bytes) + ", " +
                         look.Tr(Say(N_("{0} tests"), Count(backup.tests)))});
  }
  if (model.backups.empty()) lines.push_back(BackupLine(scene));
  lines.push_back({"", ""});
  for (const auto& [name, part] : model.parts) {
    Line line{PartWord(name, look), look.Tr(N_("not looked at yet")),
              Ink::kDim};
    if (part.collected) {
      line.text = look.Tr(
          Say(N_("{0} old"), ShortSpan(model.now - *part.collected, look)));
      line.ink = part.stale ? Ink::kWarning : Ink::kPlain;
    }
    if (!part.problem.empty()) {
      line.text += ": " + part.problem;
      line.ink = Ink::kWarning;
    }
    lines.push_back(line);
  }
  DrawLines(scene, rect, lines, scene.view.selected);
}

void DrawTimedGraph(Scene& scene, const Rect& rect,
                    const std::vector<double>& minutes) {
  if (rect.height < 2 || rect.width < 8) return;
  const Model& model = scene.model;
  const auto back = static_cast<std::size_t>(scene.view.back.count());
  std::vector<double> shown = minutes;
  shown.resize(shown.size() - std::min(shown.size(), back));
  const auto span = static_cast<std::size_t>(scene.view.span.count());
  if (shown.size() > span) {
    shown.erase(shown.begin(), shown.end() - static_cast<std::ptrdiff_t>(span));
  } else {
    shown.insert(shown.begin(), span - shown.size(), 0);
  }
  const double top = RoundTop(
      shown.empty() ? 1 : *std::max_element(shown.begin(), shown.end()));
  const std::string scale = fmt::format("{:.4g}", top);
  const int margin = WidthOf(scale) + 1;
  // Every minute as wide as it can be, or several of them as one.
  const Rect area{rect.x + margin, rect.y, rect.width - margin,
                  rect.height - 1};
  const int slots = GraphValues(scene.canvas.glyphs(), area.width);
  std::vector<double> values;
  if (static_cast<int>(shown.size()) > slots) {
    values = Gathered(shown, slots);
  } else {
    for (int i = 0; i < slots; ++i) {
      values.push_back(shown[static_cast<std::size_t>(i) * shown.size() /
                             static_cast<std::size_t>(slots)]);
    }
  }
  DrawGraph(scene.canvas, area, values, top, Ink::kAccent);
  const int y = rect.y + rect.height - 1;
  scene.canvas.Put(rect.x, rect.y, scale, Ink::kDim, margin);
  scene.canvas.PutRight(area.x - 1, y - 1, "0", Ink::kDim, 1);
  const TimePoint end = model.minutes_end - scene.view.back;
  const auto clock = [&](TimePoint time) {
    return WallTime(time, model.utc_offset).substr(0, 5);
  };
  scene.canvas.Put(area.x, y, clock(end - scene.view.span), Ink::kDim,
                   area.width);
  const std::string middle = clock(end - scene.view.span / 2);
  scene.canvas.Put(area.x + (area.width - WidthOf(middle)) / 2, y, middle,
                   Ink::kDim, area.width);
  scene.canvas.PutRight(rect.x + rect.width, y, clock(end), Ink::kDim,
                        rect.width);
}

void DrawPace(Scene& scene, const Rect& rect) {
  const Model& model = scene.model;
  const Look& look = scene.look;
  const int back = static_cast<int>(scene.view.back.count());
  if (model.minutes.empty()) {
    const auto part = model.parts.find("pace");
    const bool waits = part == model.parts.end() || !part->second.collected;
    int y = rect.y;
    for (const std::string& line :
         Lines(look.Tr(waits ? N_("not looked at yet")
                             : N_("the results do not say when a test ended: "
                                  "what arrives is counted from now on")),
               rect.width)) {
      if (y >= rect.y + rect.height) break;
      scene.canvas.Put(rect.x, y++, line, Ink::kDim, rect.width);
    }
    return;
  }
  const std::string now = Rate(PerMinute(model.minutes, kShortly, back));
  const std::string hour = Rate(PerMinute(model.minutes, kHour, back));
  int x = rect.x;
  x += scene.canvas.Put(x, rect.y, now, Ink::kBold, rect.width);
  x += scene.canvas.Put(
      x, rect.y, look.Tr(Say(N_(" in 10 min, {0} in the last hour"), hour)),
      Ink::kDim, rect.x + rect.width - x);
  if (rect.height >= kLeastGraph) {
    DrawTimedGraph(scene, {rect.x, rect.y + 1, rect.width, rect.height - 1},
                   model.minutes);
  }
}

void DrawFigures(Scene& scene, const Rect& rect) {
  const Totals totals = TotalsOf(scene);
  const Look& look = scene.look;
  std::vector<Line> lines = {
      TestsLine(scene, totals),
      {look.Tr(N_("success")), PercentOf(totals.success_rate), Ink::kBold},
      ArrivingLine(scene),
      WaitingLine(scene, totals),
      WritersLine(scene, totals),
      ErrorsLine(scene),
      BackupLine(scene),
      ChecksLine(scene)};
  for (const Gauge& gauge : GaugesOf(scene)) {
    lines.push_back({gauge.label, gauge.text, gauge.ink});
  }
  FitLines(lines, rect.width, scene.canvas.glyphs());
  const int used = DrawLines(scene, rect, lines, 0);
  int y = rect.y + used + 1;
  if (rect.y + rect.height - y >= kLeastGraph && !scene.model.minutes.empty()) {
    constexpr int kMostGraph = 9;
    const int height = std::min(rect.y + rect.height - y, kMostGraph);
    DrawTimedGraph(scene, {rect.x, y, rect.width, height}, scene.model.minutes);
    y += height + 1;
  }
  constexpr int kLeastList = 4;
  const int left = rect.y + rect.height - y;
  if (left >= kLeastList) {
    DrawGrid(scene.canvas, {rect.x, y, rect.width, left},
             GridOf(Panel::kModels, scene.model, scene.view, rect.width, look),
             0, false, look.Tr(N_("more")));
  }
}

}  // namespace benchkeep::tui
