// The page cache of a real file.

#include "host/page_cache.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "support/temp_dir.h"

namespace benchkeep::host {
namespace {

TEST(PageCache, AFileThatWasReadIsInItUntilItIsDropped) {
  const TempDir dir;
  const auto file = dir.path() / "data";
  constexpr std::size_t kBytes = 1 << 20;
  std::ofstream(file) << std::string(kBytes, 'x');
  const int fd = ::open(file.c_str(), O_RDONLY);
  ASSERT_EQ(::fsync(fd), 0);
  ::close(fd);
  const auto before = CachedBytes(file);
  if (!before) GTEST_SKIP() << "this kernel does not say";
  EXPECT_EQ(*before, kBytes);
  EXPECT_TRUE(DropCached(file));
  const auto after = CachedBytes(file);
  ASSERT_TRUE(after.has_value());
  // File systems in memory keep what they have.
  EXPECT_TRUE(*after == 0 || *after == kBytes) << *after;
  std::ifstream in(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}),
            std::string(kBytes, 'x'));
}

TEST(PageCache, WhatIsNoFileHoldsNothing) {
  const TempDir dir;
  std::ofstream(dir.path() / "empty") << "";
  EXPECT_EQ(CachedBytes(dir.path() / "empty"), 0U);
  EXPECT_FALSE(CachedBytes(dir.path() / "missing").has_value());
  EXPECT_FALSE(DropCached(dir.path() / "missing"));
  EXPECT_FALSE(DropCached(dir.path()));
}

}  // namespace
}  // namespace benchkeep::host
