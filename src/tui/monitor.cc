// The loop: wait, look, draw.  It never touches the store.

#include "tui/monitor.h"

#include <optional>

#include "tui/history.h"
#include "tui/keys.h"
#include "tui/screen.h"
#include "tui/view.h"

namespace benchkeep::tui {
namespace {

using std::chrono::milliseconds;

// Ages and the clock go on without news.
constexpr milliseconds kTick{1'000};
// Between Escape and the rest of its sequence, over a slow line too.
constexpr milliseconds kEscape{100};

class Loop {
 public:
  Loop(const MonitorParts& parts, Terminal& terminal)
      : parts_(parts), terminal_(terminal) {}

  void Run() {
    Look_();
    while (!view_.quit) {
      Draw();
      const Terminal::Events events =
          terminal_.Wait(keys_.waiting() ? kEscape : kTick);
      if (events.stop) return;
      if (events.redraw) shown_.reset();
      // Without a key the clock has moved or a document has come.
      if (events.bytes.empty()) {
        Take(keys_.waiting() && !events.woken ? keys_.Flush()
                                              : std::vector<Key>());
        Look_();
      } else {
        Take(keys_.Feed(events.bytes));
      }
    }
  }

 private:
  void Look_() {
    model_ = ModelOf(parts_);
    history_.Add(PointOf(model_));
    history_.Complete(model_);
    view_ = Within(view_, Shown());
  }

  // What the picture is of: now, or the moment it was frozen at.
  [[nodiscard]] const Model& Shown() const {
    return view_.frozen && frozen_ ? *frozen_ : model_;
  }

  void Take(const std::vector<Key>& keys) {
    for (const Key& key : keys) {
      const bool was_frozen = view_.frozen.has_value();
      view_ = Press(view_, key, Shown());
      if (view_.frozen && !was_frozen) frozen_ = model_;
      if (!view_.frozen) frozen_.reset();
      if (view_.refresh) parts_.collectors.RefreshAll();
      if (view_.quit) return;
    }
  }

  void Draw() {
    const Size size = terminal_.size();
    Canvas canvas = Compose(Shown(), view_, size, parts_.look);
    const bool again = shown_ && shown_->size() == size;
    terminal_.Write(Repaint(again ? &*shown_ : nullptr, canvas, parts_.colors));
    shown_ = std::move(canvas);
  }

  const MonitorParts& parts_;
  Terminal& terminal_;
  KeyReader keys_;
  View view_;
  Model model_;
  std::optional<Model> frozen_;
  History history_;
  std::optional<Canvas> shown_;  // What the terminal shows.
};

}  // namespace

Inputs InputsOf(const MonitorParts& parts) {
  Inputs inputs;
  for (const jobs::CollectorHealth& health : parts.collectors.Health()) {
    PartInput& input = inputs[health.name];
    if (health.error) input.problem = parts.look.Tr(health.error->message);
    std::optional<jobs::Snapshot> snapshot =
        parts.collectors.Get(health.name, parts.language);
    if (!snapshot) continue;
    input.document = std::move(snapshot->document);
    input.collected = snapshot->collected;
    input.stale = snapshot->stale;
  }
  return inputs;
}

Model ModelOf(const MonitorParts& parts) {
  const TimePoint now = parts.clock.Now();
  Model model = ReadModel(InputsOf(parts), now, parts.utc_offset(now));
  model.store = parts.store;
  model.path = parts.path;
  return model;
}

void RunMonitor(const MonitorParts& parts, Terminal& terminal) {
  Loop(parts, terminal).Run();
}

}  // namespace benchkeep::tui
