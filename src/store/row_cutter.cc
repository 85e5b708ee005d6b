// Cutting many row groups.

#include "store/row_cutter.h"

#include <fmt/format.h>

#include <deque>
#include <future>
#include <utility>

#include "store/chunk_cut.h"
#include "store/parquet_fields.h"

namespace benchkeep::store {
namespace {

using Cut = Result<std::optional<CutGroup>>;

class Cutter {
 public:
  Cutter(const RowCut& cut, fs::WritableFile& out)
      : cut_(cut), footer_(cut.base->footer()), out_(out) {}

  Result<CutRows> Run() {
    done_.places.resize(cut_.groups.size());
    done_.empty.resize(cut_.groups.size());
    BENCHKEEP_TRY(out_.Append(kParquetMagic));
    std::uint64_t begin = 0;
    for (std::size_t i = 0; i < cut_.groups.size(); ++i) {
      const std::uint64_t rows = footer_.row_groups()[i].rows;
      std::vector<std::uint32_t> places;
      for (std::uint64_t row = 0; cut_.groups[i] && row < rows; ++row) {
        if (cut_.lost->Holds(begin + row)) {
          places.push_back(static_cast<std::uint32_t>(row));
        }
      }
      begin += rows;
      if (!cut_.groups[i]) continue;
      if (places.size() == rows) {
        done_.empty[i] = true;
        continue;
      }
      Start(i, std::move(places));
      if (running_.size() >= static_cast<std::size_t>(cut_.threads)) {
        BENCHKEEP_TRY(TakeFirst());
      }
    }
    while (!running_.empty()) BENCHKEEP_TRY(TakeFirst());
    BENCHKEEP_TRY(WriteFooter());
    return std::move(done_);
  }

 private:
  void Start(std::size_t group, std::vector<std::uint32_t> places) {
    running_.emplace_back(
        group, std::async(std::launch::async,
                          [this, group, places = std::move(places)]() -> Cut {
                            return CutRowGroup(cut_.base->file(), footer_,
                                               group, places);
                          }));
  }

  // Waits for the oldest one and writes it, so the order is kept.
  Status TakeFirst() {
    auto [index, future] = std::move(running_.front());
    running_.pop_front();
    BENCHKEEP_ASSIGN(std::optional<CutGroup> group, future.get());
    if (!group) return {};
    done_.places[index] = groups_.items.size();
    BENCHKEEP_TRY(out_.Append(group->bytes));
    groups_.items.push_back(
        MovedRowGroup(std::move(group->row_group), at_ - kCutOrigin));
    rows_ += groups_.items.back().Int(parquet::group::kNumRows, 0);
    at_ += group->bytes.size();
    return {};
  }

  Status WriteFooter() {
    ThriftValue footer = footer_.tree();
    footer.Set(parquet::file_meta::kNumRows, ThriftValue::I64(rows_));
    footer.Set(parquet::file_meta::kRowGroups, std::move(groups_));
    BENCHKEEP_TRY(out_.Append(ParquetTail(footer)));
    return out_.Close();
  }

  const RowCut& cut_;
  const ParquetFooter& footer_;
  fs::WritableFile& out_;
  CutRows done_;
  ThriftValue groups_ = ThriftValue::List(ThriftType::kStruct);
  std::uint64_t at_ = kCutOrigin;
  std::int64_t rows_ = 0;
  std::deque<std::pair<std::size_t, std::future<Cut>>> running_;
};

}  // namespace

Result<CutRows> CutRowGroups(const RowCut& cut, fs::FileSystem& file_system,
                             const fs::Path& target) {
  BENCHKEEP_ASSIGN(const auto out, file_system.Create(target, 0600));
  return Cutter(cut, *out).Run();
}

}  // namespace benchkeep::store
