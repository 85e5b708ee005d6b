// A results folder with increments, made by the engine, that is merged.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "store/parquet_results.h"
#include "support/temp_dir.h"
#include "unit/store/parquet_fixture.h"

namespace benchkeep::store {

using Texts = std::vector<std::string>;

class MergeTest : public testing::Test {
 protected:
  MergeTest() {
    std::filesystem::create_directories(Staging());
    std::filesystem::create_directories(Path("incremental"));
  }

  [[nodiscard]] fs::Path Path(const std::string& name) const {
    return dir_.path() / "pilot_bench_parquet_data" / name;
  }
  [[nodiscard]] fs::Path ResultsPath() const {
    return Path("test_results.parquet");
  }
  [[nodiscard]] fs::Path Staging() const {
    return dir_.path() / ".benchkeep" / "txn" / "t" / "new";
  }

  void Base(const std::string& select, const std::string& options = "") {
    maker_.Make(ResultsPath(), select, options);
  }
  // Increments are given in the order they are made in.
  void Increment(const std::string& select) {
    const fs::Path path = NextIncrement();
    maker_.Make(path, select);
  }
  fs::Path NextIncrement() {
    const std::string name =
        "increment_" + std::to_string(increments_.size()) + ".parquet";
    increments_.push_back({Path("incremental") / name, name,
                           static_cast<std::int64_t>(increments_.size())});
    return increments_.back().path;
  }

  Store OpenStore() {
    auto store = Store::Open(files_, clock_, dir_.path());
    BENCHKEEP_CHECK(store.ok());
    return std::move(*store);
  }

  Result<MergeOutcome> TryMerge(Rehearse rehearse = Rehearse::kNo,
                                std::uint64_t memory = 256U << 20U) {
    const Store store = OpenStore();
    auto results =
        ParquetResults::Open(store, {.memory_bytes = memory, .threads = 2});
    if (!results.ok()) return Unexpected(results.error());
    return (*results)->Merge(increments_, Staging(), rehearse, progress_);
  }

  // Merges, puts the new version in place, and forgets the increments.
  MergeOutcome Merge(std::uint64_t memory = 256U << 20U) {
    auto outcome = TryMerge(Rehearse::kNo, memory);
    if (!outcome.ok()) {
      ADD_FAILURE() << outcome.error().message.English();
      return {};
    }
    // Balance, in rows and in keys.
    RowCount in = outcome->before;
    in += outcome->seen;
    RowCount accounted = outcome->after;
    accounted += outcome->superseded;
    EXPECT_EQ(in, accounted);
    if (outcome->staged) {
      std::filesystem::rename(*outcome->staged, ResultsPath());
    }
    EXPECT_TRUE(std::filesystem::is_empty(Staging()));
    EXPECT_TRUE(std::filesystem::is_empty(dir_.path() / ".benchkeep" / "tmp"));
    increments_.clear();
    return std::move(*outcome);
  }

  // Rows of the results by key: their order in the file is not promised.
  Texts Rows(const std::string& list) {
    Texts rows = maker_.Read(ResultsPath(), list);
    std::sort(rows.begin(), rows.end());
    return rows;
  }
  std::string TypeOf(const std::string& column) {
    const Texts types = maker_.Query(fmt::format(
        "SELECT column_type FROM (DESCRIBE SELECT * FROM "
        "read_parquet({})) WHERE column_name = {}",
        engine::Literal(ResultsPath().string()), engine::Literal(column)));
    return types.empty() ? "" : types.front();
  }

  void Setting(const std::string& toml) {
    WriteBytes(dir_.path() / "benchkeep.toml", toml);
  }

  TempDir dir_;
  fs::PosixFileSystem files_;
  SystemClock clock_;
  NoProgress progress_;
  ParquetMaker maker_{dir_.path()};
  std::vector<IncrementFile> increments_;
};

}  // namespace benchkeep::store
