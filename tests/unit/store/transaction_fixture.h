// A small campaign and one transaction on it, for tests of transactions.
//
// The transaction takes three increments in, replaces the results with what it
// built and sends one increment to the quarantine.  What files hold does not
// matter to a transaction, so they hold a word each.

#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "base/clock.h"
#include "fs/atomic_file.h"
#include "fs/file_system.h"
#include "store/store.h"
#include "store/store_lock.h"
#include "store/transaction.h"

namespace benchkeep::store {

// Relative path -> bytes.
using Tree = std::map<std::string, std::string>;

inline const char* const kResultsName =
    "pilot_bench_parquet_data/test_results.parquet";
inline const char* const kIncrements = "pilot_bench_parquet_data/incremental";

inline std::string IncrementName(const std::string& name) {
  return std::string(kIncrements) + "/" + name;
}

// What the campaign holds before the transaction, and after it.
inline Tree Before() {
  return {{kResultsName, "old results"},
          {IncrementName("a.parquet"), "increment a"},
          {IncrementName("b.parquet"), "increment b"},
          {IncrementName("notes.txt"), "not ours"},
          {IncrementName("torn.parquet"), "half of"}};
}
inline Tree After() {
  return {{kResultsName, "new results"},
          {IncrementName("notes.txt"), "not ours"}};
}

inline void WriteFile(const fs::Path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

inline std::string FileBytes(const fs::Path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// All files below `folder` as `file_system` sees them; those of the state
// folder and lock files are left out.
inline void AddTree(fs::FileSystem& file_system, const fs::Path& folder,
                    const std::string& prefix, Tree& tree) {
  const auto entries = file_system.List(folder);
  ASSERT_TRUE(entries.ok()) << entries.error().message.English();
  for (const fs::DirEntry& entry : *entries) {
    if (prefix.empty() && entry.name == kStateFolder) continue;
    if (entry.name.ends_with(".lock")) continue;
    const fs::Path path = folder / entry.name;
    const std::string name = prefix + entry.name;
    if (entry.type == fs::FileType::kDirectory) {
      AddTree(file_system, path, name + "/", tree);
      continue;
    }
    const auto bytes = fs::ReadFile(file_system, path, 1U << 20U);
    ASSERT_TRUE(bytes.ok()) << bytes.error().message.English();
    tree[name] = *bytes;
  }
}

inline Tree TreeOf(fs::FileSystem& file_system, const fs::Path& folder) {
  Tree tree;
  AddTree(file_system, folder, "", tree);
  return tree;
}

// The same below the state folder: all that is in the quarantine, but for the
// notes and what a killed process left of one.
inline Tree QuarantineOf(fs::FileSystem& file_system, const Layout& layout) {
  Tree tree;
  if (file_system.Info(layout.quarantine_dir()).ok()) {
    AddTree(file_system, layout.quarantine_dir(), "", tree);
  }
  std::erase_if(tree, [](const auto& file) {
    return file.first.ends_with(".why.json") ||
           file.first.find(fs::kStagingInfix) != std::string::npos;
  });
  return tree;
}

inline void Populate(const fs::Path& root) {
  for (const auto& [name, bytes] : Before()) WriteFile(root / name, bytes);
}

inline Store MustOpen(fs::FileSystem& file_system, Clock& clock,
                      const fs::Path& root) {
  Result<Store> store = Store::Open(file_system, clock, root);
  BENCHKEEP_CHECK(store.ok());
  return std::move(*store);
}

inline StoreLock MustLock(const Store& store) {
  Result<StoreLock> lock = StoreLock::Acquire(store, "test");
  BENCHKEEP_CHECK(lock.ok());
  return std::move(*lock);
}

inline RowCount Rows(std::uint64_t rows, std::uint64_t key) {
  return {rows, {0, key}};
}

// Everything but the commit.
inline Status Prepare(const Store& store, Transaction& txn) {
  fs::FileSystem& file_system = store.file_system();
  const Layout& layout = store.layout();
  BENCHKEEP_TRY(txn.TakeFrom(layout.increments()));
  for (const char* name : {"a.parquet", "b.parquet", "torn.parquet"}) {
    BENCHKEEP_TRY(txn.MoveIn(name));
  }
  BENCHKEEP_TRY(txn.SyncTaken());
  BENCHKEEP_ASSIGN(const fs::FileInfo base, file_system.Info(layout.results()));
  const fs::Path staged = txn.staging() / "results.parquet";
  BENCHKEEP_ASSIGN(const auto file, file_system.Create(staged, 0600));
  BENCHKEEP_TRY(file->Append("new results"));
  BENCHKEEP_TRY(file->Sync());
  BENCHKEEP_TRY(file->Close());
  BENCHKEEP_TRY(txn.Quarantine("torn.parquet", Say("it was cut off")));
  BENCHKEEP_TRY(txn.Replace(staged, layout.results(), base));
  txn.Book({"before", kResultsName, Rows(10, 100)});
  txn.Book({"seen", IncrementName("a.parquet"), Rows(3, 7)});
  txn.Book({"superseded", kResultsName, Rows(1, 2)});
  txn.Book({"after", kResultsName, Rows(12, 105)});
  return {};
}

inline Result<std::string> RunTransaction(const Store& store,
                                          const StoreLock& lock) {
  BENCHKEEP_ASSIGN(Transaction txn,
                   Transaction::Begin(store, lock, "consolidate"));
  const std::string id = txn.id();
  BENCHKEEP_TRY(Prepare(store, txn));
  BENCHKEEP_TRY(txn.Commit());
  return id;
}

inline std::vector<std::string> NamesIn(fs::FileSystem& file_system,
                                        const fs::Path& folder) {
  std::vector<std::string> names;
  const auto entries = file_system.List(folder);
  if (!entries.ok()) return names;
  for (const fs::DirEntry& entry : *entries) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace benchkeep::store
