// What the jobs ask of the results, in the jobs' words.
//
// The seam above which there is no SQL and no Parquet.  ParquetResults
// (store/parquet_results.h) implements it for a results file with increments;
// a database could, too.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/result.h"
#include "fs/file_system.h"

namespace benchkeep::store {

enum class Shape {
  kRecords,  // One row per test; has the key column.
  kSummary,  // One row per cell; no key column.
};
const char* ShapeName(Shape shape);

// An order-independent sum of 128-bit hashes of keys, modulo 2^128.  Equal sums
// of two collections of rows mean (but for chance of 2^-128) equal collections
// of keys, duplicates counted.
struct KeySum {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  KeySum& operator+=(const KeySum& other);
  KeySum& operator-=(const KeySum& other);
  bool operator==(const KeySum&) const = default;
  [[nodiscard]] std::string Hex() const;  // 32 digits.
};

// Rows and their keys: one line of the ledger.
struct RowCount {
  std::uint64_t rows = 0;
  KeySum keys;
  RowCount& operator+=(const RowCount& other);
  RowCount& operator-=(const RowCount& other);
  bool operator==(const RowCount&) const = default;
};

struct ModelStatistics {
  std::string name;  // Empty: rows without a model.
  std::uint64_t total_tests = 0;
  std::optional<double> success_rate;  // 0..1; none without outcomes.
};

struct ResultsStatistics {
  Shape shape = Shape::kRecords;
  std::uint64_t rows = 0;
  std::uint64_t total_tests = 0;
  std::uint64_t successes = 0;  // Rows or tests that succeeded.
  std::optional<double> success_rate;
  std::vector<ModelStatistics> models;  // By tests, most first, then name.
  std::optional<std::string> newest;    // Largest value of the time column.
  std::uint64_t bytes = 0;
};

// One increment to be merged, as claimed: nobody writes to it any more.
struct IncrementFile {
  fs::Path path;
  std::string name;  // As it was called in the increments folder.
  std::int64_t mtime_ns = 0;
  // Only its rows whose key the results have not count: it is older than they.
  bool only_new_keys = false;
};

struct RejectedFile {
  std::size_t index = 0;  // Among the increments given.
  std::string name;
  Message reason;
  Code code = Code::kCorruption;  // kBusy: somebody writes it; try later.
};

struct Conflict {
  std::string key;     // The key columns, joined by "/".
  std::string before;  // The outcome that lost.
  std::string after;   // The outcome that stands.
};

// What a merge or de-duplication did (or, for a rehearsal, would do).
// Balance: before + seen == after + superseded, in rows and in keys.
struct MergeOutcome {
  Shape shape = Shape::kRecords;
  RowCount before;      // The results as they were.
  RowCount seen;        // Of all increments taken in.
  RowCount superseded;  // Rows that a later row of the same key replaced.
  RowCount after;       // Measured by reading the new results back.
  std::uint64_t rows_added = 0;     // Rows whose key was new.
  std::uint64_t rows_replaced = 0;  // Keys of the old results with a new row.
  std::uint64_t rows_removed = 0;   // Superseded within the old results.
  std::uint64_t conflicting = 0;    // Superseded rows of another outcome.
  std::vector<Conflict> conflicts;  // The first kMaxConflicts of them.
  std::vector<RowCount> per_file;   // Parallel to the increments given.
  std::vector<std::uint64_t> per_file_superseded;  // Rows of them that lost.
  std::vector<RejectedFile>
      rejected;  // They could not be used; counted nowhere.
  std::vector<std::string> columns_added;

  // The new version, synced, when the results change and it was not a
  // rehearsal; and the version it was computed from.
  std::optional<fs::Path> staged;
  std::optional<fs::FileInfo> base;
  std::uint64_t row_groups_copied = 0;  // Taken over byte by byte.
  std::uint64_t row_groups_cut = 0;     // Without their superseded rows.
  std::uint64_t row_groups_written = 0;
};
inline constexpr std::size_t kMaxConflicts = 100;

// Which rows and columns an export or scan wants.  Empty: all.
struct RowFilter {
  std::vector<std::string> columns;
  std::vector<std::string> models;
  std::string since;  // Compared with the time column as a timestamp.
  std::string where;  // An SQL condition; it cannot leave the results.
};

// A value of a row being scanned.
struct Cell {
  enum class Kind { kNull, kBool, kInt, kUint, kDouble, kText };
  Kind kind = Kind::kNull;
  bool boolean = false;
  std::int64_t integer = 0;
  std::uint64_t unsigned_integer = 0;
  double real = 0;
  bool single = false;    // The real came from 32 bits.
  std::string_view text;  // Valid until the next row.
};

// Rows in order, one at a time, whatever their number.
class RowScan {
 public:
  virtual ~RowScan() = default;
  [[nodiscard]] virtual const std::vector<std::string>& columns() const = 0;
  // What the columns hold, parallel to them, in the words of whoever stores
  // the results ("BIGINT"); empty when that is not known.
  [[nodiscard]] virtual std::vector<std::string> types() const { return {}; }
  // The next row, or nullptr at the end.  Valid until the next call.
  virtual Result<const std::vector<Cell>*> Next() = 0;
};

// Tests that agree in some columns.
struct TestGroup {
  std::vector<std::optional<std::string>> values;  // As asked for.
  std::uint64_t total_tests = 0;
  std::uint64_t known = 0;  // With a known outcome.
  double successes = 0;
};

// Tests by time, in slots of equal length; empty ones are left out.
struct Timeline {
  struct Slot {
    std::int64_t start_seconds = 0;  // Since 1970, in the results' own clock.
    std::uint64_t total_tests = 0;
    std::uint64_t known = 0;
    double successes = 0;
  };
  std::int64_t slot_seconds = 0;  // 0: the results tell no time.
  std::vector<Slot> slots;        // In order.
};

// Part of time, in the results' own clock.
struct TimeWindow {
  std::string name;                // "now", "before"; what the query calls it.
  std::int64_t since_seconds = 0;  // Since 1970; inside.
  std::int64_t until_seconds = 0;  // Outside.
};

// What is to be counted, and by what.
struct CountRequest {
  bool cells = false;  // The cells of a master database, not the results.
  std::vector<std::string> columns = {};
  // Only tests of these times, and by them; each window ends where the next
  // one begins.
  std::vector<TimeWindow> windows = {};
  bool by_day = false;
  // Only failed tests that say why (for cells: that ran out of time), and by
  // their words.
  bool by_reason = false;
  std::size_t most = 200'000;  // Groups.
};

struct CountAnswer {
  // Values are those of the columns, then the day, the name of the window and
  // the reason, where asked for.
  std::vector<TestGroup> groups;
  // SQL of a person that gives the same by Query(): columns in that order,
  // then tests, known and successes (or tests alone, of reasons).
  std::string query;
  // False: the results do not say when tests ran, or why they failed.
  bool told = true;
};

// Tests of one model that ended in one slot of time.
struct PaceSlot {
  std::int64_t start_seconds = 0;  // Since 1970, UTC.
  std::string model;               // Empty: rows without a model.
  std::uint64_t total_tests = 0;
  std::uint64_t known = 0;  // With a known outcome.
  double successes = 0;
};

struct PaceQuestion {
  std::int64_t since_seconds = 0;  // Since 1970, UTC.
  std::int64_t slot_seconds = 60;
  // Local time minus UTC: for times that do not say their zone.
  std::int64_t utc_offset_seconds = 0;
};

struct PaceAnswer {
  bool timed = false;           // False: the rows tell no time.
  std::vector<PaceSlot> slots;  // By time, then model.
  std::uint64_t unread = 0;     // Increments that could not be looked at.
};

// File forms that the results can write by themselves, fast.
enum class BulkFormat { kParquet };

enum class Rehearse { kNo, kYes };  // kYes: count all, write nothing.

class Results {
 public:
  virtual ~Results() = default;

  // kNotFound when there are no results yet.
  virtual Result<ResultsStatistics> Statistics() = 0;

  // Tests by the values of `columns`; a column that is not there has no
  // values.  kInvalidArgument for more than `most` groups.
  virtual Result<std::vector<TestGroup>> Groups(
      const std::vector<std::string>& columns, std::size_t most) = 0;

  // Tests by time, in about `slots` slots or fewer.
  virtual Result<Timeline> OverTime(std::size_t slots) = 0;

  // Tests that ended lately, in the results and in the increments that wait; a
  // key counts once.
  virtual Result<PaceAnswer> Pace(const PaceQuestion& question) = 0;

  // Merges `increments`, given in keep-last order, into a new version of the
  // results in `staging` (a folder of ours on the file system of the results).
  // The results themselves are not touched.  The new version is synced, read
  // back and compared before this returns.
  virtual Result<MergeOutcome> Merge(
      const std::vector<IncrementFile>& increments, const fs::Path& staging,
      Rehearse rehearse, Progress& progress) = 0;

  // Like Merge, of nothing: drops the superseded rows of the results alone.
  virtual Result<MergeOutcome> Deduplicate(const fs::Path& staging,
                                           Rehearse rehearse,
                                           Progress& progress) = 0;

  // Fails with kBusy when the results are no longer what was read: somebody has
  // written them or wants to.  For the moment just before they are replaced.
  virtual Status StillUnchanged() const = 0;

  virtual Result<std::unique_ptr<RowScan>> Scan(const RowFilter& filter) = 0;

  // Writes the filtered rows to the new file `target` inside `staging`.
  // Returns the number of rows.
  virtual Result<std::uint64_t> WriteTo(const RowFilter& filter,
                                        BulkFormat format,
                                        const fs::Path& target,
                                        Progress& progress) = 0;

  // A person's read-only SQL over results, increments and cells.
  virtual Result<std::unique_ptr<RowScan>> Query(const std::string& sql) = 0;

  // Tests as a person would count them, with the query for it.  kNotFound when
  // what is to be counted is not there, kInvalidArgument for too many groups.
  virtual Result<CountAnswer> Count(const CountRequest& request) = 0;
};

}  // namespace benchkeep::store
