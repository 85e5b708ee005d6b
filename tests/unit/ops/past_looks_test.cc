// Which kept copies are newer than all that was merged.

#include "ops/past_looks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fs/posix_file_system.h"
#include "store/guard_files.h"
#include "support/temp_dir.h"

namespace benchkeep::ops {
namespace {

using namespace std::chrono_literals;

const TimePoint kNoon = std::chrono::sys_days(2026y / 1 / 31) + 12h;
const std::int64_t kNoonNs = store::GuardNanos(kNoon);

// The file with inode 7, changed so long after noon and kept a second later.
store::KeptIncrement Kept(std::chrono::nanoseconds changed) {
  store::KeptIncrement kept;
  kept.source.device = 1;
  kept.source.inode = 7;
  kept.source.mtime_ns = kNoonNs + changed.count();
  kept.kept = kNoon + changed + 1s;
  return kept;
}

// It looked ten minutes after noon; what it merged is from up to then.
Look Full() {
  return {.time = kNoon + 10min,
          .newest_ns = kNoonNs + std::chrono::nanoseconds(9min).count(),
          .open = {}};
}

bool AreAllOlder(std::vector<Look> looks, const store::KeptIncrement& kept) {
  return PastLooks(std::move(looks)).AreAllOlder(kept);
}

TEST(PastLooks, NothingWasMergedYet) { EXPECT_TRUE(AreAllOlder({}, Kept(0s))); }

TEST(PastLooks, WhatWasMergedIsNewerOrOlder) {
  EXPECT_FALSE(AreAllOlder({Full()}, Kept(8min)));
  // It may have been merged itself.
  EXPECT_FALSE(AreAllOlder({Full()}, Kept(9min)));
  // There when it looked, but newer than all that it merged.
  EXPECT_TRUE(AreAllOlder({Full()}, Kept(9min + 1ns)));
  EXPECT_TRUE(AreAllOlder({Full()}, Kept(11min)));
}

TEST(PastLooks, OneThatIsNewerIsEnough) {
  Look early = Full();
  early.newest_ns = kNoonNs;
  EXPECT_TRUE(AreAllOlder({early, early}, Kept(8min)));
  EXPECT_FALSE(AreAllOlder({early, Full()}, Kept(8min)));
  EXPECT_FALSE(AreAllOlder({Full(), early}, Kept(8min)));
}

TEST(PastLooks, WhatWasOpenThenWasClosedLater) {
  store::KeptIncrement kept = Kept(8min);
  Look look = Full();
  look.open.push_back({kept.source, kNoon + 10min});
  // A version from before it was opened.
  EXPECT_FALSE(AreAllOlder({look}, kept));
  kept.kept = kNoon + 10min + 1ns;
  EXPECT_TRUE(AreAllOlder({look}, kept));
  EXPECT_FALSE(AreAllOlder({look, Full()}, kept));
  look.open[0].info.inode = 8;
  EXPECT_FALSE(AreAllOlder({look}, kept));
}

TEST(PastLooks, WhatTheGuardSawOpenSinceWasClosedLater) {
  store::KeptIncrement kept = Kept(8min);
  kept.open = kNoon + 10min;
  EXPECT_FALSE(AreAllOlder({Full()}, kept));
  kept.open = kNoon + 11min;
  EXPECT_TRUE(AreAllOlder({Full()}, kept));
}

class PastLooksTest : public testing::Test {
 protected:
  PastLooksTest() {
    std::ofstream(dir_.path() / "benchkeep.toml") << "";
    Result<store::Store> opened =
        store::Store::Open(files_, clock_, dir_.path());
    BENCHKEEP_CHECK(opened.ok());
    store_ = std::make_unique<store::Store>(std::move(*opened));
  }
  // `looked` null: an older version wrote the record.
  void Add(TimePoint begin, const std::string& op, const Look* looked) {
    const fs::Path folder =
        store_->layout().trash_dir() / store::MakeTxnId(begin, op, 0);
    std::filesystem::create_directories(folder);
    Json record = Json::Object();
    record.Set("format", Json::Int(1));
    if (looked != nullptr) record.Set("looked", LookToJson(*looked));
    std::ofstream(folder / "record.json") << record.Dump();
  }
  bool AreAllOlder(const store::KeptIncrement& kept) {
    const auto read = PastLooks::Read(
        *store_, TimePoint(std::chrono::nanoseconds(kept.source.mtime_ns)));
    EXPECT_TRUE(read.ok());
    return read.ok() && read->AreAllOlder(kept);
  }

  TempDir dir_;
  fs::PosixFileSystem files_;
  ManualClock clock_{kNoon};
  std::unique_ptr<store::Store> store_;
};

TEST_F(PastLooksTest, ReadsThemBack) {
  EXPECT_TRUE(AreAllOlder(Kept(0s)));
  store::KeptIncrement kept = Kept(8min);
  kept.kept = kNoon + 11min;
  Look look = Full();
  Add(kNoon + 9min, "consolidate", &look);
  EXPECT_FALSE(AreAllOlder(kept));
  EXPECT_TRUE(AreAllOlder(Kept(9min + 1ns)));
  look.open.push_back({kept.source, kNoon + 10min});
  Add(kNoon + 9min, "consolidate", &look);
  EXPECT_TRUE(AreAllOlder(kept));
  // What others do says nothing about increments.
  Add(kNoon + 20min, "dedupe", nullptr);
  EXPECT_TRUE(AreAllOlder(kept));
}

TEST_F(PastLooksTest, ARecordThatDoesNotSayMayHaveMergedAll) {
  Add(kNoon + 9min, "consolidate", nullptr);
  EXPECT_FALSE(AreAllOlder(Kept(9min)));
  EXPECT_TRUE(AreAllOlder(Kept(9min + 1ms)));
}

TEST_F(PastLooksTest, ReadsAsFarBackAsItMatters) {
  Look late = Full();
  late.time = kNoon + 30min;
  late.newest_ns = kNoonNs;
  const Look full = Full();
  Add(kNoon + 9min, "consolidate", &full);
  Add(kNoon + 29min, "consolidate", &late);
  EXPECT_FALSE(AreAllOlder(Kept(8min)));
  EXPECT_TRUE(AreAllOlder(Kept(11min)));
}

}  // namespace
}  // namespace benchkeep::ops
