// The keys and outcomes of the rows that a merge deals with: hashed straight
// from the pages where that is possible (store/key_scan.h), else read by the
// engine.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/database.h"
#include "store/fresh_table.h"
#include "store/key_scan.h"
#include "store/parquet_source.h"
#include "store/schema_union.h"

namespace benchkeep::store {

struct RowKey {
  std::uint64_t place = 0;
  KeyHash hash;
  bool complete = true;  // No part of the key is NULL.
  std::uint16_t outcome = kNoOutcome;
};

class MergeKeys {
 public:
  // All of these must outlive it; `base_types` are those of the results, whose
  // columns are the first of `schema`.
  MergeKeys(engine::Connection& connection, const SchemaUnion& schema,
            const std::vector<std::string>& base_types,
            const std::string& success, Progress& progress)
      : connection_(connection),
        schema_(schema),
        base_types_(base_types),
        success_(success),
        progress_(progress) {}

  struct Limits {
    bool pages = true;  // False: by the engine alone.
    int threads = 1;
    std::uint64_t memory_bytes = 0;
  };
  // Rows come in numbers up to this.
  static constexpr std::size_t kBatch = 256;
  using Take = std::function<Status(std::span<const RowKey>)>;
  struct Scanned {
    RowCount count;
    std::vector<RowCount> groups;  // By row group.
  };

  // The rows of the table "fresh"; `total` says how many there must be.
  Status ScanFresh(std::uint64_t total, const Take& take);

  // The same rows before they are loaded, file by file; `done` of all that are
  // waiting were taken before.  False: its pages were not understood; `take`
  // must forget what it was given.
  Result<bool> ScanIncrement(const WaitingIncrement& file, const Limits& limits,
                             std::uint64_t done, const Take& take);

  // False: only the engine can read the keys of the results.
  [[nodiscard]] bool MayScanPages(const ParquetSource& base,
                                  const Limits& limits) const;
  // The rows of the results.  Nullopt: its pages were not understood; `take`
  // must forget what it was given.
  Result<std::optional<Scanned>> ScanBasePages(const ParquetSource& base,
                                               const Limits& limits,
                                               const Take& take);
  // By the engine.
  Result<RowCount> ScanBase(const ParquetSource& base, const Take& take);
  // The rows of a new version.
  Result<RowCount> CountWritten(const ParquetSource& written,
                                const Limits& limits);
  // Without those of the row groups in `skip`.  Nullopt: its pages were not
  // understood.
  Result<std::optional<RowCount>> CountWrittenPages(
      const ParquetSource& written, const Limits& limits,
      std::vector<bool> skip);

 private:
  [[nodiscard]] std::string Columns(bool of_base) const;
  [[nodiscard]] std::string Typed(std::size_t place, bool of_base) const;
  // The column of the outcome, where the rows have one.
  [[nodiscard]] std::optional<std::size_t> Outcome(bool of_base) const;
  [[nodiscard]] bool HasType(std::size_t place, bool of_base,
                             const char* type) const;
  [[nodiscard]] std::optional<KeyScan> Plan(const ParquetSource& source,
                                            const Limits& limits,
                                            bool of_base) const;
  // Rows are counted from `place`, progress from `done`.
  Result<std::optional<Scanned>> ScanPages(const KeyScan& scan,
                                           std::uint64_t place,
                                           std::uint64_t done,
                                           const Take& take);
  Result<RowCount> ScanByEngine(const std::string& sql, std::uint64_t total,
                                const Take& take);
  Status Advance(std::uint64_t done);

  engine::Connection& connection_;
  const SchemaUnion& schema_;
  const std::vector<std::string>& base_types_;
  const std::string& success_;
  Progress& progress_;
};

}  // namespace benchkeep::store
