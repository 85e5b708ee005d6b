// Work that hangs, dies, or is given up, beside work that answers.

#include "host/guarded.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

namespace benchkeep::host {
namespace {

using std::chrono::milliseconds;

std::string Hang() {
  while (true) ::pause();
}

TEST(GuardedTest, EachAnswersForItself) {
  const std::string large(3 << 20, 'x');
  const auto results = RunGuarded(
      {[] { return std::string("one"); }, Hang, [] { return std::string(); },
       []() -> std::string { ::abort(); }, [&large] { return large; }},
      milliseconds(2000));
  ASSERT_EQ(results.size(), 5U);
  EXPECT_EQ(results[0].end, GuardedEnd::kDone);
  EXPECT_EQ(results[0].output, "one");
  EXPECT_EQ(results[1].end, GuardedEnd::kTimedOut);
  EXPECT_EQ(results[2].end, GuardedEnd::kDone);
  EXPECT_EQ(results[2].output, "");
  EXPECT_EQ(results[3].end, GuardedEnd::kDied);
  EXPECT_EQ(results[4].output, large);
}

TEST(GuardedTest, CanBeGivenUp) {
  int asked = 0;
  const auto results = RunGuarded({Hang}, milliseconds(60'000),
                                  [&asked] { return ++asked > 2; });
  EXPECT_EQ(results[0].end, GuardedEnd::kCancelled);
}

TEST(GuardedTest, WorksHereWhereThreadsRun) {
  bool stop = false;
  std::thread other([&stop] {
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) std::this_thread::yield();
  });
  const auto results =
      RunGuarded({[] { return std::string("here"); }}, milliseconds(1));
  __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
  other.join();
  EXPECT_EQ(results[0].end, GuardedEnd::kDone);
  EXPECT_EQ(results[0].output, "here");
}

}  // namespace
}  // namespace benchkeep::host
