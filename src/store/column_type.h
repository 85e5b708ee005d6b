// Types of columns, and which of two can hold the values of both.
//
// Schemas are united by name; types widen and never narrow.  Types are DuckDB's
// names ("BIGINT", "DECIMAL(18,3)").

#pragma once

#include <optional>
#include <string>

namespace benchkeep::store {

// How certain a widening is.
enum class Widening {
  kExact,    // Every value of both types fits.
  kByValue,  // Depends on the values: compare them after a cast there and back.
};

struct WidenedType {
  std::string type;
  Widening left = Widening::kExact;   // Of the first type.
  Widening right = Widening::kExact;  // Of the second.
};

// The type that holds both; nullopt when there is none (text and numbers,
// booleans and anything else: a real conflict).
std::optional<WidenedType> Widen(const std::string& left,
                                 const std::string& right);

}  // namespace benchkeep::store
