// Shows at configure time that the DuckDB library and header fit together.

#include <duckdb.h>

#include <cstdio>

int main() {
  duckdb_database db = nullptr;
  duckdb_connection connection = nullptr;
  duckdb_result result;
  if (duckdb_open(nullptr, &db) != DuckDBSuccess) return 1;
  if (duckdb_connect(db, &connection) != DuckDBSuccess) return 2;
  if (duckdb_query(connection, "SELECT 42::INTEGER", &result) !=
      DuckDBSuccess) {
    return 3;
  }
  duckdb_data_chunk chunk = duckdb_fetch_chunk(result);
  const void* data =
      duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
  const bool ok = *static_cast<const int*>(data) == 42;
  std::printf("%s\n", duckdb_library_version());
  duckdb_destroy_data_chunk(&chunk);
  duckdb_destroy_result(&result);
  duckdb_disconnect(&connection);
  duckdb_close(&db);
  return ok ? 0 : 4;
}
