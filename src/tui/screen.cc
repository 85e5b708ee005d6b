// Where the panels lie.

#include "tui/screen.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "tui/grid.h"
#include "tui/lists.h"
#include "tui/panels.h"

namespace benchkeep::tui {
namespace {

constexpr Size kLeastPanels{72, 20};
constexpr Size kLeastMany{100, 32};
constexpr Size kLeastFigures{24, 5};

struct Place {
  Panel panel;
  Rect rect;
};

const char* TitleOf(Panel panel) {
  switch (panel) {
    case Panel::kOverview:
      return N_("totals");
    case Panel::kPace:
      return N_("results per minute");
    case Panel::kModels:
      return N_("models");
    case Panel::kWriters:
      return N_("writers");
    case Panel::kErrors:
      return N_("newest errors");
    case Panel::kChecks:
      return N_("checks");
    case Panel::kJobs:
      return N_("jobs");
    case Panel::kMachine:
      return N_("machine");
  }
  return "";
}

// The collector whose answer the panel shows.
const char* PartOf(Panel panel) {
  switch (panel) {
    case Panel::kOverview:
      return "status";
    case Panel::kPace:
      return "pace";
    case Panel::kModels:
      return "status";
    case Panel::kWriters:
      return "writers";
    case Panel::kErrors:
      return "errors";
    case Panel::kChecks:
      return "check";
    case Panel::kJobs:
      return "jobs";
    case Panel::kMachine:
      return "machine";
  }
  return "";
}

// A row of panels: their shares of its width, and its share of the height.
struct Band {
  int weight;
  std::vector<std::pair<Panel, int>> panels;
};

// Neighbours share an edge.
std::vector<Place> Arrange(const std::vector<Band>& bands, const Rect& body) {
  std::vector<Place> out;
  int weights = 0;
  for (const Band& band : bands) weights += band.weight;
  int y = body.y;
  int weight_before = 0;
  for (const Band& band : bands) {
    weight_before += band.weight;
    const int bottom =
        body.y + (body.height - 1) * weight_before / std::max(weights, 1);
    int shares = 0;
    for (const auto& [panel, share] : band.panels) shares += share;
    int x = body.x;
    int share_before = 0;
    for (const auto& [panel, share] : band.panels) {
      share_before += share;
      const int right = body.x + (body.width - 1) * share_before / shares;
      out.push_back({panel, {x, y, right - x + 1, bottom - y + 1}});
      x = right;
    }
    y = bottom;
  }
  return out;
}

std::vector<Place> PlacesIn(const Rect& body, Size size) {
  using P = Panel;
  if (size.width >= kLeastMany.width && size.height >= kLeastMany.height) {
    return Arrange({{9, {{P::kOverview, 40}, {P::kPace, 60}}},
                    {10, {{P::kModels, 55}, {P::kWriters, 45}}},
                    {9, {{P::kErrors, 55}, {P::kChecks, 45}}},
                    {9, {{P::kJobs, 55}, {P::kMachine, 45}}}},
                   body);
  }
  return Arrange({{1, {{P::kOverview, 50}, {P::kPace, 50}}},
                  {1, {{P::kModels, 50}, {P::kWriters, 50}}},
                  {1, {{P::kErrors, 40}, {P::kJobs, 29}, {P::kMachine, 31}}}},
                 body);
}

class Painter {
 public:
  Painter(Canvas& canvas, const Model& model, const View& view,
          const Look& look)
      : scene_{canvas, model, view, look}, size_(canvas.size()) {}

  void Paint() {
    if (size_.width < kLeastFigures.width ||
        size_.height < kLeastFigures.height) {
      return PaintTiny();
    }
    Header();
    Footer();
    const Rect body{0, 1, size_.width, size_.height - 2};
    if (scene_.view.help) return Help(body);
    if (scene_.view.open) return Open(body);
    if (size_.width < kLeastPanels.width ||
        size_.height < kLeastPanels.height) {
      return DrawFigures(scene_, {1, 1, size_.width - 2, size_.height - 2});
    }
    Panels(PlacesIn(body, size_));
  }

 private:
  int Put(int x, int y, const std::string& text, Ink ink) {
    return scene_.canvas.Put(x, y, text, ink, size_.width - x);
  }
  [[nodiscard]] std::string Tr(const Message& message) const {
    return scene_.look.Tr(message);
  }

  void PaintTiny() {
    Put(0, 0, Count(scene_.model.tests), Ink::kBold);
    if (size_.height > 1) {
      Put(0, 1, Tr(Say(N_("too small for more"))), Ink::kDim);
    }
  }

  void Header() {
    const Model& model = scene_.model;
    const View& view = scene_.view;
    std::string clock = WallDateTime(model.now, model.utc_offset);
    if (size_.width < kLeastPanels.width) {
      clock = WallTime(model.now, model.utc_offset);
    }
    int right = size_.width - 1;
    const auto put_right = [&](const std::string& text, Ink ink) {
      const int width = WidthOf(text);
      if (right - width < 12) return;
      scene_.canvas.Put(right - width, 0, text, ink, width);
      right -= width + 2;
    };
    put_right(clock, Ink::kPlain);
    if (view.frozen) {
      put_right(Tr(Say(N_("FROZEN"))), Ink::kWarning);
    }
    if (view.back.count() > 0) {
      put_right(Tr(Say(N_("{0} ago"), ShortSpan(view.back, scene_.look))),
                Ink::kWarning);
    }
    const std::int64_t behind =
        std::count_if(model.parts.begin(), model.parts.end(),
                      [](const auto& part) { return part.second.stale; });
    if (behind > 0) {
      put_right(Tr(Say(N_("{0} not up to date"), behind)), Ink::kBad);
    }
    const int x = 1 + Put(1, 0, "benchkeep", Ink::kBold) + 2;
    scene_.canvas.Put(x, 0, model.store, Ink::kAccent, right - x);
  }

  void Footer() {
    const Look& look = scene_.look;
    const bool ascii = look.glyphs == Glyphs::kAscii;
    const bool open = scene_.view.open;
    std::vector<std::pair<std::string, std::string>> keys = {
        {"q", look.Tr(N_("quit"))}, {"?", look.Tr(N_("help"))}};
    if (scene_.view.help || open) {
      keys.push_back({"esc", look.Tr(N_("back"))});
    } else {
      keys.push_back({"enter", look.Tr(N_("open"))});
    }
    keys.push_back({"tab", look.Tr(N_("next panel"))});
    keys.push_back({look.Tr(N_("space")), scene_.view.frozen
                                              ? look.Tr(N_("go on"))
                                              : look.Tr(N_("freeze"))});
    keys.push_back(
        {ascii ? "left/right" : "\u2190\u2192", look.Tr(N_("past"))});
    keys.push_back({"+ -", look.Tr(N_("zoom"))});
    if (open && RowsOf(scene_.view.focus, scene_.model) > 0) {
      keys.push_back(
          {ascii ? "up/down" : "\u2191\u2193", look.Tr(N_("choose"))});
    }
    int x = 1;
    const int y = size_.height - 1;
    for (const auto& [key, meaning] : keys) {
      if (x + WidthOf(key) + WidthOf(meaning) + 1 >= size_.width) break;
      x += Put(x, y, key, Ink::kBold) + 1;
      x += Put(x, y, meaning, Ink::kDim) + 2;
    }
  }

  void Panels(const std::vector<Place>& places) {
    for (const Place& place : places) {
      if (place.panel != scene_.view.focus) {
        scene_.canvas.Frame(place.rect, Ink::kDim);
      }
    }
    for (const Place& place : places) {
      if (place.panel == scene_.view.focus) {
        scene_.canvas.Frame(place.rect, Ink::kAccent);
      }
    }
    scene_.canvas.DrawFrames();
    for (const Place& place : places) {
      Title(place.panel, place.rect);
      Content(place.panel, Padding(place.rect));
    }
  }

  static Rect Padding(const Rect& rect) {
    const Rect inner = rect.Inner();
    return {inner.x + 1, inner.y, inner.width - 2, inner.height};
  }

  void Title(Panel panel, const Rect& rect) {
    const bool focused = panel == scene_.view.focus;
    const std::string number =
        std::to_string(static_cast<int>(panel) + 1) + " ";
    int x = rect.x + 2;
    x += Put(x, rect.y, " " + number, Ink::kDim);
    const int width = scene_.canvas.Put(
        x, rect.y, scene_.look.Tr(TitleOf(panel)),
        focused ? Ink::kAccent : Ink::kBold, rect.x + rect.width - 2 - x);
    // Colours alone would tell some people nothing.
    if (focused) scene_.canvas.Reverse(x, rect.y, width);
    x += width;
    x += Put(x, rect.y, " ", Ink::kDim);
    Age(panel, rect, x);
  }

  // How old the figures are, at the right end of the title.
  void Age(Panel panel, const Rect& rect, int after) {
    const auto found = scene_.model.parts.find(PartOf(panel));
    if (found == scene_.model.parts.end()) return;
    const PartState& part = found->second;
    std::string text;
    Ink ink = Ink::kDim;
    if (part.collected) {
      text = ShortSpan(scene_.model.now - *part.collected, scene_.look);
    }
    if (part.stale || (!part.collected && !part.problem.empty())) {
      text = "! " + text;
      ink = Ink::kBad;
    }
    if (text.empty()) return;
    text = " " + text + " ";
    const int x = rect.x + rect.width - 2 - WidthOf(text);
    if (x > after) Put(x, rect.y, text, ink);
  }

  void Content(Panel panel, const Rect& rect) {
    switch (panel) {
      case Panel::kOverview:
        return DrawOverview(scene_, rect);
      case Panel::kPace:
        return DrawPace(scene_, rect);
      case Panel::kMachine:
        return DrawMachine(scene_, rect);
      default:
        return List(panel, rect);
    }
  }

  void List(Panel panel, const Rect& rect) {
    const auto found = scene_.model.parts.find(PartOf(panel));
    if (found != scene_.model.parts.end() && !found->second.collected) {
      const std::string text = found->second.problem.empty()
                                   ? Tr(Say(N_("not looked at yet")))
                                   : found->second.problem;
      int y = rect.y;
      for (const std::string& line : Lines(text, rect.width)) {
        if (y >= rect.y + rect.height) break;
        scene_.canvas.Put(rect.x, y++, line, Ink::kDim, rect.width);
      }
      return;
    }
    const bool focused = panel == scene_.view.focus;
    Rect area = rect;
    if (panel == Panel::kJobs && scene_.model.daemon_runs && rect.height > 4 &&
        !*scene_.model.daemon_runs) {
      scene_.canvas.Put(rect.x, rect.y + rect.height - 1,
                        Tr(Say(N_("the daemon does not run"))), Ink::kWarning,
                        rect.width);
      --area.height;
    }
    DrawGrid(scene_.canvas, area,
             GridOf(panel, scene_.model, scene_.view, rect.width, scene_.look),
             focused ? scene_.view.selected : 0, focused, Tr(Say(N_("more"))));
  }

  // One panel over the whole body; a list has the details of a row below it.
  void Open(const Rect& body) {
    const Panel panel = scene_.view.focus;
    const std::vector<Detail> details =
        DetailsOf(panel, scene_.model, scene_.view, scene_.look);
    Rect rect = body;
    Rect below{};
    constexpr int kLeastForBoth = 12;
    if (!details.empty() && body.height >= kLeastForBoth) {
      below = {body.x, body.y + body.height / 2, body.width,
               body.height - body.height / 2};
      rect.height = body.height / 2 + 1;
      // A short list leaves its room to the details.
      const int needed = RowsOf(panel, scene_.model) + 4;
      if (needed < rect.height) {
        below.y -= rect.height - needed;
        below.height += rect.height - needed;
        rect.height = needed;
      }
    }
    scene_.canvas.Frame(rect, Ink::kAccent);
    if (below.height > 0) scene_.canvas.Frame(below, Ink::kAccent);
    scene_.canvas.DrawFrames();
    Title(panel, rect);
    const Rect inner = Padding(rect);
    if (panel == Panel::kOverview) {
      DrawAllTotals(scene_, inner);
    } else if (panel == Panel::kMachine) {
      DrawMachineOverTime(scene_, inner);
    } else {
      Content(panel, inner);
    }
    if (below.height > 0) Details(details, Padding(below));
  }

  void Details(const std::vector<Detail>& details, const Rect& rect) {
    std::vector<Line> lines;
    lines.reserve(details.size());
    for (const Detail& detail : details) {
      lines.push_back({detail.label, detail.text, detail.ink});
    }
    const int used = DrawLines(scene_, rect, lines, 0);
    const Panel panel = scene_.view.focus;
    const auto index = static_cast<std::size_t>(scene_.view.selected);
    const int left = rect.height - used - 1;
    if (panel == Panel::kModels && index < scene_.model.models.size() &&
        left >= 3) {
      DrawTimedGraph(scene_, {rect.x, rect.y + used + 1, rect.width, left},
                     scene_.model.models[index].minutes);
    }
  }

  void Help(const Rect& body) {
    scene_.canvas.Frame(body, Ink::kAccent);
    scene_.canvas.DrawFrames();
    const Look& look = scene_.look;
    Put(body.x + 2, body.y, " " + look.Tr(N_("keys")) + " ", Ink::kAccent);
    const bool ascii = look.glyphs == Glyphs::kAscii;
    std::vector<Line> lines = {
        {"tab, shift-tab", look.Tr(N_("next panel, panel before"))},
        {"1 ... 8", look.Tr(N_("open a panel by its number"))},
        {"enter, esc", look.Tr(N_("open the panel, go back"))},
        {ascii ? "up down j k" : "\u2191 \u2193 j k",
         look.Tr(N_("choose a row, scroll"))},
        {look.Tr(N_("space")),
         look.Tr(N_("freeze the picture; the figures go on behind it"))},
        {ascii ? "left right" : "\u2190 \u2192",
         look.Tr(N_("back in the last 24 hours, and forward"))},
        {"home, end n", look.Tr(N_("the earliest moment, now"))},
        {"+ -", look.Tr(N_("more or less time in the graph"))},
        {"r", look.Tr(N_("look at everything again now"))},
        {"q", look.Tr(N_("quit"))},
        {"", ""},
        {"",
         look.Tr(N_("A number at the right of a title is the age of its "
                    "figures; with a ! they could not be renewed. The "
                    "time goes back for totals, graphs, models and the "
                    "machine; other lists are of now.")),
         Ink::kDim}};
    DrawLines(scene_, Padding(body), lines, 0);
  }

  Scene scene_;
  Size size_;
};

}  // namespace

Canvas Compose(const Model& model, const View& view, Size size,
               const Look& look) {
  Canvas canvas(size, look.glyphs);
  Painter(canvas, model, view, look).Paint();
  return canvas;
}

std::string ComposeText(const Model& model, int width, const Look& look) {
  const View view;
  std::string out;
  const auto add = [&](const std::string& title, int height, const auto& draw) {
    Canvas canvas({width, height + 1}, look.glyphs);
    Scene scene{canvas, model, view, look};
    if (!title.empty()) canvas.Put(0, 0, title, Ink::kBold, width);
    draw(scene, Rect{2, 1, width - 2, height});
    std::vector<std::string> lines = canvas.Lines();
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    if (!out.empty()) out += "\n";
    for (const std::string& line : lines) out += line + "\n";
  };
  add(look.Tr(Say(N_("{0} at {1}"), model.store,
                  WallDateTime(model.now, model.utc_offset))),
      8, [](Scene& scene, const Rect& rect) { DrawOverview(scene, rect); });
  add(look.Tr(TitleOf(Panel::kPace)), 6,
      [](Scene& scene, const Rect& rect) { DrawPace(scene, rect); });
  for (const Panel panel : {Panel::kModels, Panel::kWriters, Panel::kErrors,
                            Panel::kChecks, Panel::kJobs}) {
    constexpr int kMostRows = 12;
    const int rows = std::min(RowsOf(panel, model) + 1, kMostRows);
    add(look.Tr(TitleOf(panel)), rows, [&](Scene& scene, const Rect& rect) {
      DrawGrid(scene.canvas, rect, GridOf(panel, model, view, rect.width, look),
               0, false, look.Tr(N_("more")));
    });
  }
  add(look.Tr(TitleOf(Panel::kMachine)), 7,
      [](Scene& scene, const Rect& rect) { DrawMachine(scene, rect); });
  return out;
}

}  // namespace benchkeep::tui
