// Comparing row groups before and after rows were cut out of them.

#include "store/cut_check.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/data_page.h"
#include "store/key_hash.h"
#include "store/parquet_fields.h"

namespace benchkeep::store {
namespace {

namespace pq = parquet;

using Places = std::span<const std::uint32_t>;

// Compares bytes with what is left of them after some were taken out.
class Remains {
 public:
  Remains(std::string_view before, std::string_view after)
      : before_(before), after_(after) {}

  // Bytes [begin, end) are gone; those in front of them must be there.
  bool Without(std::size_t begin, std::size_t end) {
    if (!SameUntil(begin)) return false;
    from_ = end;
    return true;
  }
  // The others must be there, and nothing else.
  bool End() {
    return from_ <= before_.size() && SameUntil(before_.size()) &&
           after_.empty();
  }

 private:
  bool SameUntil(std::size_t end) {
    const std::string_view kept = before_.substr(from_, end - from_);
    if (!after_.starts_with(kept)) return false;
    after_.remove_prefix(kept.size());
    return true;
  }

  std::string_view before_;
  std::string_view after_;
  std::size_t from_ = 0;
};

// True when `after` is `before` without the items at `gone`; `size` bytes each.
bool EqualWithout(std::string_view before, std::size_t size, Places gone,
                  std::string_view after) {
  Remains remains(before, after);
  for (const std::uint32_t place : gone) {
    const std::size_t begin = place * size;
    if (!remains.Without(begin, begin + size)) return false;
  }
  return remains.End();
}

bool EqualWithout(const std::vector<std::uint32_t>& before, Places gone,
                  const std::vector<std::uint32_t>& after) {
  const auto bytes = [](const std::vector<std::uint32_t>& values) {
    return std::string_view(reinterpret_cast<const char*>(values.data()),
                            values.size() * sizeof(std::uint32_t));
  };
  return EqualWithout(bytes(before), sizeof(std::uint32_t), gone, bytes(after));
}

// What checking a row group fills, used again for the next: fresh memory costs
// more than the checking.
struct Workspace {
  std::string before;
  std::string after;
  OpenedPage old_page;
  OpenedPage new_page;
  std::string dictionary;
  std::vector<std::uint32_t> old_numbers;
  std::vector<std::uint32_t> new_numbers;
};

class ChunkCheck {
 public:
  // `lost_keys` gets the keys of the rows that are gone; nullptr for columns
  // that are not the key.
  ChunkCheck(const ParquetColumn& column, PageCodec codec, Workspace& work,
             KeySum* lost_keys)
      : form_{&column, codec}, work_(work), lost_keys_(lost_keys) {}

  // The pages of both chunks; `removed` counts the rows from the first one.
  bool Run(std::string_view before, std::string_view after, Places removed) {
    ParquetPage old_page;
    ParquetPage new_page;
    std::size_t old_at = 0;
    std::size_t new_at = 0;
    std::uint64_t row = 0;
    while (old_at < before.size()) {
      if (!NextPage(before, old_at, old_page)) return false;
      Places gone;
      if (const ThriftValue* head = old_page.DataHeader()) {
        const auto rows =
            static_cast<std::uint64_t>(head->Int(pq::data_page::kNumValues, 0));
        const auto end =
            std::lower_bound(removed.begin(), removed.end(), row + rows);
        gone = removed.first(static_cast<std::size_t>(end - removed.begin()));
        removed = removed.subspan(gone.size());
        relative_.clear();
        for (const std::uint32_t place : gone) {
          relative_.push_back(static_cast<std::uint32_t>(place - row));
        }
        row += rows;
        if (rows > 0 && gone.size() == rows) {  // All of it went.
          if (!OpenOld(old_page) || !AddLostKeys()) return false;
          continue;
        }
      } else if (lost_keys_ != nullptr && !ReadDictionary(old_page)) {
        return false;
      }
      if (new_at >= after.size() || !NextPage(after, new_at, new_page)) {
        return false;
      }
      const bool same = gone.empty() ? old_page.whole == new_page.whole
                                     : SamePage(old_page, new_page);
      if (!same) return false;
    }
    return removed.empty() && new_at == after.size();
  }

 private:
  // Where there are none, levels are nothing but ones.
  static bool HasNulls(const OpenedPage& page) {
    return page.values.count < page.rows;
  }

  bool ReadDictionary(const ParquetPage& page) {
    PageValues values;
    return OpenDictionary(form_, page, work_.dictionary, values) &&
           VisitPlainTexts(values, [this](std::string_view text) {
             dictionary_.push_back(text);
           });
  }

  // Also finds out which values went with the rows.
  bool OpenOld(const ParquetPage& page) {
    if (OpenPage(form_, page, old_) != PageState::kFine) return false;
    if (!HasNulls(old_)) {
      gone_ = relative_;
      return true;
    }
    gone_.clear();
    work_.old_numbers.clear();
    if (!ReadAllRuns({old_.levels, 1, old_.rows}, work_.old_numbers)) {
      return false;
    }
    std::uint32_t value = 0;
    std::size_t next = 0;
    for (std::uint32_t row = 0; next < relative_.size(); ++row) {
      const bool there = work_.old_numbers[row] != 0;
      if (row == relative_[next]) {
        ++next;
        if (there) gone_.push_back(value);
      }
      if (there) ++value;
    }
    return true;
  }

  bool AddLostKeys() {
    if (lost_keys_ == nullptr) return true;
    // A row without a key is nobody's duplicate.
    if (gone_.size() != relative_.size()) return false;
    if (!IsDictionaryEncoding(old_.values.encoding)) {
      return VisitPlaces(old_.values, gone_, [this](std::string_view text) {
        AddTo(*lost_keys_, HashOfText(text));
      });
    }
    HybridRuns indices;
    std::vector<std::uint32_t> found;
    if (!IndicesOf(old_.values, indices) || !ReadRuns(indices, gone_, found)) {
      return false;
    }
    for (const std::uint32_t index : found) {
      if (index >= dictionary_.size()) return false;
      AddTo(*lost_keys_, HashOfText(dictionary_[index]));
    }
    return true;
  }

  bool SamePage(const ParquetPage& before, const ParquetPage& after) {
    return OpenOld(before) && AddLostKeys() &&
           OpenPage(form_, after, new_) == PageState::kFine &&
           new_.rows + relative_.size() == old_.rows &&
           new_.values.count + gone_.size() == old_.values.count &&
           new_.values.encoding == old_.values.encoding && SameLevels() &&
           SameValues();
  }

  bool SameLevels() {
    return (!HasNulls(old_) && !HasNulls(new_)) ||
           EqualRuns({old_.levels, 1, old_.rows}, relative_,
                     {new_.levels, 1, new_.rows});
  }

  [[nodiscard]] bool SameNumbers(Places gone) const {
    return EqualWithout(work_.old_numbers, gone, work_.new_numbers);
  }

  bool SameValues() {
    if (IsDictionaryEncoding(old_.values.encoding)) {
      HybridRuns before;
      HybridRuns after;
      return IndicesOf(old_.values, before) && IndicesOf(new_.values, after) &&
             EqualRuns(before, gone_, after);
    }
    switch (old_.values.physical) {
      case pq::kBoolean:
        work_.old_numbers.clear();
        work_.new_numbers.clear();
        return ReadBooleans(old_.values, work_.old_numbers) &&
               ReadBooleans(new_.values, work_.new_numbers) &&
               SameNumbers(gone_);
      case pq::kByteArray:
        return SameTexts();
      default:
        return SameFixed(gone_);
    }
  }

  // Texts with their lengths stand one behind the other: what is between those
  // that went must be there as it was.
  [[nodiscard]] bool SameTexts() const {
    const std::string_view before = old_.values.bytes;
    Remains remains(before, new_.values.bytes);
    std::size_t at = 0;
    std::size_t next = 0;
    for (std::uint32_t i = 0; next < gone_.size(); ++i) {
      std::uint32_t size = 0;
      if (before.size() - at < sizeof size) return false;
      std::memcpy(&size, before.data() + at, sizeof size);
      if (size > before.size() - at - sizeof size) return false;
      const std::size_t end = at + sizeof size + size;
      if (i == gone_[next]) {
        ++next;
        if (!remains.Without(at, end)) return false;
      }
      at = end;
    }
    return remains.End();
  }

  bool SameFixed(Places gone) const {
    const std::uint64_t count = old_.values.count;
    const std::string_view before = old_.values.bytes;
    const std::string_view after = new_.values.bytes;
    if (count == 0 || before.size() % count != 0) return before == after;
    const std::size_t size = before.size() / count;
    if (old_.values.encoding == pq::kPlain) {
      return EqualWithout(before, size, gone, after);
    }
    // BYTE_STREAM_SPLIT: one stream for each byte of a value.
    const std::size_t left = new_.values.count;
    bool same = after.size() == size * left;
    for (std::size_t stream = 0; same && stream < size; ++stream) {
      same = EqualWithout(before.substr(stream * count, count), 1, gone,
                          after.substr(stream * left, left));
    }
    return same;
  }

  PageForm form_;
  Workspace& work_;
  KeySum* lost_keys_;
  OpenedPage& old_ = work_.old_page;
  OpenedPage& new_ = work_.new_page;
  std::vector<std::string_view> dictionary_;  // Of the keys.
  std::vector<std::uint32_t> relative_;  // Rows that went, within the page.
  std::vector<std::uint32_t> gone_;      // Values that went with them.
};

Result<std::optional<std::string_view>> ReadChunk(const ParquetSource& source,
                                                  const ThriftValue& chunk,
                                                  std::string& buffer) {
  return ReadRange(source.file(), ChunkRange(chunk, source.info().size),
                   buffer);
}

struct Checked {
  RowCount lost;
  std::uint64_t rows = 0;  // Of the old row group.
  std::unique_ptr<Workspace> work;
};

Result<Checked> CheckPair(const CutCheck& check, const CutPair& pair,
                          std::unique_ptr<Workspace> work) {
  Checked out;
  out.rows = check.before->footer().row_groups()[pair.before].rows;
  const std::vector<std::uint32_t> removed =
      check.lost->Within(pair.first_row, pair.first_row + out.rows);
  out.lost.rows = removed.size();
  const std::vector<ParquetColumn>& columns = check.before->footer().columns();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const ThriftValue& old_chunk = ChunkOf(*check.before, pair.before, i);
    const ThriftValue& new_chunk = ChunkOf(*check.after, pair.after, i);
    BENCHKEEP_ASSIGN(const auto old_pages,
                     ReadChunk(*check.before, old_chunk, work->before));
    BENCHKEEP_ASSIGN(const auto new_pages,
                     ReadChunk(*check.after, new_chunk, work->after));
    const std::int64_t codec =
        old_chunk.Field(pq::chunk::kMeta)->Int(pq::column_meta::kCodec, -1);
    if (old_pages && new_pages &&
        ChunkCheck(columns[i], static_cast<PageCodec>(codec), *work,
                   check.key == i ? &out.lost.keys : nullptr)
            .Run(*old_pages, *new_pages, removed)) {
      continue;
    }
    return Fail(Code::kInternal,
                Say(N_("column {0} of row group {1} of the new version is not "
                       "that of the old one without the superseded rows; "
                       "nothing was replaced"),
                    columns[i].name, pair.after));
  }
  out.work = std::move(work);
  return out;
}

}  // namespace

Result<RowCount> CheckCut(const CutCheck& check,
                          std::span<const CutPair> pairs) {
  RowCount lost;
  std::uint64_t rows = 0;
  std::unique_ptr<Workspace> idle;
  std::deque<std::future<Result<Checked>>> running;
  const auto take_first = [&]() -> Status {
    std::future<Result<Checked>> first = std::move(running.front());
    running.pop_front();
    BENCHKEEP_ASSIGN(Checked checked, first.get());
    idle = std::move(checked.work);
    lost += checked.lost;
    rows += checked.rows;
    if (check.progress == nullptr) return {};
    check.progress->Advance(rows);
    return check.progress->Cancelled()
               ? Status(Fail(Code::kCancelled, Say(N_("interrupted"))))
               : Status();
  };
  for (const CutPair& pair : pairs) {
    if (running.size() > static_cast<std::size_t>(check.threads)) {
      BENCHKEEP_TRY(take_first());
    }
    if (!idle) idle = std::make_unique<Workspace>();
    running.push_back(std::async(std::launch::async, CheckPair,
                                 std::cref(check), std::cref(pair),
                                 std::move(idle)));
  }
  while (!running.empty()) BENCHKEEP_TRY(take_first());
  return lost;
}

}  // namespace benchkeep::store
