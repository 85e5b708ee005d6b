// Reading footers, and putting a file together from row groups.

#include "store/parquet_footer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/text.h"
#include "store/parquet_fields.h"

namespace benchkeep::store {
namespace {

constexpr std::string_view kMagic = kParquetMagic;
constexpr std::uint64_t kTailBytes = 8;  // Footer length and magic.
constexpr std::uint64_t kMaxFooter = std::uint64_t{64} << 20;

namespace element = parquet::element;
namespace chunk = parquet::chunk;
namespace column_meta = parquet::column_meta;
namespace file_meta = parquet::file_meta;
namespace group = parquet::group;
namespace statistics = parquet::statistics;
constexpr std::int16_t kLogicalUnknown = 11;  // Union member NullType.
constexpr std::int64_t kRepeated = 2;

Unexpected Bad(const fs::Path& path, Message why) {
  return Fail(Code::kCorruption, std::move(why), path);
}

std::string TextField(const ThriftValue& value, std::int16_t id) {
  const ThriftValue* field = value.Field(id);
  return field == nullptr ? std::string() : field->binary;
}

ParquetColumn ColumnOf(const ThriftValue& schema_element) {
  ParquetColumn column;
  column.name = TextField(schema_element, element::kName);
  column.physical = schema_element.Int(element::kType, -1);
  column.type_length = schema_element.Int(element::kTypeLength, 0);
  column.repetition = schema_element.Int(element::kRepetition, 1);
  ThriftValue meaning = ThriftValue::Struct();
  for (const std::int16_t id : {element::kConverted, element::kScale,
                                element::kPrecision, element::kLogical}) {
    if (const ThriftValue* field = schema_element.Field(id)) {
      meaning.fields.push_back({id, *field});
    }
  }
  column.encoding = WriteThriftStruct(meaning);
  const ThriftValue* logical = schema_element.Field(element::kLogical);
  column.always_null =
      logical != nullptr && logical->Field(kLogicalUnknown) != nullptr;
  return column;
}

// How many schema elements `at` and its descendants take.
Result<std::size_t> SubtreeSize(const std::vector<ThriftValue>& elements,
                                std::size_t at, const fs::Path& path) {
  std::size_t pending = 1;
  std::size_t size = 0;
  while (pending > 0) {
    if (at + size >= elements.size()) {
      return Bad(path, Say(N_("{0}: the schema is incomplete"), path));
    }
    const std::int64_t children =
        elements[at + size].Int(element::kNumChildren, 0);
    if (children < 0 || static_cast<std::size_t>(children) > elements.size()) {
      return Bad(path, Say(N_("{0}: the schema is damaged"), path));
    }
    pending += static_cast<std::size_t>(children) - 1;
    ++size;
  }
  return size;
}

// A FLOAT or DOUBLE as statistics hold it.
std::optional<double> Real(const std::string& bytes) {
  if (bytes.size() == sizeof(float)) {
    float value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return static_cast<double>(value);
  }
  if (bytes.size() == sizeof(double)) {
    double value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  return std::nullopt;
}

void Shift(ThriftValue& value, std::int16_t id, std::int64_t delta) {
  ThriftValue* field = value.Field(id);
  if (field != nullptr && field->integer > 0) field->integer += delta;
}

// The row group as row group `ordinal` of a file whose columns have the names
// of the model.
ThriftValue Adopted(ThriftValue row_group, std::int64_t ordinal,
                    const std::vector<std::string>& names) {
  if (row_group.Field(group::kOrdinal) != nullptr) {
    constexpr std::int64_t kMaxOrdinal = 32767;
    ThriftValue* field = row_group.Field(group::kOrdinal);
    if (ordinal > kMaxOrdinal) {
      row_group.Erase(group::kOrdinal);
    } else {
      field->integer = ordinal;
    }
  }
  std::size_t index = 0;
  for (ThriftValue& column : row_group.Field(group::kColumns)->items) {
    // Page indexes and bloom filters are not copied: readers do without.
    for (std::int16_t id = chunk::kOffsetIndexOffset;
         id <= chunk::kColumnIndexLength; ++id) {
      column.Erase(id);
    }
    ThriftValue& meta = *column.Field(chunk::kMeta);
    meta.Erase(column_meta::kBloomOffset);
    meta.Erase(column_meta::kBloomLength);
    ThriftValue* path = meta.Field(column_meta::kPath);
    if (path != nullptr && !path->items.empty() && index < names.size()) {
      path->items.front().binary = names[index];
    }
    ++index;
  }
  return row_group;
}

Status CopyBytes(fs::ReadableFile& from, std::uint64_t begin, std::uint64_t end,
                 fs::WritableFile& to, const fs::Path& target) {
  std::string buffer(std::size_t{1} << 20, '\0');
  while (begin < end) {
    const std::size_t want =
        std::min<std::uint64_t>(buffer.size(), end - begin);
    BENCHKEEP_ASSIGN(const std::size_t got,
                     from.ReadAt(begin, std::as_writable_bytes(
                                            std::span(buffer.data(), want))));
    if (got != want) {
      return Fail(
          Code::kCorruption,
          Say(N_("{0}: a file that was being copied became shorter"), target),
          target);
    }
    BENCHKEEP_TRY(to.Append(std::string_view(buffer.data(), got)));
    begin += got;
  }
  return {};
}

// The name of the top-level column that each leaf belongs to.
std::vector<std::string> NamesOfLeaves(
    const std::vector<ThriftValue>& elements) {
  std::vector<std::string> names;
  std::string top;
  std::int64_t pending = 0;  // Elements left of the current column.
  for (std::size_t i = 1; i < elements.size(); ++i) {
    if (pending == 0) {
      top = TextField(elements[i], element::kName);
      pending = 1;
    }
    const std::int64_t children = elements[i].Int(element::kNumChildren, 0);
    pending += children - 1;
    if (children == 0) names.push_back(top);
  }
  return names;
}

std::string LittleEndian(std::uint32_t value) {
  std::string out;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    out += static_cast<char>(value >> shift & 0xFFU);
  }
  return out;
}

}  // namespace

std::optional<ByteRange> ChunkRange(const ThriftValue& column_chunk,
                                    std::uint64_t limit) {
  const ThriftValue* meta = column_chunk.Field(chunk::kMeta);
  if (meta == nullptr || column_chunk.Field(chunk::kFilePath) != nullptr) {
    return std::nullopt;
  }
  std::int64_t begin = meta->Int(column_meta::kDataPage, -1);
  const std::int64_t dictionary = meta->Int(column_meta::kDictionaryPage, 0);
  // Some writers store 0 for "no dictionary".
  if (dictionary > 0) begin = std::min(begin, dictionary);
  const std::int64_t size = meta->Int(column_meta::kCompressedSize, -1);
  if (begin < static_cast<std::int64_t>(kMagic.size()) || size < 0) {
    return std::nullopt;
  }
  const auto first = static_cast<std::uint64_t>(begin);
  const auto length = static_cast<std::uint64_t>(size);
  if (first > limit || length > limit - first) return std::nullopt;
  return ByteRange{first, first + length};
}

Result<std::optional<std::string_view>> ReadRange(
    fs::ReadableFile& file, const std::optional<ByteRange>& range,
    std::string& buffer) {
  const std::optional<std::string_view> nothing;
  if (!range) return nothing;
  const std::uint64_t size = range->end - range->begin;
  if (buffer.size() < size) buffer.resize(size);
  BENCHKEEP_ASSIGN(
      const std::size_t got,
      file.ReadAt(range->begin,
                  std::as_writable_bytes(std::span(buffer).first(size))));
  if (got != size) return nothing;
  return std::optional(std::string_view(buffer).substr(0, size));
}

ThriftValue MovedRowGroup(ThriftValue row_group, std::uint64_t by) {
  const auto delta = static_cast<std::int64_t>(by);
  Shift(row_group, group::kFileOffset, delta);
  for (ThriftValue& column : row_group.Field(group::kColumns)->items) {
    // file_offset is deprecated; readers want it to be plausible only.
    Shift(column, chunk::kFileOffset, delta);
    ThriftValue& meta = *column.Field(chunk::kMeta);
    Shift(meta, column_meta::kDataPage, delta);
    Shift(meta, column_meta::kIndexPage, delta);
    Shift(meta, column_meta::kDictionaryPage, delta);
  }
  return row_group;
}

std::string ParquetTail(const ThriftValue& footer) {
  std::string bytes = WriteThriftStruct(footer);
  bytes += LittleEndian(static_cast<std::uint32_t>(bytes.size()));
  bytes += kMagic;
  return bytes;
}

Result<ParquetFooter> ParquetFooter::Read(fs::ReadableFile& file,
                                          const fs::Path& path) {
  BENCHKEEP_ASSIGN(const fs::FileInfo info, file.Info());
  if (info.size < kMagic.size() + kTailBytes) {
    return Bad(path, Say(N_("{0} is too short to be a Parquet file: {1} bytes"),
                         path, info.size));
  }
  std::array<char, kTailBytes> tail{};
  const std::uint64_t tail_at = info.size - kTailBytes;
  BENCHKEEP_ASSIGN(
      std::size_t got,
      file.ReadAt(tail_at, std::as_writable_bytes(std::span(tail))));
  if (got != tail.size() ||
      std::string_view(tail.data() + 4, kMagic.size()) != kMagic) {
    return Bad(path, Say(N_("{0} has no Parquet footer at byte {1}: it was cut "
                            "off, or is still being written"),
                         path, tail_at));
  }
  std::uint32_t size = 0;
  for (unsigned i = 0; i < 4; ++i) {
    size |= static_cast<std::uint32_t>(static_cast<unsigned char>(tail[i]))
            << (8 * i);
  }
  if (size > tail_at - kMagic.size() || size > kMaxFooter) {
    return Bad(
        path, Say(N_("{0} claims a footer of {1} bytes in a file of {2}"), path,
                  size, info.size));
  }
  std::string bytes(size, '\0');
  const std::uint64_t footer_at = tail_at - size;
  BENCHKEEP_ASSIGN(
      got, file.ReadAt(footer_at, std::as_writable_bytes(std::span(bytes))));
  if (got != bytes.size()) {
    return Bad(path, Say(N_("{0} became shorter while it was read"), path));
  }
  ParquetFooter footer;
  {
    Result<ThriftValue> tree = ParseThriftStruct(bytes);
    if (!tree.ok()) {
      return Bad(path,
                 Say(N_("{0}: {1}"), path, tree.error().message.English()));
    }
    footer.tree_ = std::move(*tree);
  }
  const ThriftValue* schema = footer.tree_.Field(file_meta::kSchema);
  const std::int64_t rows = footer.tree_.Int(file_meta::kNumRows, -1);
  if (schema == nullptr || schema->items.empty() || rows < 0) {
    return Bad(path,
               Say(N_("{0}: the footer has no schema or row count"), path));
  }
  footer.rows_ = static_cast<std::uint64_t>(rows);
  for (std::size_t at = 1; at < schema->items.size();) {
    footer.columns_.push_back(ColumnOf(schema->items[at]));
    const std::string& name = footer.columns_.back().name;
    if (CleanUtf8(name) != name) {
      return Bad(path, Say(N_("{0}: the name of column {1} is not UTF-8"), path,
                           footer.columns_.size()));
    }
    BENCHKEEP_ASSIGN(const std::size_t subtree,
                     SubtreeSize(schema->items, at, path));
    if (subtree > 1 || footer.columns_.back().repetition == kRepeated) {
      footer.flat_ = false;
    }
    at += subtree;
  }
  if (footer.columns_.empty()) {
    return Bad(path, Say(N_("{0} has no columns"), path));
  }
  std::uint64_t sum = 0;
  const ThriftValue* groups = footer.tree_.Field(file_meta::kRowGroups);
  for (const ThriftValue& row_group :
       groups == nullptr ? std::vector<ThriftValue>() : groups->items) {
    const std::int64_t count = row_group.Int(group::kNumRows, -1);
    const ThriftValue* columns = row_group.Field(group::kColumns);
    if (count < 0 || columns == nullptr || columns->items.empty() ||
        (footer.flat_ && columns->items.size() != footer.columns_.size())) {
      return Bad(path, Say(N_("{0}: row group {1} is damaged"), path,
                           footer.row_groups_.size()));
    }
    ParquetRowGroup out{static_cast<std::uint64_t>(count), footer_at, 0};
    for (const ThriftValue& column : columns->items) {
      const std::optional<ByteRange> span = ChunkRange(column, footer_at);
      if (!span) {
        return Bad(path, Say(N_("{0}: row group {1} lies outside of the file"),
                             path, footer.row_groups_.size()));
      }
      out.begin = std::min(out.begin, span->begin);
      out.end = std::max(out.end, span->end);
    }
    sum += out.rows;
    footer.row_groups_.push_back(out);
  }
  if (sum != footer.rows_) {
    return Bad(path, Say(N_("{0}: the footer counts {1} rows, its row groups "
                            "{2}"),
                         path, footer.rows_, sum));
  }
  return footer;
}

int ParquetFooter::Find(const std::string& name) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

bool ParquetFooter::MayHoldZero(std::size_t index) const {
  const ThriftValue* groups = tree_.Field(file_meta::kRowGroups);
  if (groups == nullptr) return false;
  for (const ThriftValue& row_group : groups->items) {
    const auto& chunks = row_group.Field(group::kColumns)->items;
    if (!flat_ || index >= chunks.size()) return true;
    const ThriftValue* numbers =
        chunks[index].Field(chunk::kMeta)->Field(column_meta::kStatistics);
    if (numbers == nullptr) return true;
    const std::optional<double> low =
        Real(TextField(*numbers, statistics::kMinValue));
    const std::optional<double> high =
        Real(TextField(*numbers, statistics::kMaxValue));
    if (!low || !high || (*low <= 0 && *high >= 0)) return true;
  }
  return false;
}

std::string ParquetFooter::Signature() const {
  // The schema elements say it all; nested ones included.
  return WriteThriftStruct([&] {
    ThriftValue all = ThriftValue::Struct();
    all.Set(file_meta::kSchema, *tree_.Field(file_meta::kSchema));
    return all;
  }());
}

Status AssembleParquet(fs::FileSystem& file_system, const fs::Path& target,
                       std::uint32_t mode, const ThriftValue& model,
                       const std::vector<ParquetPiece>& pieces) {
  ThriftValue footer = ThriftValue::Struct();
  for (const std::int16_t id :
       {file_meta::kVersion, file_meta::kSchema, file_meta::kKeyValue,
        file_meta::kCreatedBy, file_meta::kColumnOrders}) {
    if (const ThriftValue* field = model.Field(id)) footer.Set(id, *field);
  }
  const std::vector<std::string> names =
      NamesOfLeaves(footer.Field(file_meta::kSchema)->items);

  BENCHKEEP_ASSIGN(const auto out, file_system.Create(target, mode));
  BENCHKEEP_TRY(out->Append(kMagic));
  std::uint64_t at = kMagic.size();
  std::int64_t rows = 0;
  ThriftValue row_groups = ThriftValue::List(ThriftType::kStruct);
  for (const ParquetPiece& piece : pieces) {
    const ThriftValue* groups =
        piece.footer->tree().Field(file_meta::kRowGroups);
    for (const std::size_t index : piece.row_groups) {
      const ParquetRowGroup& where = piece.footer->row_groups()[index];
      BENCHKEEP_TRY(
          CopyBytes(*piece.file, where.begin, where.end, *out, target));
      // The sum wraps around when the pages move to the front.
      ThriftValue moved = MovedRowGroup(groups->items[index], at - where.begin);
      row_groups.items.push_back(
          Adopted(std::move(moved),
                  static_cast<std::int64_t>(row_groups.items.size()), names));
      at += where.end - where.begin;
      rows += static_cast<std::int64_t>(where.rows);
    }
  }
  footer.Set(file_meta::kNumRows, ThriftValue::I64(rows));
  footer.Set(file_meta::kRowGroups, std::move(row_groups));
  BENCHKEEP_TRY(out->Append(ParquetTail(footer)));
  return out->Close();
}

}  // namespace benchkeep::store
