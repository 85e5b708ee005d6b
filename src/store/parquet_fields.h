// Field ids and enumerations of parquet.thrift, as far as benchkeep knows them.
//
// Source: apache/parquet-format, src/main/thrift/parquet.thrift.

#pragma once

#include <cstdint>

namespace benchkeep::store::parquet {

namespace file_meta {
inline constexpr std::int16_t kVersion = 1;
inline constexpr std::int16_t kSchema = 2;
inline constexpr std::int16_t kNumRows = 3;
inline constexpr std::int16_t kRowGroups = 4;
inline constexpr std::int16_t kKeyValue = 5;
inline constexpr std::int16_t kCreatedBy = 6;
inline constexpr std::int16_t kColumnOrders = 7;
}  // namespace file_meta

namespace element {
inline constexpr std::int16_t kType = 1;
inline constexpr std::int16_t kTypeLength = 2;
inline constexpr std::int16_t kRepetition = 3;
inline constexpr std::int16_t kName = 4;
inline constexpr std::int16_t kNumChildren = 5;
inline constexpr std::int16_t kConverted = 6;
inline constexpr std::int16_t kScale = 7;
inline constexpr std::int16_t kPrecision = 8;
inline constexpr std::int16_t kLogical = 10;
}  // namespace element

namespace group {
inline constexpr std::int16_t kColumns = 1;
inline constexpr std::int16_t kTotalSize = 2;  // Uncompressed.
inline constexpr std::int16_t kNumRows = 3;
inline constexpr std::int16_t kFileOffset = 5;
inline constexpr std::int16_t kCompressedSize = 6;
inline constexpr std::int16_t kOrdinal = 7;
}  // namespace group

namespace chunk {
inline constexpr std::int16_t kFilePath = 1;
inline constexpr std::int16_t kFileOffset = 2;
inline constexpr std::int16_t kMeta = 3;
inline constexpr std::int16_t kOffsetIndexOffset = 4;
inline constexpr std::int16_t kColumnIndexLength = 7;
inline constexpr std::int16_t kCrypto = 8;
inline constexpr std::int16_t kEncryptedMeta = 9;
}  // namespace chunk

namespace column_meta {
inline constexpr std::int16_t kType = 1;
inline constexpr std::int16_t kEncodings = 2;
inline constexpr std::int16_t kPath = 3;
inline constexpr std::int16_t kCodec = 4;
inline constexpr std::int16_t kNumValues = 5;
inline constexpr std::int16_t kTotalSize = 6;  // Uncompressed.
inline constexpr std::int16_t kCompressedSize = 7;
inline constexpr std::int16_t kDataPage = 9;
inline constexpr std::int16_t kIndexPage = 10;
inline constexpr std::int16_t kDictionaryPage = 11;
inline constexpr std::int16_t kStatistics = 12;
inline constexpr std::int16_t kEncodingStats = 13;
inline constexpr std::int16_t kBloomOffset = 14;
inline constexpr std::int16_t kBloomLength = 15;
inline constexpr std::int16_t kSizeStatistics = 16;
}  // namespace column_meta

namespace statistics {
inline constexpr std::int16_t kOldMax = 1;
inline constexpr std::int16_t kOldMin = 2;
inline constexpr std::int16_t kNullCount = 3;
inline constexpr std::int16_t kDistinctCount = 4;
inline constexpr std::int16_t kMaxValue = 5;
inline constexpr std::int16_t kMinValue = 6;
inline constexpr std::int16_t kMaxIsExact = 7;
inline constexpr std::int16_t kMinIsExact = 8;
}  // namespace statistics

namespace page {
inline constexpr std::int16_t kType = 1;
inline constexpr std::int16_t kSize = 2;  // Uncompressed.
inline constexpr std::int16_t kCompressedSize = 3;
inline constexpr std::int16_t kCrc = 4;
inline constexpr std::int16_t kData = 5;
inline constexpr std::int16_t kDictionary = 7;
inline constexpr std::int16_t kDataV2 = 8;
}  // namespace page

namespace data_page {
inline constexpr std::int16_t kNumValues = 1;
inline constexpr std::int16_t kEncoding = 2;
inline constexpr std::int16_t kLevelEncoding = 3;
inline constexpr std::int16_t kStatistics = 5;
}  // namespace data_page

namespace data_page_v2 {
inline constexpr std::int16_t kNumValues = 1;
inline constexpr std::int16_t kNumNulls = 2;
inline constexpr std::int16_t kNumRows = 3;
inline constexpr std::int16_t kEncoding = 4;
inline constexpr std::int16_t kLevelBytes = 5;
inline constexpr std::int16_t kRepetitionBytes = 6;
inline constexpr std::int16_t kIsCompressed = 7;
inline constexpr std::int16_t kStatistics = 8;
}  // namespace data_page_v2

namespace dictionary_page {
inline constexpr std::int16_t kNumValues = 1;
inline constexpr std::int16_t kEncoding = 2;
}  // namespace dictionary_page

enum PageType : std::int64_t {
  kDataPage,
  kIndexPage,
  kDictionaryPage,
  kDataV2
};

enum Physical : std::int64_t {
  kBoolean,
  kInt32,
  kInt64,
  kInt96,
  kFloat,
  kDouble,
  kByteArray,
  kFixedBytes,
};

enum Encoding : std::int64_t {
  kPlain = 0,
  kPlainDictionary = 2,
  kRle = 3,
  kRleDictionary = 8,
  kByteStreamSplit = 9,
};

enum Repetition : std::int64_t { kRequired, kOptional, kRepeated };

}  // namespace benchkeep::store::parquet
