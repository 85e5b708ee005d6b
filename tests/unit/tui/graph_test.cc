// Tests of numbers as pictures.

#include "tui/graph.h"

#include <gtest/gtest.h>

namespace benchkeep::tui {
namespace {

using Texts = std::vector<std::string>;

TEST(GraphTest, FillsFromBelowWithTheNewestAtTheRight) {
  Canvas canvas({3, 2}, Glyphs::kAscii);
  DrawGraph(canvas, {0, 0, 3, 2}, {9, 1, 4, 2}, 4, Ink::kAccent);
  // Of the last three values: a quarter, all, a half.
  EXPECT_EQ(canvas.Lines(), (Texts{" #", ".##"}));
  Canvas dots({2, 1}, Glyphs::kUnicode);
  DrawGraph(dots, {0, 0, 2, 1}, {4, 1, 0, 2}, 0, Ink::kAccent);
  EXPECT_EQ(dots.Lines(), Texts{"\u28c7\u28a0"});
}

TEST(GraphTest, WhatIsNotNothingShows) {
  EXPECT_EQ(Sparkline({0, 1, 1000}, 4, Glyphs::kUnicode), "  \u2581\u2587");
  EXPECT_EQ(Sparkline({0, 1, 1000}, 3, Glyphs::kAscii), " .#");
  EXPECT_EQ(Sparkline({}, 2, Glyphs::kAscii), "  ");
}

TEST(GraphTest, Bars) {
  EXPECT_EQ(BarOf(0.5, 4, Glyphs::kAscii), "##--");
  EXPECT_EQ(BarOf(7, 2, Glyphs::kUnicode), "\u2588\u2588");
  EXPECT_EQ(BarOf(-1, 2, Glyphs::kUnicode), "\u2591\u2591");
}

TEST(GraphTest, GathersNeighboursFromTheEnd) {
  EXPECT_EQ(Gathered({9, 1, 3, 5, 7}, 3), (std::vector<double>{2, 6}));
  EXPECT_EQ(Gathered({1, 2}, 5), (std::vector<double>{1, 2}));
  EXPECT_EQ(Gathered({}, 5), std::vector<double>{});
}

TEST(GraphTest, RoundTops) {
  EXPECT_EQ(RoundTop(0), 1);
  EXPECT_EQ(RoundTop(1), 1);
  EXPECT_EQ(RoundTop(36), 50);
  EXPECT_DOUBLE_EQ(RoundTop(0.3), 0.3);
  EXPECT_EQ(RoundTop(120), 150);
  EXPECT_EQ(RoundTop(99), 100);
}

}  // namespace
}  // namespace benchkeep::tui
