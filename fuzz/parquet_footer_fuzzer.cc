// Footers of Parquet files: any bytes are read, or refused, without harm.
//
// The first byte of an input says what the rest is: a whole file, or the footer
// of one (so that the fuzzer need not keep its length right).

#include <algorithm>
#include <cstring>

#include "fuzzer.h"
#include "store/parquet_footer.h"

namespace benchkeep::fuzz {
namespace {

using store::ThriftType;
using store::ThriftValue;

constexpr char kWholeFile = 'w';
constexpr std::size_t kPageBytes = 1000;

class MemoryFile final : public fs::ReadableFile {
 public:
  explicit MemoryFile(std::string bytes) : bytes_(std::move(bytes)) {}

  Result<std::size_t> ReadAt(std::uint64_t offset,
                             std::span<std::byte> buffer) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const std::size_t size =
        std::min<std::size_t>(buffer.size(), bytes_.size() - offset);
    std::memcpy(buffer.data(), bytes_.data() + offset, size);
    return size;
  }

  Result<fs::FileInfo> Info() override {
    fs::FileInfo info;
    info.size = bytes_.size();
    return info;
  }

 private:
  std::string bytes_;
};

std::string AsFile(std::string_view footer) {
  std::string bytes = "PAR1";
  bytes.append(kPageBytes, '\0');
  bytes += footer;
  for (std::size_t i = 0; i < 4; ++i) {
    bytes += static_cast<char>((footer.size() >> (8 * i)) & 0xFFU);
  }
  return bytes + "PAR1";
}

// A flat file of a text, a number and a truth in two row groups.
std::string Footer() {
  struct Column {
    const char* name;
    std::int32_t physical;
  };
  constexpr Column kColumns[] = {{"test_id", 6}, {"score", 5}, {"success", 0}};
  ThriftValue root = ThriftValue::Struct();
  root.Set(4, ThriftValue::Binary("schema"));
  root.Set(5, ThriftValue::I32(3));
  ThriftValue schema = ThriftValue::List(ThriftType::kStruct);
  schema.items.push_back(root);
  ThriftValue groups = ThriftValue::List(ThriftType::kStruct);
  for (const Column& column : kColumns) {
    ThriftValue element = ThriftValue::Struct();
    element.Set(1, ThriftValue::I32(column.physical));
    element.Set(3, ThriftValue::I32(1));
    element.Set(4, ThriftValue::Binary(column.name));
    if (column.physical == 6) element.Set(6, ThriftValue::I32(0));
    schema.items.push_back(element);
  }
  for (std::int64_t at = 4; at < 500; at += 300) {
    ThriftValue chunks = ThriftValue::List(ThriftType::kStruct);
    for (int i = 0; i < 3; ++i) {
      ThriftValue path = ThriftValue::List(ThriftType::kBinary);
      path.items.push_back(ThriftValue::Binary(kColumns[i].name));
      ThriftValue encodings = ThriftValue::List(ThriftType::kI32);
      encodings.items.push_back(ThriftValue::I32(0));
      ThriftValue range = ThriftValue::Struct();
      range.Set(3, ThriftValue::I64(0));
      range.Set(5, ThriftValue::Binary(std::string(8, '\x7F')));
      range.Set(6, ThriftValue::Binary(std::string(8, '\x01')));
      ThriftValue meta = ThriftValue::Struct();
      meta.Set(1, ThriftValue::I32(kColumns[i].physical));
      meta.Set(2, encodings);
      meta.Set(3, path);
      meta.Set(4, ThriftValue::I32(0));
      meta.Set(5, ThriftValue::I64(7));
      meta.Set(6, ThriftValue::I64(100));
      meta.Set(7, ThriftValue::I64(100));
      meta.Set(9, ThriftValue::I64(at + 100 * i));
      meta.Set(12, range);
      ThriftValue chunk = ThriftValue::Struct();
      chunk.Set(2, ThriftValue::I64(at + 100 * i));
      chunk.Set(3, meta);
      chunks.items.push_back(chunk);
    }
    ThriftValue group = ThriftValue::Struct();
    group.Set(1, chunks);
    group.Set(2, ThriftValue::I64(300));
    group.Set(3, ThriftValue::I64(7));
    groups.items.push_back(group);
  }
  ThriftValue pair = ThriftValue::Struct();
  pair.Set(1, ThriftValue::Binary("pandas"));
  pair.Set(2, ThriftValue::Binary("{}"));
  ThriftValue pairs = ThriftValue::List(ThriftType::kStruct);
  pairs.items.push_back(pair);
  ThriftValue footer = ThriftValue::Struct();
  footer.Set(1, ThriftValue::I32(2));
  footer.Set(2, schema);
  footer.Set(3, ThriftValue::I64(14));
  footer.Set(4, groups);
  footer.Set(5, pairs);
  footer.Set(6, ThriftValue::Binary("a fuzzer"));
  return store::WriteThriftStruct(footer);
}

}  // namespace

std::vector<std::string> Seeds() {
  const std::string footer = Footer();
  MemoryFile file(AsFile(footer));
  Require(store::ParquetFooter::Read(file, "seed").ok(), "the seed is sound");
  const std::string whole = kWholeFile + AsFile(footer);
  return {"f" + footer, whole, whole.substr(0, whole.size() - 9),
          std::string(1, kWholeFile) + "PAR1PAR1"};
}

void Feed(std::string_view input) {
  if (input.empty()) return;
  const std::string_view rest = input.substr(1);
  MemoryFile file(input.front() == kWholeFile ? std::string(rest)
                                              : AsFile(rest));
  const std::uint64_t size = file.Info()->size;
  const Result<store::ParquetFooter> footer =
      store::ParquetFooter::Read(file, "input.parquet");
  if (!footer.ok()) return;
  std::uint64_t rows = 0;
  for (const store::ParquetRowGroup& group : footer->row_groups()) {
    Require(group.begin <= group.end && group.end <= size,
            "row groups are inside the file");
    rows += group.rows;
  }
  Require(rows == footer->rows(), "the row groups add up");
  static_cast<void>(footer->Signature());
  for (std::size_t i = 0; i < footer->columns().size(); ++i) {
    Require(footer->Find(footer->columns()[i].name) >= 0, "columns are found");
    if (footer->flat()) static_cast<void>(footer->MayHoldZero(i));
  }
}

}  // namespace benchkeep::fuzz
