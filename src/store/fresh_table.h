// The increments of a merge as one table of the engine.
//
// Table `fresh`: seq BIGINT (the row's place in the keep-last order, starting
// at the number of rows of the results), then c0, c1, ... as in the united
// schema.  Loaded in batches, so neither the number of open files nor memory
// grows with the number of increments; the engine spills what does not fit.
// Files that make one batch need not be loaded: they stay open from Plan() on,
// and `fresh` can be a view of them.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/database.h"
#include "store/parquet_source.h"
#include "store/results.h"
#include "store/schema_union.h"

namespace benchkeep::store {

// An error that is about a file, not about the machine or the run.
bool BlamesFile(Code code);

// An increment that is open, and neither loaded nor shown yet.
struct WaitingIncrement {
  ParquetSource source;
  std::size_t index = 0;  // Among the increments.
  std::uint64_t first_place = 0;
  const std::vector<std::string>* types = nullptr;   // Of its columns.
  const std::vector<std::size_t>* places = nullptr;  // Of them in the union.
};

class FreshTable {
 public:
  // `schema` already holds the results' columns, if there are results; their
  // rows are `first_place`.
  FreshTable(engine::Connection& connection, SchemaUnion& schema,
             std::uint64_t first_place)
      : connection_(&connection), schema_(&schema), first_place_(first_place) {}

  // Reads the footers; `files` must outlive it.  Here and in Load(), files that
  // cannot be used end up in rejected().  Errors of the machine (no space,
  // interrupted) end it.
  Status Plan(const std::vector<IncrementFile>& files, Progress& progress);

  // Empty where the files make several batches, and after Load().
  [[nodiscard]] const std::vector<WaitingIncrement>& waiting() const {
    return waiting_;
  }
  // Makes `fresh` a view of them: a page that cannot be read is found by
  // whoever reads it.  False: their values have to be looked at first.
  Result<bool> ShowWaiting();
  // One of them cannot be used.
  void Reject(std::size_t index, const Error& error);
  // Makes `fresh` a table of all that can be read.
  Status Load(Progress& progress);

  // In `fresh`, or waiting.
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] const std::vector<RejectedFile>& rejected() const {
    return rejected_;
  }
  // Index of the file that the row at `place` came from.
  [[nodiscard]] std::size_t FileAt(std::uint64_t place) const;

 private:
  // Files with equal schemas.
  struct Group {
    std::vector<std::string> types;
    std::vector<std::size_t> places;  // Of its columns in the union.
    std::optional<Error> refused;
  };
  struct Planned {
    std::size_t group = 0;
    bool usable = false;
  };

  Status PlanFiles(Progress& progress);
  Result<std::size_t> GroupOf(const ParquetSource& source);
  // The first file behind a batch that begins with `begin`, a usable one.
  [[nodiscard]] std::size_t BatchEnd(std::size_t begin) const;
  // Opens files of one batch; those that cannot be opened are rejected.
  Result<std::vector<WaitingIncrement>> Open(std::size_t begin,
                                             std::size_t end);
  void Expect(const std::vector<WaitingIncrement>& batch);
  Status LoadBatch(std::size_t begin, std::size_t end);
  // All of a batch or nothing.
  Status Insert(const std::vector<WaitingIncrement>& batch);
  // The rows of a batch as those of `fresh`.
  [[nodiscard]] std::string Select(
      const std::vector<WaitingIncrement>& batch) const;
  [[nodiscard]] const Group& GroupOf(
      const std::vector<WaitingIncrement>& batch) const;
  // Empty: they fit whatever they are.
  [[nodiscard]] std::string MisfitCondition(const Group& group) const;

  engine::Connection* connection_;
  SchemaUnion* schema_;
  std::uint64_t first_place_;
  const std::vector<IncrementFile>* files_ = nullptr;
  std::uint64_t rows_ = 0;
  std::deque<Group> groups_;  // They are pointed to.
  std::map<std::string, std::size_t> group_of_signature_;
  std::vector<Planned> plans_;
  std::vector<WaitingIncrement> waiting_;
  std::vector<RejectedFile> rejected_;
  std::vector<std::pair<std::uint64_t, std::size_t>> starts_;  // place, file
};

// The SELECT list that turns a file's columns into those of the union, or "*"
// cast to its types: "CAST(c2 AS BIGINT) AS c0, NULL::VARCHAR AS c1, ...".
// `places[i]` is the place of the file's column i.
std::string UnionSelectList(const std::vector<UnionColumn>& columns,
                            const std::vector<std::string>& types,
                            const std::vector<std::size_t>& places);

// A condition that holds for rows with a value that `to` cannot hold exactly.
std::string LossyCondition(const std::string& column, const std::string& from,
                           const std::string& to);

}  // namespace benchkeep::store
