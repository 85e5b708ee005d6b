// gzip files: what goes in comes out, whatever the threads; damage is found.

#include "fs/gzip.h"

#include <gtest/gtest.h>

#include <random>

#include "fs/posix_file_system.h"
#include "support/temp_dir.h"

namespace benchkeep::fs {
namespace {

std::string Noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

class GzipTest : public ::testing::Test {
 protected:
  Path At(const std::string& name) { return dir_.path() / name; }

  std::string Pack(const std::string& bytes, int threads,
                   const std::string& name = "x.gz") {
    auto file = files_.Create(At(name), 0600);
    BENCHKEEP_CHECK(file.ok());
    GzipWriter writer(**file, threads);
    for (std::size_t at = 0; at < bytes.size(); at += 70'000) {
      EXPECT_TRUE(writer.Write(std::string_view(bytes).substr(at, 70'000)).ok());
    }
    EXPECT_TRUE(writer.Finish().ok());
    EXPECT_TRUE((*file)->Close().ok());
    std::string packed = *ReadFile(files_, At(name), 1U << 30U);
    EXPECT_EQ(writer.bytes(), packed.size());
    EXPECT_EQ(writer.sha256(), Sha256Of(packed));
    std::filesystem::remove(At(name));
    return packed;
  }

  Result<std::string> Unpack(const std::string& packed) {
    std::filesystem::remove(At("y.gz"));
    auto out = files_.Create(At("y.gz"), 0600);
    BENCHKEEP_CHECK(out.ok());
    EXPECT_TRUE((*out)->Append(packed).ok());
    auto file = files_.Open(At("y.gz"));
    BENCHKEEP_CHECK(file.ok());
    GzipReader reader(**file, At("y.gz"));
    std::string bytes;
    std::vector<std::byte> buffer(100'000);
    while (true) {
      BENCHKEEP_ASSIGN(const std::size_t got, reader.Read(buffer));
      bytes.append(reinterpret_cast<const char*>(buffer.data()), got);
      if (got < buffer.size()) return bytes;
    }
  }

  TempDir dir_;
  PosixFileSystem files_;
};

TEST_F(GzipTest, GivesBackWhatWentInForAnyNumberOfThreads) {
  const std::string text(5'300'000, 'a');
  for (const std::string& bytes :
       {std::string(), std::string("x"), text, Noise(9'000'001, 1),
        text + Noise(2'000'000, 2) + text}) {
    const std::string one = Pack(bytes, 1);
    EXPECT_EQ(Pack(bytes, 3), one);
    const auto back = Unpack(one);
    ASSERT_TRUE(back.ok()) << back.error().message.English();
    EXPECT_TRUE(*back == bytes);
  }
}

TEST_F(GzipTest, StoresWhatDoesNotCompress) {
  const std::string bytes = Noise(4'000'000, 3);
  EXPECT_LT(Pack(bytes, 2).size(), bytes.size() + 2'000);
  EXPECT_LT(Pack(std::string(4'000'000, 'z'), 2).size(), 20'000U);
}

TEST_F(GzipTest, FindsEveryCutAndWhatFollowsTheEnd) {
  const std::string packed = Pack("some results, " + Noise(300, 4), 1);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_FALSE(Unpack(packed.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(Unpack(packed + "x").ok());
  EXPECT_FALSE(Unpack("no gzip at all").ok());
  EXPECT_TRUE(Unpack(packed + packed).ok());
}

}  // namespace
}  // namespace benchkeep::fs
