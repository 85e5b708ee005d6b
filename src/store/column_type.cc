// Which of two types can hold the values of both.

#include "store/column_type.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace benchkeep::store {
namespace {

struct Integer {
  std::string_view name;
  int bits;
  bool is_signed;
};
constexpr std::array<Integer, 8> kIntegers = {{{"TINYINT", 8, true},
                                               {"SMALLINT", 16, true},
                                               {"INTEGER", 32, true},
                                               {"BIGINT", 64, true},
                                               {"UTINYINT", 8, false},
                                               {"USMALLINT", 16, false},
                                               {"UINTEGER", 32, false},
                                               {"UBIGINT", 64, false}}};

const Integer* FindInteger(std::string_view name) {
  const auto* found =
      std::find_if(kIntegers.begin(), kIntegers.end(),
                   [&](const Integer& i) { return i.name == name; });
  return found == kIntegers.end() ? nullptr : found;
}

std::string SignedOf(int bits) {
  for (const Integer& candidate : kIntegers) {
    if (candidate.is_signed && candidate.bits >= bits) {
      return std::string(candidate.name);
    }
  }
  return "BIGINT";
}

WidenedType WidenIntegers(const Integer& a, const Integer& b) {
  if (a.is_signed == b.is_signed) {
    return {std::string((a.bits >= b.bits ? a : b).name)};
  }
  const Integer& plain = a.is_signed ? a : b;
  const Integer& natural = a.is_signed ? b : a;
  if (natural.bits < 64) {
    return {SignedOf(std::max(plain.bits, 2 * natural.bits))};
  }
  // UBIGINT with a signed type: BIGINT, if the values allow it.
  WidenedType out{"BIGINT"};
  (a.is_signed ? out.right : out.left) = Widening::kByValue;
  return out;
}

// An integer type beside a floating-point one.  `wide` is FLOAT or DOUBLE.
WidenedType IntegerAndReal(const Integer& integer, const std::string& real) {
  constexpr int kFloatBits = 16;
  constexpr int kDoubleBits = 32;
  WidenedType out;
  out.type = real == "FLOAT" && integer.bits <= kFloatBits ? "FLOAT" : "DOUBLE";
  out.left =
      integer.bits <= kDoubleBits ? Widening::kExact : Widening::kByValue;
  return out;
}

struct Decimal {
  int width = 0;
  int scale = 0;
};

std::optional<Decimal> ParseDecimal(std::string_view name) {
  constexpr std::string_view kPrefix = "DECIMAL(";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  Decimal out;
  const char* end = name.data() + name.size();
  auto result = std::from_chars(name.data() + kPrefix.size(), end, out.width);
  if (result.ec != std::errc{} || result.ptr == end || *result.ptr != ',') {
    return std::nullopt;
  }
  result = std::from_chars(result.ptr + 1, end, out.scale);
  if (result.ec != std::errc{}) return std::nullopt;
  return out;
}

std::optional<WidenedType> WidenDecimals(const Decimal& a, const Decimal& b) {
  constexpr int kMaxWidth = 38;
  const int scale = std::max(a.scale, b.scale);
  const int width = std::max(a.width - a.scale, b.width - b.scale) + scale;
  if (width > kMaxWidth) return std::nullopt;
  return WidenedType{"DECIMAL(" + std::to_string(width) + "," +
                     std::to_string(scale) + ")"};
}

bool IsReal(const std::string& type) {
  return type == "FLOAT" || type == "DOUBLE";
}

// Units of timestamps without zone, from coarse to fine; dates are coarsest.
constexpr std::array<std::string_view, 5> kTimes = {
    "DATE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS"};

std::optional<WidenedType> WidenTimes(const std::string& a,
                                      const std::string& b) {
  const auto* at = std::find(kTimes.begin(), kTimes.end(), a);
  const auto* bt = std::find(kTimes.begin(), kTimes.end(), b);
  if (at == kTimes.end() || bt == kTimes.end()) return std::nullopt;
  WidenedType out{std::string(*std::max(at, bt))};
  // A finer unit spans fewer years.
  if (at < bt) out.left = Widening::kByValue;
  if (bt < at) out.right = Widening::kByValue;
  return out;
}

}  // namespace

std::optional<WidenedType> Widen(const std::string& left,
                                 const std::string& right) {
  if (left == right) return WidenedType{left};
  const Integer* a = FindInteger(left);
  const Integer* b = FindInteger(right);
  if (a != nullptr && b != nullptr) return WidenIntegers(*a, *b);
  if (IsReal(left) && IsReal(right)) return WidenedType{"DOUBLE"};
  if (a != nullptr && IsReal(right)) return IntegerAndReal(*a, right);
  if (b != nullptr && IsReal(left)) {
    WidenedType out = IntegerAndReal(*b, left);
    std::swap(out.left, out.right);
    return out;
  }
  const std::optional<Decimal> da = ParseDecimal(left);
  const std::optional<Decimal> db = ParseDecimal(right);
  if (da && db) return WidenDecimals(*da, *db);
  return WidenTimes(left, right);
}

}  // namespace benchkeep::store
