// 128-bit hashes of keys.

#include "store/key_hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace benchkeep::store {
namespace {

enum Tag : char {
  kNullTag = 'n',
  kBoolTag = 'b',
  kIntTag = 'i',
  kUintTag = 'u',  // Beyond INT64_MAX.
  kRealTag = 'd',
  kTextTag = 't',
};

template <typename T>
void PutRaw(T value, std::string& out) {
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof raw);
  out.append(raw, sizeof raw);
}

void PutReal(double value, std::string& out) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (value >= -kLimit && value < kLimit && std::trunc(value) == value) {
    out += kIntTag;
    PutRaw(static_cast<std::int64_t>(value), out);
    return;
  }
  out += kRealTag;
  PutRaw(std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value,
         out);
}

// Appends the value and says whether it is NULL.
bool Put(const engine::Column& column, std::uint64_t row, std::string& out) {
  if (column.IsNull(row)) {
    out += kNullTag;
    return true;
  }
  switch (column.type()) {
    case engine::Type::kBool:
      out += kBoolTag;
      out += column.Bool(row) ? '\1' : '\0';
      break;
    case engine::Type::kUint64: {
      const std::uint64_t value = column.Uint(row);
      constexpr auto kMax =
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
      out += value > kMax ? kUintTag : kIntTag;
      PutRaw(value, out);
      break;
    }
    case engine::Type::kFloat:
    case engine::Type::kDouble:
      PutReal(column.Double(row), out);
      break;
    case engine::Type::kText:
    case engine::Type::kOther: {
      const std::string_view text = column.Text(row);
      out += kTextTag;
      PutRaw(static_cast<std::uint64_t>(text.size()), out);
      out += text;
      break;
    }
    default:
      out += kIntTag;
      PutRaw(column.Int(row), out);
  }
  return false;
}

}  // namespace

KeyHash HashOfText(std::string_view text) {
  // Needs no copy; the seed keeps it apart from what has several parts.
  const XXH128_hash_t hash =
      XXH3_128bits_withSeed(text.data(), text.size(), kTextTag);
  return {hash.high64, hash.low64};
}

KeyHash HashOfNull() {
  const char tag = kNullTag;
  const XXH128_hash_t hash = XXH3_128bits(&tag, sizeof tag);
  return {hash.high64, hash.low64};
}

void KeyHasher::Bind(const engine::Chunk& chunk) {
  columns_.clear();
  for (std::uint64_t i = 0; i < count_; ++i) {
    columns_.push_back(chunk.column(first_ + i));
  }
}

bool KeyHasher::Hash(std::uint64_t row, KeyHash& out) {
  if (columns_.size() == 1 && columns_.front().type() == engine::Type::kText &&
      !columns_.front().IsNull(row)) {
    out = HashOfText(columns_.front().Text(row));
    return true;
  }
  buffer_.clear();
  bool has_null = false;
  for (const engine::Column& column : columns_) {
    has_null |= Put(column, row, buffer_);
  }
  const XXH128_hash_t hash = XXH3_128bits(buffer_.data(), buffer_.size());
  out = {hash.high64, hash.low64};
  return !has_null;
}

std::uint16_t OutcomeTag(const engine::Column& column, std::uint64_t row) {
  if (column.IsNull(row)) return kNoOutcome;
  if (column.type() == engine::Type::kBool) return OutcomeTag(column.Bool(row));
  std::string bytes;
  Put(column, row, bytes);
  return static_cast<std::uint16_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace benchkeep::store
