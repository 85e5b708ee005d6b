// Reading a new version back.

#include "store/read_back.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <optional>
#include <utility>

#include "store/cut_check.h"

namespace benchkeep::store {
namespace {

// Rows that the engine compares after cutting: all up to the first number, of
// more the first ones of some row groups.
constexpr std::uint64_t kMaxCompared = 250'000;
constexpr std::size_t kSamples = 3;
constexpr std::uint64_t kSampleRows = 20'000;

class Reader {
 public:
  Reader(const NewVersionCheck& check, Progress& progress)
      : c_(check), progress_(progress) {}

  Status Run() {
    BENCHKEEP_ASSIGN(const ParquetSource written,
                     ParquetSource::Open(c_.written->path));
    for (std::size_t i = 0; i < c_.schema->columns().size(); ++i) {
      if (i >= written.footer().columns().size() ||
          written.footer().columns()[i].name != c_.schema->columns()[i].name) {
        return Fail(Code::kInternal,
                    Say(N_("the new version has other columns than it must "
                           "have")));
      }
    }
    progress_.Stage(Say(N_("reading the new version back")), c_.expected.rows);
    // The engine has the connection to itself meanwhile.
    std::future<Status> decoded = std::async(
        c_.limits.threads > 1 ? std::launch::async : std::launch::deferred,
        [&]() -> Status {
          BENCHKEEP_TRY(DecodeNewRows(written));
          return CompareCutRows(written);
        });
    BENCHKEEP_ASSIGN(const RowCount lost, CheckCutRows(written));
    BENCHKEEP_TRY(decoded.get());
    BENCHKEEP_ASSIGN(const RowCount found, CountWritten(written, lost));
    if (found != c_.expected || written.footer().rows() != found.rows) {
      return Fail(Code::kInternal,
                  Say(N_("the new version does not balance: {0} rows with key "
                         "sum {1} instead of {2} with {3}; nothing was "
                         "replaced"),
                      found.rows, found.keys.Hex(), c_.expected.rows,
                      c_.expected.keys.Hex()));
    }
    return {};
  }

 private:
  // What was cut, value by value.
  Result<RowCount> CheckCutRows(const ParquetSource& written) {
    std::vector<CutPair> pairs;
    for (const CutRange& cut : c_.written->cut) pairs.push_back(cut.groups);
    CutCheck check{c_.base, &written,          c_.lost,
                   {},      c_.limits.threads, &progress_};
    if (!c_.base_groups->empty()) check.key = c_.schema->Key().front();
    return CheckCut(check, pairs);
  }

  // Row groups that were cut hold every key they held but for those of the
  // `lost` rows: nobody needs to hash them again.
  Result<RowCount> CountWritten(const ParquetSource& written,
                                const RowCount& lost) {
    MergeKeys keys(*c_.connection, *c_.schema, *c_.base_types, *c_.success,
                   progress_);
    if (!c_.base_groups->empty() && !c_.written->cut.empty()) {
      RowCount in_cut;
      std::vector<bool> skip(written.footer().row_groups().size());
      for (const CutRange& cut : c_.written->cut) {
        in_cut += (*c_.base_groups)[cut.groups.before];
        skip[cut.groups.after] = true;
      }
      BENCHKEEP_ASSIGN(
          std::optional<RowCount> found,
          keys.CountWrittenPages(written, c_.limits, std::move(skip)));
      if (found) {
        *found += in_cut;
        *found -= lost;
        return *found;
      }
    }
    return keys.CountWritten(written, c_.limits);
  }

  // As the engine sees what was cut, row by row: all of it in stores of a usual
  // size, and enough of the large ones to notice it if others read our pages
  // otherwise than we do.
  Status CompareCutRows(const ParquetSource& written) {
    std::uint64_t rows = 0;
    for (const CutRange& cut : c_.written->cut)
      rows += cut.before.end - cut.before.begin;
    const bool all = rows <= kMaxCompared;
    const std::size_t step =
        all ? 1 : (c_.written->cut.size() + kSamples - 1) / kSamples;
    std::string columns;
    for (std::size_t i = 0; i < c_.schema->columns().size(); ++i) {
      columns += (i == 0 ? "" : ", ") + ColumnSlot(i);
    }
    for (std::size_t i = 0; i < c_.written->cut.size(); i += step) {
      RowRange old_rows = c_.written->cut[i].before;
      RowRange new_rows = c_.written->cut[i].after;
      if (!all) {
        old_rows.end = std::min(old_rows.end, old_rows.begin + kSampleRows);
        new_rows.end = new_rows.begin + (old_rows.end - old_rows.begin) -
                       c_.lost->Within(old_rows.begin, old_rows.end).size();
      }
      BENCHKEEP_ASSIGN(const std::string before,
                       RowDigest(columns, c_.base->From(), old_rows,
                                 " AND NOT lost_base(file_row_number)"));
      BENCHKEEP_ASSIGN(const std::string after,
                       RowDigest(columns, written.From(), new_rows, ""));
      if (before == after) continue;
      return Fail(Code::kInternal,
                  Say(N_("rows {0} to {1} of the new version are not those of "
                         "the old one; nothing was replaced"),
                      new_rows.begin, new_rows.end));
    }
    return {};
  }

  Result<std::string> RowDigest(const std::string& columns,
                                const std::string& from, const RowRange& range,
                                const char* only) {
    BENCHKEEP_ASSIGN(
        engine::Rows rows,
        c_.connection->Query(fmt::format(
            "SELECT concat_ws(' ', count(*), bit_xor(h), sum(h)) FROM (SELECT "
            "hash({}) AS h FROM {} WHERE file_row_number >= {} AND "
            "file_row_number < {}{})",
            columns, from, range.begin, range.end, only)));
    BENCHKEEP_ASSIGN(const engine::Chunk chunk, rows.Next());
    if (chunk.rows() != 1) return std::string();
    return std::string(chunk.column(0).Text(0));
  }

  // Every value that was encoded anew can be decoded; those of the keys were
  // already.
  Status DecodeNewRows(const ParquetSource& written) {
    const std::vector<std::size_t> key = c_.schema->Key();
    std::string list = "count(*)";
    for (std::size_t i = 0; i < c_.schema->columns().size(); ++i) {
      if (std::find(key.begin(), key.end(), i) != key.end()) continue;
      list += fmt::format(", max(hash({}))", ColumnSlot(i));
    }
    for (const RowRange& range : c_.written->encoded) {
      BENCHKEEP_TRY(c_.connection->Run(fmt::format(
          "SELECT {} FROM {} WHERE file_row_number >= {} AND file_row_number < "
          "{}",
          list, written.From(), range.begin, range.end)));
    }
    return {};
  }

  const NewVersionCheck& c_;
  Progress& progress_;
};

}  // namespace

Status ReadBack(const NewVersionCheck& check, Progress& progress) {
  return Reader(check, progress).Run();
}

}  // namespace benchkeep::store
