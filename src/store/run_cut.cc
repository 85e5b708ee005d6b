// Editing sequences of runs.

#include "store/run_cut.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace benchkeep::store {
namespace {

constexpr std::uint64_t kGroup = 8;  // Packed values come in eights.
constexpr unsigned kMaxWidth = 32;

struct Run {
  bool packed = false;
  std::uint64_t begin = 0;  // Place of its first value.
  std::uint64_t count = 0;
  std::uint32_t value = 0;  // Unless packed.
  std::string_view data;    // If packed.
  std::string_view whole;   // With its header.
};

std::uint64_t WindowAt(std::string_view bytes, std::uint64_t at) {
  std::uint64_t window = 0;
  std::memcpy(&window, bytes.data() + at,
              std::min<std::uint64_t>(sizeof window, bytes.size() - at));
  return window;
}

std::uint32_t PackedAt(std::string_view data, unsigned width,
                       std::uint64_t index) {
  if (width == 0) return 0;
  const std::uint64_t bit = index * width;
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  return static_cast<std::uint32_t>(WindowAt(data, bit / 8) >> (bit % 8) &
                                    mask);
}

// Appends the values of a packed run.
void Unpack(const Run& run, unsigned width, std::vector<std::uint32_t>& out) {
  const std::size_t start = out.size();
  out.resize(start + run.count);
  std::uint32_t* to = out.data() + start;
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  const char* from = run.data.data();
  std::uint64_t i = 0;
  std::uint64_t bit = 0;
  // While a window of eight bytes lies within the data.
  for (; i < run.count && bit / 8 + 8 <= run.data.size(); ++i, bit += width) {
    std::uint64_t window = 0;
    std::memcpy(&window, from + bit / 8, sizeof window);
    to[i] = static_cast<std::uint32_t>(window >> (bit % 8) & mask);
  }
  for (; i < run.count; ++i) to[i] = PackedAt(run.data, width, i);
}

void AppendValues(const Run& run, unsigned width,
                  std::vector<std::uint32_t>& out) {
  if (run.packed) {
    Unpack(run, width, out);
  } else {
    out.insert(out.end(), run.count, run.value);
  }
}

// Ones among the first `count` bits.
std::uint64_t OnesIn(std::string_view data, std::uint64_t count) {
  std::uint64_t ones = 0;
  for (std::uint64_t bit = 0; bit < count; bit += 64) {
    std::uint64_t window = WindowAt(data, bit / 8);
    const std::uint64_t left = count - bit;
    if (left < 64) window &= (std::uint64_t{1} << left) - 1;
    ones += static_cast<std::uint64_t>(std::popcount(window));
  }
  return ones;
}

class Reader {
 public:
  explicit Reader(const HybridRuns& runs) : runs_(runs), left_(runs.count) {}

  // False at the end and after damage; see valid().
  bool Next(Run& run) {
    if (left_ == 0 || !valid_) return false;
    const std::size_t start = at_;
    std::uint64_t header = 0;
    valid_ = Varint(header);
    if (!valid_) return false;
    run.packed = (header & 1U) != 0;
    run.begin = runs_.count - left_;
    const std::uint64_t number = header >> 1U;
    const std::uint64_t size =
        run.packed ? number * runs_.width : (runs_.width + 7U) / 8U;
    // A run may be padded at the very end only.
    valid_ = number > 0 && number <= runs_.count + kGroup &&
             size <= runs_.bytes.size() - at_ &&
             (run.packed || number <= left_);
    if (!valid_) return false;
    run.count = run.packed ? std::min(number * kGroup, left_) : number;
    run.data = runs_.bytes.substr(at_, size);
    run.value = 0;
    if (!run.packed) std::memcpy(&run.value, run.data.data(), size);
    at_ += size;
    run.whole = runs_.bytes.substr(start, at_ - start);
    left_ -= run.count;
    return true;
  }

  [[nodiscard]] bool valid() const { return valid_ && left_ == 0; }
  [[nodiscard]] bool at_end() const { return left_ == 0; }

 private:
  bool Varint(std::uint64_t& value) {
    for (unsigned shift = 0; shift < 63 && at_ < runs_.bytes.size();
         shift += 7) {
      const auto byte = static_cast<unsigned char>(runs_.bytes[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) return true;
    }
    return false;
  }

  const HybridRuns& runs_;
  std::size_t at_ = 0;
  std::uint64_t left_;
  bool valid_ = true;
};

void PutVarint(std::uint64_t value, std::string& out) {
  while (value >= 0x80U) {
    out += static_cast<char>((value & 0x7FU) | 0x80U);
    value >>= 7U;
  }
  out += static_cast<char>(value);
}

void PutRepeated(std::uint32_t value, std::uint64_t count, unsigned width,
                 std::string& out) {
  if (count == 0) return;
  PutVarint(count << 1U, out);
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof raw);
  out.append(raw, (width + 7U) / 8U);
}

void PutPacked(std::span<const std::uint32_t> values, unsigned width,
               std::string& out) {
  if (values.empty()) return;
  const std::uint64_t groups = (values.size() + kGroup - 1) / kGroup;
  PutVarint(groups << 1U | 1U, out);
  const std::size_t start = out.size();
  out.resize(start + groups * width, '\0');
  std::uint64_t pending = 0;
  unsigned bits = 0;
  std::size_t at = start;
  for (const std::uint32_t value : values) {
    pending |= static_cast<std::uint64_t>(value) << bits;
    for (bits += width; bits >= 8; bits -= 8) {
      out[at++] = static_cast<char>(pending & 0xFFU);
      pending >>= 8U;
    }
  }
  if (bits > 0) out[at] = static_cast<char>(pending & 0xFFU);
}

// A packed run that is not the last one must be whole eights.
void PutValues(std::span<const std::uint32_t> values, bool last, unsigned width,
               std::string& out) {
  const std::size_t packed =
      last ? values.size() : values.size() / kGroup * kGroup;
  PutPacked(values.first(packed), width, out);
  for (std::size_t i = packed; i < values.size();) {
    std::size_t end = i;
    while (end < values.size() && values[end] == values[i]) ++end;
    PutRepeated(values[i], end - i, width, out);
    i = end;
  }
}

// Calls `visit` with every run and those of `places` that lie in it.
template <typename Visit>
bool Walk(const HybridRuns& runs, std::span<const std::uint32_t> places,
          Visit&& visit) {
  if (runs.width > kMaxWidth) return false;
  Reader reader(runs);
  Run run;
  std::size_t next = 0;
  while (reader.Next(run)) {
    const std::size_t first = next;
    while (next < places.size() && places[next] < run.begin + run.count) ++next;
    visit(run, places.subspan(first, next - first), reader.at_end());
  }
  return reader.valid() && next == places.size();
}

// Takes the values at `gone` away; the first value is at `begin`.
void TakeAway(std::uint64_t begin, std::span<const std::uint32_t> gone,
              std::vector<std::uint32_t>& values) {
  if (gone.empty()) return;
  std::size_t next = 0;
  std::size_t to = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (next < gone.size() && gone[next] == begin + i) {
      ++next;
    } else {
      values[to++] = values[i];
    }
  }
  values.resize(to);
}

// The values of a sequence, taken from its front.
class ValueQueue {
 public:
  explicit ValueQueue(const HybridRuns& runs)
      : reader_(runs), width_(runs.width) {}

  // Takes a run that is made of the same bytes, if that is next.
  bool TakeRun(const Run& run) {
    if (at_ < values_.size()) return false;
    if (!pending_) pending_ = reader_.Next(run_);
    if (!pending_ || run_.count != run.count || run_.whole != run.whole) {
      return false;
    }
    pending_ = false;
    return true;
  }

  // Takes these values, if they are next.
  bool Take(std::span<const std::uint32_t> wanted) {
    while (values_.size() - at_ < wanted.size()) {
      if (!pending_ && !reader_.Next(run_)) return false;
      pending_ = false;
      AppendValues(run_, width_, values_);
    }
    const auto from = values_.begin() + static_cast<std::ptrdiff_t>(at_);
    if (!std::equal(wanted.begin(), wanted.end(), from)) return false;
    at_ += wanted.size();
    if (at_ == values_.size()) {
      values_.clear();
      at_ = 0;
    }
    return true;
  }

  [[nodiscard]] bool AtEnd() const {
    return !pending_ && at_ == values_.size() && reader_.valid();
  }

 private:
  Reader reader_;
  unsigned width_;
  Run run_;
  bool pending_ = false;  // The run is read, and not yet among the values.
  std::vector<std::uint32_t> values_;
  std::size_t at_ = 0;
};

}  // namespace

bool CutRuns(const HybridRuns& runs, std::span<const std::uint32_t> removed,
             std::string& out) {
  std::vector<std::uint32_t> kept;
  return Walk(
      runs, removed,
      [&](const Run& run, std::span<const std::uint32_t> gone, bool last) {
        if (gone.empty()) {
          out += run.whole;
          return;
        }
        if (!run.packed) {
          PutRepeated(run.value, run.count - gone.size(), runs.width, out);
          return;
        }
        kept.clear();
        std::size_t next = 0;
        for (std::uint64_t i = 0; i < run.count; ++i) {
          if (next < gone.size() && gone[next] == run.begin + i) {
            ++next;
          } else {
            kept.push_back(PackedAt(run.data, runs.width, i));
          }
        }
        PutValues(kept, last, runs.width, out);
      });
}

bool EqualRuns(const HybridRuns& before, std::span<const std::uint32_t> removed,
               const HybridRuns& after) {
  if (after.width != before.width || after.width > kMaxWidth) return false;
  ValueQueue rest(after);
  std::vector<std::uint32_t> kept;
  bool same = true;
  const bool whole =
      Walk(before, removed,
           [&](const Run& run, std::span<const std::uint32_t> gone, bool) {
             if (!same || (gone.empty() && rest.TakeRun(run))) return;
             kept.clear();
             if (run.packed) {
               Unpack(run, before.width, kept);
               TakeAway(run.begin, gone, kept);
             } else {
               kept.assign(run.count - gone.size(), run.value);
             }
             same = rest.Take(kept);
           });
  return whole && same && rest.AtEnd();
}

bool ReadRuns(const HybridRuns& runs, std::span<const std::uint32_t> places,
              std::vector<std::uint32_t>& values) {
  return Walk(runs, places,
              [&](const Run& run, std::span<const std::uint32_t> wanted, bool) {
                for (const std::uint32_t place : wanted) {
                  values.push_back(run.packed ? PackedAt(run.data, runs.width,
                                                         place - run.begin)
                                              : run.value);
                }
              });
}

bool ReadAllRuns(const HybridRuns& runs, std::vector<std::uint32_t>& values) {
  return Walk(runs, {}, [&](const Run& run, auto, bool) {
    AppendValues(run, runs.width, values);
  });
}

bool RankRuns(const HybridRuns& runs, std::span<const std::uint32_t> places,
              RunRanks& out) {
  return runs.width == 1 &&
         Walk(runs, places,
              [&](const Run& run, std::span<const std::uint32_t> wanted, bool) {
                for (const std::uint32_t place : wanted) {
                  const std::uint64_t at = place - run.begin;
                  const bool one = run.packed ? PackedAt(run.data, 1, at) == 1
                                              : run.value == 1;
                  const std::uint64_t before = run.packed
                                                   ? OnesIn(run.data, at)
                                                   : (run.value == 1 ? at : 0);
                  out.is_one.push_back(one);
                  out.ranks.push_back(
                      static_cast<std::uint32_t>(out.ones + before));
                }
                out.ones += run.packed ? OnesIn(run.data, run.count)
                                       : (run.value == 1 ? run.count : 0);
              });
}

bool AnyInRuns(const HybridRuns& runs, const std::vector<bool>& wanted,
               bool& found) {
  const auto is_wanted = [&](std::uint32_t value) {
    return value < wanted.size() && wanted[value];
  };
  return Walk(runs, {}, [&](const Run& run, auto, bool) {
    if (!run.packed) {
      found |= is_wanted(run.value);
      return;
    }
    for (std::uint64_t i = 0; i < run.count && !found; ++i) {
      found = is_wanted(PackedAt(run.data, runs.width, i));
    }
  });
}

}  // namespace benchkeep::store
