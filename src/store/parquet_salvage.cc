// Putting a Parquet file together again from its pages.

#include "store/parquet_salvage.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "store/page_codec.h"
#include "store/parquet_fields.h"
#include "store/thrift_compact.h"

namespace benchkeep::store {
namespace {

constexpr std::string_view kMagic = kParquetMagic;
constexpr std::size_t kHeaderWindow = std::size_t{64} << 10;
constexpr std::uint64_t kMaxPage = std::uint64_t{1} << 31;
constexpr std::size_t kMaxPages = 4'000'000;

namespace chunk = parquet::chunk;
namespace column_meta = parquet::column_meta;
namespace data_page = parquet::data_page;
namespace data_page_v2 = parquet::data_page_v2;
namespace file_meta = parquet::file_meta;
namespace group = parquet::group;
namespace head = parquet::page;

struct Page {
  std::uint64_t begin = 0;  // Of its header.
  std::uint64_t end = 0;
  std::uint64_t uncompressed = 0;  // With its header.
  std::uint64_t values = 0;
  std::int64_t encoding = 0;
  bool dictionary = false;
  std::uint64_t packed_begin = 0;  // Of what is compressed, up to the end.
  std::uint64_t unpacked = 0;      // What becomes of it.
  bool compressed = true;          // As its header says; by the chunk's codec.

  [[nodiscard]] bool UsesDictionary() const {
    return !dictionary && (encoding == parquet::kRleDictionary ||
                           encoding == parquet::kPlainDictionary);
  }
};

// The pages of one column of one row group: [first, last).
struct Chunk {
  std::size_t first = 0;
  std::size_t last = 0;
};

struct Group {
  std::uint64_t rows = 0;
  std::vector<Chunk> chunks;
};

// The page at `at`, or nullopt when there is none, or not all of it.
std::optional<Page> ReadPage(fs::ReadableFile& file, std::uint64_t at,
                             std::uint64_t size) {
  std::string window(static_cast<std::size_t>(
                         std::min<std::uint64_t>(kHeaderWindow, size - at)),
                     '\0');
  const auto got = file.ReadAt(at, std::as_writable_bytes(std::span(window)));
  if (!got.ok() || *got != window.size()) return std::nullopt;
  std::size_t used = 0;
  const Result<ThriftValue> header = ParseThriftPrefix(window, &used);
  if (!header.ok()) return std::nullopt;
  const std::int64_t type = header->Int(head::kType, -1);
  const std::int64_t plain = header->Int(head::kSize, -1);
  const std::int64_t packed = header->Int(head::kCompressedSize, -1);
  if (plain < 0 || packed < 0 ||
      static_cast<std::uint64_t>(packed) > kMaxPage) {
    return std::nullopt;
  }
  Page page;
  page.begin = at;
  page.end = at + used + static_cast<std::uint64_t>(packed);
  page.uncompressed = used + static_cast<std::uint64_t>(plain);
  if (page.end > size) return std::nullopt;
  const ThriftValue* about = nullptr;
  std::int16_t encoding = data_page::kEncoding;
  if (type == parquet::kDataPage) {
    about = header->Field(head::kData);
  } else if (type == parquet::kDictionaryPage) {
    about = header->Field(head::kDictionary);
    page.dictionary = true;
  } else if (type == parquet::kDataV2) {
    about = header->Field(head::kDataV2);
    encoding = data_page_v2::kEncoding;
  }
  if (about == nullptr || type == parquet::kIndexPage) return std::nullopt;
  const std::int64_t values = about->Int(data_page::kNumValues, -1);
  if (values < 0) return std::nullopt;
  page.values = static_cast<std::uint64_t>(values);
  page.encoding = about->Int(encoding, 0);
  std::int64_t levels = 0;
  if (type == parquet::kDataV2) {
    levels = about->Int(data_page_v2::kLevelBytes, 0) +
             about->Int(data_page_v2::kRepetitionBytes, 0);
    const ThriftValue* packed_too = about->Field(data_page_v2::kIsCompressed);
    page.compressed =
        packed_too == nullptr || packed_too->type != ThriftType::kFalse;
  }
  if (levels < 0 || levels > packed || levels > plain) return std::nullopt;
  page.packed_begin = at + used + static_cast<std::uint64_t>(levels);
  page.unpacked = static_cast<std::uint64_t>(plain - levels);
  return page;
}

// The codec that gives the page the size its header promises; the sibling's
// first.  Nullopt when none of those that we know does.
std::optional<std::int64_t> CodecOf(fs::ReadableFile& file, const Page& page,
                                    std::int64_t like) {
  std::string bytes(static_cast<std::size_t>(page.end - page.packed_begin),
                    '\0');
  const auto got =
      file.ReadAt(page.packed_begin, std::as_writable_bytes(std::span(bytes)));
  if (!got.ok() || *got != bytes.size()) return std::nullopt;
  std::string buffer;
  std::string_view full;
  for (const std::int64_t codec :
       {like, static_cast<std::int64_t>(PageCodec::kSnappy),
        static_cast<std::int64_t>(PageCodec::kZstd),
        static_cast<std::int64_t>(PageCodec::kGzip),
        static_cast<std::int64_t>(PageCodec::kNone)}) {
    if (IsKnownCodec(codec) &&
        DecompressPage(static_cast<PageCodec>(codec), bytes,
                       static_cast<std::size_t>(page.unpacked), buffer, full)) {
      return codec;
    }
  }
  return std::nullopt;
}

// Finds the row groups among pages.
class Assembler {
 public:
  Assembler(std::vector<Page> pages, std::vector<bool> dictionaries)
      : pages_(std::move(pages)), dictionaries_(std::move(dictionaries)) {}

  std::vector<Group> Run() {
    std::vector<Group> groups;
    while (at_ < pages_.size()) {
      std::optional<Group> best;
      int best_fit = -1;
      // How many rows there are, the first column tells: the sum of its first
      // one, two, three ... pages.  The one whose dictionaries are where the
      // sibling has them counts, and of those the longest.
      for (const std::uint64_t rows : Candidates()) {
        int fit = 0;
        const std::optional<Group> whole = Try(rows, fit);
        if (whole && fit >= best_fit) {
          best = whole;
          best_fit = fit;
        }
      }
      if (!best) break;
      at_ = best->chunks.back().last;
      groups.push_back(std::move(*best));
    }
    return groups;
  }

  // Columns that are whole after the last row group.
  std::size_t WholeColumnsLeft() {
    std::size_t most = 0;
    for (const std::uint64_t rows : Candidates()) {
      std::size_t at = at_;
      std::size_t whole = 0;
      while (whole < dictionaries_.size() && TakeChunk(rows, at)) ++whole;
      most = std::max(most, whole);
    }
    return most;
  }

  [[nodiscard]] const std::vector<Page>& pages() const { return pages_; }

 private:
  [[nodiscard]] std::vector<std::uint64_t> Candidates() const {
    constexpr std::size_t kMost = 512;
    std::vector<std::uint64_t> candidates;
    std::uint64_t sum = 0;
    std::size_t at = at_;
    if (at < pages_.size() && pages_[at].dictionary) ++at;
    for (; at < pages_.size() && !pages_[at].dictionary; ++at) {
      sum += pages_[at].values;
      if (sum > 0) candidates.push_back(sum);
      if (candidates.size() == kMost) break;
    }
    return candidates;
  }

  // Moves `at` past the pages of a column of `rows` rows.
  std::optional<Chunk> TakeChunk(std::uint64_t rows, std::size_t& at) const {
    Chunk chunk{at, at};
    const bool dictionary = at < pages_.size() && pages_[at].dictionary;
    std::size_t look = at + (dictionary ? 1 : 0);
    std::uint64_t sum = 0;
    while (sum < rows && look < pages_.size() && !pages_[look].dictionary) {
      if (pages_[look].UsesDictionary() && !dictionary) return std::nullopt;
      sum += pages_[look].values;
      ++look;
    }
    if (sum != rows) return std::nullopt;
    chunk.last = at = look;
    return chunk;
  }

  std::optional<Group> Try(std::uint64_t rows, int& fit) const {
    Group group;
    group.rows = rows;
    std::size_t at = at_;
    for (const bool expected : dictionaries_) {
      const std::optional<Chunk> chunk = TakeChunk(rows, at);
      if (!chunk) return std::nullopt;
      if (pages_[chunk->first].dictionary == expected) ++fit;
      group.chunks.push_back(*chunk);
    }
    return group;
  }

  const std::vector<Page> pages_;
  const std::vector<bool> dictionaries_;  // Per column, as in the sibling.
  std::size_t at_ = 0;
};

// What the sibling says about its columns.
struct Sibling {
  std::vector<const ThriftValue*> columns;  // ColumnMetaData.
  std::vector<bool> dictionaries;
};

Result<Sibling> ColumnsOf(const ParquetFooter& footer) {
  const ThriftValue* groups = footer.tree().Field(file_meta::kRowGroups);
  if (!footer.flat() || groups == nullptr || groups->items.empty()) {
    return Fail(Code::kInvalidArgument,
                Say(N_("the other file has no rows, or lists in its columns")));
  }
  Sibling sibling;
  for (const ThriftValue& one :
       groups->items.front().Field(group::kColumns)->items) {
    const ThriftValue* about = one.Field(chunk::kMeta);
    sibling.columns.push_back(about);
    sibling.dictionaries.push_back(about->Int(column_meta::kDictionaryPage, 0) >
                                   0);
  }
  return sibling;
}

ThriftValue ChunkTree(fs::ReadableFile& file, const std::vector<Page>& pages,
                      const Chunk& where, const ThriftValue& like,
                      std::uint64_t rows) {
  ThriftValue about = ThriftValue::Struct();
  about.Set(column_meta::kType, *like.Field(column_meta::kType));
  ThriftValue encodings = ThriftValue::List(ThriftType::kI32);
  std::vector<std::int64_t> seen = {parquet::kRle};
  std::uint64_t uncompressed = 0;
  std::optional<std::uint64_t> data;
  for (std::size_t i = where.first; i < where.last; ++i) {
    uncompressed += pages[i].uncompressed;
    if (!pages[i].dictionary && !data) data = pages[i].begin;
    if (std::find(seen.begin(), seen.end(), pages[i].encoding) == seen.end()) {
      seen.push_back(pages[i].encoding);
    }
  }
  for (const std::int64_t encoding : seen) {
    encodings.items.push_back(
        ThriftValue::I32(static_cast<std::int32_t>(encoding)));
  }
  const std::uint64_t begin = pages[where.first].begin;
  const auto number = [](std::uint64_t value) {
    return ThriftValue::I64(static_cast<std::int64_t>(value));
  };
  about.Set(column_meta::kEncodings, std::move(encodings));
  about.Set(column_meta::kPath, *like.Field(column_meta::kPath));
  // Writers of one campaign need not compress alike.
  std::int64_t codec = like.Int(column_meta::kCodec, 0);
  for (std::size_t i = where.first; i < where.last; ++i) {
    if (!pages[i].compressed || pages[i].unpacked == 0) continue;
    codec = CodecOf(file, pages[i], codec).value_or(codec);
    break;
  }
  about.Set(column_meta::kCodec,
            ThriftValue::I32(static_cast<std::int32_t>(codec)));
  about.Set(column_meta::kNumValues, number(rows));
  about.Set(column_meta::kTotalSize, number(uncompressed));
  about.Set(column_meta::kCompressedSize,
            number(pages[where.last - 1].end - begin));
  about.Set(column_meta::kDataPage, number(data.value_or(begin)));
  if (pages[where.first].dictionary) {
    about.Set(column_meta::kDictionaryPage, number(begin));
  }
  ThriftValue tree = ThriftValue::Struct();
  tree.Set(chunk::kFileOffset, number(begin));
  tree.Set(chunk::kMeta, std::move(about));
  return tree;
}

}  // namespace

Result<ParquetRemains> FindRemains(fs::ReadableFile& file, const fs::Path& path,
                                   const ParquetFooter& sibling) {
  BENCHKEEP_ASSIGN(const fs::FileInfo info, file.Info());
  BENCHKEEP_ASSIGN(const Sibling like, ColumnsOf(sibling));
  std::array<char, 4> magic{};
  BENCHKEEP_ASSIGN(const std::size_t got,
                   file.ReadAt(0, std::as_writable_bytes(std::span(magic))));
  if (got != magic.size() ||
      std::string_view(magic.data(), magic.size()) != kMagic) {
    return Fail(Code::kCorruption,
                Say(N_("{0} does not begin like a Parquet file"), path), path);
  }
  std::vector<Page> pages;
  std::uint64_t at = kMagic.size();
  while (at < info.size && pages.size() < kMaxPages) {
    const std::optional<Page> page = ReadPage(file, at, info.size);
    if (!page) break;
    at = page->end;
    pages.push_back(*page);
  }
  Assembler assembler(std::move(pages), like.dictionaries);
  const std::vector<Group> groups = assembler.Run();

  ParquetRemains remains;
  remains.bytes = info.size;
  remains.columns = like.columns.size();
  remains.columns_cut = assembler.WholeColumnsLeft();
  remains.row_groups = groups.size();
  ThriftValue footer = sibling.tree();
  ThriftValue list = ThriftValue::List(ThriftType::kStruct);
  for (const Group& one : groups) {
    ThriftValue columns = ThriftValue::List(ThriftType::kStruct);
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < one.chunks.size(); ++i) {
      const Chunk& where = one.chunks[i];
      for (std::size_t page = where.first; page < where.last; ++page) {
        bytes += assembler.pages()[page].uncompressed;
      }
      columns.items.push_back(ChunkTree(file, assembler.pages(), where,
                                        *like.columns[i], one.rows));
    }
    ThriftValue tree = ThriftValue::Struct();
    tree.Set(group::kColumns, std::move(columns));
    tree.Set(group::kTotalSize,
             ThriftValue::I64(static_cast<std::int64_t>(bytes)));
    tree.Set(group::kNumRows,
             ThriftValue::I64(static_cast<std::int64_t>(one.rows)));
    list.items.push_back(std::move(tree));
    remains.rows += one.rows;
    remains.bytes_used = assembler.pages()[one.chunks.back().last - 1].end;
  }
  footer.Set(file_meta::kNumRows,
             ThriftValue::I64(static_cast<std::int64_t>(remains.rows)));
  footer.Set(file_meta::kRowGroups, std::move(list));
  remains.tail = ParquetTail(footer);
  return remains;
}

Status WriteRemains(fs::FileSystem& file_system, fs::ReadableFile& file,
                    const ParquetRemains& remains, const fs::Path& target) {
  constexpr std::uint32_t kMode = 0666;
  BENCHKEEP_ASSIGN(const auto out, file_system.Create(target, kMode));
  std::string buffer(std::size_t{1} << 20, '\0');
  for (std::uint64_t at = 0; at < remains.bytes_used;) {
    const auto want = static_cast<std::size_t>(
        std::min<std::uint64_t>(buffer.size(), remains.bytes_used - at));
    BENCHKEEP_ASSIGN(const std::size_t got,
                     file.ReadAt(at, std::as_writable_bytes(
                                         std::span(buffer.data(), want))));
    if (got != want) {
      return Fail(
          Code::kCorruption,
          Say(N_("{0}: a file that was being copied became shorter"), target),
          target);
    }
    BENCHKEEP_TRY(out->Append(std::string_view(buffer.data(), got)));
    at += got;
  }
  BENCHKEEP_TRY(out->Append(remains.tail));
  BENCHKEEP_TRY(out->Sync());
  return out->Close();
}

}  // namespace benchkeep::store
