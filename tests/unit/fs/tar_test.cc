// Archives: written so that tar reads them, read with distrust.

#include "fs/tar.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>

namespace benchkeep::fs {
namespace {

using Files = std::vector<std::pair<TarEntry, std::string>>;

std::string Write(const Files& files) {
  std::string bytes;
  TarWriter writer([&](std::string_view more) {
    bytes += more;
    return Status();
  });
  for (const auto& [entry, content] : files) {
    EXPECT_TRUE(writer.Begin(entry).ok());
    if (content.empty()) continue;
    EXPECT_TRUE(writer.Write(content).ok());
  }
  EXPECT_TRUE(writer.Finish().ok());
  return bytes;
}

Result<Files> Read(const std::string& bytes, TarLimits limits = {}) {
  std::size_t at = 0;
  TarReader reader(
      [&](std::span<std::byte> buffer) -> Result<std::size_t> {
        const std::size_t part = std::min(buffer.size(), bytes.size() - at);
        std::memcpy(buffer.data(), bytes.data() + at, part);
        at += part;
        return part;
      },
      "evil.tar", limits);
  Files files;
  while (true) {
    BENCHKEEP_ASSIGN(const auto entry, reader.Next());
    if (!entry) return files;
    std::string content;
    std::array<std::byte, 100> buffer{};
    while (true) {
      BENCHKEEP_ASSIGN(const std::size_t got, reader.Read(buffer));
      if (got == 0) break;
      content.append(reinterpret_cast<const char*>(buffer.data()), got);
    }
    files.emplace_back(*entry, content);
  }
}

TarEntry File(std::string path, std::uint64_t size,
              std::int64_t mtime_ns = 1'756'363'779'000'000'000) {
  return {std::move(path), false, size, 0644, mtime_ns};
}

TEST(Tar, GivesBackNamesTimesModesAndBytes) {
  const std::string deep = std::string(90, 'd') + "/" + std::string(120, 'e');
  Files files = {
      {{"folder", true, 0, 0755, 0}, ""},
      {File("folder/a", 5), "hello"},
      {File("empty", 0), ""},
      {{"mode", false, 3, 0640, 1'756'363'779'123'456'789}, "abc"},
      {File(deep, 1024), std::string(1024, 'x')},
      {File("\xe6\xb5\x8b\xe8\xaf\x95 copy 3.json", 1), "y"},
  };
  const auto back = Read(Write(files));
  ASSERT_TRUE(back.ok()) << back.error().message.English();
  ASSERT_EQ(back->size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ((*back)[i].first.path, files[i].first.path);
    EXPECT_EQ((*back)[i].first.folder, files[i].first.folder);
    EXPECT_EQ((*back)[i].first.mode, files[i].first.mode);
    EXPECT_EQ((*back)[i].first.mtime_ns, files[i].first.mtime_ns);
    EXPECT_EQ((*back)[i].second, files[i].second);
  }
}

// A ustar header with its sum; the content has to follow.
std::string Raw(const std::string& name, char type, std::uint64_t size,
                const std::string& link = "", const std::string& mode = "0000644",
                const std::string& size_text = "") {
  std::string header(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) {
    std::memcpy(header.data() + at, text.data(), text.size());
  };
  put(0, name.substr(0, 100));
  put(100, mode);
  put(108, "0000000");
  put(116, "0000000");
  char digits[13];
  std::snprintf(digits, sizeof digits, "%011lo", size);
  put(124, size_text.empty() ? digits : size_text);
  put(136, "14000000000");
  header[156] = type;
  put(157, link);
  put(257, std::string("ustar\00000", 8));
  put(148, "        ");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(digits, sizeof digits, "%06o", sum);
  put(148, std::string(digits, 6) + '\0' + ' ');
  return header;
}

std::string Content(const std::string& text) {
  return text + std::string((512 - text.size() % 512) % 512, '\0');
}

std::string End() { return std::string(1024, '\0'); }

TEST(Tar, ReadsGnuLongNames) {
  const std::string name(150, 'n');
  const auto back =
      Read(Raw("././@LongLink", 'L', name.size() + 1) +
           Content(name + std::string(1, '\0')) + Raw("short", '0', 2) +
           Content("ok") + End());
  ASSERT_TRUE(back.ok()) << back.error().message.English();
  EXPECT_EQ(back->at(0).first.path, name);
}

TEST(Tar, ReadsTheFolderItself) {
  const auto back = Read(Raw("./", '5', 0) + Raw("./a", '0', 1) +
                         Content("x") + End());
  ASSERT_TRUE(back.ok()) << back.error().message.English();
  ASSERT_EQ(back->size(), 1U);
  EXPECT_EQ(back->at(0).first.path, "a");
}

TEST(Tar, MasksTheMode) {
  const auto back = Read(Raw("a", '0', 0, "", "0006755") + End());
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->at(0).first.mode, 0755U);
}

TEST(Tar, RefusesEvilArchives) {
  const std::string pax_up = "18 path=../escape\n";
  const std::string pax_abs = "20 path=/etc/passwd\n";
  const std::vector<std::pair<const char*, std::string>> evil = {
      {"parent", Raw("../a", '0', 0) + End()},
      {"parent inside", Raw("a/../../b", '0', 0) + End()},
      {"parent at the end", Raw("a/..", '5', 0) + End()},
      {"absolute", Raw("/etc/passwd", '0', 0) + End()},
      {"absolute folder", Raw("/", '5', 0) + End()},
      {"symlink", Raw("a", '2', 0, "/etc/passwd") + End()},
      {"symlink to a folder, then a file through it",
       Raw("a", '2', 0, "/tmp") + Raw("a/b", '0', 0) + End()},
      {"hard link", Raw("a", '1', 0, "/etc/shadow") + End()},
      {"character device", Raw("a", '3', 0) + End()},
      {"block device", Raw("a", '4', 0) + End()},
      {"fifo", Raw("a", '6', 0) + End()},
      {"contiguous", Raw("a", '7', 0) + End()},
      {"GNU sparse", Raw("a", 'S', 0) + End()},
      {"GNU long link", Raw("a", 'K', 3) + Content("abc") + End()},
      {"GNU volume header", Raw("a", 'V', 0) + End()},
      {"unknown type", Raw("a", 'Z', 0) + End()},
      {"pax name leads up",
       Raw("x", 'x', pax_up.size()) + Content(pax_up) + Raw("a", '0', 0) +
           End()},
      {"pax name is absolute",
       Raw("x", 'x', pax_abs.size()) + Content(pax_abs) + Raw("a", '0', 0) +
           End()},
      {"pax length lies",
       Raw("x", 'x', 10) + Content("99 path=a\n") + Raw("a", '0', 0) + End()},
      {"pax without end",
       Raw("x", 'x', 9) + Content("9 path=ab") + Raw("a", '0', 0) + End()},
      {"pax sparse",
       Raw("x", 'x', 22) + Content("22 GNU.sparse.major=1\n") +
           Raw("a", '0', 0) + End()},
      {"huge pax header", Raw("x", 'x', 1U << 30U) + End()},
      {"long name leads out",
       Raw("././@LongLink", 'L', 8) + Content("../../a\0") + Raw("a", '0', 0) +
           End()},
      {"twice", Raw("a", '0', 0) + Raw("./a", '0', 0) + End()},
      {"empty name", Raw("", '0', 0) + End()},
      {"size is no number", Raw("a", '0', 0, "", "0000644", "zzzzzzzzzzz") +
                                End()},
      {"negative size", Raw("a", '0', 0, "", "0000644",
                            std::string(12, '\xff')) +
                            End()},
      {"wrong sum", Raw("a", '0', 0).replace(0, 1, "b") + End()},
      {"cut in a header", Raw("a", '0', 0).substr(0, 300)},
      {"cut in a file", Raw("a", '0', 5000) + Content("x")},
      {"no end", Raw("a", '0', 0)},
      {"more behind the end", End() + Raw("../a", '0', 0)},
      {"no tar", std::string(2048, 'x')},
  };
  for (const auto& [what, bytes] : evil) {
    const auto read = Read(bytes);
    ASSERT_FALSE(read.ok()) << what;
    EXPECT_EQ(read.error().code, Code::kCorruption) << what;
  }
  EXPECT_GE(evil.size(), 20U);
}

TEST(Tar, KeepsItsLimits) {
  const std::string two = Raw("a", '0', 100) + Content(std::string(100, 'x')) +
                          Raw("b", '0', 100) + Content(std::string(100, 'y')) +
                          End();
  EXPECT_TRUE(Read(two, {2, 100, 200}).ok());
  EXPECT_FALSE(Read(two, {1, 100, 200}).ok());
  EXPECT_FALSE(Read(two, {2, 99, 200}).ok());
  EXPECT_FALSE(Read(two, {2, 100, 199}).ok());
}

TEST(Tar, SafeNames) {
  EXPECT_EQ(SafeRelativeName("a//./b/"), "a/b");
  for (const char* name : {"", "/", "/a", "..", "a/..", "../a", ".", "./"}) {
    EXPECT_EQ(SafeRelativeName(name), std::nullopt) << name;
  }
  EXPECT_EQ(SafeRelativeName(std::string_view("a\0b", 3)), std::nullopt);
  EXPECT_EQ(SafeRelativeName(std::string(300, 'a')), std::nullopt);
  EXPECT_EQ(SafeRelativeName("..a"), "..a");
}

}  // namespace
}  // namespace benchkeep::fs
