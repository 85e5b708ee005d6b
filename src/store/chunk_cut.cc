// Cutting rows out of column chunks.

#include "store/chunk_cut.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "store/data_page.h"
#include "store/parquet_fields.h"

namespace benchkeep::store {
namespace {

namespace pq = parquet;

// Larger ones are left to the engine.
constexpr std::uint64_t kMaxChunkBytes = std::uint64_t{256} << 20;

// The minimum or maximum of a chunk, and whether it has to go.
struct Bound {
  std::string value;
  bool touched = false;             // A value equal to it was cut out.
  std::vector<bool> in_dictionary;  // Where the dictionary has it.
};

class ChunkCutter {
 public:
  ChunkCutter(const ParquetColumn& column, const ThriftValue& chunk,
              std::string_view pages, std::uint64_t rows,
              std::span<const std::uint32_t> removed, CutBuffers& buffers)
      : column_(column),
        chunk_(chunk),
        bytes_(pages),
        rows_(rows),
        removed_(removed),
        buffers_(buffers) {}

  // Appends the pages to `out`; they stand at `origin` in the file.  False
  // when they are not understood.
  bool Run(std::uint64_t origin, std::string& out) {
    const ThriftValue* meta = chunk_.Field(pq::chunk::kMeta);
    const std::int64_t codec = meta->Int(pq::column_meta::kCodec, -1);
    if (!IsKnownCodec(codec) || column_.repetition == pq::kRepeated ||
        column_.physical < 0 || chunk_.Field(pq::chunk::kCrypto) != nullptr ||
        chunk_.Field(pq::chunk::kEncryptedMeta) != nullptr) {
      return false;
    }
    form_ = {&column_, static_cast<PageCodec>(codec)};
    FindBounds(*meta);
    const std::size_t start = out.size();
    origin_ = origin - start;
    if (!CutPages(out)) return false;
    const std::string_view written = std::string_view(out).substr(start);
    for (Bound& bound : bounds_) {
      if (bound.touched && !StillThere(written, bound)) bounds_gone_ = true;
    }
    if (damaged_) return false;
    ChangeMeta(*chunk_.Field(pq::chunk::kMeta), written.size());
    if (chunk_.Int(pq::chunk::kFileOffset, 0) > 0) {
      chunk_.Set(pq::chunk::kFileOffset,
                 ThriftValue::I64(static_cast<std::int64_t>(origin)));
    }
    return true;
  }

  [[nodiscard]] bool damaged() const { return damaged_; }
  [[nodiscard]] ThriftValue& chunk() { return chunk_; }
  [[nodiscard]] std::uint64_t full_bytes() const { return full_bytes_; }

 private:
  void FindBounds(const ThriftValue& meta) {
    const ThriftValue* numbers = meta.Field(pq::column_meta::kStatistics);
    if (numbers == nullptr) return;
    for (const std::int16_t id :
         {pq::statistics::kMinValue, pq::statistics::kMaxValue,
          pq::statistics::kOldMin, pq::statistics::kOldMax}) {
      const ThriftValue* value = numbers->Field(id);
      if (value != nullptr) bounds_.push_back({value->binary, false, {}});
    }
  }

  // -0.0 stands for 0.0 in statistics.
  bool Same(std::string_view a, std::string_view b) const {
    if (a == b) return true;
    if (column_.physical == pq::kFloat) return SameReal<float>(a, b);
    return column_.physical == pq::kDouble && SameReal<double>(a, b);
  }

  template <typename T>
  static bool SameReal(std::string_view a, std::string_view b) {
    if (a.size() != sizeof(T) || b.size() != sizeof(T)) return false;
    T first = 0;
    T second = 0;
    std::memcpy(&first, a.data(), sizeof first);
    std::memcpy(&second, b.data(), sizeof second);
    return first == second;
  }

  bool CutPages(std::string& out) {
    std::uint64_t row = 0;
    std::size_t next = 0;
    ParquetPage page;
    for (std::size_t at = 0; at < bytes_.size();) {
      if (!NextPage(bytes_, at, page)) return false;
      if (page.type == pq::kDictionaryPage) {
        if (row > 0 || dictionary_at_ || !ReadDictionary(page)) return false;
        dictionary_at_ = origin_ + out.size();
        TakeOver(page, out);
        continue;
      }
      const ThriftValue* head = page.DataHeader();
      const std::int64_t rows =
          head == nullptr ? -1 : head->Int(pq::data_page::kNumValues, -1);
      if (rows < 0 || static_cast<std::uint64_t>(rows) > rows_ - row) {
        return false;
      }
      const std::uint64_t end = row + static_cast<std::uint64_t>(rows);
      std::vector<std::uint32_t> lost;
      for (; next < removed_.size() && removed_[next] < end; ++next) {
        lost.push_back(static_cast<std::uint32_t>(removed_[next] - row));
      }
      row = end;
      if (lost.size() == static_cast<std::uint64_t>(rows) && rows > 0) {
        if (!Note(page, lost)) return false;
        pages_gone_ = true;
        continue;
      }
      if (!data_at_) data_at_ = origin_ + out.size();
      if (lost.empty()) {
        TakeOver(page, out);
      } else if (!CutPage(page, lost, out)) {
        return false;
      }
    }
    return row == rows_ && next == removed_.size() && data_at_.has_value();
  }

  void TakeOver(const ParquetPage& page, std::string& out) {
    out += page.whole;
    full_bytes_ += page.FullBytes();
  }

  bool ReadDictionary(const ParquetPage& page) {
    PageValues values;
    if (!OpenDictionary(form_, page, buffers_.dictionary, values)) return false;
    for (Bound& bound : bounds_) {
      const bool read = VisitAll(values, [&](std::string_view value) {
        bound.in_dictionary.push_back(Same(value, bound.value));
      });
      if (!read) return false;
    }
    return true;
  }

  bool Open(const ParquetPage& page, OpenedPage& out) {
    const PageState state = OpenPage(form_, page, out);
    damaged_ = damaged_ || state == PageState::kDamaged;
    return state == PageState::kFine;
  }

  // Which values the lost rows take with them.
  bool Lost(const OpenedPage& page, const std::vector<std::uint32_t>& rows,
            std::vector<std::uint32_t>& values) {
    if (!form_.optional()) {
      values = rows;
    } else {
      RunRanks ranks;
      if (!RankRuns({page.levels, 1, page.rows}, rows, ranks)) return false;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (ranks.is_one[i]) values.push_back(ranks.ranks[i]);
      }
    }
    nulls_gone_ += rows.size() - values.size();
    if (bounds_.empty() || values.empty()) return true;
    if (!IsDictionaryEncoding(page.values.encoding)) {
      return VisitPlaces(page.values, values, [&](std::string_view value) {
        for (Bound& bound : bounds_) {
          bound.touched = bound.touched || Same(value, bound.value);
        }
      });
    }
    HybridRuns indices;
    std::vector<std::uint32_t> found;
    if (!IndicesOf(page.values, indices) || !ReadRuns(indices, values, found)) {
      return false;
    }
    for (const std::uint32_t index : found) {
      for (Bound& bound : bounds_) {
        if (index >= bound.in_dictionary.size()) return false;
        bound.touched = bound.touched || bound.in_dictionary[index];
      }
    }
    return true;
  }

  // A page that goes as a whole.
  bool Note(const ParquetPage& page, const std::vector<std::uint32_t>& rows) {
    std::vector<std::uint32_t> values;
    return Open(page, buffers_.page) && Lost(buffers_.page, rows, values);
  }

  bool CutPage(const ParquetPage& page, const std::vector<std::uint32_t>& rows,
               std::string& out) {
    OpenedPage& opened = buffers_.page;
    std::vector<std::uint32_t> lost;
    if (!Open(page, opened) || !Lost(opened, rows, lost)) return false;
    PageChange& change = buffers_.change;
    change.Start(rows.size(), rows.size() - lost.size());
    if (form_.optional() &&
        !CutRuns({opened.levels, 1, opened.rows}, rows, change.bytes)) {
      return false;
    }
    change.EndLevels();
    return CutValues(opened.values, lost, change.bytes) &&
           AppendChanged(form_, page, change, out, full_bytes_);
  }

  // Whether a value equal to the bound is left in the pages.
  bool StillThere(std::string_view pages, const Bound& bound) {
    bool found = false;
    ParquetPage page;
    for (std::size_t at = 0; at < pages.size() && !found;) {
      if (!NextPage(pages, at, page)) return false;
      if (page.type == pq::kDictionaryPage) continue;
      OpenedPage& opened = buffers_.page;
      if (!Open(page, opened)) return false;
      if (IsDictionaryEncoding(opened.values.encoding)) {
        HybridRuns indices;
        if (!IndicesOf(opened.values, indices) ||
            !AnyInRuns(indices, bound.in_dictionary, found)) {
          return false;
        }
      } else if (!VisitAll(opened.values, [&](std::string_view value) {
                   found = found || Same(value, bound.value);
                 })) {
        return false;
      }
    }
    return found;
  }

  void ChangeMeta(ThriftValue& meta, std::size_t size) const {
    const auto offset = [](std::uint64_t at) {
      return ThriftValue::I64(static_cast<std::int64_t>(at));
    };
    meta.Set(pq::column_meta::kNumValues, offset(rows_ - removed_.size()));
    meta.Set(pq::column_meta::kTotalSize, offset(full_bytes_));
    meta.Set(pq::column_meta::kCompressedSize, offset(size));
    meta.Set(pq::column_meta::kDataPage, offset(*data_at_));
    meta.Erase(pq::column_meta::kIndexPage);
    meta.Erase(pq::column_meta::kDictionaryPage);
    if (dictionary_at_) {
      meta.Set(pq::column_meta::kDictionaryPage, offset(*dictionary_at_));
    }
    if (pages_gone_) meta.Erase(pq::column_meta::kEncodingStats);
    meta.Erase(pq::column_meta::kBloomOffset);
    meta.Erase(pq::column_meta::kBloomLength);
    meta.Erase(pq::column_meta::kSizeStatistics);
    ThriftValue* numbers = meta.Field(pq::column_meta::kStatistics);
    if (numbers == nullptr) return;
    numbers->Erase(pq::statistics::kDistinctCount);
    if (numbers->Field(pq::statistics::kNullCount) != nullptr) {
      numbers->Set(
          pq::statistics::kNullCount,
          ThriftValue::I64(numbers->Int(pq::statistics::kNullCount, 0) -
                           static_cast<std::int64_t>(nulls_gone_)));
    }
    if (!bounds_gone_) return;
    for (const std::int16_t id :
         {pq::statistics::kMinValue, pq::statistics::kMaxValue,
          pq::statistics::kOldMin, pq::statistics::kOldMax,
          pq::statistics::kMinIsExact, pq::statistics::kMaxIsExact}) {
      numbers->Erase(id);
    }
  }

  const ParquetColumn& column_;
  ThriftValue chunk_;
  std::string_view bytes_;
  std::uint64_t rows_;
  std::span<const std::uint32_t> removed_;
  CutBuffers& buffers_;
  PageForm form_;
  std::uint64_t origin_ = 0;  // Of the first byte of the output.
  std::vector<Bound> bounds_;
  std::optional<std::uint64_t> dictionary_at_;
  std::optional<std::uint64_t> data_at_;
  std::uint64_t full_bytes_ = 0;
  std::uint64_t nulls_gone_ = 0;
  bool pages_gone_ = false;
  bool bounds_gone_ = false;
  bool damaged_ = false;
};

}  // namespace

Result<std::optional<CutGroup>> CutRowGroup(
    fs::ReadableFile& file, const ParquetFooter& footer, std::size_t index,
    std::span<const std::uint32_t> removed, CutBuffers& buffers) {
  const std::optional<CutGroup> cannot;
  if (!footer.flat()) return cannot;
  BENCHKEEP_ASSIGN(const fs::FileInfo info, file.Info());
  CutGroup out;
  out.bytes = std::move(buffers.pages);
  out.bytes.clear();
  out.row_group = footer.tree().Field(pq::file_meta::kRowGroups)->items[index];
  const std::uint64_t rows = footer.row_groups()[index].rows;
  std::uint64_t full_bytes = 0;
  auto& chunks = out.row_group.Field(pq::group::kColumns)->items;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const std::optional<ByteRange> range = ChunkRange(chunks[i], info.size);
    if (!range || range->end - range->begin > kMaxChunkBytes) return cannot;
    BENCHKEEP_ASSIGN(const auto pages, ReadRange(file, range, buffers.chunk));
    if (!pages) return cannot;
    ChunkCutter cutter(footer.columns()[i], chunks[i], *pages, rows, removed,
                       buffers);
    if (!cutter.Run(kCutOrigin + out.bytes.size(), out.bytes)) {
      if (!cutter.damaged()) return cannot;
      return Fail(Code::kCorruption,
                  Say(N_("a page of column {0} in row group {1} does not match "
                         "its checksum"),
                      footer.columns()[i].name, index));
    }
    chunks[i] = std::move(cutter.chunk());
    full_bytes += cutter.full_bytes();
  }
  const auto number = [](std::uint64_t value) {
    return ThriftValue::I64(static_cast<std::int64_t>(value));
  };
  ThriftValue& group = out.row_group;
  group.Set(pq::group::kTotalSize, number(full_bytes));
  group.Set(pq::group::kNumRows, number(rows - removed.size()));
  if (group.Field(pq::group::kFileOffset) != nullptr) {
    group.Set(pq::group::kFileOffset, number(kCutOrigin));
  }
  if (group.Field(pq::group::kCompressedSize) != nullptr) {
    group.Set(pq::group::kCompressedSize, number(out.bytes.size()));
  }
  return std::optional<CutGroup>(std::move(out));
}

}  // namespace benchkeep::store
