// SHA-256 against the vectors of FIPS 180-4.

#include "fs/sha256.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "fs/atomic_file.h"
#include "fs/fd.h"
#include "fs/posix_file_system.h"
#include "support/fault_file_system.h"
#include "support/mem_file_system.h"
#include "support/temp_dir.h"

namespace benchkeep::fs {
namespace {

struct Vector {
  std::string bytes;
  std::string_view sum;
};

const Vector kVectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    // A million times "a".
    {std::string(1'000'000, 'a'),
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    // Longer than a block that is read at once.
    {std::string((std::size_t{2} << 20) + 1, 'a'),
     "16a429a1e5162fcf59e3079724763e9afafcef1e2c7f862571e9267b3d959113"},
};

TEST(Sha256Test, OfBytes) {
  for (const auto& [bytes, sum] : kVectors) EXPECT_EQ(Sha256Of(bytes), sum);
}

TEST(Sha256Test, OfFiles) {
  MemFileSystem mem;
  for (const auto& [bytes, sum] : kVectors) {
    ASSERT_TRUE(ReplaceFile(mem, "/f", bytes).ok());
    EXPECT_EQ(Sha256OfFile(mem, "/f").value_or("?"), sum);
  }
  EXPECT_EQ(Sha256OfFile(mem, "/none").error().code, Code::kNotFound);
}

TEST(Sha256Test, ReadErrorsAreNotSums) {
  MemFileSystem mem;
  ASSERT_TRUE(ReplaceFile(mem, "/f", kVectors[4].bytes).ok());
  FaultFileSystem files(mem);
  // Open, then the second of the reads.
  files.Arm(
      {.nth = 3, .sys_errno = EIO, .calls = FaultFileSystem::Calls::kAny});
  const auto sum = Sha256OfFile(files, "/f");
  EXPECT_EQ(files.fired(), 1U);
  ASSERT_FALSE(sum.ok());
  EXPECT_EQ(sum.error().code, Code::kIo);
}

TEST(Sha256Test, OfDescriptorsLeavesThePosition) {
  PosixFileSystem posix;
  const TempDir dir;
  const Path path = dir.path() / "f";
  for (const auto& [bytes, sum] : kVectors) {
    ASSERT_TRUE(ReplaceFile(posix, path, bytes).ok());
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::lseek(fd.get(), 2, SEEK_SET), 2);
    EXPECT_EQ(Sha256OfFd(fd.get(), path).value_or("?"), sum);
    EXPECT_EQ(::lseek(fd.get(), 0, SEEK_CUR), 2);
  }
  EXPECT_EQ(Sha256OfFd(-1, path).error().code, Code::kIo);
}

}  // namespace
}  // namespace benchkeep::fs
