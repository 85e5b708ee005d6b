// Small parts of the results seam.

#include "store/results.h"

#include <fmt/format.h>

namespace benchkeep::store {

const char* ShapeName(Shape shape) {
  return shape == Shape::kRecords ? "records" : "summary";
}

std::string KeySum::Hex() const {
  return fmt::format("{:016x}{:016x}", high, low);
}

RowCount& RowCount::operator+=(const RowCount& other) {
  rows += other.rows;
  keys += other.keys;
  return *this;
}

RowCount& RowCount::operator-=(const RowCount& other) {
  rows -= other.rows;
  keys -= other.keys;
  return *this;
}

}  // namespace benchkeep::store
