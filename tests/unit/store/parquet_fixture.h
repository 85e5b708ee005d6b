// Small Parquet files, made and read by the engine, and three that it cannot
// make: required columns, a column that is always null, nested columns.

#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/database.h"
#include "fs/posix_file_system.h"
#include "store/parquet_footer.h"

namespace benchkeep::store {

// Written by pyarrow without compression and statistics: test_id and success,
// both required; rows ("a", true), ("b", false).
inline constexpr std::string_view kRequiredColumns =
    "504152311500151415142c15041500150615061c0000000100000061010000006215001502"
    "15"
    "022c15041500150615061c000000011504193c35001806736368656d61150400150c250018"
    "07"
    "746573745f696425004c1c00000015002500180773756363657373001604191c192c26001c"
    "15"
    "0c19250600191807746573745f696415001604163a163a2608491c150015001502003c1604"
    "19"
    "06190600000026001c1500192506001918077375636365737315001604162816282642491c"
    "15"
    "00150015020000001662160426081662002820706172717565742d6370702d6172726f7720"
    "76"
    "657273696f6e2032362e302e31192c1c00001c000000c500000050415231";

// test_id and note, whose logical type says that it is always null; two rows.
inline constexpr std::string_view kAlwaysNull =
    "504152311500152015202c15041500150615061c0000000200000004010100000061010000"
    "00"
    "621500150c150c2c15041500150615061c0000000200000004001504193c35001806736368"
    "656d"
    "61150400150c25021807746573745f696425004c1c0000001502250218046e6f74656cbc00"
    "0000"
    "1604191c192c26001c150c19250600191807746573745f696415001604164616462608491c"
    "1500"
    "15001502003c160419061926000400000026001c1502192506001918046e6f746515001604"
    "1632"
    "1632264e491c150015001502003c2906192604000000001678160426081678002820706172"
    "717565"
    "742d6370702d6172726f772076657273696f6e2032362e302e31192c1c00001c000000cd00"
    "0000"
    "50415231";

// test_id and tags, a list of structs (k text, v integer); rows
// ("a", [{x, 1}]), ("b", []).
inline constexpr std::string_view kNested =
    "504152311500152015202c15041500150615061c0000000200000004010100000061010000"
    "00"
    "621500152615262c15041500150615061c00000002000000040004000000030c0000010000"
    "0078"
    "1500152c152c2c15041500150615061c00000002000000040004000000030c000001000000"
    "0000"
    "00001504197c35001806736368656d61150400150c25021807746573745f696425004c1c00"
    "0000"
    "3502180474616773150215064c3c000000350418046c69737415020035021807656c656d65"
    "6e74"
    "150400150c250218016b25004c1c00000015042502180176001604191c193c26001c150c19"
    "2506"
    "00191807746573745f696415001604164616462608491c150015001502003c160419061926"
    "0004"
    "00000026001c150c1925060019480474616773046c69737407656c656d656e74016b150016"
    "0416"
    "4c164c264e491c150015001502003c1602192604001956000200000200000026001c150419"
    "2506"
    "0019480474616773046c69737407656c656d656e7401761500160416521652269a01491c15"
    "0015"
    "001502003c292604001956000200000200000016e4011604260816e4010028207061727175"
    "6574"
    "2d6370702d6172726f772076657273696f6e2032362e302e31193c1c00001c00001c000000"
    "5b01"
    "000050415231";

inline std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(
        std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

inline void WriteBytes(const std::filesystem::path& path,
                       const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// An engine that may do as it likes below `root`.
class ParquetMaker {
 public:
  explicit ParquetMaker(const std::filesystem::path& root)
      : database_(Open(root)), connection_(Connect(database_)) {}

  // Runs "COPY (`select`) TO `path` (FORMAT parquet `options`)".
  void Make(const std::filesystem::path& path, const std::string& select,
            const std::string& options = "") {
    std::filesystem::create_directories(path.parent_path());
    const Status made = connection_.Run(
        fmt::format("COPY ({}) TO {} (FORMAT parquet{})", select,
                    engine::Literal(path.string()), options));
    ASSERT_TRUE(made.ok()) << made.error().message.English();
  }

  // The rows of "SELECT `list` FROM `path` `rest`", each as text joined by "|".
  std::vector<std::string> Read(const std::filesystem::path& path,
                                const std::string& list,
                                const std::string& rest = "") {
    return Query(
        fmt::format("SELECT concat_ws('|', {}) FROM read_parquet({}) {}", list,
                    engine::Literal(path.string()), rest));
  }

  // The first column of the result, as text; NULL is "null".
  std::vector<std::string> Query(const std::string& sql) {
    std::vector<std::string> out;
    auto rows =
        connection_.Query("SELECT CAST(x AS VARCHAR) FROM (" + sql + ") t(x)");
    if (!rows.ok()) {
      ADD_FAILURE() << rows.error().message.English();
      return out;
    }
    while (true) {
      const auto chunk = rows->Next();
      if (!chunk.ok()) ADD_FAILURE() << chunk.error().message.English();
      if (!chunk.ok() || chunk->rows() == 0) return out;
      for (std::uint64_t i = 0; i < chunk->rows(); ++i) {
        out.emplace_back(chunk->column(0).IsNull(i) ? "null"
                                                    : chunk->column(0).Text(i));
      }
    }
  }

  engine::Connection& connection() { return connection_; }

 private:
  static engine::Database Open(const std::filesystem::path& root) {
    engine::Options options;
    options.temp_directory = root / "maker-spill";
    options.allowed_directories = {root};
    auto database = engine::Database::Open(options);
    BENCHKEEP_CHECK(database.ok());
    return std::move(*database);
  }
  static engine::Connection Connect(engine::Database& database) {
    auto connection = database.Connect();
    BENCHKEEP_CHECK(connection.ok());
    return std::move(*connection);
  }

  engine::Database database_;
  engine::Connection connection_;
};

inline Result<ParquetFooter> ReadFooter(const std::filesystem::path& path) {
  fs::PosixFileSystem files;
  BENCHKEEP_ASSIGN(const auto file, files.Open(path));
  return ParquetFooter::Read(*file, path);
}

}  // namespace benchkeep::store
