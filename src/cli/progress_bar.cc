// The progress line.

#include "cli/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "render/text_table.h"

namespace benchkeep::cli {
namespace {

constexpr auto kPause = std::chrono::milliseconds(100);
constexpr std::size_t kBarWidth = 20;

std::string BarOf(double share) {
  const auto filled =
      static_cast<std::size_t>(share * static_cast<double>(kBarWidth));
  return fmt::format("[{}{}] {:3.0f}%", std::string(filled, '#'),
                     std::string(kBarWidth - filled, '.'), share * 100);
}

}  // namespace

ProgressBar::ProgressBar(
    Bar bar, Terminal& terminal, const render::Translator& translator,
    std::function<bool()> cancelled,
    std::function<std::chrono::steady_clock::time_point()> now)
    : bar_(bar),
      terminal_(terminal),
      translator_(translator),
      cancelled_(std::move(cancelled)),
      now_(std::move(now)) {}

void ProgressBar::Stage(const Message& title, std::uint64_t total) {
  if (bar_ == Bar::kHidden) return;
  title_ = translator_.Tr(title);
  total_ = total;
  done_ = 0;
  if (now_() - last_draw_ >= kPause) Draw();
}

void ProgressBar::Advance(std::uint64_t done) {
  if (bar_ == Bar::kHidden) return;
  done_ = done;
  if (now_() - last_draw_ >= kPause) Draw();
}

void ProgressBar::Erase() {
  if (!std::exchange(visible_, false)) return;
  terminal_.WriteError("\r\x1b[K");
}

void ProgressBar::Draw() {
  std::string line = title_ + "  ";
  if (total_ > 0) {
    line += BarOf(std::min(
        1.0, static_cast<double>(done_) / static_cast<double>(total_)));
  } else if (done_ > 0) {
    line += render::Thousands(done_);
  }
  // One column stays free: a full line would wrap on some terminals.
  const std::size_t room = terminal_.Columns() - 1;
  terminal_.WriteError("\r" + render::Clip(line, room) + "\x1b[K");
  visible_ = true;
  last_draw_ = now_();
}

}  // namespace benchkeep::cli
