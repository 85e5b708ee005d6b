// Tests of cells: wide glyphs, cutting, frames that join.

#include "tui/canvas.h"

#include <gtest/gtest.h>

namespace benchkeep::tui {
namespace {

using Texts = std::vector<std::string>;

// "Chinese", two wide characters.
constexpr const char* kWide = "\u4e2d\u6587";

TEST(CanvasTest, WideGlyphsTakeTwoCells) {
  Canvas canvas({8, 1}, Glyphs::kUnicode);
  EXPECT_EQ(canvas.Put(1, 0, std::string(kWide) + "x", Ink::kBold, 7), 5);
  EXPECT_EQ(canvas.At(1, 0).glyph, "\u4e2d");
  EXPECT_EQ(canvas.At(2, 0).glyph, "");
  EXPECT_EQ(canvas.At(5, 0).glyph, "x");
  EXPECT_EQ(canvas.At(5, 0).ink, Ink::kBold);
  EXPECT_EQ(canvas.Lines(), Texts{" \u4e2d\u6587x"});
}

TEST(CanvasTest, HalfAWideGlyphIsNeverLeft) {
  for (const int x : {1, 2}) {
    Canvas canvas({6, 1}, Glyphs::kUnicode);
    canvas.Put(1, 0, kWide, Ink::kPlain, 5);
    canvas.Put(x, 0, "a", Ink::kPlain, 1);
    EXPECT_EQ(canvas.At(x, 0).glyph, "a");
    EXPECT_EQ(canvas.At(x == 1 ? 2 : 1, 0).glyph, " ");
    EXPECT_EQ(canvas.At(3, 0).glyph, "\u6587");
  }
}

TEST(CanvasTest, WhatDoesNotFitEndsInAnEllipsis) {
  EXPECT_EQ(Fitted("abcdef", 6, Glyphs::kUnicode), "abcdef");
  EXPECT_EQ(Fitted("abcdef", 4, Glyphs::kUnicode), "abc\u2026");
  EXPECT_EQ(Fitted("abcdef", 4, Glyphs::kAscii), "abc~");
  // The second glyph would reach one column too far.
  EXPECT_EQ(Fitted(kWide, 3, Glyphs::kAscii), "\u4e2d~");
  EXPECT_EQ(Fitted(kWide, 2, Glyphs::kAscii), "~");
  EXPECT_EQ(Fitted("a", 0, Glyphs::kAscii), "");
  Canvas canvas({4, 1}, Glyphs::kAscii);
  EXPECT_EQ(canvas.Put(2, 0, "abcdef", Ink::kPlain, 100), 2);
  EXPECT_EQ(canvas.Lines(), Texts{"  a~"});
  EXPECT_EQ(canvas.Put(4, 0, "a", Ink::kPlain, 1), 0);
  EXPECT_EQ(canvas.Put(0, -1, "a", Ink::kPlain, 1), 0);
}

TEST(CanvasTest, MarksGoWithTheirLetterAndEmojiAreSimple) {
  Canvas canvas({12, 1}, Glyphs::kUnicode);
  // e with an accent; a warning sign in colours; a woman, joined, a computer.
  EXPECT_EQ(canvas.Put(0, 0, "e\u0301x\u26a0\ufe0fy", Ink::kPlain, 12), 4);
  EXPECT_EQ(canvas.At(0, 0).glyph, "e\u0301");
  EXPECT_EQ(canvas.At(3, 0).glyph, "y");
  EXPECT_EQ(canvas.Put(4, 0, "\U0001f469\u200d\U0001f4bbz", Ink::kPlain, 8), 3);
  EXPECT_EQ(canvas.At(4, 0).glyph, "\U0001f469");
  EXPECT_EQ(canvas.At(6, 0).glyph, "z");
}

TEST(CanvasTest, EscapeCodesCannotSteerTheTerminal) {
  Canvas canvas({20, 1}, Glyphs::kAscii);
  canvas.Put(0, 0, "a\x1b[2Jb\n", Ink::kPlain, 20);
  EXPECT_EQ(canvas.Lines(), Texts{"a\\x1b[2Jb\\n"});
}

TEST(CanvasTest, FramesThatShareAnEdgeJoin) {
  Canvas canvas({7, 5}, Glyphs::kUnicode);
  canvas.Frame({0, 0, 4, 3}, Ink::kDim);
  canvas.Frame({3, 0, 4, 3}, Ink::kDim);
  canvas.Frame({0, 2, 7, 3}, Ink::kAccent);
  canvas.DrawFrames();
  EXPECT_EQ(
      canvas.Lines(),
      (Texts{"\u256d\u2500\u2500\u252c\u2500\u2500\u256e",
             "\u2502  \u2502  \u2502",
             "\u251c\u2500\u2500\u2534\u2500\u2500\u2524", "\u2502     \u2502",
             "\u2570\u2500\u2500\u2500\u2500\u2500\u256f"}));
  EXPECT_EQ(canvas.At(0, 0).ink, Ink::kDim);
  EXPECT_EQ(canvas.At(0, 2).ink, Ink::kAccent);
  Canvas ascii({3, 3}, Glyphs::kAscii);
  ascii.Frame({0, 0, 3, 3}, Ink::kDim);
  ascii.DrawFrames();
  EXPECT_EQ(ascii.Lines(), (Texts{"+-+", "| |", "+-+"}));
}

}  // namespace
}  // namespace benchkeep::tui
