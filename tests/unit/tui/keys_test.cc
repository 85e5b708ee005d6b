// Tests of keys out of bytes.

#include "tui/keys.h"

#include <gtest/gtest.h>

namespace benchkeep::tui {
namespace {

using Code = Key::Code;
using Keys = std::vector<Key>;

Keys Read(std::string_view bytes) {
  KeyReader reader;
  Keys keys = reader.Feed(bytes);
  for (const Key& key : reader.Flush()) keys.push_back(key);
  return keys;
}

Key Plain(Code code) { return {code, '\0'}; }

TEST(KeysTest, CharactersAndControls) {
  EXPECT_EQ(Read("q?"),
            (Keys{{Code::kCharacter, 'q'}, {Code::kCharacter, '?'}}));
  EXPECT_EQ(Read("\r\t"), (Keys{Plain(Code::kEnter), Plain(Code::kTab)}));
  EXPECT_EQ(Read("\x01"), Keys{Plain(Code::kOther)});
}

TEST(KeysTest, SequencesOfSeveralTerminals) {
  for (const char* bytes : {"\x1b[A", "\x1bOA"}) {
    EXPECT_EQ(Read(bytes), Keys{Plain(Code::kUp)});
  }
  for (const char* bytes : {"\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~"}) {
    EXPECT_EQ(Read(bytes), Keys{Plain(Code::kHome)});
  }
  EXPECT_EQ(Read("\x1b[Z\x1b[6~"),
            (Keys{Plain(Code::kBackTab), Plain(Code::kPageDown)}));
  // Ctrl-right, and the answer to a question that nobody asked.
  EXPECT_EQ(Read("\x1b[1;5C\x1b[?1;2c"),
            (Keys{Plain(Code::kOther), Plain(Code::kOther)}));
}

TEST(KeysTest, ASequenceMayComeInPieces) {
  KeyReader reader;
  EXPECT_TRUE(reader.Feed("\x1b").empty());
  EXPECT_TRUE(reader.waiting());
  EXPECT_TRUE(reader.Feed("[").empty());
  EXPECT_EQ(reader.Feed("D"), Keys{Plain(Code::kLeft)});
  EXPECT_FALSE(reader.waiting());
}

TEST(KeysTest, EscapeAloneIsEscapeAfterAMoment) {
  KeyReader reader;
  EXPECT_TRUE(reader.Feed("\x1b").empty());
  EXPECT_EQ(reader.Flush(), Keys{Plain(Code::kEscape)});
  EXPECT_TRUE(reader.Flush().empty());
  EXPECT_EQ(Read("\x1bq"),
            (Keys{Plain(Code::kEscape), {Code::kCharacter, 'q'}}));
}

TEST(KeysTest, NoInputIsWaitedForForEver) {
  KeyReader reader;
  const std::string digits(1000, '1');
  EXPECT_FALSE(reader.Feed("\x1b[" + digits + "q").empty());
  EXPECT_FALSE(reader.waiting());
}

}  // namespace
}  // namespace benchkeep::tui
