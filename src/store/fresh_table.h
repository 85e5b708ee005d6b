// The increments of a merge as one table of the engine.
//
// Table `fresh`: seq BIGINT (the row's place in the keep-last order, starting
// at the number of rows of the results), then c0, c1, ... as in the united
// schema.  Loaded in batches, so neither the number of open files nor memory
// grows with the number of increments; the engine spills what does not fit.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/database.h"
#include "store/parquet_source.h"
#include "store/results.h"
#include "store/schema_union.h"

namespace benchkeep::store {

class FreshTable {
 public:
  // `schema` already holds the results' columns, if there are results; their
  // rows are `first_place`.
  FreshTable(engine::Connection& connection, SchemaUnion& schema,
             std::uint64_t first_place)
      : connection_(&connection), schema_(&schema), first_place_(first_place) {}

  // Files that cannot be used end up in rejected().  Errors of the machine
  // (no space, interrupted) end the load.
  Status Load(const std::vector<IncrementFile>& files, Progress& progress);

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
  struct Plan {
    std::size_t group = 0;
    bool usable = false;
  };

  Status PlanFiles(const std::vector<IncrementFile>& files, Progress& progress);
  Result<std::size_t> GroupOf(const ParquetSource& source);
  Status LoadBatch(const std::vector<IncrementFile>& files, std::size_t begin,
                   std::size_t end);
  Result<bool> ValuesFit(const std::string& from, const Group& group);
  std::string InsertStatement(const Group& group,
                              const std::vector<fs::Path>& paths,
                              const std::vector<std::uint64_t>& starts) const;
  void Reject(const std::vector<IncrementFile>& files, std::size_t index,
              const Error& error);

  engine::Connection* connection_;
  SchemaUnion* schema_;
  std::uint64_t first_place_;
  std::uint64_t rows_ = 0;
  std::vector<Group> groups_;
  std::map<std::string, std::size_t> group_of_signature_;
  std::vector<Plan> plans_;
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
