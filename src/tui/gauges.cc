// Bars of the machine, now and over time.

#include "tui/gauges.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tui/graph.h"

namespace benchkeep::tui {
namespace {

std::string DiskText(const DiskState& disk, const Look& look) {
  std::string text = look.Tr(Say(N_("{0} free"), Bytes(disk.free_bytes)));
  if (disk.hours_to_full) {
    text += ", " +
            look.Tr(Say(N_("full in {0} h"), std::lround(*disk.hours_to_full)));
  }
  return text;
}

Ink InkOfShare(double share) {
  constexpr double kMuch = 0.8;
  constexpr double kTooMuch = 0.9;
  if (share >= kTooMuch) return Ink::kBad;
  return share >= kMuch ? Ink::kWarning : Ink::kGood;
}

Ink InkOfPressure(const std::optional<double>& percent) {
  constexpr double kMuch = 10;
  constexpr double kTooMuch = 40;
  if (!percent) return Ink::kDim;
  if (*percent >= kTooMuch) return Ink::kBad;
  return *percent >= kMuch ? Ink::kWarning : Ink::kGood;
}

std::string PercentText(const std::optional<double>& share) {
  constexpr double kHundred = 100;
  return share ? fmt::format("{:.0f}%", *share * kHundred) : "-";
}

// How much of the time somebody waited.
std::vector<Gauge> PressuresOf(const Scene& scene) {
  const Look& look = scene.look;
  if (!scene.model.machine) return {};
  const MachineState& machine = *scene.model.machine;
  std::vector<Gauge> out;
  const auto add = [&](const char* label,
                       const std::optional<double>& percent) {
    std::optional<double> share;
    if (percent) share = *percent / 100;
    out.push_back({look.Tr(label), share, PercentText(share),
                   PercentText(share), InkOfPressure(percent)});
  };
  add(N_("cpu wait"), machine.cpu_pressure);
  add(N_("mem wait"), machine.memory_pressure);
  add(N_("disk wait"), machine.io_pressure);
  return out;
}

}  // namespace

std::vector<Gauge> GaugesOf(const Scene& scene) {
  const Look& look = scene.look;
  const Model& model = scene.model;
  std::vector<Gauge> out;
  if (model.machine) {
    const MachineState& machine = *model.machine;
    const double memory = machine.MemoryShare();
    const double load = machine.load / static_cast<double>(machine.processors);
    const std::string load_text = fmt::format("{:.1f}", machine.load);
    out.push_back({look.Tr(N_("memory")), memory,
                   look.Tr(Say(N_("{0} free"), Bytes(machine.available_bytes))),
                   PercentText(memory), InkOfShare(memory)});
    out.push_back(
        {look.Tr(N_("load")), load,
         look.Tr(Say(N_("{0} of {1}"), load_text, machine.processors)),
         load_text, load > 1 ? Ink::kWarning : Ink::kGood});
  }
  if (model.disk) {
    const double used = model.disk->used_percent / 100;
    out.push_back(
        {look.Tr(N_("disk")), used, DiskText(*model.disk, look),
         PercentText(used),
         model.disk->hours_to_full ? Ink::kWarning : InkOfShare(used)});
  }
  return out;
}

void DrawMachine(Scene& scene, const Rect& rect) {
  constexpr int kLeastBar = 4;
  constexpr int kMostBar = 24;
  Canvas& canvas = scene.canvas;
  std::vector<Gauge> gauges = GaugesOf(scene);
  for (Gauge& pressure : PressuresOf(scene)) {
    gauges.push_back(std::move(pressure));
  }
  if (gauges.empty()) {
    canvas.Put(rect.x, rect.y, scene.look.Tr(N_("not looked at yet")),
               Ink::kDim, rect.width);
    return;
  }
  int label = 0;
  int text = 0;
  int short_text = 0;
  for (const Gauge& gauge : gauges) {
    label = std::max(label, WidthOf(gauge.label) + 1);
    text = std::max(text, WidthOf(gauge.text) + 1);
    short_text = std::max(short_text, WidthOf(gauge.short_text) + 1);
  }
  const bool shortly = rect.width - label - text < kLeastBar;
  const int bar = std::clamp(rect.width - label - (shortly ? short_text : text),
                             kLeastBar, kMostBar);
  int y = rect.y;
  for (const Gauge& gauge : gauges) {
    if (y >= rect.y + rect.height) return;
    int x = rect.x;
    canvas.Put(x, y, gauge.label, Ink::kDim, label - 1);
    x += label;
    canvas.Put(x, y, BarOf(gauge.share.value_or(0), bar, canvas.glyphs()),
               gauge.ink, bar);
    x += bar + 1;
    canvas.Put(x, y, shortly ? gauge.short_text : gauge.text, Ink::kPlain,
               rect.x + rect.width - x);
    ++y;
  }
}

void DrawMachineOverTime(Scene& scene, const Rect& rect) {
  constexpr int kGauges = 7;
  DrawMachine(scene,
              {rect.x, rect.y, rect.width, std::min(rect.height, kGauges)});
  const int left = rect.height - kGauges;
  struct Track {
    const char* title;  // msgid
    std::optional<double> (*value)(const Point&);
  };
  const Track tracks[] = {
      {N_("memory"), [](const Point& point) { return point.memory_share; }},
      {N_("load"), [](const Point& point) { return point.load_share; }},
      {N_("waiting for the disk"),
       [](const Point& point) -> std::optional<double> {
         if (!point.io_pressure) return std::nullopt;
         return *point.io_pressure / 100;
       }}};
  const int each = left / 3;
  if (each < 3) return;
  const int slots = GraphValues(scene.canvas.glyphs(), rect.width);
  const TimePoint end = scene.model.now - scene.view.back;
  int y = rect.y + kGauges;
  for (const Track& track : tracks) {
    std::vector<double> values;
    for (int i = slots; i > 0; --i) {
      const Point* point =
          scene.model.PointAt(end - scene.view.span * (i - 1) / slots);
      values.push_back(point == nullptr ? 0 : track.value(*point).value_or(0));
    }
    scene.canvas.Put(rect.x, y, scene.look.Tr(track.title), Ink::kDim,
                     rect.width);
    DrawGraph(scene.canvas, {rect.x, y + 1, rect.width, each - 1}, values, 1,
              Ink::kAccent);
    y += each;
  }
}

}  // namespace benchkeep::tui
