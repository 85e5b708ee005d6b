// Adding summary rows up: counts add, averages are weighted by their totals.

#pragma once

#include <string>
#include <vector>

#include "engine/database.h"
#include "store/parquet_source.h"
#include "store/schema_union.h"
#include "store/settings.h"

namespace benchkeep::store {

// The query for all cells after the rows of table `fresh` were added to those
// of `base` (nullptr: none), with columns c0, c1, ... in the order of the
// cells' last rows.  Of a cell that `base` holds more than once, its last row
// counts; rows with a NULL in the key stay as they are.
//
// A column is an average when its name starts with avg_ or ends with _rate,
// _score or _mean: it becomes the mean weighted by the total, over the rows
// where both are known.  Other numbers add up.  Of anything else, the last
// known value stands.  An average of integers becomes DOUBLE: the schema is
// changed.
Result<std::string> AccumulatedCells(engine::Connection& connection,
                                     const ParquetSource* base,
                                     const std::vector<std::string>& base_types,
                                     SchemaUnion& schema,
                                     const Settings& settings);

}  // namespace benchkeep::store
