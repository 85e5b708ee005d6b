// Keys to changes of the view.

#include "tui/view.h"

#include <algorithm>
#include <array>

namespace benchkeep::tui {
namespace {

using Code = Key::Code;
using std::chrono::minutes;

constexpr std::array<minutes, 5> kSpans = {
    minutes(30), minutes(60), minutes(180), minutes(360), minutes(1440)};
constexpr minutes kDay{1440};
constexpr int kPage = 10;
constexpr int kStepsOfSpan = 12;

Panel Neighbour(Panel panel, int step) {
  return static_cast<Panel>((static_cast<int>(panel) + step + kPanels) %
                            kPanels);
}

void Focus(View& view, Panel panel) {
  view.focus = panel;
  view.selected = 0;
}

void Zoom(View& view, int step) {
  const auto at = std::find(kSpans.begin(), kSpans.end(), view.span);
  const auto index = static_cast<int>(at - kSpans.begin()) + step;
  view.span = kSpans[static_cast<std::size_t>(
      std::clamp(index, 0, static_cast<int>(kSpans.size()) - 1))];
}

void Escape(View& view) {
  if (view.help) {
    view.help = false;
  } else if (view.open) {
    view.open = false;
    view.selected = 0;
  } else {
    view.back = minutes(0);
    view.frozen.reset();
  }
}

void PressCharacter(View& view, char character, const Model& model) {
  switch (character) {
    case 'q':
    case 'Q':
      view.quit = true;
      break;
    case '?':
    case 'h':
      view.help = !view.help;
      break;
    case ' ':
      if (view.frozen) {
        view.frozen.reset();
      } else {
        view.frozen = model.now;
      }
      break;
    case '+':
    case '=':
      Zoom(view, -1);
      break;
    case '-':
    case '_':
      Zoom(view, 1);
      break;
    case 'j':
      ++view.selected;
      break;
    case 'k':
      --view.selected;
      break;
    case 'n':
      view.back = minutes(0);
      break;
    case 'r':
      view.refresh = true;
      break;
    default:
      if (character >= '1' && character < '1' + kPanels) {
        Focus(view, static_cast<Panel>(character - '1'));
        view.open = true;
        view.help = false;
      }
  }
}

}  // namespace

int RowsOf(Panel panel, const Model& model) {
  const auto rows = [](const auto& list) {
    return static_cast<int>(list.size());
  };
  switch (panel) {
    case Panel::kModels:
      return rows(model.models);
    case Panel::kWriters:
      return rows(model.writers);
    case Panel::kErrors:
      return rows(model.causes);
    case Panel::kChecks:
      return rows(model.checks);
    case Panel::kJobs:
      return rows(model.jobs);
    case Panel::kOverview:
      // Its lines, to be scrolled: parts and backups are those that grow.
      return 16 + rows(model.parts) + rows(model.backups);
    case Panel::kPace:
    case Panel::kMachine:
      break;
  }
  return 0;
}

View Within(const View& view, const Model& model) {
  View out = view;
  out.selected =
      std::clamp(out.selected, 0, std::max(0, RowsOf(out.focus, model) - 1));
  minutes most = minutes(static_cast<std::int64_t>(model.minutes.size()));
  if (!model.history.empty()) {
    most = std::max(most, std::chrono::floor<minutes>(
                              model.now - model.history.front().time));
  }
  out.back = std::clamp(out.back, minutes(0), std::min(most, kDay));
  return out;
}

View Press(const View& view, const Key& key, const Model& model) {
  View out = view;
  out.refresh = false;
  const minutes step = std::max(minutes(1), out.span / kStepsOfSpan);
  const bool list = out.open && RowsOf(out.focus, model) > 0;
  switch (key.code) {
    case Code::kCharacter:
      PressCharacter(out, key.character, model);
      break;
    case Code::kTab:
      Focus(out, Neighbour(out.focus, 1));
      break;
    case Code::kBackTab:
      Focus(out, Neighbour(out.focus, -1));
      break;
    case Code::kUp:
      --out.selected;
      break;
    case Code::kDown:
      ++out.selected;
      break;
    case Code::kPageUp:
      out.selected -= kPage;
      break;
    case Code::kPageDown:
      out.selected += kPage;
      break;
    case Code::kHome:
      if (list) {
        out.selected = 0;
      } else {
        out.back = kDay;
      }
      break;
    case Code::kEnd:
      if (list) {
        out.selected = RowsOf(out.focus, model);
      } else {
        out.back = minutes(0);
      }
      break;
    case Code::kLeft:
      out.back += step;
      break;
    case Code::kRight:
      out.back -= step;
      break;
    case Code::kEnter:
      out.open = !out.help;
      out.help = false;
      break;
    case Code::kEscape:
      Escape(out);
      break;
    case Code::kOther:
      break;
  }
  return Within(out, model);
}

}  // namespace benchkeep::tui
