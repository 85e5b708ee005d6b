// A row of shape `records` with the columns of the campaign's own converter.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/leaf.h"
#include "store/table_writer.h"

namespace benchkeep::store {

// Columns beyond those of the converter, for documents that have the values.
struct RecordExtras {
  bool flaws = false;      // is_flawed, flaw_type
  bool instances = false;  // execution_time, error_message
};

// One row, filled again and again: first with what the tests of a leaf share,
// then with each test.  What is given must outlive the use of cells().
class RecordRow {
 public:
  explicit RecordRow(RecordExtras extras = {});

  [[nodiscard]] std::vector<TableColumn> columns() const;

  void SetLeaf(const Leaf& leaf);

  // The test called "{cell}_{outcome}_{number}" of the leaf set last.
  void SetTest(Outcome outcome, std::int64_t number,
               std::optional<bool> success, std::optional<bool> partial);

  // Instead of the last test time of the model.
  void SetTimestamp(const std::optional<std::string>& timestamp);
  // The values that only instances have.
  void SetInstance(const Instance& instance);

  [[nodiscard]] const std::vector<Cell>& cells() const { return cells_; }

 private:
  const RecordExtras extras_;
  const std::size_t width_;
  std::vector<Cell> cells_;
  std::string cell_name_;
  std::string id_;
};

}  // namespace benchkeep::store
