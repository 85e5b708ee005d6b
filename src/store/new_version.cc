// Writing a new version of a Parquet file.

#include "store/new_version.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <numeric>

#include "store/fresh_table.h"
#include "store/parquet_copy.h"
#include "store/row_cutter.h"

namespace benchkeep::store {
namespace {

constexpr std::int16_t kSchemaField = 2;
constexpr std::int16_t kKeyValueField = 5;
constexpr std::int16_t kElementName = 4;
constexpr std::int16_t kElementChildren = 5;
constexpr std::int16_t kKeyField = 1;

// More runs of dirty row groups than this are written as one.
constexpr std::size_t kMaxRuns = 64;

// Every merge adds a small row group; this many in a row become one.
constexpr std::size_t kMaxSmallGroups = 16;
constexpr std::uint64_t kSmallGroupRows = 16384;

struct DirtyRun {
  std::size_t first = 0;
  std::size_t last = 0;  // Inclusive.
};

// Types whose bytes mean the same whatever the annotation says.
bool PlainType(const std::string& type) {
  for (const char* plain :
       {"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT",
        "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT", "DOUBLE", "VARCHAR",
        "BLOB", "DATE"}) {
    if (type == plain) return true;
  }
  return false;
}

// True when pages of both columns may stand under one schema element.
bool CanShare(const ParquetColumn& a, const ParquetColumn& b,
              const std::string& type) {
  return a.physical == b.physical && a.type_length == b.type_length &&
         a.repetition == b.repetition && a.always_null == b.always_null &&
         (PlainType(type) || a.encoding == b.encoding);
}

class Writer {
 public:
  explicit Writer(const NewVersion& version) : v_(version) {}

  Result<WrittenVersion> Run(Progress& progress) {
    Result<WrittenVersion> written = Write(progress);
    if (!written.ok()) RemoveAll();
    return written;
  }

 private:
  Result<WrittenVersion> Write(Progress& progress) {
    progress.Stage(Say(N_("writing the new version")), 0);
    bool sharing = v_.base != nullptr && !v_.only_appended && SameColumns();
    std::vector<bool> dirty = v_.dirty;
    // Beside the engine, which writes on one core.
    std::future<Status> cutting;
    if (sharing) {
      cutting = std::async(
          v_.threads > 1 ? std::launch::async : std::launch::deferred,
          [&] { return CutRows(dirty); });
    }
    Status appended;
    if (!v_.appended.empty()) appended = WritePiece(v_.appended, Floating());
    if (cutting.valid()) BENCHKEEP_TRY(cutting.get());
    if (cut_) paths_.push_back(CutPath());
    BENCHKEEP_TRY(appended);
    if (sharing && !v_.appended.empty()) sharing = FitsBase(written_.front());
    if (sharing) {
      MarkSmallGroups(dirty);
      BENCHKEEP_ASSIGN(sharing, WriteDirtyRuns(dirty));
    }
    if (!sharing && v_.base != nullptr && !v_.only_appended) {
      written_.erase(written_.begin() + (v_.appended.empty() ? 0 : 1),
                     written_.end());
      runs_.clear();
      BENCHKEEP_TRY(
          WritePiece(BaseQuery(0, v_.base->footer().rows()), BaseDoubtful()));
    }
    return Assemble(sharing, dirty);
  }

  // Somebody may try again in the same folder.
  void RemoveAll() {
    std::vector<fs::Path> ours = {CutPath(), Target()};
    for (std::size_t i = 0; i < pieces_; ++i) ours.push_back(PiecePath(i));
    for (const fs::Path& path : ours) {
      IgnoreError(v_.file_system->Remove(path),
                  "it is not there, or the transaction removes it");
    }
  }

  // The columns of the results stayed what they were.
  bool SameColumns() const {
    const auto& columns = v_.schema->columns();
    if (columns.size() != v_.base->footer().columns().size() ||
        !v_.base->footer().flat()) {
      return false;
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].type != (*v_.base_types)[i]) return false;
    }
    return true;
  }

  // Cuts the lost rows out of the dirty row groups; those that could not be
  // cut stay dirty.
  Status CutRows(std::vector<bool>& dirty) {
    if (std::find(dirty.begin(), dirty.end(), true) == dirty.end()) return {};
    RowCut cut{v_.base, v_.lost, dirty, v_.threads};
    for (const std::size_t i : SmallGroups()) cut.groups[i] = false;
    BENCHKEEP_ASSIGN(cut_rows_, CutRowGroups(cut, *v_.file_system, CutPath()));
    BENCHKEEP_ASSIGN(ParquetSource piece, ParquetSource::Open(CutPath()));
    cut_.emplace(std::move(piece));
    for (std::size_t i = 0; i < dirty.size(); ++i) {
      if (cut_rows_.places[i] || cut_rows_.empty[i]) dirty[i] = false;
    }
    return {};
  }

  fs::Path CutPath() const { return v_.staging / "cut.parquet"; }
  fs::Path PiecePath(std::size_t number) const {
    return v_.staging / fmt::format("piece-{}.parquet", number);
  }
  fs::Path Target() const {
    return v_.target.empty() ? v_.staging / "results.parquet" : v_.target;
  }

  // The row groups at the end that are to become one.
  std::vector<std::size_t> SmallGroups() const {
    const auto& groups = v_.base->footer().row_groups();
    std::vector<std::size_t> small;
    for (std::size_t i = groups.size();
         i > 0 && groups[i - 1].rows < kSmallGroupRows; --i) {
      small.push_back(i - 1);
    }
    if (small.size() < kMaxSmallGroups) small.clear();
    return small;
  }

  void MarkSmallGroups(std::vector<bool>& dirty) const {
    for (const std::size_t i : SmallGroups()) dirty[i] = true;
  }

  // Rows [begin, end) of the base without the superseded ones, in order.
  std::string BaseQuery(std::uint64_t begin, std::uint64_t end) const {
    std::vector<std::size_t> places(v_.base_types->size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    return fmt::format(
        "SELECT {} FROM {} WHERE file_row_number >= {} AND file_row_number < "
        "{} AND NOT lost_base(file_row_number)",
        UnionSelectList(v_.schema->columns(), *v_.base_types, places),
        v_.base->From(), begin, end);
  }

  // Columns that may hold a -0.0: see store/parquet_copy.h.
  std::vector<bool> Floating() const {
    std::vector<bool> out;
    for (const UnionColumn& column : v_.schema->columns()) {
      out.push_back(column.type == "FLOAT" || column.type == "DOUBLE");
    }
    return out;
  }

  std::vector<bool> BaseDoubtful() const {
    std::vector<bool> out = Floating();
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = out[i] && i < v_.base_types->size() &&
               v_.base->footer().MayHoldZero(i);
    }
    return out;
  }

  // Lets the engine write a piece, and opens it.
  Status WritePiece(const std::string& query,
                    const std::vector<bool>& doubtful) {
    const fs::Path path = PiecePath(pieces_++);
    std::vector<std::string> slots;
    for (std::size_t i = 0; i < v_.schema->columns().size(); ++i) {
      slots.push_back(ColumnSlot(i));
    }
    BENCHKEEP_TRY(CopyToParquet(*v_.connection, *v_.file_system, query, slots,
                                doubtful, path, Codec()));
    BENCHKEEP_ASSIGN(ParquetSource piece, ParquetSource::Open(path));
    written_.push_back(std::move(piece));
    paths_.push_back(path);
    return {};
  }

  // The codec of the results, so that a file keeps the look it has.
  std::string Codec() const {
    if (v_.base == nullptr || v_.base->footer().row_groups().empty()) {
      return "zstd";
    }
    constexpr std::int16_t kGroups = 4;
    constexpr std::int16_t kColumns = 1;
    constexpr std::int16_t kMeta = 3;
    constexpr std::int16_t kCodec = 4;
    const ThriftValue* meta = v_.base->footer()
                                  .tree()
                                  .Field(kGroups)
                                  ->items.front()
                                  .Field(kColumns)
                                  ->items.front()
                                  .Field(kMeta);
    switch (meta->Int(kCodec, -1)) {
      case 0:
        return "uncompressed";
      case 1:
        return "snappy";
      case 2:
        return "gzip";
      default:
        return "zstd";
    }
  }

  // False when what the engine writes cannot stand beside the base.
  Result<bool> WriteDirtyRuns(std::vector<bool>& dirty) {
    FindRuns(dirty);
    std::uint64_t row = 0;
    std::size_t group = 0;
    const auto& groups = v_.base->footer().row_groups();
    for (const DirtyRun& run : runs_) {
      for (; group < run.first; ++group) row += groups[group].rows;
      const std::uint64_t begin = row;
      for (; group <= run.last; ++group) row += groups[group].rows;
      BENCHKEEP_TRY(WritePiece(BaseQuery(begin, row), BaseDoubtful()));
      if (!FitsBase(written_.back())) return false;
    }
    return true;
  }

  bool FitsBase(const ParquetSource& piece) const {
    const auto& ours = piece.footer().columns();
    const auto& theirs = v_.base->footer().columns();
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      if (!CanShare(ours[i], theirs[i], (*v_.base_types)[i])) return false;
    }
    return true;
  }

  void FindRuns(std::vector<bool>& dirty) {
    for (std::size_t i = 0; i < dirty.size(); ++i) {
      if (!dirty[i]) continue;
      if (i > 0 && dirty[i - 1]) {
        runs_.back().last = i;
      } else {
        runs_.push_back({i, i});
      }
    }
    if (runs_.size() <= kMaxRuns) return;
    runs_ = {{runs_.front().first, runs_.back().last}};
    for (std::size_t i = runs_[0].first; i <= runs_[0].last; ++i) {
      dirty[i] = true;
    }
  }

  // The rows of a row group of the base.
  RowRange RowsOf(std::size_t index) const {
    const auto& groups = v_.base->footer().row_groups();
    RowRange range;
    for (std::size_t i = 0; i < index; ++i) range.begin += groups[i].rows;
    range.end = range.begin + groups[index].rows;
    return range;
  }

  static ParquetPiece Whole(const ParquetSource& source) {
    ParquetPiece piece{&source.file(), &source.footer(), {}};
    piece.row_groups.resize(source.footer().row_groups().size());
    std::iota(piece.row_groups.begin(), piece.row_groups.end(), std::size_t{0});
    return piece;
  }

  Result<WrittenVersion> Assemble(bool sharing,
                                  const std::vector<bool>& dirty) {
    WrittenVersion out;
    const std::size_t first_base = v_.appended.empty() ? 0 : 1;
    std::vector<ParquetPiece> pieces;
    std::vector<std::size_t> cut_groups;
    if (sharing) {
      std::size_t run = 0;
      for (std::size_t i = 0; i < dirty.size(); ++i) {
        if (dirty[i]) {
          pieces.push_back(Whole(written_[first_base + run]));
          i = runs_[run++].last;
        } else if (cut_ && cut_rows_.places[i]) {
          cut_groups.push_back(i);
          pieces.push_back(
              {&cut_->file(), &cut_->footer(), {*cut_rows_.places[i]}});
        } else if (!cut_ || !cut_rows_.empty[i]) {
          pieces.push_back({&v_.base->file(), &v_.base->footer(), {i}});
          ++out.row_groups_copied;
        }
      }
    } else if (written_.size() > first_base) {
      pieces.push_back(Whole(written_[first_base]));
    }
    if (first_base == 1) pieces.push_back(Whole(written_.front()));
    std::uint64_t row = 0;
    std::size_t groups = 0;
    for (const ParquetPiece& piece : pieces) {
      const std::uint64_t begin = row;
      for (const std::size_t group : piece.row_groups) {
        row += piece.footer->row_groups()[group].rows;
      }
      if (cut_ && piece.file == &cut_->file()) {
        const std::size_t before = cut_groups[out.row_groups_cut++];
        const RowRange old = RowsOf(before);
        out.cut.push_back({{before, groups, old.begin}, old, {begin, row}});
      } else if (v_.base == nullptr || piece.file != &v_.base->file()) {
        out.row_groups_written += piece.row_groups.size();
        out.encoded.push_back({begin, row});
      }
      groups += piece.row_groups.size();
    }
    out.path = Target();
    const std::uint32_t mode = v_.base == nullptr ? 0644 : v_.base->info().mode;
    BENCHKEEP_TRY(AssembleParquet(*v_.file_system, out.path, mode,
                                  Model(sharing), pieces));
    written_.clear();
    cut_.reset();
    for (const fs::Path& path : paths_) {
      BENCHKEEP_TRY(v_.file_system->Remove(path));
    }
    return out;
  }

  // The schema and metadata of the new version.
  ThriftValue Model(bool sharing) const {
    if (sharing) return v_.base->footer().tree();
    ThriftValue model = written_.front().footer().tree();
    model.Erase(kKeyValueField);
    std::size_t column = 0;
    auto& elements = model.Field(kSchemaField)->items;
    for (std::size_t i = 1; i < elements.size();) {
      elements[i].Field(kElementName)->binary =
          v_.schema->columns()[column++].name;
      // Over the descendants of nested columns.
      for (std::int64_t pending = 1; pending > 0; ++i) {
        pending += elements[i].Int(kElementChildren, 0) - 1;
      }
    }
    KeepMetadata(model);
    return model;
  }

  // Key-value metadata of the base that still tells the truth.
  void KeepMetadata(ThriftValue& model) const {
    if (v_.base == nullptr) return;
    const ThriftValue* old = v_.base->footer().tree().Field(kKeyValueField);
    if (old == nullptr) return;
    ThriftValue kept = *old;
    if (!SameColumns()) {
      std::erase_if(kept.items, [](const ThriftValue& pair) {
        const ThriftValue* key = pair.Field(kKeyField);
        return key == nullptr || key->binary == "ARROW:schema" ||
               key->binary == "pandas";
      });
    }
    if (!kept.items.empty()) model.Set(kKeyValueField, std::move(kept));
  }

  const NewVersion& v_;
  std::vector<ParquetSource> written_;  // Appended first, then the base's.
  std::optional<ParquetSource> cut_;
  store::CutRows cut_rows_;
  std::vector<DirtyRun> runs_;
  std::vector<fs::Path> paths_;
  std::size_t pieces_ = 0;
};

}  // namespace

Result<WrittenVersion> WriteNewVersion(const NewVersion& version,
                                       Progress& progress) {
  return Writer(version).Run(progress);
}

}  // namespace benchkeep::store
