// AtomicFile: old or new, whatever fails and whenever the power goes.

#include "fs/atomic_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "fs/posix_file_system.h"
#include "support/fault_file_system.h"
#include "support/mem_file_system.h"
#include "support/temp_dir.h"

namespace benchkeep::fs {
namespace {

constexpr std::uint64_t kLimit = 1 << 20;
const Path kFolder = "/store";
const Path kTarget = kFolder / "master.json";
constexpr const char* kOld = "the old content";
constexpr const char* kNew = "the new content, which is longer";

using Fault = FaultFileSystem::Fault;
using Calls = FaultFileSystem::Calls;
using Lasting = FaultFileSystem::Lasting;
using Names = MemFileSystem::UnsyncedNames;

// A durable /store/master.json with the old content.
void MakeOld(MemFileSystem& mem) {
  ASSERT_TRUE(mem.MakeDirs(kFolder, 0755).ok());
  ASSERT_TRUE(mem.SyncDir("/").ok());
  ASSERT_TRUE(ReplaceFile(mem, kTarget, kOld).ok());
}

Status WriteNew(FileSystem& files) {
  BENCHKEEP_ASSIGN(AtomicFile file, AtomicFile::Create(files, kTarget));
  const std::string_view bytes = kNew;
  BENCHKEEP_TRY(file.Write(bytes.substr(0, 5)));
  BENCHKEEP_TRY(file.Write(bytes.substr(5)));
  return file.Commit();
}

std::string Content(FileSystem& files) {
  return ReadFile(files, kTarget, kLimit).value_or("unreadable");
}

std::size_t CountFiles(FileSystem& files) {
  const auto entries = files.List(kFolder);
  EXPECT_TRUE(entries.ok());
  return entries.ok() ? entries->size() : 0;
}

TEST(AtomicFileTest, CommitReplacesDurably) {
  for (const Names names : {Names::kLost, Names::kKept}) {
    MemFileSystem mem;
    MakeOld(mem);
    ASSERT_TRUE(WriteNew(mem).ok());
    EXPECT_EQ(Content(mem), kNew);
    mem.PowerCut(names);
    EXPECT_EQ(Content(mem), kNew);
    EXPECT_EQ(CountFiles(mem), 1U);
  }
}

TEST(AtomicFileTest, WithoutCommitNothingHappens) {
  MemFileSystem mem;
  MakeOld(mem);
  {
    auto file = AtomicFile::Create(mem, kTarget);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->Write(kNew).ok());
    EXPECT_EQ(CountFiles(mem), 2U);
    EXPECT_EQ(Content(mem), kOld);
  }
  EXPECT_EQ(Content(mem), kOld);
  EXPECT_EQ(CountFiles(mem), 1U);
}

TEST(AtomicFileTest, StagingNamesAreHiddenMarkedAndUnique) {
  MemFileSystem mem;
  MakeOld(mem);
  const auto first = AtomicFile::Create(mem, kTarget);
  const auto second = AtomicFile::Create(mem, kTarget);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(second.ok());
  const auto entries = mem.List(kFolder);
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 3U);
  for (const DirEntry& entry : *entries) {
    if (entry.name == kTarget.filename()) continue;
    EXPECT_EQ(entry.name.front(), '.');
    EXPECT_NE(entry.name.find(kStagingInfix), std::string::npos);
  }
}

TEST(AtomicFileTest, LongNamesFit) {
  PosixFileSystem posix;
  const TempDir dir;
  const Path target = dir.path() / std::string(255, 'n');
  ASSERT_TRUE(ReplaceFile(posix, target, "x").ok());
  EXPECT_EQ(ReadFile(posix, target, kLimit).value_or("?"), "x");
}

TEST(AtomicFileTest, KeepsTheModeOfTheReplacedFile) {
  PosixFileSystem posix;
  const TempDir dir;
  const Path target = dir.path() / "keys.toml";
  ASSERT_TRUE(ReplaceFile(posix, target, "1", 0600).ok());
  ASSERT_TRUE(posix.SetMode(target, 0640).ok());
  ASSERT_TRUE(ReplaceFile(posix, target, "2", 0666).ok());
  const auto info = posix.Info(target);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->mode, 0640U);
  EXPECT_EQ(ReadFile(posix, target, kLimit).value_or("?"), "2");
}

TEST(AtomicFileTest, KeepsTheOwnerWhereItMay) {
  MemFileSystem mem;
  MakeOld(mem);
  ASSERT_TRUE(mem.SetOwner(kTarget, 1234, 567).ok());
  ASSERT_TRUE(WriteNew(mem).ok());
  EXPECT_EQ(mem.Info(kTarget).value_or(FileInfo{}).uid, 1234U);
  EXPECT_EQ(mem.Info(kTarget).value_or(FileInfo{}).gid, 567U);
}

TEST(AtomicFileTest, WhereItMayNotKeepTheOwnerItGoesOn) {
  MemFileSystem mem;
  MakeOld(mem);
  ASSERT_TRUE(mem.SetOwner(kTarget, 1234, 567).ok());
  FaultFileSystem files(mem);
  // Create, two writes, then SetOwner.
  files.Arm({.nth = 4, .sys_errno = EPERM});
  ASSERT_TRUE(WriteNew(files).ok());
  EXPECT_EQ(files.fired(), 1U);
  EXPECT_EQ(mem.Info(kTarget).value_or(FileInfo{}).uid, 0U);
  EXPECT_EQ(Content(mem), kNew);
}

TEST(AtomicFileTest, LeavesOddTargetsAlone) {
  PosixFileSystem posix;
  const TempDir dir;
  std::filesystem::create_symlink("elsewhere", dir.path() / "link");
  std::filesystem::create_directory(dir.path() / "folder");
  for (const char* name : {"link", "folder"}) {
    const Status status = ReplaceFile(posix, dir.path() / name, "x");
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Code::kPermission);
  }
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "elsewhere"));
}

// A length that is not what was written: another hand was in it.
TEST(AtomicFileTest, NoticesForeignBytesInTheStagingFile) {
  PosixFileSystem posix;
  const TempDir dir;
  const Path target = dir.path() / "a";
  auto file = AtomicFile::Create(posix, target);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->Write("12345").ok());
  const auto entries = posix.List(dir.path());
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 1U);
  std::filesystem::resize_file(dir.path() / entries->front().name, 3);
  const Status status = file->Commit();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kIo);
  EXPECT_FALSE(std::filesystem::exists(target));
}

// Every call fails once: an error is reported, the target is old or (if only
// the last sync failed) new, and no staging file stays.
TEST(AtomicFileTest, EveryFailedCallLeavesOldOrNew) {
  std::uint64_t injected = 0;
  for (std::uint64_t n = 1;; ++n) {
    MemFileSystem mem;
    MakeOld(mem);
    FaultFileSystem files(mem);
    files.Arm({.nth = n, .sys_errno = ENOSPC, .calls = Calls::kAny});
    const Status status = WriteNew(files);
    injected += files.fired();
    if (files.fired() == 0) {
      ASSERT_TRUE(status.ok());
      break;
    }
    ASSERT_FALSE(status.ok()) << "call " << n;
    EXPECT_EQ(status.error().code, Code::kNoSpace);
    const std::string content = Content(mem);
    EXPECT_TRUE(content == kOld || content == kNew) << n << ": " << content;
    EXPECT_EQ(CountFiles(mem), 1U) << "call " << n;
  }
  EXPECT_GT(injected, 5U);
}

// The power goes at every call: what was durable is old or new, and new once
// Commit has said so.
TEST(AtomicFileTest, EveryPowerCutLeavesOldOrNew) {
  for (const Names names : {Names::kLost, Names::kKept}) {
    std::uint64_t injected = 0;
    bool committed = false;
    for (std::uint64_t n = 1; !committed; ++n) {
      MemFileSystem mem;
      MakeOld(mem);
      FaultFileSystem files(mem);
      files.Arm({.nth = n, .sys_errno = EIO, .lasting = Lasting::kFromThenOn});
      committed = WriteNew(files).ok();
      injected += files.fired() > 0 ? 1 : 0;
      mem.PowerCut(names);
      const std::string content = Content(mem);
      if (committed) {
        EXPECT_EQ(content, kNew);
      } else {
        EXPECT_TRUE(content == kOld || content == kNew) << n << ": " << content;
      }
    }
    EXPECT_GT(injected, 5U);
  }
}

// A failed sync is final: no second one may hide the loss.
TEST(AtomicFileTest, FailedSyncIsNotRetried) {
  MemFileSystem mem;
  MakeOld(mem);
  FaultFileSystem files(mem);
  // Create, two writes, SetMode, then Sync; afterwards only the Remove.
  files.Arm({.nth = 5, .sys_errno = EIO});
  EXPECT_FALSE(WriteNew(files).ok());
  EXPECT_EQ(files.fired(), 1U);
  EXPECT_EQ(files.calls(), 6U);
  EXPECT_EQ(Content(mem), kOld);
}

TEST(AtomicFileTest, FirstFileNeedsNoOldOne) {
  MemFileSystem mem;
  ASSERT_TRUE(mem.MakeDirs(kFolder, 0755).ok());
  ASSERT_TRUE(mem.SyncDir("/").ok());
  ASSERT_TRUE(ReplaceFile(mem, kTarget, kNew, 0640).ok());
  mem.PowerCut();
  EXPECT_EQ(Content(mem), kNew);
  EXPECT_EQ(mem.Info(kTarget).value_or(FileInfo{}).mode, 0640U);
}

}  // namespace
}  // namespace benchkeep::fs
