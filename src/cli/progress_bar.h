// Progress as one line on stderr that is gone at the end.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/progress.h"
#include "cli/terminal.h"
#include "render/translate.h"

namespace benchkeep::cli {

enum class Bar { kShown, kHidden };

// At most ten redraws a second.  Hidden, it still knows about cancellation.
class ProgressBar final : public Progress {
 public:
  // Holds references; `now` is any clock that does not go backwards.
  ProgressBar(Bar bar, Terminal& terminal, const render::Translator& translator,
              std::function<bool()> cancelled,
              std::function<std::chrono::steady_clock::time_point()> now =
                  std::chrono::steady_clock::now);
  ~ProgressBar() override { Erase(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Stage(const Message& title, std::uint64_t total) override;
  void Advance(std::uint64_t done) override;
  [[nodiscard]] bool Cancelled() const override { return cancelled_(); }

  // Takes the line away; the next Advance() brings it back.
  void Erase();

 private:
  void Draw();

  Bar bar_;
  Terminal& terminal_;
  const render::Translator& translator_;
  std::function<bool()> cancelled_;
  std::function<std::chrono::steady_clock::time_point()> now_;
  std::string title_;
  std::uint64_t total_ = 0;
  std::uint64_t done_ = 0;
  bool visible_ = false;
  std::chrono::steady_clock::time_point last_draw_{};
};

}  // namespace benchkeep::cli
