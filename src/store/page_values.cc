// Values of pages as bytes.

#include "store/page_values.h"

#include <cstring>
#include <vector>

#include "store/parquet_fields.h"

namespace benchkeep::store {
namespace {

constexpr std::size_t kLengthBytes = 4;

// Bytes of a value of fixed width; 0: not fixed, or bits.
std::size_t WidthOf(const PageValues& values) {
  switch (values.physical) {
    case parquet::kInt32:
    case parquet::kFloat:
      return 4;
    case parquet::kInt64:
    case parquet::kDouble:
      return 8;
    case parquet::kInt96:
      return 12;
    case parquet::kFixedBytes:
      return values.type_length > 0
                 ? static_cast<std::size_t>(values.type_length)
                 : 0;
    default:
      return 0;
  }
}

std::uint32_t LengthAt(std::string_view bytes, std::size_t at) {
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + at, sizeof length);
  return length;
}

// Appends what stands between the removed values; `size` bytes each.
void CutFixed(std::string_view bytes, std::size_t size,
              std::span<const std::uint32_t> removed, std::string& out) {
  std::size_t from = 0;
  for (const std::uint32_t place : removed) {
    out += bytes.substr(from, place * size - from);
    from = (place + std::size_t{1}) * size;
  }
  out += bytes.substr(from);
}

bool CutTexts(const PageValues& values, std::span<const std::uint32_t> removed,
              std::string& out) {
  const std::string_view bytes = values.bytes;
  std::size_t at = 0;
  std::size_t from = 0;
  std::size_t next = 0;
  for (std::uint64_t i = 0; i < values.count; ++i) {
    if (bytes.size() - at < kLengthBytes) return false;
    const std::size_t size = LengthAt(bytes, at);
    if (size > bytes.size() - at - kLengthBytes) return false;
    const std::size_t end = at + kLengthBytes + size;
    if (next < removed.size() && removed[next] == i) {
      out += bytes.substr(from, at - from);
      from = end;
      ++next;
    }
    at = end;
  }
  out += bytes.substr(from);
  return at == bytes.size() && next == removed.size();
}

bool BitAt(std::string_view bytes, std::uint64_t index) {
  return (static_cast<unsigned char>(bytes[index / 8]) >> (index % 8) & 1U) !=
         0;
}

void CutBits(const PageValues& values, std::span<const std::uint32_t> removed,
             std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + (values.count - removed.size() + 7) / 8, '\0');
  std::uint64_t to = 0;
  std::size_t next = 0;
  for (std::uint64_t i = 0; i < values.count; ++i) {
    if (next < removed.size() && removed[next] == i) {
      ++next;
      continue;
    }
    if (BitAt(values.bytes, i)) {
      out[start + to / 8] = static_cast<char>(
          static_cast<unsigned char>(out[start + to / 8]) | 1U << (to % 8));
    }
    ++to;
  }
}

// The runs of booleans, behind their length.
bool BooleanRuns(const PageValues& values, HybridRuns& runs) {
  if (values.bytes.size() < kLengthBytes) return false;
  const std::size_t size = LengthAt(values.bytes, 0);
  runs = {values.bytes.substr(kLengthBytes), 1, values.count};
  return size == runs.bytes.size();
}

bool CutBooleanRuns(const PageValues& values,
                    std::span<const std::uint32_t> removed, std::string& out) {
  HybridRuns runs;
  if (!BooleanRuns(values, runs)) return false;
  std::string kept;
  if (!CutRuns(runs, removed, kept)) return false;
  const auto size = static_cast<std::uint32_t>(kept.size());
  char raw[sizeof size];
  std::memcpy(raw, &size, sizeof raw);
  out.append(raw, sizeof raw);
  out += kept;
  return true;
}

bool VisitTexts(const PageValues& values, std::span<const std::uint32_t> places,
                bool all, const VisitValue& visit) {
  std::size_t at = 0;
  std::size_t next = 0;
  for (std::uint64_t i = 0; i < values.count; ++i) {
    if (values.bytes.size() - at < kLengthBytes) return false;
    const std::size_t size = LengthAt(values.bytes, at);
    at += kLengthBytes;
    if (size > values.bytes.size() - at) return false;
    if (all) {
      visit(values.bytes.substr(at, size));
    } else if (next < places.size() && places[next] == i) {
      visit(values.bytes.substr(at, size));
      if (++next == places.size()) return true;
    }
    at += size;
  }
  return true;
}

// The value at `place`, of an encoding with direct access.
std::string_view FixedAt(const PageValues& values, std::uint64_t place,
                         std::string& buffer) {
  if (values.physical == parquet::kBoolean) {
    buffer.assign(1, BitAt(values.bytes, place) ? '\1' : '\0');
    return buffer;
  }
  const std::size_t size = WidthOf(values);
  if (values.encoding == parquet::kPlain) {
    return values.bytes.substr(place * size, size);
  }
  buffer.clear();
  for (std::size_t stream = 0; stream < size; ++stream) {
    buffer += values.bytes[stream * values.count + place];
  }
  return buffer;
}

bool VisitBooleanRuns(const PageValues& values,
                      std::span<const std::uint32_t> places,
                      const VisitValue& visit) {
  HybridRuns runs;
  std::vector<std::uint32_t> found;
  if (!BooleanRuns(values, runs) || !ReadRuns(runs, places, found)) {
    return false;
  }
  for (const std::uint32_t value : found) {
    visit(std::string_view(value == 1 ? "\1" : "\0", 1));
  }
  return true;
}

// True when the bytes are as many as the values of fixed size need.
bool SizeFits(const PageValues& values) {
  if (values.physical == parquet::kBoolean) {
    return values.bytes.size() == (values.count + 7) / 8;
  }
  const std::size_t size = WidthOf(values);
  return size > 0 && values.bytes.size() / size == values.count &&
         values.bytes.size() % size == 0;
}

}  // namespace

bool IsDictionaryEncoding(std::int64_t encoding) {
  return encoding == parquet::kPlainDictionary ||
         encoding == parquet::kRleDictionary;
}

bool IsKnownEncoding(const PageValues& values) {
  if (IsDictionaryEncoding(values.encoding)) return true;
  switch (values.encoding) {
    case parquet::kPlain:
      return values.physical == parquet::kBoolean ||
             values.physical == parquet::kByteArray || WidthOf(values) > 0;
    case parquet::kRle:
      return values.physical == parquet::kBoolean;
    case parquet::kByteStreamSplit:
      return WidthOf(values) > 0;
    default:
      return false;
  }
}

bool ReadBooleans(const PageValues& values, std::vector<std::uint32_t>& out) {
  if (values.physical != parquet::kBoolean) return false;
  if (values.encoding == parquet::kRle) {
    HybridRuns runs;
    return BooleanRuns(values, runs) && ReadAllRuns(runs, out);
  }
  if (values.encoding != parquet::kPlain || !SizeFits(values)) return false;
  for (std::uint64_t i = 0; i < values.count; ++i) {
    out.push_back(BitAt(values.bytes, i) ? 1 : 0);
  }
  return true;
}

bool IndicesOf(const PageValues& values, HybridRuns& indices) {
  if (values.bytes.empty()) {
    indices = {{}, 0, values.count};
    return values.count == 0;
  }
  indices = {values.bytes.substr(1),
             static_cast<unsigned char>(values.bytes.front()), values.count};
  return true;
}

bool CutValues(const PageValues& values, std::span<const std::uint32_t> removed,
               std::string& out) {
  if (!removed.empty() && removed.back() >= values.count) return false;
  if (IsDictionaryEncoding(values.encoding)) {
    HybridRuns indices;
    if (!IndicesOf(values, indices)) return false;
    out += values.bytes.substr(0, 1);
    return CutRuns(indices, removed, out);
  }
  if (values.encoding == parquet::kRle) {
    return CutBooleanRuns(values, removed, out);
  }
  if (values.physical == parquet::kByteArray) {
    return CutTexts(values, removed, out);
  }
  if (!SizeFits(values)) return false;
  if (values.physical == parquet::kBoolean) {
    CutBits(values, removed, out);
    return true;
  }
  if (values.encoding == parquet::kPlain) {
    CutFixed(values.bytes, WidthOf(values), removed, out);
    return true;
  }
  for (std::size_t stream = 0; stream < WidthOf(values); ++stream) {
    CutFixed(values.bytes.substr(stream * values.count, values.count), 1,
             removed, out);
  }
  return true;
}

bool VisitPlaces(const PageValues& values,
                 std::span<const std::uint32_t> places,
                 const VisitValue& visit) {
  if (places.empty()) return true;
  if (places.back() >= values.count) return false;
  if (values.encoding == parquet::kRle) {
    return VisitBooleanRuns(values, places, visit);
  }
  if (values.physical == parquet::kByteArray) {
    return VisitTexts(values, places, false, visit);
  }
  if (!SizeFits(values)) return false;
  std::string buffer;
  for (const std::uint32_t place : places) {
    visit(FixedAt(values, place, buffer));
  }
  return true;
}

bool VisitAll(const PageValues& values, const VisitValue& visit) {
  if (values.encoding == parquet::kRle) {
    HybridRuns runs;
    RunRanks ranks;
    if (!BooleanRuns(values, runs) || !RankRuns(runs, {}, ranks)) return false;
    if (ranks.ones > 0) visit(std::string_view("\1", 1));
    if (ranks.ones < values.count) visit(std::string_view("\0", 1));
    return true;
  }
  if (values.physical == parquet::kByteArray) {
    return VisitTexts(values, {}, true, visit);
  }
  if (!SizeFits(values)) return false;
  std::string buffer;
  for (std::uint64_t i = 0; i < values.count; ++i) {
    visit(FixedAt(values, i, buffer));
  }
  return true;
}

}  // namespace benchkeep::store
