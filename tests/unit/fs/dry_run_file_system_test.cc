// DryRunFileSystem: whatever it is asked to do, nothing below it changes.

#include "fs/dry_run_file_system.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "fs/atomic_file.h"
#include "support/mem_file_system.h"

namespace benchkeep::fs {
namespace {

// Every path with its content ("/" for a folder) and state.
std::map<std::string, std::string> Snapshot(FileSystem& files,
                                            const Path& folder) {
  std::map<std::string, std::string> all;
  const auto entries = files.List(folder);
  EXPECT_TRUE(entries.ok());
  if (!entries.ok()) return all;
  for (const DirEntry& entry : *entries) {
    const Path path = folder / entry.name;
    const FileInfo info = files.Info(path).value_or(FileInfo{});
    std::string& seen = all[path.string()];
    if (entry.type == FileType::kDirectory) {
      seen = "/";
      all.merge(Snapshot(files, path));
    } else {
      seen = ReadFile(files, path, 1 << 20).value_or("unreadable");
    }
    seen += " mode " + std::to_string(info.mode) + " links " +
            std::to_string(info.links) + " at " + std::to_string(info.mtime_ns);
  }
  return all;
}

class DryRunFileSystemTest : public testing::Test {
 protected:
  DryRunFileSystemTest() {
    EXPECT_TRUE(mem_.MakeDirs("/s/d/e", 0755).ok());
    EXPECT_TRUE(ReplaceFile(mem_, "/s/a", "the a", 0600).ok());
    EXPECT_TRUE(ReplaceFile(mem_, "/s/b", "the b", 0644).ok());
    EXPECT_TRUE(ReplaceFile(mem_, "/s/d/c", "the c", 0644).ok());
  }

  MemFileSystem mem_;
  DryRunFileSystem dry_{mem_};
};

TEST_F(DryRunFileSystemTest, SwallowsEveryKindOfChange) {
  const auto before = Snapshot(mem_, "/");
  EXPECT_EQ(Snapshot(dry_, "/"), before);

  EXPECT_TRUE(ReplaceFile(dry_, "/s/a", "another a").ok());
  EXPECT_TRUE(ReplaceFile(dry_, "/s/new", "new").ok());
  EXPECT_TRUE(dry_.Link("/s/b", "/s/undo").ok());
  EXPECT_TRUE(dry_.Rename("/s/d", "/s/moved").ok());
  EXPECT_TRUE(dry_.Remove("/s/b").ok());
  EXPECT_TRUE(dry_.RemoveDir("/s/moved/e").ok());
  EXPECT_TRUE(dry_.MakeDirs("/t/u", 0700).ok());
  EXPECT_TRUE(dry_.SetMode("/s/moved/c", 0400).ok());
  EXPECT_TRUE(dry_.SetOwner("/s/moved/c", 1, 1).ok());
  EXPECT_TRUE(dry_.RenameNoReplace("/s/new", "/t/u/new").ok());
  EXPECT_TRUE(dry_.SyncDir("/t/u").ok());

  EXPECT_EQ(Snapshot(mem_, "/"), before);
  const auto after = Snapshot(dry_, "/");
  EXPECT_EQ(after.size(), 8U);  // s s/a s/undo s/moved s/moved/c t t/u t/u/new
  EXPECT_EQ(ReadFile(dry_, "/s/a", 100).value_or("?"), "another a");
  EXPECT_EQ(ReadFile(dry_, "/s/undo", 100).value_or("?"), "the b");
  EXPECT_EQ(ReadFile(dry_, "/s/moved/c", 100).value_or("?"), "the c");
  EXPECT_EQ(ReadFile(dry_, "/t/u/new", 100).value_or("?"), "new");
}

TEST_F(DryRunFileSystemTest, KeepsTheIdentityOfWhatIsMoved) {
  const FileInfo before = mem_.Info("/s/d/c").value_or(FileInfo{});
  ASSERT_TRUE(dry_.Rename("/s/d", "/s/x").ok());
  ASSERT_TRUE(dry_.Rename("/s/x/c", "/s/y").ok());
  const auto after = dry_.Info("/s/y");
  ASSERT_TRUE(after.ok());
  EXPECT_TRUE(after->SameState(before));
}

TEST_F(DryRunFileSystemTest, SeesWhatOthersDoBelow) {
  EXPECT_FALSE(Exists(dry_, "/s/late").value_or(true));
  ASSERT_TRUE(ReplaceFile(mem_, "/s/late", "came later").ok());
  EXPECT_EQ(ReadFile(dry_, "/s/late", 100).value_or("?"), "came later");
}

TEST_F(DryRunFileSystemTest, OneFileHasOneNameHoweverSpelled) {
  ASSERT_TRUE(ReplaceFile(dry_, "/s/./d/../a", "x").ok());
  EXPECT_EQ(ReadFile(dry_, "/s/a", 100).value_or("?"), "x");
  ASSERT_TRUE(dry_.MakeDirs("/s/new/", 0755).ok());
  EXPECT_TRUE(Exists(dry_, "/s/new").value_or(false));
}

}  // namespace
}  // namespace benchkeep::fs
