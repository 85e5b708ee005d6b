// The processes that write into a store, by its settings.

#pragma once

#include <vector>

#include "base/result.h"
#include "host/writers.h"
#include "store/store.h"

namespace benchkeep::ops {

// What host::FindWriters needs to know about the store.
Result<host::WriterQuery> WriterQueryFor(const store::Store& store);

// The writers at this moment.
Result<std::vector<host::Writer>> FindStoreWriters(const store::Store& store);

}  // namespace benchkeep::ops
