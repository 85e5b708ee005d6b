// ReadLease: a writer that is there, and one that comes.

#include "fs/read_lease.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>

#include "fs/posix_file_system.h"
#include "support/temp_dir.h"

namespace benchkeep::fs {
namespace {

class ReadLeaseTest : public testing::Test {
 protected:
  ReadLeaseTest() { std::ofstream(file_) << "0123456789"; }

  // Skips nothing in silence: without leases these tests would prove nothing.
  ReadLease Take() {
    auto lease = ReadLease::Take(file_);
    EXPECT_TRUE(lease.ok());
    BENCHKEEP_CHECK(lease.ok());
    EXPECT_TRUE(lease->supported()) << "TMPDIR must allow leases";
    return std::move(*lease);
  }

  TempDir dir_;
  Path file_ = dir_.path() / "increment.parquet";
};

TEST_F(ReadLeaseTest, IsHeldWhileNobodyWrites) {
  const ReadLease lease = Take();
  EXPECT_TRUE(lease.Held());
  std::stringstream read;
  read << std::ifstream(file_).rdbuf();  // Readers are welcome.
  EXPECT_EQ(read.str(), "0123456789");
  EXPECT_TRUE(lease.Held());
}

TEST_F(ReadLeaseTest, AWriterMeansBusy) {
  for (const int flags : {O_WRONLY, O_RDWR}) {
    const Fd writer(::open(file_.c_str(), flags | O_CLOEXEC));
    ASSERT_TRUE(writer.valid());
    const auto lease = ReadLease::Take(file_);
    ASSERT_FALSE(lease.ok());
    EXPECT_EQ(lease.error().code, Code::kBusy);
    EXPECT_EQ(lease.error().path, file_);
  }
  EXPECT_TRUE(Take().Held());
}

// A mapping can be written through after its descriptor is gone.
TEST_F(ReadLeaseTest, AWritableMappingMeansBusy) {
  Fd writer(::open(file_.c_str(), O_RDWR | O_CLOEXEC));
  void* mapping =
      ::mmap(nullptr, 10, PROT_READ | PROT_WRITE, MAP_SHARED, writer.get(), 0);
  ASSERT_NE(mapping, MAP_FAILED);
  writer.Reset();
  const auto lease = ReadLease::Take(file_);
  EXPECT_FALSE(lease.ok());
  EXPECT_EQ(::munmap(mapping, 10), 0);
  EXPECT_TRUE(Take().Held());
}

TEST_F(ReadLeaseTest, AnArrivingWriterIsNoticed) {
  const ReadLease lease = Take();
  // It would block here until we let go; O_NONBLOCK reports instead.  Either
  // way the break has begun, and the signal that comes with it kills nobody.
  const Fd writer(::open(file_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  EXPECT_FALSE(writer.valid());
  EXPECT_EQ(errno, EWOULDBLOCK);
  EXPECT_FALSE(lease.Held());
}

TEST_F(ReadLeaseTest, LettingGoLetsWritersIn) {
  { const ReadLease lease = Take(); }
  const Fd writer(::open(file_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  EXPECT_TRUE(writer.valid());
}

TEST_F(ReadLeaseTest, StaysWithTheInodeWhenTheNameMoves) {
  const ReadLease lease = Take();
  const auto before = lease.Info();
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(before->size, 10U);
  std::filesystem::rename(file_, dir_.path() / "claimed");
  std::ofstream(file_) << "another file";
  EXPECT_TRUE(lease.Held());  // So callers must compare the path's inode, too.
  std::stringstream read;
  read << std::ifstream(lease.FdPath()).rdbuf();
  EXPECT_EQ(read.str(), "0123456789");
  PosixFileSystem posix;
  const auto named = posix.Info(file_);
  ASSERT_TRUE(named.ok());
  EXPECT_FALSE(named->SameFile(*before));
  EXPECT_TRUE(lease.Info().value_or(FileInfo{}).SameFile(*before));
}

TEST_F(ReadLeaseTest, TakesRegularFilesOnly) {
  const Path odd = dir_.path() / "odd";
  std::filesystem::create_symlink(file_, odd);
  EXPECT_EQ(ReadLease::Take(odd).error().code, Code::kPermission);
  std::filesystem::remove(odd);
  ASSERT_EQ(::mkfifo(odd.c_str(), 0600), 0);
  EXPECT_EQ(ReadLease::Take(odd).error().code, Code::kInvalidArgument);
  EXPECT_EQ(ReadLease::Take(dir_.path()).error().code, Code::kInvalidArgument);
  EXPECT_EQ(ReadLease::Take(dir_.path() / "none").error().code,
            Code::kNotFound);
}

// Somebody else's file may be read, but not leased; network file systems know
// no leases at all.  A process of its own, since it gives its rights away.
TEST_F(ReadLeaseTest, WithoutSupportTheFileIsOpenAllTheSame) {
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(2);
    const auto lease = ReadLease::Take("/etc/passwd");
    const bool good = lease.ok() && !lease->supported() && lease->Held() &&
                      lease->Info().ok() && lease->fd() >= 0;
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace benchkeep::fs
