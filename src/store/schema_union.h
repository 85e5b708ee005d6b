// The columns of several Parquet files as one schema.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/parquet_footer.h"
#include "store/results.h"
#include "store/settings.h"

namespace benchkeep::store {

struct UnionColumn {
  std::string name;
  std::string type;  // "NULL" until a file can hold values of it.
};

class SchemaUnion {
 public:
  // Says whether all values of the first file's column `index` survive being
  // held as `type`.
  using FirstFits =
      std::function<Result<bool>(std::size_t index, const std::string& type)>;

  // `first_fits` is asked when a later file would change a type of the first
  // one in a way that depends on the values.
  SchemaUnion(const Settings& settings, FirstFits first_fits)
      : settings_(&settings), first_fits_(std::move(first_fits)) {}

  // A union of given columns, for files that are not made by merging.
  static SchemaUnion OfColumns(const Settings& settings,
                               std::vector<UnionColumn> columns) {
    SchemaUnion schema(settings, nullptr);
    schema.columns_ = std::move(columns);
    return schema;
  }

  // Adds the columns of a file; `types` are DuckDB's names.  Returns the place
  // of each of its columns in the union.  Fails with kInvalidArgument, leaving
  // the union as it was, when a type is in conflict (the message names the
  // column) or the shape differs from that of the files before.
  Result<std::vector<std::size_t>> Add(const ParquetFooter& footer,
                                       const std::vector<std::string>& types);

  [[nodiscard]] const std::vector<UnionColumn>& columns() const {
    return columns_;
  }
  [[nodiscard]] Shape shape() const { return shape_; }
  void Retype(std::size_t place, const std::string& type) {
    columns_[place].type = type;
  }
  // Places of the key columns of the shape.
  [[nodiscard]] std::vector<std::size_t> Key() const;
  // The place of the column, or -1.
  [[nodiscard]] int Find(const std::string& name) const;

 private:
  const Settings* settings_;
  FirstFits first_fits_;
  std::vector<UnionColumn> columns_;
  std::size_t first_columns_ = 0;
  Shape shape_ = Shape::kRecords;
};

// The shape of a file by its columns; kInvalidArgument when it has neither the
// key of the records nor the columns of a summary.
Result<Shape> ShapeOf(const ParquetFooter& footer, const Settings& settings);

// True when a value of type `from` may be changed by being held as `to`.
bool DependsOnValues(const std::string& from, const std::string& to);

// The type a column is written with: "NULL" becomes INTEGER.
std::string Storable(const std::string& type);

}  // namespace benchkeep::store
