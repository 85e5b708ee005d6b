// Tests of what keys do.

#include "tui/view.h"

#include <gtest/gtest.h>

#include "unit/tui/sample_inputs.h"

namespace benchkeep::tui {
namespace {

using Code = Key::Code;
using std::chrono::minutes;

class ViewTest : public testing::Test {
 protected:
  void Type(char character) {
    view_ = Press(view_, {Code::kCharacter, character}, model_);
  }
  void Type(Code code) { view_ = Press(view_, {code, '\0'}, model_); }

  Model model_ = SampleModel();
  View view_;
};

TEST_F(ViewTest, PanelsInARing) {
  Type(Code::kBackTab);
  EXPECT_EQ(view_.focus, Panel::kMachine);
  Type(Code::kTab);
  EXPECT_EQ(view_.focus, Panel::kOverview);
  Type('5');
  EXPECT_EQ(view_.focus, Panel::kErrors);
  EXPECT_TRUE(view_.open);
  Type(Code::kEscape);
  EXPECT_FALSE(view_.open);
  Type('9');
  EXPECT_FALSE(view_.open);
}

TEST_F(ViewTest, ASelectionStaysInItsList) {
  Type('3');
  Type(Code::kUp);
  EXPECT_EQ(view_.selected, 0);
  Type(Code::kPageDown);
  EXPECT_EQ(view_.selected, 2);
  Type(Code::kHome);
  EXPECT_EQ(view_.selected, 0);
  Type(Code::kEnd);
  EXPECT_EQ(view_.selected, 2);
  Type(Code::kTab);
  EXPECT_EQ(view_.selected, 0);
  model_.models.clear();
  view_.focus = Panel::kModels;
  view_.selected = 2;
  EXPECT_EQ(Within(view_, model_).selected, 0);
}

TEST_F(ViewTest, TimeGoesBackAsFarAsSomethingIsKnown) {
  Type(Code::kLeft);
  EXPECT_EQ(view_.back, minutes(5));
  Type(Code::kHome);
  EXPECT_EQ(view_.back, minutes(120));
  Type(Code::kRight);
  EXPECT_EQ(view_.back, minutes(115));
  Type('n');
  EXPECT_EQ(view_.back, minutes(0));
  Type(Code::kRight);
  EXPECT_EQ(view_.back, minutes(0));
  model_.minutes.clear();
  Type(Code::kLeft);
  EXPECT_EQ(view_.back, minutes(0));
}

TEST_F(ViewTest, ZoomHasEnds) {
  for (int i = 0; i < 9; ++i) Type('-');
  EXPECT_EQ(view_.span, minutes(1440));
  for (int i = 0; i < 9; ++i) Type('+');
  EXPECT_EQ(view_.span, minutes(30));
}

TEST_F(ViewTest, FreezeHelpAndQuit) {
  Type(' ');
  ASSERT_TRUE(view_.frozen);
  EXPECT_EQ(*view_.frozen, SampleNow());
  Type('?');
  EXPECT_TRUE(view_.help);
  Type(Code::kEscape);
  EXPECT_FALSE(view_.help);
  EXPECT_TRUE(view_.frozen);
  Type(Code::kEscape);
  EXPECT_FALSE(view_.frozen);
  EXPECT_FALSE(view_.quit);
  Type('q');
  EXPECT_TRUE(view_.quit);
}

TEST_F(ViewTest, RefreshIsAskedForOnce) {
  Type('r');
  EXPECT_TRUE(view_.refresh);
  Type(Code::kTab);
  EXPECT_FALSE(view_.refresh);
}

}  // namespace
}  // namespace benchkeep::tui
