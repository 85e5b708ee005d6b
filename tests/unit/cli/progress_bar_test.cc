// The progress line: rarely drawn, never wider than the terminal, gone at last.

#include "cli/progress_bar.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/cli/fake_environment.h"

namespace benchkeep::cli {
namespace {

using std::chrono::milliseconds;
using TimePoint = std::chrono::steady_clock::time_point;

class ProgressBarTest : public testing::Test {
 protected:
  ProgressBar Make(Bar bar) {
    return {bar, terminal_, english_, [this] { return cancelled_; },
            [this] { return now_; }};
  }
  FakeTerminal terminal_;
  render::Translator english_;
  bool cancelled_ = false;
  TimePoint now_ = TimePoint(std::chrono::hours(1));
};

TEST_F(ProgressBarTest, DrawsAndErasesOneLine) {
  {
    ProgressBar bar = Make(Bar::kShown);
    bar.Stage(Say("reading"), 4);
    now_ += milliseconds(200);
    bar.Advance(2);
    EXPECT_EQ(terminal_.err,
              "\rreading  [....................]   0%\x1b[K"
              "\rreading  [##########..........]  50%\x1b[K");
    terminal_.err.clear();
  }
  EXPECT_EQ(terminal_.err, "\r\x1b[K");
}

TEST_F(ProgressBarTest, DrawsTenTimesASecondAtMost) {
  ProgressBar bar = Make(Bar::kShown);
  bar.Stage(Say("reading"), 1000);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    now_ += milliseconds(1);
    bar.Advance(i);
  }
  const auto draws =
      std::count(terminal_.err.begin(), terminal_.err.end(), '\r');
  EXPECT_EQ(draws, 11);
}

TEST_F(ProgressBarTest, FitsTheTerminal) {
  terminal_.columns = 20;
  ProgressBar bar = Make(Bar::kShown);
  bar.Stage(Say("reading a great many files"), 10);
  EXPECT_EQ(terminal_.err, "\rreading a great ...\x1b[K");
}

TEST_F(ProgressBarTest, HiddenItOnlyKnowsAboutCancellation) {
  ProgressBar bar = Make(Bar::kHidden);
  bar.Stage(Say("reading"), 10);
  bar.Advance(5);
  bar.Erase();
  EXPECT_EQ(terminal_.err, "");
  EXPECT_FALSE(bar.Cancelled());
  cancelled_ = true;
  EXPECT_TRUE(bar.Cancelled());
}

}  // namespace
}  // namespace benchkeep::cli
