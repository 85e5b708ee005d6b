// The SQL by which a person counts tests: what a report names as the source of
// its numbers.
//
// The report runs the very same text, so that both cannot differ.

#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "store/parquet_footer.h"
#include "store/results.h"
#include "store/settings.h"

namespace benchkeep::store {

// Columns of the table `cells`, whatever the settings say.
Settings CellSettings();

// Over the table `results` or `cells`, whose file has that footer.  Nullopt
// when it does not tell what is asked for.
std::optional<std::string> CountQuery(const Settings& settings,
                                      const ParquetFooter& footer, Shape shape,
                                      const CountRequest& request);

// Reads the answer of that query.
Result<std::vector<TestGroup>> ReadCount(RowScan& scan,
                                         const CountRequest& request);

}  // namespace benchkeep::store
