// Hashing keys page by page.

#include "store/key_scan.h"

#include <algorithm>
#include <deque>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/text.h"
#include "store/data_page.h"
#include "store/parquet_fields.h"

namespace benchkeep::store {
namespace {

namespace pq = parquet;

// What reading a row group fills, used again for the next: fresh memory costs
// more than the reading.
struct Workspace {
  GroupKeys keys;
  std::string chunk;
  std::string dictionary;
  OpenedPage page;
  std::vector<KeyHash> hashes;
  std::vector<std::uint32_t> values;
  std::vector<std::uint32_t> levels;

  void Clear() {
    keys.count = {};
    keys.hashes.clear();
    keys.outcomes.clear();
    keys.is_null.clear();
  }
};

// The data pages of one column of a row group.
class ChunkReader {
 public:
  ChunkReader(const ParquetSource& source, std::size_t group,
              std::size_t column, Workspace& work)
      : work_(work),
        source_(source),
        group_(group),
        column_(source.footer().columns()[column]),
        chunk_(ChunkOf(source, group, column)) {}

  // Calls `dictionary` with the values of the dictionary and `data` with every
  // page; false when one of them does, or a page is not understood.
  template <typename Dictionary, typename Data>
  Result<bool> Read(Dictionary&& dictionary, Data&& data) {
    BENCHKEEP_ASSIGN(const bool loaded, Load());
    if (!loaded) return false;
    const std::uint64_t rows = source_.footer().row_groups()[group_].rows;
    std::uint64_t row = 0;
    ParquetPage page;
    OpenedPage& opened = work_.page;
    opened.levels = {};
    for (std::size_t at = 0; at < pages_.size() && row < rows;) {
      if (!NextPage(pages_, at, page)) return false;
      if (page.type == pq::kDictionaryPage) {
        if (row > 0 ||
            !OpenDictionary(form_, page, work_.dictionary, opened.values) ||
            !dictionary(opened.values)) {
          return false;
        }
        continue;
      }
      const PageState state = OpenPage(form_, page, opened);
      if (state == PageState::kDamaged) return Damaged();
      if (state != PageState::kFine || opened.rows > rows - row ||
          !data(opened)) {
        return false;
      }
      row += opened.rows;
    }
    return row == rows;
  }

  // 0 for the rows of a page that have no value; empty: all have one.
  static bool Levels(const OpenedPage& page,
                     std::vector<std::uint32_t>& levels) {
    levels.clear();
    return page.values.count == page.rows ||
           ReadAllRuns({page.levels, 1, page.rows}, levels);
  }

 private:
  Result<bool> Load() {
    const ThriftValue* meta = chunk_.Field(pq::chunk::kMeta);
    if (meta == nullptr || column_.repetition == pq::kRepeated ||
        chunk_.Field(pq::chunk::kCrypto) != nullptr ||
        chunk_.Field(pq::chunk::kEncryptedMeta) != nullptr) {
      return false;
    }
    const std::int64_t codec = meta->Int(pq::column_meta::kCodec, -1);
    const auto range = ChunkRange(chunk_, source_.info().size);
    if (!IsKnownCodec(codec) || !range) return false;
    form_ = {&column_, static_cast<PageCodec>(codec)};
    BENCHKEEP_ASSIGN(const auto pages,
                     ReadRange(source_.file(), range, work_.chunk));
    if (pages) pages_ = *pages;
    return pages.has_value();
  }

  Unexpected Damaged() const {
    return Fail(Code::kCorruption,
                Say(N_("a page of column {0} in row group {1} does not match "
                       "its checksum"),
                    column_.name, group_));
  }

  Workspace& work_;
  const ParquetSource& source_;
  std::size_t group_;
  const ParquetColumn& column_;
  const ThriftValue& chunk_;
  PageForm form_;
  std::string_view pages_;
};

// The hashes of the keys of one row group.
class KeyColumn {
 public:
  explicit KeyColumn(Workspace& work) : work_(work), out_(work.keys) {}

  Result<bool> Read(ChunkReader reader) {
    return reader.Read(
        [this](const PageValues& values) {
          return HashAll(values, dictionary_);
        },
        [this](const OpenedPage& page) { return TakePage(page); });
  }

 private:
  // A text that the engine would not read is left to it.
  static bool HashAll(const PageValues& values, std::vector<KeyHash>& out) {
    // Lengths below 128 look like ASCII, too.
    bool valid = true;
    const bool ascii = IsAscii(values.bytes);
    const bool whole = VisitPlainTexts(values, [&](std::string_view text) {
      valid = valid && (ascii || IsUtf8(text));
      out.push_back(HashOfText(text));
    });
    return whole && valid;
  }

  bool Values(const PageValues& values, std::vector<KeyHash>& out) {
    if (!IsDictionaryEncoding(values.encoding)) {
      return values.encoding == pq::kPlain && HashAll(values, out);
    }
    HybridRuns indices;
    work_.values.clear();
    if (!IndicesOf(values, indices) || !ReadAllRuns(indices, work_.values)) {
      return false;
    }
    for (const std::uint32_t index : work_.values) {
      if (index >= dictionary_.size()) return false;
      out.push_back(dictionary_[index]);
    }
    return true;
  }

  bool TakePage(const OpenedPage& page) {
    if (!ChunkReader::Levels(page, work_.levels)) return false;
    if (work_.levels.empty()) {
      if (!out_.is_null.empty()) {
        out_.is_null.resize(out_.is_null.size() + page.rows);
      }
      return Values(page.values, out_.hashes);
    }
    work_.hashes.clear();
    if (!Values(page.values, work_.hashes)) return false;
    out_.is_null.resize(out_.hashes.size());
    std::size_t next = 0;
    for (const std::uint32_t level : work_.levels) {
      const bool there = level != 0;
      out_.is_null.push_back(!there);
      out_.hashes.push_back(there ? work_.hashes[next++] : HashOfNull());
    }
    return true;
  }

  Workspace& work_;
  GroupKeys& out_;
  std::vector<KeyHash> dictionary_;
};

bool TakeOutcomes(const OpenedPage& page, Workspace& work) {
  std::vector<std::uint32_t>& levels = work.levels;
  work.values.clear();
  if (!ChunkReader::Levels(page, levels) ||
      !ReadBooleans(page.values, work.values)) {
    return false;
  }
  if (levels.empty()) levels.assign(page.rows, 1);
  std::size_t next = 0;
  for (const std::uint32_t level : levels) {
    const std::uint16_t tag =
        level == 0 ? kNoOutcome : OutcomeTag(work.values[next++] != 0);
    work.keys.outcomes.push_back(static_cast<std::uint8_t>(tag));
  }
  return true;
}

// A nullptr: not understood.
using Read = Result<std::unique_ptr<Workspace>>;

Read ReadGroup(const KeyScan& scan, std::size_t group,
               std::unique_ptr<Workspace> work) {
  work->Clear();
  GroupKeys& keys = work->keys;
  const std::uint64_t rows = scan.source->footer().row_groups()[group].rows;
  keys.hashes.reserve(rows);
  KeyColumn column(*work);
  BENCHKEEP_ASSIGN(
      const bool understood,
      column.Read(ChunkReader(*scan.source, group, scan.key, *work)));
  if (!understood || keys.hashes.size() != rows) return nullptr;
  keys.count.rows = rows;
  for (const KeyHash& hash : keys.hashes) AddTo(keys.count.keys, hash);
  if (!scan.outcome) {
    keys.outcomes.assign(rows, kNoOutcome);
    return work;
  }
  keys.outcomes.reserve(rows);
  BENCHKEEP_ASSIGN(const bool known,
                   ChunkReader(*scan.source, group, *scan.outcome, *work)
                       .Read([](const PageValues&) { return false; },
                             [&](const OpenedPage& page) {
                               return TakeOutcomes(page, *work);
                             }));
  if (!known || keys.outcomes.size() != rows) return nullptr;
  return work;
}

bool Fits(const KeyScan& scan) {
  const ParquetFooter& footer = scan.source->footer();
  if (!footer.flat() || footer.columns()[scan.key].physical != pq::kByteArray ||
      (scan.outcome &&
       footer.columns()[*scan.outcome].physical != pq::kBoolean)) {
    return false;
  }
  // Of a row group in flight: what is returned, and the pages.
  constexpr std::uint64_t kRowBytes = 24;
  const std::uint64_t room =
      scan.memory_bytes / (static_cast<std::uint64_t>(scan.threads) + 2);
  for (std::size_t i = 0; i < footer.row_groups().size(); ++i) {
    const auto pages = ChunkRange(ChunkOf(*scan.source, i, scan.key),
                                  scan.source->info().size);
    if (!pages || pages->end - pages->begin > room ||
        footer.row_groups()[i].rows >
            (room - (pages->end - pages->begin)) / kRowBytes) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<bool> ScanKeysOf(const KeyScan& scan, const TakeKeys& take) {
  if (!Fits(scan)) return false;
  std::deque<std::future<Read>> running;
  std::unique_ptr<Workspace> idle;
  std::vector<std::size_t> groups;
  for (std::size_t i = 0; i < scan.source->footer().row_groups().size(); ++i) {
    if (scan.skip.empty() || !scan.skip[i]) groups.push_back(i);
  }
  // What is read alone needs no thread of its own.
  const std::launch policy =
      groups.size() == 1 ? std::launch::deferred : std::launch::async;
  std::size_t started = 0;
  for (std::size_t taken = 0; taken < groups.size(); ++taken) {
    for (; started < groups.size() &&
           running.size() <= static_cast<std::size_t>(scan.threads);
         ++started) {
      if (!idle) idle = std::make_unique<Workspace>();
      running.push_back(std::async(policy, ReadGroup, std::cref(scan),
                                   groups[started], std::move(idle)));
    }
    std::future<Read> first = std::move(running.front());
    running.pop_front();
    BENCHKEEP_ASSIGN(idle, first.get());
    if (!idle) return false;
    BENCHKEEP_TRY(take(idle->keys));
  }
  return true;
}

}  // namespace benchkeep::store
