// Whether a new version of the results holds what it must, seen as its readers
// will see it, before it may take the place of the old one.
//
// Its rows and the sum of their keys must be those of the balance; what was cut
// out of pages must be what it was, value by value; what the engine encoded
// must decode.  The writer only says which row groups were copied, cut and
// encoded.

#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "engine/database.h"
#include "store/merge_keys.h"
#include "store/new_version.h"
#include "store/parquet_source.h"
#include "store/results.h"
#include "store/schema_union.h"

namespace benchkeep::store {

struct NewVersionCheck {
  engine::Connection* connection = nullptr;  // Knows `lost` as "lost_base".
  const SchemaUnion* schema = nullptr;
  const std::string* success = nullptr;  // The column of the outcome.
  const ParquetSource* base = nullptr;   // The old version, if there is one.
  const std::vector<std::string>* base_types = nullptr;
  // Keys of the base by row group; empty when the engine read them.
  const std::vector<RowCount>* base_groups = nullptr;
  const engine::PlaceSet* lost =
      nullptr;  // Rows of the base that are left out.
  const WrittenVersion* written = nullptr;
  RowCount expected;
  MergeKeys::Limits limits;
};

// kInternal, saying what is wrong, when it is not as it must be.
Status ReadBack(const NewVersionCheck& check, Progress& progress);

}  // namespace benchkeep::store
