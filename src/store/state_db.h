// state.db: the SQLite file in which benchkeep remembers things between runs.
//
// Each kind of memory has a file of its own over this one (ledger.h and its
// like), which makes its table when it opens.  None of it is needed to keep the
// results: losing state.db loses no result.  Several processes may have it
// open; each waits for the others for up to ten seconds (kBusy after that).

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fs/file_system.h"

struct sqlite3;
struct sqlite3_stmt;

namespace benchkeep::store {

// One prepared statement.  Parameters are bound from 1, columns count from 0.
// Must not outlive its database.
class DbStatement {
 public:
  DbStatement(DbStatement&& other) noexcept;
  DbStatement& operator=(DbStatement&&) = delete;
  ~DbStatement();

  void Bind(int at, std::string_view text);
  void Bind(int at, std::int64_t value);
  void Bind(int at, std::uint64_t value);  // The same bits, with a sign.
  void Bind(int at, double value);
  void BindNull(int at);
  template <typename T>
  void Bind(int at, const std::optional<T>& value) {
    value ? Bind(at, *value) : BindNull(at);
  }

  // True for a row, false at the end.
  Result<bool> Step();
  // For statements without rows: steps to the end, then makes it ready again.
  Status Run();
  // Ready for another run; what is bound stays.
  void Reset();

  [[nodiscard]] bool NullAt(int column) const;
  [[nodiscard]] std::int64_t IntAt(int column) const;
  [[nodiscard]] std::uint64_t BitsAt(int column) const;
  [[nodiscard]] double RealAt(int column) const;
  [[nodiscard]] std::string TextAt(int column) const;
  // Nullopt for NULL.
  [[nodiscard]] std::optional<std::int64_t> MaybeIntAt(int column) const;
  [[nodiscard]] std::optional<double> MaybeRealAt(int column) const;

 private:
  friend class StateDb;
  DbStatement(sqlite3* db, sqlite3_stmt* statement)
      : db_(db), statement_(statement) {}
  sqlite3* db_;
  sqlite3_stmt* statement_;
};

class StateDb {
 public:
  // Opens or creates the database; its folder must exist.
  static Result<StateDb> Open(const fs::Path& path);
  // For looking only: kNotFound when there is none.  What a crash left half
  // written is taken back first, as whoever opens it must.
  static Result<StateDb> OpenToRead(const fs::Path& path);
  StateDb(StateDb&& other) noexcept;
  StateDb& operator=(StateDb&&) = delete;
  ~StateDb();

  // Statements without parameters and rows, separated by semicolons.
  Status Run(const char* sql);
  Result<DbStatement> Prepare(std::string_view sql);

  // Runs `work` between BEGIN IMMEDIATE and COMMIT; takes all of it back when
  // it fails.
  Status InTransaction(const std::function<Status()>& work);

  // What a database that was opened to read may lack.
  Result<bool> HasTable(std::string_view name);

 private:
  static Result<StateDb> OpenWith(const fs::Path& path, int flags);
  explicit StateDb(sqlite3* db) : db_(db) {}
  sqlite3* db_ = nullptr;
};

}  // namespace benchkeep::store
