// Cutting many row groups.

#include "store/row_cutter.h"

#include <fmt/format.h>

#include <deque>
#include <future>
#include <memory>
#include <utility>

#include "store/chunk_cut.h"
#include "store/parquet_fields.h"

namespace benchkeep::store {
namespace {

struct Cut {
  std::optional<CutGroup> group;
  std::unique_ptr<CutBuffers> buffers;
};

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
      begin += rows;
      if (!cut_.groups[i]) continue;
      std::vector<std::uint32_t> places =
          cut_.lost->Within(begin - rows, begin);
      if (places.size() == rows) {
        done_.empty[i] = true;
        continue;
      }
      // One more than there are threads: so none of them waits for us.
      if (running_.size() > static_cast<std::size_t>(cut_.threads)) {
        BENCHKEEP_TRY(TakeFirst());
      }
      Start(i, std::move(places));
    }
    while (!running_.empty()) BENCHKEEP_TRY(TakeFirst());
    BENCHKEEP_TRY(WriteFooter());
    return std::move(done_);
  }

 private:
  void Start(std::size_t group, std::vector<std::uint32_t> places) {
    if (!idle_) idle_ = std::make_unique<CutBuffers>();
    running_.emplace_back(
        group,
        std::async(std::launch::async,
                   [this, group, places = std::move(places),
                    buffers = std::move(idle_)]() mutable -> Result<Cut> {
                     BENCHKEEP_ASSIGN(std::optional<CutGroup> done,
                                      CutRowGroup(cut_.base->file(), footer_,
                                                  group, places, *buffers));
                     return Cut{std::move(done), std::move(buffers)};
                   }));
  }

  // Waits for the oldest one and writes it, so the order is kept.
  Status TakeFirst() {
    auto [index, future] = std::move(running_.front());
    running_.pop_front();
    BENCHKEEP_ASSIGN(Cut cut, future.get());
    idle_ = std::move(cut.buffers);
    std::optional<CutGroup>& group = cut.group;
    if (!group) return {};
    done_.places[index] = groups_.items.size();
    BENCHKEEP_TRY(out_.Append(group->bytes));
    groups_.items.push_back(
        MovedRowGroup(std::move(group->row_group), at_ - kCutOrigin));
    rows_ += groups_.items.back().Int(parquet::group::kNumRows, 0);
    at_ += group->bytes.size();
    idle_->pages = std::move(group->bytes);
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
  std::deque<std::pair<std::size_t, std::future<Result<Cut>>>> running_;
  std::unique_ptr<CutBuffers> idle_;
};

}  // namespace

Result<CutRows> CutRowGroups(const RowCut& cut, fs::FileSystem& file_system,
                             const fs::Path& target) {
  BENCHKEEP_ASSIGN(const auto out, file_system.Create(target, 0600));
  return Cutter(cut, *out).Run();
}

}  // namespace benchkeep::store
