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

KeySum& KeySum::operator+=(const KeySum& other) {
  low += other.low;
  high += other.high + (low < other.low ? 1 : 0);
  return *this;
}

KeySum& KeySum::operator-=(const KeySum& other) {
  high -= other.high + (low < other.low ? 1 : 0);
  low -= other.low;
  return *this;
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
