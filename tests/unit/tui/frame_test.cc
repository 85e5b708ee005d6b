// Tests of what is sent to the terminal: a small one of our own reads it back.

#include "tui/frame.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "render/text_width.h"

namespace benchkeep::tui {
namespace {

// Understands what Repaint() may send, and nothing else.
class FakeTerminal {
 public:
  explicit FakeTerminal(Size size) : canvas_(size, Glyphs::kUnicode) {}

  void Read(const std::string& bytes) {
    std::string_view rest = bytes;
    while (!rest.empty()) {
      render::GlyphReader reader(rest);
      const render::Glyph glyph = reader.Next();
      if (glyph.point == 0) {
        Escape(glyph.bytes);
      } else {
        ASSERT_LE(x_ + static_cast<int>(glyph.width), canvas_.size().width);
        // With the marks over it.
        std::string cluster(glyph.bytes);
        rest.remove_prefix(glyph.bytes.size());
        while (!rest.empty()) {
          const render::Glyph mark = render::GlyphReader(rest).Next();
          if (mark.point == 0 || mark.width > 0) break;
          cluster += mark.bytes;
          rest.remove_prefix(mark.bytes.size());
        }
        x_ += canvas_.Put(x_, y_, cluster, Ink::kPlain, 2);
        continue;
      }
      rest.remove_prefix(glyph.bytes.size());
    }
  }

  [[nodiscard]] std::vector<std::string> Lines() const {
    return canvas_.Lines();
  }

 private:
  void Escape(std::string_view code) {
    const char last = code.back();
    if (last == 'J') canvas_.Clear({0, 0, 1000, 1000});
    if (last != 'H') return;
    ASSERT_EQ(std::sscanf(std::string(code).c_str(), "\x1b[%d;%dH", &y_, &x_),
              2);
    --x_;
    --y_;
  }

  Canvas canvas_;
  int x_ = 0;
  int y_ = 0;
};

std::string Text(unsigned seed) {
  static const char* const kWords[] = {"a",      "bc",       " ",
                                       "\u4e2d", "\u6587 x", "e\u0301"};
  std::string out;
  for (int i = 0; i < 12; ++i) {
    seed = seed * 1664525U + 1013904223U;
    out += kWords[(seed >> 16U) % 6];
  }
  return out;
}

TEST(FrameTest, ATerminalEndsUpWithTheFrame) {
  const Size size{20, 4};
  FakeTerminal terminal(size);
  Canvas before(size, Glyphs::kUnicode);
  for (unsigned i = 0; i < 300; ++i) {
    Canvas after = before;
    after.Put(static_cast<int>(i * 7 % 20), static_cast<int>(i % 4), Text(i),
              i % 2 == 0 ? Ink::kPlain : Ink::kGood, 20);
    if (i % 5 == 0) after.Clear({3, static_cast<int>(i % 4), 6, 1});
    terminal.Read(Repaint(i == 0 ? nullptr : &before, after, Colors::kSome));
    ASSERT_EQ(terminal.Lines(), after.Lines()) << i;
    before = std::move(after);
  }
}

TEST(FrameTest, NothingChangedIsNothingSent) {
  Canvas canvas({10, 2}, Glyphs::kUnicode);
  canvas.Put(0, 0, "same", Ink::kGood, 10);
  EXPECT_EQ(Repaint(&canvas, canvas, Colors::kSome), "");
  Canvas after = canvas;
  after.Put(1, 0, "o", Ink::kGood, 1);
  const std::string bytes = Repaint(&canvas, after, Colors::kSome);
  EXPECT_EQ(bytes, "\x1b[?2026h\x1b[1;2H\x1b[0;32mo\x1b[0m\x1b[?2026l");
}

TEST(FrameTest, WithoutColoursNoneIsSent) {
  Canvas canvas({60, 1}, Glyphs::kUnicode);
  int x = 0;
  for (const Ink ink : {Ink::kPlain, Ink::kBold, Ink::kDim, Ink::kGood,
                        Ink::kWarning, Ink::kBad, Ink::kAccent}) {
    x += canvas.Put(x, 0, "word", ink, 10);
  }
  canvas.Reverse(0, 0, 4);
  const std::string bytes = Repaint(nullptr, canvas, Colors::kNone);
  EXPECT_EQ(bytes.find(";3"), std::string::npos) << bytes;
  EXPECT_NE(bytes.find(";7m"), std::string::npos);
  EXPECT_NE(Repaint(nullptr, canvas, Colors::kSome).find(";31m"),
            std::string::npos);
}

}  // namespace
}  // namespace benchkeep::tui
