// RemoveBelow against links: planted ones, and folders swapped for links while
// it walks (P18).

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <system_error>
#include <thread>

#include "fs/posix_file_system.h"
#include "support/temp_dir.h"

namespace benchkeep::fs {
namespace {

namespace files = std::filesystem;

// Names and contents of everything below a folder.
std::map<std::string, std::string> Everything(const Path& folder) {
  std::map<std::string, std::string> found;
  for (const auto& entry : files::recursive_directory_iterator(folder)) {
    std::string bytes;
    std::getline(std::ifstream(entry.path()), bytes);
    found[entry.path().lexically_relative(folder).string()] = bytes;
  }
  return found;
}

void Fill(const Path& folder) {
  for (const char* inner : {"a", "a/b", "a/b/c", "d"}) {
    files::create_directories(folder / inner);
    for (int i = 0; i < 3; ++i) {
      std::ofstream(folder / inner / std::to_string(i)) << inner << i;
    }
  }
}

TEST(RemoveBelow, TakesLinksAndLeavesWhatTheyPointTo) {
  const TempDir dir;
  Fill(dir.path() / "outside");
  const auto before = Everything(dir.path() / "outside");
  const Path trash = dir.path() / "store/trash";
  files::create_directories(trash / "one/deep");
  files::create_directory_symlink(dir.path() / "outside", trash / "one/link");
  files::create_symlink("../../../../outside/a/0", trash / "one/deep/file");
  ASSERT_EQ(::mkfifo((trash / "one/fifo").c_str(), 0600), 0);
  PosixFileSystem posix;
  ASSERT_TRUE(posix.RemoveBelow(dir.path() / "store", "trash/one").ok());
  EXPECT_FALSE(files::exists(trash / "one"));
  EXPECT_EQ(Everything(dir.path() / "outside"), before);
}

TEST(RemoveBelow, RefusesAWayThatLeadsThroughLinksOrUp) {
  const TempDir dir;
  Fill(dir.path() / "outside");
  const auto before = Everything(dir.path() / "outside");
  files::create_directories(dir.path() / "store");
  files::create_directory_symlink("../outside", dir.path() / "store/trash");
  PosixFileSystem posix;
  for (const char* way : {"trash/a", "../outside/a", "trash/../../outside/a"}) {
    const Status removed = posix.RemoveBelow(dir.path() / "store", way);
    ASSERT_FALSE(removed.ok()) << way;
    EXPECT_EQ(Everything(dir.path() / "outside"), before) << way;
  }
  EXPECT_EQ(posix.RemoveBelow(dir.path() / "store", "trash/a").error().code,
            Code::kPermission);
}

TEST(RemoveBelow, IsNotLedAstrayByASwapInTheMiddle) {
  const bool long_run = std::getenv("BENCHKEEP_LONG") != nullptr;
  const int rounds = long_run ? 2000 : 200;
  const TempDir dir;
  const Path store = dir.path() / "store";
  files::create_directories(store / "trash");
  Fill(dir.path() / "outside");
  const auto before = Everything(dir.path() / "outside");
  std::atomic<bool> done = false;
  std::atomic<int> swaps = 0;
  // Swaps folders of the victim for links to the same names outside.
  std::thread enemy([&] {
    const Path outside = dir.path() / "outside";
    while (!done) {
      for (const char* inner : {"trash", "trash/x/a", "trash/x/a/b"}) {
        const Path victim = store / inner;
        const Path aside = store / "aside";
        const Path target =
            std::string_view(inner) == "trash"
                ? dir.path()
                : outside / Path(inner).lexically_relative("trash/x");
        if (::rename(victim.c_str(), aside.c_str()) != 0) continue;
        if (::symlink(target.c_str(), victim.c_str()) == 0) ++swaps;
        std::this_thread::yield();
        ::unlink(victim.c_str());
        if (::rename(aside.c_str(), victim.c_str()) != 0) {
          // Its place is gone; left there it would be in the way for good.
          std::error_code ignored;
          files::remove_all(aside, ignored);
        }
      }
    }
  });
  PosixFileSystem posix;
  // On a busy machine the enemy gets few turns: go on until it had some.
  const int most = 100 * rounds;
  for (int round = 0; round < rounds || (swaps <= rounds / 4 && round < most);
       ++round) {
    // Built elsewhere: writing through a swapped folder would do harm itself.
    const Path fresh = dir.path() / "fresh";
    Fill(fresh);
    if (::rename(fresh.c_str(), (store / "trash/x").c_str()) != 0) {
      files::remove_all(fresh);
    }
    IgnoreError(posix.RemoveBelow(store, "trash/x"), "the enemy may win");
    IgnoreError(posix.RemoveBelow(store, "trash/outside/d"),
                "a link to the folder above has such a name");
  }
  done = true;
  enemy.join();
  EXPECT_GT(swaps, rounds / 4);
  EXPECT_EQ(Everything(dir.path() / "outside"), before);
}

}  // namespace
}  // namespace benchkeep::fs
