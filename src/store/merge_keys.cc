// Reading keys and outcomes.

#include "store/merge_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace benchkeep::store {
namespace {

// Hands rows on in numbers that stay in the processor's nearest cache.
class Batch {
 public:
  explicit Batch(const MergeKeys::Take& take) : take_(take) {}

  // To be filled in place: building it elsewhere and copying it makes the
  // processor wait for its own writes.
  RowKey& Next() { return rows_[count_++]; }
  [[nodiscard]] bool full() const { return count_ == rows_.size(); }
  Status Flush() {
    const std::size_t count = std::exchange(count_, 0);
    return count == 0 ? Status() : take_(std::span(rows_).first(count));
  }

 private:
  const MergeKeys::Take& take_;
  std::array<RowKey, MergeKeys::kBatch> rows_;
  std::size_t count_ = 0;
};

}  // namespace

// The place, key and outcome of a row as columns, in the united types; the
// results have fewer columns than the union when increments brought new ones.
std::string MergeKeys::Columns(bool of_base) const {
  std::string list;
  for (const std::size_t place : schema_.Key()) {
    list += ", " + Typed(place, of_base);
  }
  const std::optional<std::size_t> outcome = Outcome(of_base);
  return list + ", " +
         (outcome ? Typed(*outcome, of_base) : std::string("NULL::BOOLEAN"));
}

std::string MergeKeys::Typed(std::size_t place, bool of_base) const {
  const std::string& type = schema_.columns()[place].type;
  std::string expression = ColumnSlot(place);
  if (of_base && base_types_[place] != type) {
    expression = fmt::format("CAST({} AS {})", expression, Storable(type));
  }
  static constexpr std::array<std::string_view, 13> kNative = {
      "BOOLEAN",  "TINYINT",   "SMALLINT", "INTEGER", "BIGINT",
      "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT",
      "DOUBLE",   "VARCHAR",   "NULL"};
  const bool native =
      std::find(kNative.begin(), kNative.end(), type) != kNative.end();
  return native ? expression : fmt::format("CAST({} AS VARCHAR)", expression);
}

std::optional<std::size_t> MergeKeys::Outcome(bool of_base) const {
  const int found = schema_.Find(success_);
  if (found < 0 || schema_.shape() != Shape::kRecords) return std::nullopt;
  const auto place = static_cast<std::size_t>(found);
  if (of_base && place >= base_types_.size()) return std::nullopt;
  return place;
}

bool MergeKeys::HasType(std::size_t place, bool of_base,
                        const char* type) const {
  return schema_.columns()[place].type == type &&
         (!of_base || base_types_[place] == type);
}

std::optional<KeyScan> MergeKeys::Plan(const ParquetSource& source,
                                       const Limits& limits,
                                       bool of_base) const {
  const std::vector<std::size_t> key = schema_.Key();
  if (!limits.pages || key.size() != 1 ||
      !HasType(key.front(), of_base, "VARCHAR")) {
    return std::nullopt;
  }
  KeyScan scan{&source,        key.front(),         std::nullopt,
               limits.threads, limits.memory_bytes, {}};
  if (!of_base) return scan;
  scan.outcome = Outcome(of_base);
  if (scan.outcome && !HasType(*scan.outcome, of_base, "BOOLEAN")) {
    return std::nullopt;
  }
  return scan;
}

Status MergeKeys::ScanFresh(std::uint64_t total, const Take& take) {
  BENCHKEEP_TRY(ScanByEngine(
      fmt::format("SELECT seq{} FROM fresh", Columns(false)), total, take));
  return {};
}

Result<bool> MergeKeys::ScanIncrement(const WaitingIncrement& file,
                                      const Limits& limits, std::uint64_t done,
                                      const Take& take) {
  // Its column that stands at `place` in the union.
  const auto column = [&](std::size_t place) -> std::optional<std::size_t> {
    const auto at = std::find(file.places->begin(), file.places->end(), place);
    if (at == file.places->end()) return std::nullopt;
    return static_cast<std::size_t>(at - file.places->begin());
  };
  std::optional<KeyScan> scan = Plan(file.source, limits, false);
  if (!scan) return false;
  const std::optional<std::size_t> key = column(scan->key);
  if (!key || (*file.types)[*key] != "VARCHAR") return false;
  scan->key = *key;
  if (const std::optional<std::size_t> outcome = Outcome(false)) {
    scan->outcome = column(*outcome);
    if (scan->outcome && (*file.types)[*scan->outcome] != "BOOLEAN") {
      return false;
    }
  }
  BENCHKEEP_ASSIGN(const std::optional<Scanned> scanned,
                   ScanPages(*scan, file.first_place, done, take));
  return scanned.has_value();
}

bool MergeKeys::MayScanPages(const ParquetSource& base,
                             const Limits& limits) const {
  return Plan(base, limits, true).has_value();
}

Result<std::optional<MergeKeys::Scanned>> MergeKeys::ScanBasePages(
    const ParquetSource& base, const Limits& limits, const Take& take) {
  const std::optional<KeyScan> scan = Plan(base, limits, true);
  if (!scan) return std::optional<Scanned>();
  return ScanPages(*scan, 0, 0, take);
}

Result<RowCount> MergeKeys::ScanBase(const ParquetSource& base,
                                     const Take& take) {
  return ScanByEngine(fmt::format("SELECT file_row_number{} FROM {}",
                                  Columns(true), base.From()),
                      base.footer().rows(), take);
}

Result<RowCount> MergeKeys::CountWritten(const ParquetSource& written,
                                         const Limits& limits) {
  BENCHKEEP_ASSIGN(const std::optional<RowCount> count,
                   CountWrittenPages(written, limits, {}));
  if (count) return *count;
  return ScanByEngine(fmt::format("SELECT file_row_number{} FROM {}",
                                  Columns(false), written.From()),
                      written.footer().rows(), nullptr);
}

Result<std::optional<RowCount>> MergeKeys::CountWrittenPages(
    const ParquetSource& written, const Limits& limits,
    std::vector<bool> skip) {
  std::optional<KeyScan> scan = Plan(written, limits, false);
  if (!scan) return std::optional<RowCount>();
  scan->skip = std::move(skip);
  BENCHKEEP_ASSIGN(const std::optional<Scanned> scanned,
                   ScanPages(*scan, 0, 0, nullptr));
  return scanned ? std::optional(scanned->count) : std::nullopt;
}

Result<std::optional<MergeKeys::Scanned>> MergeKeys::ScanPages(
    const KeyScan& scan, std::uint64_t place, std::uint64_t done,
    const Take& take) {
  Scanned out;
  Batch batch(take);
  BENCHKEEP_ASSIGN(
      const bool whole, ScanKeysOf(scan, [&](const GroupKeys& keys) -> Status {
        out.count += keys.count;
        out.groups.push_back(keys.count);
        for (std::size_t i = 0; take && i < keys.hashes.size(); ++i) {
          RowKey& row = batch.Next();
          row.place = place++;
          row.hash = keys.hashes[i];
          row.complete = keys.is_null.empty() || !keys.is_null[i];
          row.outcome = keys.outcomes[i];
          if (batch.full()) BENCHKEEP_TRY(batch.Flush());
        }
        BENCHKEEP_TRY(batch.Flush());
        return Advance(done + out.count.rows);
      }));
  return whole ? std::optional(std::move(out)) : std::nullopt;
}

Result<RowCount> MergeKeys::ScanByEngine(const std::string& sql,
                                         std::uint64_t total,
                                         const Take& take) {
  BENCHKEEP_ASSIGN(engine::Rows rows, connection_.Query(sql));
  const std::size_t keys = schema_.Key().size();
  KeyHasher hasher(1, keys);
  RowCount count;
  Batch batch(take);
  while (true) {
    BENCHKEEP_ASSIGN(const engine::Chunk chunk, rows.Next());
    if (chunk.rows() == 0) break;
    hasher.Bind(chunk);
    const engine::Column places = chunk.column(0);
    const engine::Column outcomes = chunk.column(1 + keys);
    for (std::uint64_t i = 0; i < chunk.rows(); ++i) {
      KeyHash hash;
      const bool complete = hasher.Hash(i, hash);
      AddTo(count.keys, hash);
      if (!take) continue;
      RowKey& row = batch.Next();
      row.place = static_cast<std::uint64_t>(places.Int(i));
      row.hash = hash;
      row.complete = complete;
      row.outcome = OutcomeTag(outcomes, i);
      if (batch.full()) BENCHKEEP_TRY(batch.Flush());
    }
    BENCHKEEP_TRY(batch.Flush());
    count.rows += chunk.rows();
    BENCHKEEP_TRY(Advance(count.rows));
  }
  if (count.rows != total) {
    return Fail(
        Code::kCorruption,
        Say(N_("{0} rows were promised, {1} were read"), total, count.rows));
  }
  return count;
}

Status MergeKeys::Advance(std::uint64_t done) {
  progress_.Advance(done);
  if (progress_.Cancelled()) {
    return Fail(Code::kCancelled, Say(N_("interrupted")));
  }
  return {};
}

}  // namespace benchkeep::store
