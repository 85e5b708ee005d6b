// The only owner of DuckDB: an in-memory database in a locked sandbox.
//
// DuckDB computes; it never decides what happens to a file of the store.  It
// reads files that we name one by one and writes into staging folders only:
// its COPY neither syncs nor replaces atomically.  Everything else (external
// files, extensions, settings) is locked before the first query.
//
// Errors: kNoSpace when a disk is full, kInternal when memory ran out in spite
// of spilling, kCorruption when a Parquet file could not be decoded,
// kCancelled after Interrupt(), kInvalidArgument otherwise.
//
// Threads: a Database may be shared; a Connection belongs to one thread at a
// time, except for Interrupt().

#pragma once

#include <duckdb.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace benchkeep::engine {

struct Options {
  std::uint64_t memory_bytes = std::uint64_t{256} << 20;
  int threads = 2;

  // Where larger-than-memory work is spilled, and how much of it at most.
  std::filesystem::path temp_directory;
  std::uint64_t temp_bytes = std::uint64_t{64} << 30;

  // What may be opened: whole folders (read and write), and single files.
  std::vector<std::filesystem::path> allowed_directories;
  std::vector<std::filesystem::path> allowed_paths;
};

// How the values of a column are held; everything else is read as text.
enum class Type {
  kBool,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kFloat,
  kDouble,
  kText,
  kOther,  // Cast it to VARCHAR in the query to read it.
};

// One column of a chunk.  Valid as long as its Chunk.
class Column {
 public:
  [[nodiscard]] Type type() const { return type_; }
  [[nodiscard]] bool IsNull(std::uint64_t row) const {
    return validity_ != nullptr &&
           (validity_[row / 64] >> (row % 64) & 1U) == 0;
  }
  [[nodiscard]] bool Bool(std::uint64_t row) const {
    return static_cast<const bool*>(data_)[row];
  }
  // Any integer type but kUint64 values beyond INT64_MAX.
  [[nodiscard]] std::int64_t Int(std::uint64_t row) const;
  [[nodiscard]] std::uint64_t Uint(std::uint64_t row) const;
  // kFloat and kDouble.
  [[nodiscard]] double Double(std::uint64_t row) const;
  // kText; any bytes, normally UTF-8.
  [[nodiscard]] std::string_view Text(std::uint64_t row) const {
    const auto* text = static_cast<const duckdb_string_t*>(data_) + row;
    const std::uint32_t length = text->value.inlined.length;
    constexpr std::uint32_t kInlined = 12;
    return {length <= kInlined ? text->value.inlined.inlined
                               : text->value.pointer.ptr,
            length};
  }

 private:
  friend class Chunk;
  Type type_ = Type::kOther;
  const void* data_ = nullptr;
  const std::uint64_t* validity_ = nullptr;
};

// Up to 2,048 rows of a result.
class Chunk {
 public:
  Chunk() = default;
  explicit Chunk(duckdb_data_chunk chunk) : chunk_(chunk) {}
  Chunk(Chunk&& other) noexcept : chunk_(other.chunk_) {
    other.chunk_ = nullptr;
  }
  Chunk& operator=(Chunk&& other) noexcept;
  ~Chunk();

  [[nodiscard]] std::uint64_t rows() const;
  [[nodiscard]] Column column(std::uint64_t index) const;
  [[nodiscard]] bool empty() const { return chunk_ == nullptr; }

 private:
  duckdb_data_chunk chunk_ = nullptr;
};

struct ColumnInfo {
  std::string name;
  Type type = Type::kOther;
};

// A result read chunk by chunk; later chunks may still be computed, so errors
// can come from Next().
class Rows {
 public:
  Rows(Rows&& other) noexcept;
  Rows& operator=(Rows&&) = delete;
  ~Rows();

  [[nodiscard]] const std::vector<ColumnInfo>& columns() const {
    return columns_;
  }
  // The next chunk; an empty() one at the end.
  Result<Chunk> Next();

 private:
  friend class Connection;
  Rows(duckdb_result result, std::vector<ColumnInfo> columns)
      : result_(result), columns_(std::move(columns)) {}
  duckdb_result result_;
  bool owned_ = true;
  std::vector<ColumnInfo> columns_;
};

// Row numbers, a bit for each that may be in it.
class PlaceSet {
 public:
  // For places in [first, first + count).
  PlaceSet(std::uint64_t first, std::uint64_t count)
      : first_(first), count_(count), words_(count / 64 + 1) {}

  void Add(std::uint64_t place) {
    BENCHKEEP_CHECK(place - first_ < count_);
    words_[(place - first_) / 64] |= std::uint64_t{1} << (place - first_) % 64;
    ++size_;
  }
  [[nodiscard]] bool Holds(std::uint64_t place) const {
    // A place before the first wraps around, and is beyond the last.
    const std::uint64_t at = place - first_;
    return at < count_ && (words_[at / 64] >> at % 64 & 1U) != 0;
  }
  // Those in [begin, end), counted from `begin`.
  [[nodiscard]] std::vector<std::uint32_t> Within(std::uint64_t begin,
                                                  std::uint64_t end) const {
    std::vector<std::uint32_t> found;
    for (std::uint64_t at = begin - first_; at < end - first_; ++at) {
      const std::uint64_t rest = words_[at / 64] >> at % 64;
      if (rest == 0) {
        at |= 63;  // On to the next word.
      } else if ((rest & 1U) != 0) {
        found.push_back(static_cast<std::uint32_t>(at + first_ - begin));
      }
    }
    return found;
  }
  // How often Add() was called.
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  std::uint64_t first_;
  std::uint64_t count_;
  std::uint64_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

class Connection {
 public:
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  // Runs one statement and waits for its end.
  Status Run(const std::string& sql);

  // Runs one statement and streams its rows.
  Result<Rows> Query(const std::string& sql);

  // Like Query, for statements written by a person: exactly one statement, and
  // it must be one that only reads.
  Result<Rows> QueryReadOnly(const std::string& sql);

  // One value of one row; kInternal when there is none.
  Result<std::int64_t> QueryInt(const std::string& sql);

  // Makes `name(BIGINT)`, true for the places in `set`, a function of queries.
  // A condition keeps the order of rows; a join would not, with several
  // threads.  `set` must be there, and not change, while a statement uses it.
  Status DefineSet(const std::string& name, const PlaceSet& set);

  // Stops the running statement, from any thread.
  void Interrupt();

 private:
  friend class Database;
  friend class Appender;
  explicit Connection(duckdb_connection connection) : connection_(connection) {}
  duckdb_connection connection_ = nullptr;
};

// Fills a table of any columns, value by value.  A value must suit the type of
// its column; what does not is reported by EndRow() or Close() at the latest.
class Appender {
 public:
  static Result<Appender> Open(Connection& connection,
                               const std::string& table);
  Appender(Appender&& other) noexcept;
  Appender& operator=(Appender&& other) noexcept;
  ~Appender();

  void Null();
  void Bool(bool value);
  void Int(std::int64_t value);
  void Double(double value);
  void Text(std::string_view value);
  Status EndRow();
  Status Close();

 private:
  explicit Appender(duckdb_appender appender) : appender_(appender) {}
  void Note(duckdb_state state);
  duckdb_appender appender_ = nullptr;
  bool failed_ = false;  // A value of the present row was refused.
};

class Database {
 public:
  static Result<Database> Open(const Options& options);
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;
  ~Database();

  Result<Connection> Connect();

 private:
  explicit Database(duckdb_database database) : database_(database) {}
  duckdb_database database_ = nullptr;
};

// 'text' with quotes doubled, for use as an SQL literal.
std::string Literal(std::string_view text);
// "name" likewise, for use as an identifier.
std::string Identifier(std::string_view name);

// The version of the DuckDB library in use.
std::string EngineVersion();

}  // namespace benchkeep::engine
