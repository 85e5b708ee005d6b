// What the guard writes while every call fails in turn, and while the power
// goes at every call.
//
// The increments and the master database are real files; what is kept of them
// is on a disk in memory, below the same folder.

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <set>

#include "fs/atomic_file.h"
#include "fs/posix_file_system.h"
#include "fs/sha256.h"
#include "store/guard.h"
#include "store/master_database.h"
#include "support/fault_file_system.h"
#include "support/mem_file_system.h"
#include "support/temp_dir.h"
#include "unit/store/guard_fixture.h"
#include "unit/store/parquet_fixture.h"
#include "unit/store/transaction_fixture.h"

namespace benchkeep::store {
namespace {

using namespace std::chrono_literals;
using fs::FaultFileSystem;
using fs::MemFileSystem;
using Calls = FaultFileSystem::Calls;
using Lasting = FaultFileSystem::Lasting;
using UnsyncedNames = MemFileSystem::UnsyncedNames;

constexpr const char* kName = "a.parquet";
constexpr const char* kOther = "other.parquet";

// One thing that the guard does.
struct Deed {
  std::function<void()> arrange;
  std::function<Status()> act;
  // Whatever happened; `done`: act() said that all went well.
  std::function<void(bool done)> judge;
  // After it was done, at the first attempt or at the second.
  std::function<void()> judge_done;
  std::size_t images = 0;  // Of the master database, in the end.
};

class GuardFaultTest : public testing::Test {
 protected:
  // --- The world ---

  void Reset() {
    guard_.reset();
    std::filesystem::remove_all(root());
    std::filesystem::create_directories(root());
    disk_ = std::make_unique<MemFileSystem>();
    faulty_ = std::make_unique<FaultFileSystem>(*disk_);
    ASSERT_TRUE(disk_->MakeDirs(root(), 0700).ok());
    ASSERT_TRUE(fs::ReplaceFile(*disk_, root() / "benchkeep.toml",
                                "[store]\nmaster = \"master.json\"\n")
                    .ok());
    for (fs::Path folder = root(); folder != "/";
         folder = folder.parent_path()) {
      ASSERT_TRUE(disk_->SyncDir(folder.parent_path()).ok());
    }
    sources_.clear();
    clock_.Set(kNoon);
    Restart();
  }

  // As another process sees it.
  void Restart() {
    clock_.SleepFor(1s);
    guard_.reset();
    store_ = std::make_unique<Store>(MustOpen(*faulty_, clock_, root()));
    guard_ = std::make_unique<Guard>(*store_);
  }

  [[nodiscard]] fs::Path root() const { return dir_.path() / "store"; }
  [[nodiscard]] fs::Path Increment(const char* name) const {
    return store_->layout().increments() / name;
  }

  // In place, as the campaign writes.
  void Write(const fs::Path& path, const std::string& bytes) {
    clock_.SleepFor(1s);
    WriteBytes(path, bytes);
    ASSERT_TRUE(
        posix_.SetTime(path, clock_.Now().time_since_epoch() / 1ns).ok());
    sources_[path.string()] = bytes;
  }
  void WriteMaster(int total) { Write(root() / "master.json", Master(total)); }

  void ExpectSourcesUntouched() {
    for (const auto& [path, bytes] : sources_) {
      EXPECT_EQ(FileBytes(path), bytes) << path;
    }
  }

  // --- What is done ---

  Status Keep(const char* name) {
    BENCHKEEP_ASSIGN(const fs::HeldFile file,
                     fs::HeldFile::Open(Increment(name)));
    return Ignoring(guard_->Keep(name, file));
  }
  Status Mark(const char* name) {
    const auto info = posix_.Info(Increment(name));
    return Ignoring(guard_->MarkDeleted(*info, clock_.Now()));
  }
  template <typename T>
  static Status Ignoring(const Result<T>& result) {
    if (!result.ok()) return Unexpected(result.error());
    return {};
  }

  // Another increment that was kept and deleted long ago: it must outlast all.
  void ArrangeOther() {
    Write(Increment(kOther), FromHex(kAlwaysNull));
    ASSERT_TRUE(Keep(kOther).ok());
    ASSERT_TRUE(Mark(kOther).ok());
  }

  // --- What is there ---

  // The copies that a reader takes for whole, by their content.  Others there
  // are only where a power cut has torn them.
  std::multiset<std::string> Copies() {
    std::multiset<std::string> whole;
    const auto all = Reader().Increments();
    EXPECT_TRUE(all.ok());
    if (!all.ok()) return whole;
    for (const KeptIncrement& kept : *all) {
      const std::string bytes = BytesOf(kept.file);
      if (fs::Sha256Of(bytes) == kept.sha256) whole.insert(bytes);
      EXPECT_TRUE(whole.contains(bytes) || power_was_cut_) << kept.file;
    }
    return whole;
  }
  bool IsMarked(const char* name) {
    const auto all = Reader().Increments();
    EXPECT_TRUE(all.ok());
    return std::all_of(all->begin(), all->end(), [&](const auto& kept) {
      return kept.name != name || kept.deleted;
    });
  }
  std::vector<LostUpdate> Alarms() {
    const auto alarms = Reader().LostUpdates();
    EXPECT_TRUE(alarms.ok());
    return alarms.ok() ? *alarms : std::vector<LostUpdate>();
  }
  std::int64_t TestsBefore(const LostUpdate& alarm) {
    const auto master = LoadMaster(*disk_, alarm.before.file);
    EXPECT_TRUE(master.ok());
    return master.ok() ? TestsOf(master->leaves.at(0)) : -1;
  }
  bool HasImage(int total) {
    const fs::Path folder = store_->layout().guard_master();
    const auto names = NamesIn(*disk_, folder);
    return std::any_of(
        names.begin(), names.end(), [&](const std::string& name) {
          return name.ends_with(".json") &&
                 BytesOf(folder / fs::Path(name).replace_extension(
                                      ".master")) == Master(total);
        });
  }
  std::string BytesOf(const fs::Path& path) {
    return fs::ReadFile(*disk_, path, 1U << 20U).value_or("");
  }
  Guard Reader() { return Guard(*store_); }

  // Copies and notes in pairs, nothing else.
  void ExpectNoLitter(std::size_t images) {
    const Layout& layout = store_->layout();
    for (const auto& [folder, data] :
         {std::pair(layout.guard_increments(), ".parquet"),
          std::pair(layout.guard_master(), ".master")}) {
      if (!fs::Exists(*disk_, folder).value()) continue;
      std::set<std::string> notes;
      std::set<std::string> copies;
      for (const std::string& name : NamesIn(*disk_, folder)) {
        const fs::Path path(name);
        EXPECT_TRUE(path.extension() == ".json" || path.extension() == data)
            << name;
        (path.extension() == data ? copies : notes).insert(path.stem());
      }
      EXPECT_EQ(notes, copies);
    }
    EXPECT_EQ(NamesIn(*disk_, layout.guard_master()).size(), 2 * images);
    for (const std::string& name : NamesIn(*disk_, layout.guard_alarms())) {
      EXPECT_EQ(fs::Path(name).extension(), ".json") << name;
    }
  }

  // --- Sweeps ---

  void Judge(const Deed& deed, bool done) {
    ExpectSourcesUntouched();
    deed.judge(done);
    // The next attempt works, and the time comes to tidy up.
    const Status again = deed.act();
    EXPECT_TRUE(again.ok()) << again.error().message.English();
    deed.judge(true);
    deed.judge_done();
    clock_.SleepFor(2h);
    EXPECT_TRUE(guard_->Prune().ok());
    deed.judge(true);
    deed.judge_done();
    ExpectNoLitter(deed.images);
    ExpectSourcesUntouched();
  }

  // A call fails, or it and all after it, as when the process was killed.
  // Returns how many faults there were.
  std::uint64_t SweepFaults(const Deed& deed) {
    std::uint64_t injected = 0;
    for (const int sys_errno : {EIO, ENOSPC}) {
      for (const Lasting lasting : {Lasting::kOnce, Lasting::kFromThenOn}) {
        for (std::uint64_t nth = 1;; ++nth) {
          SCOPED_TRACE("call " + std::to_string(nth) + ", errno " +
                       std::to_string(sys_errno) +
                       (lasting == Lasting::kOnce ? "" : ", from then on"));
          Reset();
          deed.arrange();
          faulty_->Arm({nth, sys_errno, Calls::kMutating, lasting});
          const bool done = deed.act().ok();
          const std::uint64_t fired = faulty_->fired();
          faulty_->Arm({});
          if (lasting == Lasting::kFromThenOn) Restart();
          Judge(deed, done);
          if (fired == 0) break;
          injected += fired;
          if (HasFailure()) return injected;
        }
      }
    }
    return injected;
  }

  std::uint64_t SweepCuts(const Deed& deed) {
    std::uint64_t cuts = 0;
    power_was_cut_ = true;
    for (const auto names : {UnsyncedNames::kLost, UnsyncedNames::kKept}) {
      for (std::uint64_t nth = 1;; ++nth) {
        SCOPED_TRACE("power cut at call " + std::to_string(nth));
        Reset();
        deed.arrange();
        faulty_->Arm({nth, EIO, Calls::kMutating, Lasting::kFromThenOn});
        const bool done = deed.act().ok();
        const std::uint64_t fired = faulty_->fired();
        disk_->PowerCut(names);
        faulty_->Arm({});
        Restart();
        ExpectSourcesUntouched();
        deed.judge(done);
        EXPECT_TRUE(deed.act().ok());
        if (fired == 0) break;
        ++cuts;
        if (HasFailure()) return cuts;
      }
    }
    return cuts;
  }

  TempDir dir_;
  fs::PosixFileSystem posix_;
  ManualClock clock_{kNoon};
  std::unique_ptr<MemFileSystem> disk_;
  std::unique_ptr<FaultFileSystem> faulty_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Guard> guard_;
  std::map<std::string, std::string> sources_;
  bool power_was_cut_ = false;

  const std::string first_ = FromHex(kRequiredColumns);
  const std::string second_ = FromHex(kNested);
  const std::string other_ = FromHex(kAlwaysNull);

  const Deed keep_{
      .arrange =
          [this] {
            ArrangeOther();
            Write(Increment(kName), first_);
          },
      .act = [this] { return Keep(kName); },
      .judge =
          [this](bool done) {
            const auto copies = Copies();
            EXPECT_TRUE(copies.contains(other_));
            EXPECT_TRUE(copies.contains(first_) || !done || power_was_cut_);
          },
      .judge_done =
          [this] {
            EXPECT_EQ(Copies(), (std::multiset{other_, first_}));
          },
  };

  const Deed keep_again_{
      .arrange =
          [this] {
            ArrangeOther();
            Write(Increment(kName), first_);
            ASSERT_TRUE(Keep(kName).ok());
            Write(Increment(kName), second_);
          },
      .act = [this] { return Keep(kName); },
      .judge =
          [this](bool done) {
            const auto copies = Copies();
            EXPECT_TRUE(copies.contains(other_));
            EXPECT_TRUE(copies.contains(first_) || copies.contains(second_) ||
                        power_was_cut_);
            EXPECT_TRUE(copies.contains(second_) || !done || power_was_cut_);
          },
      .judge_done =
          [this] {
            EXPECT_EQ(Copies(), (std::multiset{other_, second_}));
          },
  };

  const Deed mark_{
      .arrange =
          [this] {
            ArrangeOther();
            Write(Increment(kName), first_);
            ASSERT_TRUE(Keep(kName).ok());
          },
      .act = [this] { return Mark(kName); },
      .judge =
          [this](bool done) {
            const auto copies = Copies();
            EXPECT_TRUE(copies.contains(other_));
            // Once marked it is durable.
            EXPECT_TRUE(copies.contains(first_) || (power_was_cut_ && !done));
            EXPECT_TRUE(IsMarked(kName) || !done);
          },
      .judge_done =
          [this] {
            EXPECT_EQ(Copies(), (std::multiset{other_, first_}));
            EXPECT_TRUE(IsMarked(kName));
          },
  };

  const Deed see_{
      .arrange = [this] { WriteMaster(89); },
      .act = [this] { return Ignoring(guard_->SeeMaster()); },
      .judge = [this](bool done) { EXPECT_TRUE(HasImage(89) || !done); },
      .judge_done = [this] { EXPECT_TRUE(HasImage(89)); },
      .images = 1,
  };

  const Deed see_a_fall_{
      .arrange =
          [this] {
            WriteMaster(89);
            ASSERT_TRUE(guard_->SeeMaster().ok());
            WriteMaster(36);
          },
      .act = [this] { return Ignoring(guard_->SeeMaster()); },
      .judge =
          [this](bool done) {
            EXPECT_TRUE(HasImage(89));
            const auto alarms = Alarms();
            EXPECT_TRUE(!alarms.empty() || !done);
            for (const LostUpdate& alarm : alarms) {
              EXPECT_EQ(TestsBefore(alarm), 89);
            }
          },
      .judge_done =
          [this] {
            EXPECT_EQ(Alarms().size(), 1U);
            EXPECT_TRUE(HasImage(36));
          },
      .images = 2,
  };

  const Deed see_a_recovery_{
      .arrange =
          [this] {
            for (const int total : {89, 36}) {
              WriteMaster(total);
              ASSERT_TRUE(guard_->SeeMaster().ok());
            }
            ASSERT_EQ(Alarms().size(), 1U);
            WriteMaster(90);
          },
      .act = [this] { return Ignoring(guard_->SeeMaster()); },
      .judge =
          [this](bool done) {
            // Until it is known that nothing is lost any more.
            EXPECT_TRUE(!Alarms().empty() || HasImage(90) || HasImage(36));
            EXPECT_TRUE(HasImage(90) || !done);
          },
      .judge_done =
          [this] {
            EXPECT_TRUE(Alarms().empty());
            EXPECT_TRUE(HasImage(90));
          },
      .images = 1,
  };

  const Deed prune_{
      .arrange =
          [this] {
            ArrangeOther();
            clock_.SleepFor(31 * 24h);
            Write(Increment(kName), first_);
            ASSERT_TRUE(Keep(kName).ok());
            ASSERT_TRUE(Mark(kName).ok());
          },
      .act = [this] { return Ignoring(guard_->Prune()); },
      .judge = [this](bool) { EXPECT_TRUE(Copies().contains(first_)); },
      .judge_done = [this] { EXPECT_EQ(Copies(), std::multiset{first_}); },
  };
};

TEST_F(GuardFaultTest, KeepingACopy) {
  EXPECT_GT(SweepFaults(keep_), 30U);
  EXPECT_GT(SweepCuts(keep_), 10U);
}

TEST_F(GuardFaultTest, KeepingALaterForm) {
  EXPECT_GT(SweepFaults(keep_again_), 30U);
  EXPECT_GT(SweepCuts(keep_again_), 10U);
}

TEST_F(GuardFaultTest, MarkingAsDeleted) {
  EXPECT_GT(SweepFaults(mark_), 20U);
  EXPECT_GT(SweepCuts(mark_), 10U);
}

TEST_F(GuardFaultTest, KeepingAnImageOfTheMasterDatabase) {
  EXPECT_GT(SweepFaults(see_), 30U);
  EXPECT_GT(SweepCuts(see_), 10U);
}

TEST_F(GuardFaultTest, RaisingAnAlarm) {
  EXPECT_GT(SweepFaults(see_a_fall_), 50U);
  EXPECT_GT(SweepCuts(see_a_fall_), 20U);
}

TEST_F(GuardFaultTest, SettlingAnAlarm) {
  EXPECT_GT(SweepFaults(see_a_recovery_), 50U);
  EXPECT_GT(SweepCuts(see_a_recovery_), 20U);
}

TEST_F(GuardFaultTest, LettingGoOfOldCopies) {
  EXPECT_GT(SweepFaults(prune_), 5U);
  EXPECT_GT(SweepCuts(prune_), 2U);
}

TEST_F(GuardFaultTest, WhatAPowerCutHasTornIsKeptAnew) {
  Reset();
  Write(Increment(kName), first_);
  ASSERT_TRUE(Keep(kName).ok());
  const auto kept = Reader().Increments().value();
  ASSERT_EQ(kept.size(), 1U);
  ASSERT_TRUE(disk_->Remove(kept[0].file).ok());
  const auto torn = disk_->Create(kept[0].file, 0600);
  ASSERT_TRUE((*torn)->Append(first_.substr(0, first_.size() / 2)).ok());
  power_was_cut_ = true;
  EXPECT_TRUE(Copies().empty());
  Restart();
  ASSERT_TRUE(Keep(kName).ok());
  EXPECT_EQ(Copies(), std::multiset{first_});
  EXPECT_EQ(Reader().Increments()->size(), 1U);
}

}  // namespace
}  // namespace benchkeep::store
