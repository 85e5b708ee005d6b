// The daemon gives memory back every half hour, and only when it is short.

#include "jobs/memory_care.h"

#include <gtest/gtest.h>

#include "../host/fake_machine.h"
#include "support/temp_dir.h"

namespace benchkeep::jobs {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
const TimePoint kStart = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

class MemoryCareTest : public testing::Test {
 protected:
  void Tick(std::chrono::minutes time) { care_.Tick(kStart + time); }

  // What was said once so many releases have ended.
  std::vector<std::string> SaidAfter(int releases) {
    for (int i = 0; i < 2000 && ended_ < releases; ++i) {
      std::this_thread::sleep_for(5ms);
    }
    EXPECT_EQ(releases_, releases);
    std::vector<std::string> said;
    for (const Message& message : care_.Collect()) {
      said.push_back(message.English());
    }
    return said;
  }

  TempDir dir_;
  host::FakeMachine fake_{dir_.path()};
  store::Settings settings_;
  Result<std::string> answer_ = std::string();
  std::atomic<int> looks_ = 0;
  std::atomic<int> releases_ = 0;
  std::atomic<int> ended_ = 0;
  MemoryCare care_{host::Machine(fake_.root()), settings_,
                   [this](TuneFor what, const auto& /*cancelled*/) {
                     ++(what == TuneFor::kRelease ? releases_ : looks_);
                     return answer_;
                   },
                   kStart, [this] { ++ended_; }};
};

TEST_F(MemoryCareTest, OnlyLooksWhileThereIsRoom) {
  Tick(31min);
  Tick(59min);
  care_.Stop();
  EXPECT_TRUE(SaidAfter(0).empty());
  EXPECT_EQ(looks_, 1);
}

TEST_F(MemoryCareTest, GivesBackEveryHalfHourWhileMemoryIsShort) {
  fake_.Memory(16 * kGiB, kGiB);
  answer_ = R"({"data":{"release":{"freed_bytes":1572864}}})";
  Tick(29min);
  EXPECT_TRUE(SaidAfter(0).empty());
  Tick(30min);
  EXPECT_EQ(SaidAfter(1), std::vector<std::string>{
                              "memory is short: 1.5 MiB were given back"});
  Tick(59min);
  EXPECT_TRUE(SaidAfter(1).empty());
  // There is room again, but tasks wait for memory.
  fake_.Memory(16 * kGiB, 8 * kGiB);
  fake_.Pressure(3, 1);
  Tick(61min);
  EXPECT_EQ(SaidAfter(2).size(), 1U);
  EXPECT_EQ(looks_, 0);
}

TEST_F(MemoryCareTest, NeverLooksWhenTheSettingsSaySo) {
  settings_.tune_release_minutes = 0;
  fake_.Memory(16 * kGiB, kGiB);
  MemoryCare care(
      host::Machine(fake_.root()), settings_,
      [this](TuneFor /*what*/, const auto& /*cancelled*/) {
        ++looks_;
        return answer_;
      },
      kStart, [] {});
  care.Tick(kStart + 1000min);
  care.Stop();
  EXPECT_EQ(looks_, 0);
}

TEST_F(MemoryCareTest, SaysWhenNothingCameOfIt) {
  fake_.Memory(16 * kGiB, kGiB);
  answer_ = R"({"data":{"release":{"freed_bytes":0}}})";
  Tick(31min);
  EXPECT_EQ(SaidAfter(1),
            std::vector<std::string>{
                "memory is short, and there was nothing to give back"});
}

TEST_F(MemoryCareTest, SaysWhenItFailed) {
  fake_.Memory(16 * kGiB, kGiB);
  answer_ = std::string("no JSON");
  Tick(31min);
  EXPECT_EQ(SaidAfter(1), std::vector<std::string>{
                              "memory is short, and giving it back failed"});
}

TEST_F(MemoryCareTest, AClockThatGoesBackStopsNothing) {
  fake_.Memory(16 * kGiB, kGiB);
  answer_ = R"({"data":{"release":{"freed_bytes":0}}})";
  Tick(-600min);
  EXPECT_TRUE(SaidAfter(0).empty());
  Tick(-569min);
  EXPECT_EQ(SaidAfter(1).size(), 1U);
}

}  // namespace
}  // namespace benchkeep::jobs
