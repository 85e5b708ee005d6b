// Pages of Parquet columns.

#include "store/data_page.h"

#include <zlib.h>

#include <cstring>

#include "store/parquet_fields.h"

namespace benchkeep::store {
namespace {

namespace pq = parquet;

constexpr std::int64_t kMaxPageBytes = std::int64_t{256} << 20;
constexpr std::size_t kLengthBytes = 4;

std::uint32_t LengthAt(std::string_view bytes) {
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  return length;
}

// Of both, one after the other.
std::int32_t Checksum(std::string_view first, std::string_view second = {}) {
  uLong crc = 0;
  for (const std::string_view bytes : {first, second}) {
    if (bytes.empty()) continue;  // Without bytes crc32_z() begins anew.
    crc = ::crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()),
                    bytes.size());
  }
  return static_cast<std::int32_t>(crc);
}

std::size_t FullSize(const ParquetPage& page) {
  return static_cast<std::size_t>(page.header.Int(pq::page::kSize, 0));
}

bool OpenFirst(const PageForm& form, const ParquetPage& page,
               const ThriftValue& head, OpenedPage& out) {
  std::string_view rest;
  if (!DecompressPage(form.codec, page.body, FullSize(page), out.buffer,
                      rest)) {
    return false;
  }
  if (form.optional()) {
    if (head.Int(pq::data_page::kLevelEncoding, -1) != pq::kRle ||
        rest.size() < kLengthBytes) {
      return false;
    }
    const std::size_t size = LengthAt(rest);
    rest.remove_prefix(kLengthBytes);
    if (size > rest.size()) return false;
    out.levels = rest.substr(0, size);
    rest.remove_prefix(size);
  }
  out.values.bytes = rest;
  out.values.encoding = head.Int(pq::data_page::kEncoding, -1);
  return true;
}

bool IsCompressed(const PageForm& form, const ThriftValue& head) {
  const ThriftValue* field = head.Field(pq::data_page_v2::kIsCompressed);
  return form.codec != PageCodec::kNone &&
         (field == nullptr || field->type != ThriftType::kFalse);
}

bool OpenSecond(const PageForm& form, const ParquetPage& page,
                const ThriftValue& head, OpenedPage& out) {
  const std::int64_t levels = head.Int(pq::data_page_v2::kLevelBytes, -1);
  const auto size = static_cast<std::int64_t>(FullSize(page));
  if (head.Int(pq::data_page_v2::kRepetitionBytes, -1) != 0 || levels < 0 ||
      levels > size || static_cast<std::uint64_t>(levels) > page.body.size() ||
      (levels > 0) != form.optional()) {
    return false;
  }
  const auto level_bytes = static_cast<std::size_t>(levels);
  const auto value_bytes = static_cast<std::size_t>(size - levels);
  out.levels = page.body.substr(0, level_bytes);
  const std::string_view rest = page.body.substr(level_bytes);
  if (IsCompressed(form, head) && !rest.empty()) {
    if (!DecompressPage(form.codec, rest, value_bytes, out.buffer,
                        out.values.bytes)) {
      return false;
    }
  } else {
    if (rest.size() != value_bytes) return false;
    out.values.bytes = rest;
  }
  out.values.encoding = head.Int(pq::data_page_v2::kEncoding, -1);
  return true;
}

void Lower(ThriftValue& head, std::int16_t id, std::uint64_t by) {
  head.Set(id, ThriftValue::I32(static_cast<std::int32_t>(
                   head.Int(id, 0) - static_cast<std::int64_t>(by))));
}

struct Packed {
  std::string_view plain;   // Stands before what is compressed.
  std::string_view packed;  // Points into the change.
  std::size_t full = 0;     // The size of both before compression.
};

bool PackFirst(const PageForm& form, PageChange& change, ThriftValue& header,
               Packed& out) {
  ThriftValue& head = *header.Field(pq::page::kData);
  Lower(head, pq::data_page::kNumValues, change.rows_gone);
  head.Erase(pq::data_page::kStatistics);
  std::string_view all = change.bytes;
  if (form.optional()) {
    const auto size = static_cast<std::uint32_t>(change.level_bytes);
    std::memcpy(change.bytes.data(), &size, sizeof size);
  } else {
    all.remove_prefix(kLengthBytes);
  }
  out.full = all.size();
  return CompressPage(form.codec, all, change.packed, out.packed);
}

bool PackSecond(const PageForm& form, PageChange& change, ThriftValue& header,
                Packed& out) {
  ThriftValue& head = *header.Field(pq::page::kDataV2);
  Lower(head, pq::data_page_v2::kNumValues, change.rows_gone);
  Lower(head, pq::data_page_v2::kNumRows, change.rows_gone);
  Lower(head, pq::data_page_v2::kNumNulls, change.nulls_gone);
  head.Set(pq::data_page_v2::kLevelBytes,
           ThriftValue::I32(static_cast<std::int32_t>(change.level_bytes)));
  head.Erase(pq::data_page_v2::kStatistics);
  const std::string_view all =
      std::string_view(change.bytes).substr(kLengthBytes);
  out.full = all.size();
  out.plain = all.substr(0, change.level_bytes);
  out.packed = all.substr(change.level_bytes);
  return out.packed.empty() || !IsCompressed(form, head) ||
         CompressPage(form.codec, out.packed, change.packed, out.packed);
}

}  // namespace

bool PageForm::optional() const { return column->repetition == pq::kOptional; }

std::uint64_t ParquetPage::FullBytes() const {
  return whole.size() - body.size() + FullSize(*this);
}

const ThriftValue* ParquetPage::DataHeader() const {
  switch (type) {
    case pq::kDataPage:
      return header.Field(pq::page::kData);
    case pq::kDataV2:
      return header.Field(pq::page::kDataV2);
    default:
      return nullptr;
  }
}

bool NextPage(std::string_view bytes, std::size_t& at, ParquetPage& page) {
  std::size_t used = 0;
  Result<ThriftValue> header = ParseThriftStruct(bytes.substr(at), &used);
  if (!header.ok()) return false;
  page.header = std::move(*header);
  page.type = page.header.Int(pq::page::kType, -1);
  const std::int64_t size = page.header.Int(pq::page::kCompressedSize, -1);
  const std::int64_t full = page.header.Int(pq::page::kSize, -1);
  if (size < 0 || full < 0 || full > kMaxPageBytes ||
      static_cast<std::uint64_t>(size) > bytes.size() - at - used) {
    return false;
  }
  page.body = bytes.substr(at + used, static_cast<std::size_t>(size));
  page.whole = bytes.substr(at, used + page.body.size());
  at += page.whole.size();
  return true;
}

PageState OpenPage(const PageForm& form, const ParquetPage& page,
                   OpenedPage& out) {
  if (const ThriftValue* crc = page.header.Field(pq::page::kCrc)) {
    if (static_cast<std::int32_t>(crc->integer) != Checksum(page.body)) {
      return PageState::kDamaged;
    }
  }
  const ThriftValue* head = page.DataHeader();
  if (head == nullptr) return PageState::kUnknown;
  out.levels = {};
  out.rows =
      static_cast<std::uint64_t>(head->Int(pq::data_page::kNumValues, 0));
  const bool split = page.type == pq::kDataPage
                         ? OpenFirst(form, page, *head, out)
                         : OpenSecond(form, page, *head, out);
  if (!split) return PageState::kUnknown;
  out.values.physical = form.column->physical;
  out.values.type_length = form.column->type_length;
  out.values.count = out.rows;
  if (form.optional()) {
    RunRanks ranks;
    if (!RankRuns({out.levels, 1, out.rows}, {}, ranks)) {
      return PageState::kUnknown;
    }
    out.values.count = ranks.ones;
  }
  return IsKnownEncoding(out.values) ? PageState::kFine : PageState::kUnknown;
}

bool OpenDictionary(const PageForm& form, const ParquetPage& page,
                    std::string& buffer, PageValues& values) {
  const ThriftValue* head = page.header.Field(pq::page::kDictionary);
  if (head == nullptr) return false;
  const std::int64_t count = head->Int(pq::dictionary_page::kNumValues, -1);
  std::string_view full;
  if (count < 0 ||
      !DecompressPage(form.codec, page.body, FullSize(page), buffer, full)) {
    return false;
  }
  values = {full, pq::kPlain, form.column->physical, form.column->type_length,
            static_cast<std::uint64_t>(count)};
  return true;
}

void PageChange::Start(std::uint64_t rows, std::uint64_t nulls) {
  rows_gone = rows;
  nulls_gone = nulls;
  level_bytes = 0;
  bytes.assign(kLengthBytes, '\0');
}

void PageChange::EndLevels() { level_bytes = bytes.size() - kLengthBytes; }

bool AppendChanged(const PageForm& form, const ParquetPage& page,
                   PageChange& change, std::string& out,
                   std::uint64_t& full_bytes) {
  ThriftValue header = page.header;
  Packed packed;
  if (!(page.type == pq::kDataPage
            ? PackFirst(form, change, header, packed)
            : PackSecond(form, change, header, packed))) {
    return false;
  }
  const std::size_t body = packed.plain.size() + packed.packed.size();
  header.Set(pq::page::kSize,
             ThriftValue::I32(static_cast<std::int32_t>(packed.full)));
  header.Set(pq::page::kCompressedSize,
             ThriftValue::I32(static_cast<std::int32_t>(body)));
  if (header.Field(pq::page::kCrc) != nullptr) {
    header.Set(pq::page::kCrc,
               ThriftValue::I32(Checksum(packed.plain, packed.packed)));
  }
  const std::string head = WriteThriftStruct(header);
  out += head;
  out += packed.plain;
  out += packed.packed;
  full_bytes += head.size() + packed.full;
  return true;
}

}  // namespace benchkeep::store
