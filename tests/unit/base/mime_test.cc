// Mail as bytes, against fixed strings.

#include "base/mime.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace benchkeep {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLongestLine = 78;

void ExpectGoodLines(const std::string& bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::size_t end = bytes.find("\r\n", at);
    ASSERT_NE(end, std::string::npos) << bytes.substr(at);
    const std::string line = bytes.substr(at, end - at);
    EXPECT_LE(line.size(), kLongestLine) << line;
    for (const char c : line) {
      EXPECT_TRUE(c >= ' ' && c < '\x7F') << line;
    }
    at = end + 2;
  }
}

TEST(Base64, GivesTheVectorsOfRfc4648) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64("\xFF\xFE\xFD"), "//79");
}

TEST(MailHeader, LeavesPlainTextAsItIs) {
  EXPECT_EQ(MailHeader("Subject", "[benchkeep] OK pilot-bench: all well"),
            "Subject: [benchkeep] OK pilot-bench: all well\r\n");
}

TEST(MailHeader, FoldsAtBlanks) {
  const std::string header = MailHeader(
      "Subject",
      "[benchkeep] CRITICAL pilot-bench: backup: the newest good backup, "
      "20260101-020000, is 72 h old");
  EXPECT_EQ(header,
            "Subject: [benchkeep] CRITICAL pilot-bench: backup: the newest "
            "good backup,\r\n 20260101-020000, is 72 h old\r\n");
}

TEST(MailHeader, EncodesChinese) {
  // "warning" twice, in Chinese.
  EXPECT_EQ(MailHeader("Subject", "\xE8\xAD\xA6\xE5\x91\x8A"),
            "Subject: =?UTF-8?B?6K2m5ZGK?=\r\n");
  std::string text;
  for (int i = 0; i < 60; ++i) text += "\xE8\xAD\xA6";
  const std::string header = MailHeader("Subject", text);
  ExpectGoodLines(header);
  // Every word ends with a whole character: three bytes are four letters.
  EXPECT_EQ(header.find("=?=", 0), std::string::npos);
}

TEST(MailHeader, EncodesWhatOnlyLooksEncoded) {
  EXPECT_EQ(MailHeader("Subject", "=?UTF-8?B?QQ==?="),
            "Subject: =?UTF-8?B?" + Base64("=?UTF-8?B?QQ==?=") + "?=\r\n");
}

TEST(MailHeader, LetsNoTextAddAHeader) {
  const std::string header =
      MailHeader("Subject", "store\r\nBcc: victim@example.com\r\n\r\nbody");
  EXPECT_EQ(header.find("\r\nBcc"), std::string::npos);
  EXPECT_EQ(header.find("\nBcc"), std::string::npos);
  ExpectGoodLines(header);
  ExpectGoodLines(MailHeader("Subject", std::string(300, 'x')));
  ExpectGoodLines(MailHeader("Subject", std::string(300, ' ')));
  ExpectGoodLines(MailHeader("Subject", "\xFF\xC3 torn"));
}

TEST(QuotedPrintable, EncodesWhatItMust) {
  EXPECT_EQ(QuotedPrintable("a = b\n"), "a =3D b\r\n");
  EXPECT_EQ(QuotedPrintable("blank \nnext"), "blank=20\r\nnext\r\n");
  EXPECT_EQ(QuotedPrintable(".dot\nFrom x\n"), "=2Edot\r\n=46rom x\r\n");
  EXPECT_EQ(QuotedPrintable("\xC3\xA9\n"), "=C3=A9\r\n");
  const std::string longer = QuotedPrintable(std::string(200, 'x') + "\n");
  EXPECT_EQ(longer, std::string(75, 'x') + "=\r\n" + std::string(75, 'x') +
                        "=\r\n" + std::string(50, 'x') + "\r\n");
}

TEST(ParseMailAddress, ReadsBothForms) {
  const auto bare = ParseMailAddress("ops@example.com");
  ASSERT_TRUE(bare.has_value());
  EXPECT_EQ(bare->address, "ops@example.com");
  EXPECT_EQ(bare->name, "");
  const auto named = ParseMailAddress("\"Op, the\" <ops@example.com>");
  ASSERT_TRUE(named.has_value());
  EXPECT_EQ(named->address, "ops@example.com");
  EXPECT_EQ(named->name, "Op, the");
}

TEST(ParseMailAddress, RefusesWhatCouldBeMore) {
  for (const char* text :
       {"", "ops", "ops@", "@example.com", "a@b@c", "a b@c.d",
        "ops@example.com\r\nRCPT TO:<x@y.z>", "<ops@example.com",
        "x <a@b.c>, y <d@e.f>", "x <a@b.c>, y <d@e.f>, <g>", "ops@example.com>",
        "a@b.c,d@e.f", "\xE8\xAD\xA6@example.com"}) {
    EXPECT_FALSE(ParseMailAddress(text).has_value()) << text;
  }
}

TEST(MailBytes, IsOneMessageInTwoForms) {
  Mail mail;
  mail.from = {"benchkeep", "benchkeep@host"};
  mail.to = {{"", "a@example.com"}, {"\xE5\xBC\xA0\xE4\xB8\x89", "b@x.cn"}};
  mail.subject = "\xE8\xAD\xA6\xE5\x91\x8A";
  mail.text = "line one\nline two\n";
  mail.html = "<p>\xE8\xAD\xA6\xE5\x91\x8A</p>";
  mail.message_id = "1.2@host";
  mail.date = std::chrono::sys_days(2026y / 1 / 31) + 23h + 59min + 58s;
  mail.headers = {{"X-Benchkeep-State", "warning"}};
  const std::string bytes = MailBytes(mail);
  ExpectGoodLines(bytes);
  EXPECT_EQ(bytes,
            "Date: Sat, 31 Jan 2026 23:59:58 +0000\r\n"
            "From: \"benchkeep\" <benchkeep@host>\r\n"
            "To: a@example.com,\r\n"
            " =?UTF-8?B?5byg5LiJ?=\r\n"
            " <b@x.cn>\r\n"
            "Message-ID: <1.2@host>\r\n"
            "Subject: =?UTF-8?B?6K2m5ZGK?=\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "X-Benchkeep-State: warning\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: multipart/alternative;\r\n"
            " boundary=\"=_benchkeep_MS4yQGhvc3Q=\"\r\n"
            "\r\n"
            "--=_benchkeep_MS4yQGhvc3Q=\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "line one\r\n"
            "line two\r\n"
            "--=_benchkeep_MS4yQGhvc3Q=\r\n"
            "Content-Type: text/html; charset=utf-8\r\n"
            "Content-Transfer-Encoding: base64\r\n"
            "\r\n" +
                Base64("<p>\xE8\xAD\xA6\xE5\x91\x8A</p>\r\n") +
                "\r\n"
                "--=_benchkeep_MS4yQGhvc3Q=--\r\n");
}

}  // namespace
}  // namespace benchkeep
