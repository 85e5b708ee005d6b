// COPY to Parquet without losing the sign of zero.

#include "store/parquet_copy.h"

#include <fmt/format.h>

#include <algorithm>

namespace benchkeep::store {
namespace {

// What the engine says when a watched column holds -0.0.
constexpr const char* kNegativeZero = "benchkeep: negative zero";

std::string Watched(const std::string& query,
                    const std::vector<std::string>& columns,
                    const std::vector<bool>& doubtful) {
  std::string list;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string name = engine::Identifier(columns[i]);
    list += i == 0 ? "" : ", ";
    list += doubtful[i] ? fmt::format(
                              "CASE WHEN {0} = 0 AND signbit({0}) THEN "
                              "error({1}) ELSE {0} END AS {0}",
                              name, engine::Literal(kNegativeZero))
                        : name;
  }
  return fmt::format("SELECT {} FROM ({}\n)", list, query);
}

std::string CopyStatement(const std::string& query, const fs::Path& target,
                          const std::string& codec, const char* more) {
  return fmt::format("COPY ({}\n) TO {} (FORMAT parquet, COMPRESSION {}{})",
                     query, engine::Literal(target.string()), codec, more);
}

bool SawNegativeZero(const Status& status) {
  if (status.ok()) return false;
  return status.error().message.English().find(kNegativeZero) !=
         std::string::npos;
}

}  // namespace

Status CopyToParquet(engine::Connection& connection,
                     fs::FileSystem& file_system, const std::string& query,
                     const std::vector<std::string>& columns,
                     const std::vector<bool>& doubtful, const fs::Path& target,
                     const std::string& codec) {
  if (std::find(doubtful.begin(), doubtful.end(), true) == doubtful.end()) {
    return connection.Run(CopyStatement(query, target, codec, ""));
  }
  Status copied = connection.Run(
      CopyStatement(Watched(query, columns, doubtful), target, codec, ""));
  if (!SawNegativeZero(copied)) return copied;
  BENCHKEEP_ASSIGN(const bool left, fs::Exists(file_system, target));
  if (left) BENCHKEEP_TRY(file_system.Remove(target));
  return connection.Run(
      CopyStatement(query, target, codec, kWithoutDictionaries));
}

}  // namespace benchkeep::store
