// One suite over every implementation of the file-system seam.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>

#include "fs/dry_run_file_system.h"
#include "fs/file_system.h"
#include "fs/posix_file_system.h"
#include "support/fault_file_system.h"
#include "support/mem_file_system.h"
#include "support/temp_dir.h"

namespace benchkeep::fs {
namespace {

// An implementation, and a folder in it to play in.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual FileSystem& file_system() = 0;
  [[nodiscard]] virtual Path root() const = 0;

  // Where files are put before the calls under test.
  virtual FileSystem& maker() { return file_system(); }
};

class PosixBackend : public Backend {
 public:
  FileSystem& file_system() override { return posix_; }
  [[nodiscard]] Path root() const override { return dir_.path(); }

 protected:
  PosixFileSystem posix_;
  TempDir dir_;
};

// Files under test exist in the overlay only.
class DryRunBackend : public PosixBackend {
 public:
  FileSystem& file_system() override { return dry_run_; }

 private:
  DryRunFileSystem dry_run_{posix_};
};

// Files under test exist for real, below the overlay.
class DryRunOverFilesBackend final : public DryRunBackend {
 public:
  FileSystem& maker() override { return posix_; }
};

class MemBackend : public Backend {
 public:
  MemBackend() { EXPECT_TRUE(mem_.MakeDirs("/play", 0755).ok()); }
  FileSystem& file_system() override { return mem_; }
  [[nodiscard]] Path root() const override { return "/play"; }

 protected:
  MemFileSystem mem_;
};

class FaultBackend final : public MemBackend {
 public:
  FileSystem& file_system() override { return fault_; }

 private:
  FaultFileSystem fault_{mem_};
};

struct Implementation {
  const char* name;
  std::function<std::unique_ptr<Backend>()> make;
};

std::ostream& operator<<(std::ostream& out, const Implementation& which) {
  return out << which.name;
}

template <typename T>
Implementation Make(const char* name) {
  return {name, [] { return std::make_unique<T>(); }};
}

class Conformance : public testing::TestWithParam<Implementation> {
 protected:
  Conformance()
      : backend_(GetParam().make()), files_(backend_->file_system()) {}

  [[nodiscard]] Path At(const Path& name) const {
    return backend_->root() / name;
  }

  void Put(const Path& name, std::string_view bytes) {
    auto file = backend_->maker().Create(At(name), 0600);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->Append(bytes).ok());
    ASSERT_TRUE((*file)->Close().ok());
  }
  void PutDir(const Path& name) {
    ASSERT_TRUE(backend_->maker().MakeDirs(At(name), 0755).ok());
  }

  // The content, or why there is none.
  std::string Get(const Path& name) {
    const Result<std::string> bytes = ReadFile(files_, At(name), 1 << 20);
    return bytes.ok() ? *bytes : "error: " + bytes.error().message.English();
  }

  [[nodiscard]] bool Has(const Path& name) {
    const Result<bool> exists = Exists(files_, At(name));
    EXPECT_TRUE(exists.ok());
    return exists.ok() && *exists;
  }

  FileInfo InfoOf(const Path& name) {
    const Result<FileInfo> info = files_.Info(At(name));
    EXPECT_TRUE(info.ok()) << name;
    return info.ok() ? *info : FileInfo{};
  }

  // "a b/" for a file and a folder.
  std::string Names(const Path& name) {
    const auto entries = files_.List(At(name));
    if (!entries.ok()) return "error: " + entries.error().message.English();
    std::vector<std::string> names;
    for (const DirEntry& entry : *entries) {
      const bool folder = entry.type == FileType::kDirectory;
      names.push_back(entry.name + (folder ? "/" : ""));
    }
    std::sort(names.begin(), names.end());
    std::string all;
    for (const std::string& each : names) {
      all += (all.empty() ? "" : " ") + each;
    }
    return all;
  }

  template <typename R>
  static Code CodeOf(const R& result) {
    EXPECT_FALSE(result.ok());
    return result.ok() ? Code::kInternal : result.error().code;
  }

  std::unique_ptr<Backend> backend_;
  FileSystem& files_;
};

// For what only the machine's own file system can hold.
class ConformanceOnDisk : public Conformance {};

TEST_P(Conformance, CreatedFileIsReadBack) {
  auto file = files_.Create(At("a"), 0640);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE((*file)->Append("hello, ").ok());
  EXPECT_TRUE((*file)->Append("").ok());
  EXPECT_TRUE((*file)->Append("world").ok());
  EXPECT_TRUE((*file)->Sync().ok());
  EXPECT_TRUE((*file)->Close().ok());
  EXPECT_EQ(Get("a"), "hello, world");
  const FileInfo info = InfoOf("a");
  EXPECT_EQ(info.type, FileType::kRegular);
  EXPECT_EQ(info.size, 12U);
  EXPECT_EQ(info.mode, 0640U);
  EXPECT_EQ(info.links, 1U);
}

TEST_P(Conformance, SizeIsSeenWhileWriting) {
  auto file = files_.Create(At("a"), 0600);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(InfoOf("a").size, 0U);
  EXPECT_TRUE((*file)->Append("12345").ok());
  EXPECT_EQ(InfoOf("a").size, 5U);
}

TEST_P(Conformance, CreateRefusesWhatExists) {
  Put("a", "old");
  PutDir("d");
  EXPECT_EQ(CodeOf(files_.Create(At("a"), 0600)), Code::kAlreadyExists);
  EXPECT_EQ(CodeOf(files_.Create(At("d"), 0600)), Code::kAlreadyExists);
  EXPECT_EQ(Get("a"), "old");
}

TEST_P(Conformance, CreateNeedsItsFolder) {
  Put("a", "x");
  EXPECT_EQ(CodeOf(files_.Create(At("none/a"), 0600)), Code::kNotFound);
  EXPECT_EQ(CodeOf(files_.Create(At("a/b"), 0600)), Code::kNotFound);
}

TEST_P(Conformance, ErrorsNameTheFile) {
  const auto file = files_.Open(At("none"));
  ASSERT_EQ(CodeOf(file), Code::kNotFound);
  EXPECT_EQ(file.error().path, At("none"));
  EXPECT_NE(file.error().message.English().find(At("none").string()),
            std::string::npos);
}

TEST_P(Conformance, OpenTakesFilesOnly) {
  PutDir("d");
  EXPECT_EQ(CodeOf(files_.Open(At("d"))), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(files_.Open(At("none"))), Code::kNotFound);
}

TEST_P(Conformance, ReadAtStopsAtTheEnd) {
  Put("a", "0123456789");
  auto file = files_.Open(At("a"));
  ASSERT_TRUE(file.ok());
  std::string buffer(6, '.');
  const auto bytes = std::as_writable_bytes(std::span(buffer));
  EXPECT_EQ((*file)->ReadAt(2, bytes).value_or(99), 6U);
  EXPECT_EQ(buffer, "234567");
  EXPECT_EQ((*file)->ReadAt(8, bytes).value_or(99), 2U);
  EXPECT_EQ(buffer, "894567");
  EXPECT_EQ((*file)->ReadAt(10, bytes).value_or(99), 0U);
  EXPECT_EQ((*file)->ReadAt(1000, bytes).value_or(99), 0U);
  EXPECT_EQ((*file)->ReadAt(0, {}).value_or(99), 0U);
  EXPECT_EQ((*file)->Info().value_or(FileInfo{}).size, 10U);
}

TEST_P(Conformance, OpenFileOutlivesItsName) {
  Put("a", "old");
  Put("b", "new");
  auto file = files_.Open(At("a"));
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(files_.Rename(At("b"), At("a")).ok());
  std::string buffer(3, '.');
  EXPECT_EQ((*file)
                ->ReadAt(0, std::as_writable_bytes(std::span(buffer)))
                .value_or(99),
            3U);
  EXPECT_EQ(buffer, "old");
  EXPECT_EQ(Get("a"), "new");
}

TEST_P(Conformance, ReadFileKeepsToItsLimit) {
  Put("a", "12345");
  EXPECT_EQ(ReadFile(files_, At("a"), 5).value_or("?"), "12345");
  EXPECT_EQ(CodeOf(ReadFile(files_, At("a"), 4)), Code::kInvalidArgument);
}

TEST_P(Conformance, InfoTellsFilesApart) {
  Put("a", "1");
  Put("b", "1");
  PutDir("d");
  EXPECT_FALSE(InfoOf("a").SameFile(InfoOf("b")));
  EXPECT_TRUE(InfoOf("a").SameState(InfoOf("a")));
  EXPECT_EQ(InfoOf("d").type, FileType::kDirectory);
  EXPECT_EQ(InfoOf("d").device, InfoOf("a").device);
  EXPECT_EQ(CodeOf(files_.Info(At("none"))), Code::kNotFound);
  EXPECT_EQ(CodeOf(files_.Info(At("a/below"))), Code::kNotFound);
}

TEST_P(Conformance, ListNamesEverythingOnce) {
  PutDir("d/e");
  Put("d/a", "");
  Put("d/.hidden", "");
  EXPECT_EQ(Names("d"), ".hidden a e/");
  EXPECT_EQ(Names("d/e"), "");
  EXPECT_EQ(CodeOf(files_.List(At("none"))), Code::kNotFound);
  EXPECT_EQ(CodeOf(files_.List(At("d/a"))), Code::kNotFound);
}

TEST_P(Conformance, ListFollowsChanges) {
  PutDir("d");
  Put("d/a", "1");
  Put("d/b", "2");
  ASSERT_TRUE(files_.Remove(At("d/a")).ok());
  ASSERT_TRUE(files_.Rename(At("d/b"), At("d/c")).ok());
  ASSERT_TRUE(files_.MakeDirs(At("d/new"), 0755).ok());
  EXPECT_EQ(Names("d"), "c new/");
}

TEST_P(Conformance, MakeDirsMakesParentsAndIsRepeatable) {
  ASSERT_TRUE(files_.MakeDirs(At("x/y/z"), 0700).ok());
  ASSERT_TRUE(files_.MakeDirs(At("x/y/z"), 0755).ok());
  ASSERT_TRUE(files_.MakeDirs(At("x/y/z/"), 0755).ok());
  EXPECT_EQ(Names("x/y"), "z/");
  EXPECT_EQ(InfoOf("x/y/z").mode, 0700U);
  ASSERT_TRUE(files_.Create(At("x/y/z/file"), 0600).ok());
  EXPECT_EQ(Get("x/y/z/file"), "");
}

TEST_P(Conformance, MakeDirsRefusesAFileInTheWay) {
  Put("a", "x");
  EXPECT_FALSE(files_.MakeDirs(At("a"), 0755).ok());
  EXPECT_FALSE(files_.MakeDirs(At("a/b"), 0755).ok());
  EXPECT_EQ(Get("a"), "x");
}

TEST_P(Conformance, RenameMovesAndReplaces) {
  Put("a", "new");
  Put("b", "old");
  const FileInfo moved = InfoOf("a");
  ASSERT_TRUE(files_.Rename(At("a"), At("b")).ok());
  EXPECT_FALSE(Has("a"));
  EXPECT_EQ(Get("b"), "new");
  EXPECT_TRUE(InfoOf("b").SameState(moved));
  EXPECT_EQ(CodeOf(files_.Rename(At("a"), At("c"))), Code::kNotFound);
  EXPECT_EQ(CodeOf(files_.Rename(At("b"), At("none/c"))), Code::kNotFound);
  EXPECT_EQ(Get("b"), "new");
}

TEST_P(Conformance, RenameMovesFoldersWhole) {
  PutDir("d/sub");
  Put("d/sub/kept", "1");
  Put("d/sub/gone", "2");
  ASSERT_TRUE(files_.Remove(At("d/sub/gone")).ok());
  ASSERT_TRUE(files_.Rename(At("d"), At("e")).ok());
  EXPECT_FALSE(Has("d"));
  EXPECT_FALSE(Has("d/sub/kept"));
  EXPECT_EQ(Names("e/sub"), "kept");
  EXPECT_EQ(Get("e/sub/kept"), "1");
  ASSERT_TRUE(files_.Rename(At("e/sub/kept"), At("kept")).ok());
  EXPECT_EQ(Names("e/sub"), "");
  EXPECT_EQ(Get("kept"), "1");
  // The name is free for a new folder, which begins empty.
  ASSERT_TRUE(files_.MakeDirs(At("d"), 0755).ok());
  EXPECT_EQ(Names("d"), "");
}

TEST_P(Conformance, RenameKeepsFilesAndFoldersApart) {
  Put("a", "x");
  PutDir("d");
  PutDir("full/sub");
  EXPECT_FALSE(files_.Rename(At("a"), At("d")).ok());
  EXPECT_EQ(CodeOf(files_.Rename(At("d"), At("a"))), Code::kNotFound);
  EXPECT_EQ(CodeOf(files_.Rename(At("d"), At("full"))), Code::kAlreadyExists);
  EXPECT_EQ(CodeOf(files_.Rename(At("full"), At("full/sub/in"))),
            Code::kInvalidArgument);
  EXPECT_TRUE(files_.Rename(At("full"), At("d")).ok());
  EXPECT_EQ(Names("d"), "sub/");
  EXPECT_EQ(Get("a"), "x");
}

TEST_P(Conformance, RenameToItselfChangesNothing) {
  Put("a", "x");
  EXPECT_TRUE(files_.Rename(At("a"), At("a")).ok());
  EXPECT_EQ(Get("a"), "x");
  EXPECT_EQ(InfoOf("a").links, 1U);
}

TEST_P(Conformance, RenameNoReplaceLeavesTheTarget) {
  Put("a", "new");
  Put("b", "old");
  EXPECT_EQ(CodeOf(files_.RenameNoReplace(At("a"), At("b"))),
            Code::kAlreadyExists);
  EXPECT_EQ(Get("a"), "new");
  EXPECT_EQ(Get("b"), "old");
  EXPECT_TRUE(files_.RenameNoReplace(At("a"), At("c")).ok());
  EXPECT_EQ(Get("c"), "new");
  EXPECT_FALSE(Has("a"));
  EXPECT_EQ(CodeOf(files_.RenameNoReplace(At("a"), At("d"))), Code::kNotFound);
}

TEST_P(Conformance, LinkSharesTheInode) {
  Put("a", "x");
  ASSERT_TRUE(files_.Link(At("a"), At("b")).ok());
  EXPECT_TRUE(InfoOf("a").SameState(InfoOf("b")));
  EXPECT_EQ(InfoOf("a").links, 2U);
  EXPECT_EQ(InfoOf("b").links, 2U);
  ASSERT_TRUE(files_.Remove(At("a")).ok());
  EXPECT_EQ(InfoOf("b").links, 1U);
  EXPECT_EQ(Get("b"), "x");
}

TEST_P(Conformance, LinkKeepsTheReplacedVersion) {
  Put("live", "old");
  Put("staged", "new");
  ASSERT_TRUE(files_.Link(At("live"), At("undo")).ok());
  ASSERT_TRUE(files_.Rename(At("staged"), At("live")).ok());
  EXPECT_EQ(Get("live"), "new");
  EXPECT_EQ(Get("undo"), "old");
  EXPECT_EQ(InfoOf("undo").links, 1U);
}

TEST_P(Conformance, LinkRefuses) {
  Put("a", "x");
  Put("b", "y");
  PutDir("d");
  EXPECT_EQ(CodeOf(files_.Link(At("a"), At("b"))), Code::kAlreadyExists);
  EXPECT_EQ(CodeOf(files_.Link(At("none"), At("c"))), Code::kNotFound);
  EXPECT_EQ(CodeOf(files_.Link(At("a"), At("none/c"))), Code::kNotFound);
  EXPECT_EQ(CodeOf(files_.Link(At("d"), At("e"))), Code::kPermission);
  EXPECT_EQ(Get("b"), "y");
}

TEST_P(Conformance, RemoveTakesFilesOnly) {
  Put("a", "x");
  PutDir("d");
  EXPECT_TRUE(files_.Remove(At("a")).ok());
  EXPECT_FALSE(Has("a"));
  EXPECT_EQ(CodeOf(files_.Remove(At("a"))), Code::kNotFound);
  EXPECT_FALSE(files_.Remove(At("d")).ok());
  EXPECT_TRUE(Has("d"));
  // The name is free again.
  auto file = files_.Create(At("a"), 0600);
  EXPECT_TRUE(file.ok());
  EXPECT_EQ(Get("a"), "");
}

TEST_P(Conformance, RemoveDirTakesEmptyFoldersOnly) {
  PutDir("d");
  Put("d/a", "x");
  EXPECT_EQ(CodeOf(files_.RemoveDir(At("d"))), Code::kAlreadyExists);
  EXPECT_EQ(CodeOf(files_.RemoveDir(At("d/a"))), Code::kNotFound);
  EXPECT_EQ(CodeOf(files_.RemoveDir(At("none"))), Code::kNotFound);
  ASSERT_TRUE(files_.Remove(At("d/a")).ok());
  EXPECT_TRUE(files_.RemoveDir(At("d")).ok());
  EXPECT_FALSE(Has("d"));
}

TEST_P(Conformance, RemoveTreeTakesAll) {
  PutDir("d/e/f");
  Put("d/e/a", "x");
  Put("d/b", "y");
  Put("beside", "z");
  ASSERT_TRUE(RemoveTree(files_, At("d")).ok());
  EXPECT_EQ(Names("."), "beside");
  EXPECT_EQ(CodeOf(RemoveTree(files_, At("d"))), Code::kNotFound);
}

TEST_P(Conformance, SetModeIsSeenAndKept) {
  Put("a", "x");
  PutDir("d");
  ASSERT_TRUE(files_.SetMode(At("a"), 0440).ok());
  EXPECT_EQ(InfoOf("a").mode, 0440U);
  ASSERT_TRUE(files_.Rename(At("a"), At("b")).ok());
  EXPECT_EQ(InfoOf("b").mode, 0440U);
  EXPECT_EQ(Get("b"), "x");
  ASSERT_TRUE(files_.SetMode(At("d"), 0700).ok());
  EXPECT_EQ(InfoOf("d").mode, 0700U);
  EXPECT_EQ(CodeOf(files_.SetMode(At("none"), 0600)), Code::kNotFound);
}

TEST_P(Conformance, SetTimeIsSeenAndKept) {
  constexpr std::int64_t kTime = 1'756'363'779'123'456'789;
  Put("a", "x");
  ASSERT_TRUE(files_.SetTime(At("a"), kTime).ok());
  EXPECT_EQ(InfoOf("a").mtime_ns, kTime);
  ASSERT_TRUE(files_.Rename(At("a"), At("b")).ok());
  EXPECT_EQ(InfoOf("b").mtime_ns, kTime);
  EXPECT_EQ(Get("b"), "x");
  EXPECT_EQ(CodeOf(files_.SetTime(At("none"), kTime)), Code::kNotFound);
}

TEST_P(Conformance, SetOwnerTakesTheOwnIds) {
  Put("a", "x");
  ASSERT_TRUE(files_.SetOwner(At("a"), ::geteuid(), ::getegid()).ok());
  EXPECT_EQ(InfoOf("a").uid, ::geteuid());
  EXPECT_EQ(InfoOf("a").gid, ::getegid());
  EXPECT_EQ(CodeOf(files_.SetOwner(At("none"), ::geteuid(), ::getegid())),
            Code::kNotFound);
}

TEST_P(Conformance, SyncNeedsSomethingToSync) {
  Put("a", "x");
  PutDir("d");
  EXPECT_TRUE(files_.SyncFile(At("a")).ok());
  EXPECT_TRUE(files_.SyncDir(At("d")).ok());
  EXPECT_EQ(CodeOf(files_.SyncFile(At("none"))), Code::kNotFound);
  EXPECT_EQ(CodeOf(files_.SyncDir(At("none"))), Code::kNotFound);
  EXPECT_EQ(CodeOf(files_.SyncDir(At("a"))), Code::kNotFound);
}

TEST_P(Conformance, FreeBytesAreCounted) {
  ASSERT_TRUE(files_.MakeDirs(At("new"), 0755).ok());
  EXPECT_GT(files_.FreeBytes(At("new")).value_or(0), 0U);
  EXPECT_EQ(CodeOf(files_.FreeBytes(At("none"))), Code::kNotFound);
}

TEST_P(ConformanceOnDisk, SymlinksAreNeverFollowed) {
  PosixFileSystem posix;
  ASSERT_TRUE(posix.MakeDirs(At("real"), 0755).ok());
  ASSERT_TRUE(posix.Create(At("real/a"), 0600).ok());
  ASSERT_EQ(::symlink("real/a", At("link").c_str()), 0);
  ASSERT_EQ(::symlink("real", At("dirlink").c_str()), 0);
  ASSERT_EQ(::symlink("nowhere", At("dangling").c_str()), 0);

  EXPECT_EQ(InfoOf("link").type, FileType::kSymlink);
  EXPECT_EQ(CodeOf(files_.Open(At("link"))), Code::kPermission);
  EXPECT_EQ(CodeOf(files_.List(At("dirlink"))), Code::kPermission);
  EXPECT_EQ(CodeOf(files_.SetMode(At("link"), 0666)), Code::kPermission);
  EXPECT_EQ(CodeOf(files_.SyncFile(At("link"))), Code::kPermission);
  EXPECT_EQ(CodeOf(files_.SyncDir(At("dirlink"))), Code::kPermission);
  EXPECT_EQ(CodeOf(files_.Create(At("dangling"), 0600)), Code::kAlreadyExists);
  EXPECT_EQ(CodeOf(RemoveTree(files_, At("dirlink"))), Code::kPermission);
  EXPECT_EQ(InfoOf("real/a").mode, 0600U);

  // On the way to something they are: stores live behind such links.
  EXPECT_TRUE(files_.MakeDirs(At("dirlink"), 0755).ok());
  EXPECT_TRUE(files_.Create(At("dirlink/b"), 0600).ok());
  EXPECT_EQ(Get("dirlink/b"), "");

  // Removing one leaves what it points to.
  EXPECT_TRUE(files_.Remove(At("link")).ok());
  EXPECT_FALSE(Has("link"));
  EXPECT_TRUE(Has("real/a"));
}

TEST_P(ConformanceOnDisk, FifoIsNoFileAndDoesNotHang) {
  ASSERT_EQ(::mkfifo(At("fifo").c_str(), 0600), 0);
  EXPECT_EQ(InfoOf("fifo").type, FileType::kOther);
  EXPECT_EQ(CodeOf(files_.Open(At("fifo"))), Code::kInvalidArgument);
}

const Implementation kPosix = Make<PosixBackend>("Posix");
const Implementation kDryRun = Make<DryRunBackend>("DryRun");
const Implementation kDryRunOverFiles =
    Make<DryRunOverFilesBackend>("DryRunOverFiles");
const Implementation kMem = Make<MemBackend>("Mem");
const Implementation kFault = Make<FaultBackend>("Fault");

std::string NameOf(const testing::TestParamInfo<Implementation>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(All, Conformance,
                         testing::Values(kPosix, kDryRun, kDryRunOverFiles,
                                         kMem, kFault),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(All, ConformanceOnDisk,
                         testing::Values(kPosix, kDryRun, kDryRunOverFiles),
                         NameOf);

}  // namespace
}  // namespace benchkeep::fs
