// Comparing row groups before and after rows were cut out of them.

#include "store/cut_check.h"

#include <algorithm>
#include <deque>
#include <future>
#include <string>
#include <utility>

#include "store/data_page.h"
#include "store/parquet_fields.h"

namespace benchkeep::store {
namespace {

namespace pq = parquet;

using Places = std::span<const std::uint32_t>;

// True when `after` is `before` without the items at `gone`; `size` bytes each.
bool EqualWithout(std::string_view before, std::size_t size, Places gone,
                  std::string_view after) {
  std::size_t from = 0;
  const auto same_until = [&](std::size_t end) {
    const std::string_view kept = before.substr(from, end - from);
    if (!after.starts_with(kept)) return false;
    after.remove_prefix(kept.size());
    return true;
  };
  for (const std::uint32_t place : gone) {
    if (!same_until(place * size)) return false;
    from = (place + std::size_t{1}) * size;
  }
  return from <= before.size() && same_until(before.size()) && after.empty();
}

bool EqualWithout(const std::vector<std::uint32_t>& before, Places gone,
                  const std::vector<std::uint32_t>& after) {
  const auto bytes = [](const std::vector<std::uint32_t>& values) {
    return std::string_view(reinterpret_cast<const char*>(values.data()),
                            values.size() * sizeof(std::uint32_t));
  };
  return EqualWithout(bytes(before), sizeof(std::uint32_t), gone, bytes(after));
}

class ChunkCheck {
 public:
  ChunkCheck(const ParquetColumn& column, std::string_view before,
             std::string_view after, PageCodec codec)
      : form_{&column, codec}, before_(before), after_(after) {}

  // `removed` counts the rows from the first of the chunk.
  bool Run(Places removed) {
    ParquetPage old_page;
    ParquetPage new_page;
    std::size_t old_at = 0;
    std::size_t new_at = 0;
    std::uint64_t row = 0;
    while (old_at < before_.size()) {
      if (!NextPage(before_, old_at, old_page)) return false;
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
        if (rows > 0 && gone.size() == rows) continue;  // All of it went.
      }
      if (new_at >= after_.size() || !NextPage(after_, new_at, new_page)) {
        return false;
      }
      const bool same = gone.empty() ? old_page.whole == new_page.whole
                                     : SamePage(old_page, new_page);
      if (!same) return false;
    }
    return removed.empty() && new_at == after_.size();
  }

 private:
  bool SamePage(const ParquetPage& before, const ParquetPage& after) {
    if (OpenPage(form_, before, old_) != PageState::kFine ||
        OpenPage(form_, after, new_) != PageState::kFine ||
        new_.rows + relative_.size() != old_.rows ||
        new_.values.encoding != old_.values.encoding) {
      return false;
    }
    if (!form_.optional()) return SameValues(relative_);
    if (!ReadBoth({old_.levels, 1, old_.rows}, {new_.levels, 1, new_.rows}) ||
        !EqualWithout(old_numbers_, relative_, new_numbers_)) {
      return false;
    }
    // Which values went with the rows.
    std::vector<std::uint32_t> gone;
    std::uint32_t value = 0;
    std::size_t next = 0;
    for (std::uint32_t row = 0; next < relative_.size(); ++row) {
      const bool there = old_numbers_[row] != 0;
      if (row == relative_[next]) {
        ++next;
        if (there) gone.push_back(value);
      }
      if (there) ++value;
    }
    return SameValues(gone);
  }

  bool ReadBoth(const HybridRuns& before, const HybridRuns& after) {
    old_numbers_.clear();
    new_numbers_.clear();
    return ReadAllRuns(before, old_numbers_) &&
           ReadAllRuns(after, new_numbers_);
  }

  bool SameValues(Places gone) {
    if (IsDictionaryEncoding(old_.values.encoding)) {
      HybridRuns before;
      HybridRuns after;
      return IndicesOf(old_.values, before) && IndicesOf(new_.values, after) &&
             ReadBoth(before, after) &&
             EqualWithout(old_numbers_, gone, new_numbers_);
    }
    switch (old_.values.physical) {
      case pq::kBoolean:
        old_numbers_.clear();
        new_numbers_.clear();
        return ReadBooleans(old_.values, old_numbers_) &&
               ReadBooleans(new_.values, new_numbers_) &&
               EqualWithout(old_numbers_, gone, new_numbers_);
      case pq::kByteArray:
        return SameTexts(gone);
      default:
        return SameFixed(gone);
    }
  }

  bool SameTexts(Places gone) {
    old_texts_.clear();
    new_texts_.clear();
    const auto into = [](std::vector<std::string_view>& texts) {
      return [&texts](std::string_view text) { texts.push_back(text); };
    };
    if (!VisitPlainTexts(old_.values, into(old_texts_)) ||
        !VisitPlainTexts(new_.values, into(new_texts_)) ||
        new_texts_.size() + gone.size() != old_texts_.size()) {
      return false;
    }
    std::size_t next = 0;
    std::size_t to = 0;
    for (std::size_t i = 0; i < old_texts_.size(); ++i) {
      if (next < gone.size() && gone[next] == i) {
        ++next;
      } else if (to == new_texts_.size() || old_texts_[i] != new_texts_[to++]) {
        return false;
      }
    }
    return true;
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
  std::string_view before_;
  std::string_view after_;
  OpenedPage old_;
  OpenedPage new_;
  std::vector<std::uint32_t> relative_;  // Rows that went, within the page.
  std::vector<std::uint32_t> old_numbers_;
  std::vector<std::uint32_t> new_numbers_;
  std::vector<std::string_view> old_texts_;
  std::vector<std::string_view> new_texts_;
};

Result<bool> ReadChunk(const ParquetSource& source, const ThriftValue& chunk,
                       std::string& bytes) {
  const auto range = ChunkRange(chunk, source.info().size);
  if (!range) return false;
  bytes.resize(range->end - range->begin);
  BENCHKEEP_ASSIGN(const std::size_t got,
                   source.file().ReadAt(
                       range->begin, std::as_writable_bytes(std::span(bytes))));
  return got == bytes.size();
}

Status CheckPair(const CutCheck& check, const CutPair& pair) {
  const std::uint64_t rows =
      check.before->footer().row_groups()[pair.before].rows;
  std::vector<std::uint32_t> removed;
  for (std::uint64_t row = 0; row < rows; ++row) {
    if (check.lost->Holds(pair.first_row + row)) {
      removed.push_back(static_cast<std::uint32_t>(row));
    }
  }
  const std::vector<ParquetColumn>& columns = check.before->footer().columns();
  std::string before;
  std::string after;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const ThriftValue& old_chunk = ChunkOf(*check.before, pair.before, i);
    const ThriftValue& new_chunk = ChunkOf(*check.after, pair.after, i);
    BENCHKEEP_ASSIGN(const bool old_read,
                     ReadChunk(*check.before, old_chunk, before));
    BENCHKEEP_ASSIGN(const bool new_read,
                     ReadChunk(*check.after, new_chunk, after));
    const std::int64_t codec =
        old_chunk.Field(pq::chunk::kMeta)->Int(pq::column_meta::kCodec, -1);
    if (old_read && new_read &&
        ChunkCheck(columns[i], before, after, static_cast<PageCodec>(codec))
            .Run(removed)) {
      continue;
    }
    return Fail(Code::kInternal,
                Say(N_("column {0} of row group {1} of the new version is not "
                       "that of the old one without the superseded rows; "
                       "nothing was replaced"),
                    columns[i].name, pair.after));
  }
  return {};
}

}  // namespace

Status CheckCut(const CutCheck& check, std::span<const CutPair> pairs) {
  std::deque<std::future<Status>> running;
  for (const CutPair& pair : pairs) {
    if (running.size() >= static_cast<std::size_t>(check.threads)) {
      const Status first = running.front().get();
      running.pop_front();
      BENCHKEEP_TRY(first);
    }
    running.push_back(std::async(std::launch::async, CheckPair,
                                 std::cref(check), std::cref(pair)));
  }
  for (std::future<Status>& one : running) {
    BENCHKEEP_TRY(one.get());
  }
  return {};
}

}  // namespace benchkeep::store
