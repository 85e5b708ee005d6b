// The only owner of DuckDB.

#include "engine/database.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/json.h"

namespace benchkeep::engine {
namespace {

Type TypeOf(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
      return Type::kBool;
    case DUCKDB_TYPE_TINYINT:
      return Type::kInt8;
    case DUCKDB_TYPE_SMALLINT:
      return Type::kInt16;
    case DUCKDB_TYPE_INTEGER:
      return Type::kInt32;
    case DUCKDB_TYPE_BIGINT:
      return Type::kInt64;
    case DUCKDB_TYPE_UTINYINT:
      return Type::kUint8;
    case DUCKDB_TYPE_USMALLINT:
      return Type::kUint16;
    case DUCKDB_TYPE_UINTEGER:
      return Type::kUint32;
    case DUCKDB_TYPE_UBIGINT:
      return Type::kUint64;
    case DUCKDB_TYPE_FLOAT:
      return Type::kFloat;
    case DUCKDB_TYPE_DOUBLE:
      return Type::kDouble;
    case DUCKDB_TYPE_VARCHAR:
      return Type::kText;
    default:
      return Type::kOther;
  }
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// DuckDB reports by text and a coarse type; the text knows more about disks.
Code CodeOf(duckdb_error_type type, std::string_view text) {
  if (Contains(text, "No space left") || Contains(text, "Disk quota") ||
      Contains(text, "max_temp_directory_size") ||
      Contains(text, "File too large")) {
    return Code::kNoSpace;
  }
  switch (type) {
    case DUCKDB_ERROR_INTERRUPT:
      return Code::kCancelled;
    case DUCKDB_ERROR_OUT_OF_MEMORY:
    case DUCKDB_ERROR_INTERNAL:
    case DUCKDB_ERROR_FATAL:
      return Code::kInternal;
    case DUCKDB_ERROR_PERMISSION:
      return Code::kPermission;
    case DUCKDB_ERROR_IO:
      return Contains(text, "Parquet") || Contains(text, "parquet")
                 ? Code::kCorruption
                 : Code::kIo;
    default:
      break;
  }
  for (const std::string_view sign :
       {"TProtocolException", "decompress", "Decompress",
        "Could not read enough bytes", "Out of buffer", "don't know what type",
        "Prefetch registered", "magic bytes", "Parquet", "parquet file",
        "Invalid string encoding", "Invalid unicode", "thrift"}) {
    if (Contains(text, sign)) return Code::kCorruption;
  }
  return Code::kInvalidArgument;
}

// Without the excerpt of a statement that is mostly ours, on one line.
std::string InWords(std::string words) {
  words = words.substr(0, words.find("\n\nLINE "));
  std::string line;
  for (const char c : words) {
    const bool space = c == '\n' || c == '\r' || c == ' ';
    if (!space) line += c;
    if (space && !line.empty() && line.back() != ' ') line += ' ';
  }
  return line;
}

Unexpected EngineError(duckdb_error_type type, const char* text) {
  std::string words = text == nullptr ? "unknown error" : text;
  const Code code = CodeOf(type, words);
  words = InWords(std::move(words));
  if (code == Code::kCancelled) {
    return Fail(code, Say(N_("interrupted")));
  }
  Message fix;
  if (code == Code::kInternal && type == DUCKDB_ERROR_OUT_OF_MEMORY) {
    fix = Say(N_("give it more memory with --memory"));
  }
  return Fail(code, Say(N_("the query engine says: {0}"), words),
              std::move(fix));
}

Unexpected ResultError(duckdb_result& result) {
  Unexpected error = EngineError(duckdb_result_error_type(&result),
                                 duckdb_result_error(&result));
  duckdb_destroy_result(&result);
  return error;
}

// Owns a prepared statement for the time of one execution.
struct Prepared {
  duckdb_prepared_statement statement = nullptr;
  Prepared() = default;
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
  ~Prepared() { duckdb_destroy_prepare(&statement); }
};

Result<duckdb_result> Execute(duckdb_prepared_statement statement) {
  duckdb_result result;
  if (duckdb_execute_prepared_streaming(statement, &result) != DuckDBSuccess) {
    return ResultError(result);
  }
  return result;
}

std::vector<ColumnInfo> ColumnsOf(duckdb_result& result) {
  std::vector<ColumnInfo> columns;
  const idx_t count = duckdb_column_count(&result);
  columns.reserve(count);
  for (idx_t i = 0; i < count; ++i) {
    columns.push_back({duckdb_column_name(&result, i),
                       TypeOf(duckdb_column_type(&result, i))});
  }
  return columns;
}

std::string LiteralList(const std::vector<std::filesystem::path>& paths) {
  std::string list;
  for (const auto& path : paths) {
    if (!list.empty()) list += ", ";
    list += Literal(path.string());
  }
  return list;
}

// The table functions that only compute, or read what the sandbox lets them.
// Others have effects though they stand in a SELECT: enable_logging and
// enable_profiling write files past the sandbox, query hides a statement in a
// text.
constexpr std::array<std::string_view, 21> kHarmless = {"duckdb_columns",
                                                        "duckdb_functions",
                                                        "duckdb_keywords",
                                                        "duckdb_tables",
                                                        "duckdb_types",
                                                        "duckdb_views",
                                                        "generate_series",
                                                        "json_each",
                                                        "json_tree",
                                                        "parquet_metadata",
                                                        "parquet_schema",
                                                        "parquet_scan",
                                                        "pg_timezone_names",
                                                        "pragma_show",
                                                        "pragma_table_info",
                                                        "parquet_file_metadata",
                                                        "range",
                                                        "read_parquet",
                                                        "repeat",
                                                        "repeat_row",
                                                        "unnest"};

// The first table function in the syntax tree that is not harmless.
std::string HarmfulFunction(const Json& tree) {
  std::vector<const Json*> nodes = {&tree};
  while (!nodes.empty()) {
    const Json& node = *nodes.back();
    nodes.pop_back();
    if (node.StringAt("type") == "TABLE_FUNCTION") {
      const Json* function = node.Find("function");
      const std::string name =
          function == nullptr
              ? std::string()
              : function->StringAt("function_name").value_or("");
      if (std::find(kHarmless.begin(), kHarmless.end(), name) ==
          kHarmless.end()) {
        return name.empty() ? "?" : name;
      }
    }
    for (const auto& [key, value] : node.members()) nodes.push_back(&value);
    for (const Json& item : node.items()) nodes.push_back(&item);
  }
  return {};
}

Unexpected OnlySelect() {
  return Fail(Code::kInvalidArgument,
              Say(N_("only SELECT statements are run: a query never changes "
                     "anything")));
}

// Lets through what is a SELECT in the engine's own syntax tree (and not, say,
// EXPLAIN ANALYZE of something else) and calls harmless table functions only.
Status CheckReadOnly(Connection& connection, const std::string& sql) {
  BENCHKEEP_ASSIGN(
      Rows rows,
      connection.Query(fmt::format(
          "SELECT CAST(json_serialize_sql({}) AS VARCHAR)", Literal(sql))));
  BENCHKEEP_ASSIGN(const Chunk chunk, rows.Next());
  if (chunk.rows() != 1 || chunk.column(0).IsNull(0)) return OnlySelect();
  BENCHKEEP_ASSIGN(const Json tree, ParseJson(chunk.column(0).Text(0)));
  const Json* failed = tree.Find("error");
  if (failed == nullptr || failed->bool_value()) {
    const std::string why = tree.StringAt("error_message").value_or("");
    if (why.starts_with("Only SELECT")) return OnlySelect();
    return EngineError(DUCKDB_ERROR_PARSER, why.c_str());
  }
  const std::string harmful = HarmfulFunction(tree);
  if (harmful.empty()) return {};
  return Fail(Code::kInvalidArgument,
              Say(N_("the function {0} is not for queries: a query never "
                     "changes anything"),
                  harmful));
}

// PlaceSet::Holds for a chunk of places; NULL is in no set.
void LookUp(duckdb_function_info info, duckdb_data_chunk input,
            duckdb_vector output) {
  const PlaceSet& set = **static_cast<const PlaceSet**>(
      duckdb_scalar_function_get_extra_info(info));
  duckdb_vector argument = duckdb_data_chunk_get_vector(input, 0);
  const auto* places =
      static_cast<const std::int64_t*>(duckdb_vector_get_data(argument));
  std::uint64_t* valid = duckdb_vector_get_validity(argument);
  auto* found = static_cast<bool*>(duckdb_vector_get_data(output));
  const idx_t rows = duckdb_data_chunk_get_size(input);
  for (idx_t row = 0; row < rows; ++row) {
    found[row] =
        (valid == nullptr || duckdb_validity_row_is_valid(valid, row)) &&
        set.Holds(static_cast<std::uint64_t>(places[row]));
  }
}

}  // namespace

std::int64_t Column::Int(std::uint64_t row) const {
  switch (type_) {
    case Type::kBool:
      return static_cast<const bool*>(data_)[row] ? 1 : 0;
    case Type::kInt8:
      return static_cast<const std::int8_t*>(data_)[row];
    case Type::kInt16:
      return static_cast<const std::int16_t*>(data_)[row];
    case Type::kInt32:
      return static_cast<const std::int32_t*>(data_)[row];
    case Type::kInt64:
      return static_cast<const std::int64_t*>(data_)[row];
    case Type::kUint8:
    case Type::kUint16:
    case Type::kUint32:
    case Type::kUint64:
      return static_cast<std::int64_t>(Uint(row));
    default:
      // Not an integer, or one of 128 bits: cast it in the query.
      BENCHKEEP_CHECK(false);
  }
}

std::uint64_t Column::Uint(std::uint64_t row) const {
  switch (type_) {
    case Type::kUint8:
      return static_cast<const std::uint8_t*>(data_)[row];
    case Type::kUint16:
      return static_cast<const std::uint16_t*>(data_)[row];
    case Type::kUint32:
      return static_cast<const std::uint32_t*>(data_)[row];
    case Type::kUint64:
      return static_cast<const std::uint64_t*>(data_)[row];
    default:
      return static_cast<std::uint64_t>(Int(row));
  }
}

double Column::Double(std::uint64_t row) const {
  if (type_ == Type::kFloat) {
    return static_cast<double>(static_cast<const float*>(data_)[row]);
  }
  if (type_ == Type::kDouble) return static_cast<const double*>(data_)[row];
  return static_cast<double>(Int(row));
}

Chunk& Chunk::operator=(Chunk&& other) noexcept {
  std::swap(chunk_, other.chunk_);
  return *this;
}

Chunk::~Chunk() {
  if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
}

std::uint64_t Chunk::rows() const {
  return chunk_ == nullptr ? 0 : duckdb_data_chunk_get_size(chunk_);
}

Column Chunk::column(std::uint64_t index) const {
  duckdb_vector vector = duckdb_data_chunk_get_vector(chunk_, index);
  duckdb_logical_type type = duckdb_vector_get_column_type(vector);
  Column column;
  column.type_ = TypeOf(duckdb_get_type_id(type));
  duckdb_destroy_logical_type(&type);
  column.data_ = duckdb_vector_get_data(vector);
  column.validity_ = duckdb_vector_get_validity(vector);
  return column;
}

Rows::Rows(Rows&& other) noexcept
    : result_(other.result_),
      owned_(std::exchange(other.owned_, false)),
      columns_(std::move(other.columns_)) {}

Rows::~Rows() {
  if (owned_) duckdb_destroy_result(&result_);
}

Result<Chunk> Rows::Next() {
  duckdb_data_chunk chunk = duckdb_fetch_chunk(result_);
  if (chunk == nullptr) {
    const char* error = duckdb_result_error(&result_);
    if (error != nullptr && *error != '\0') {
      return EngineError(duckdb_result_error_type(&result_), error);
    }
    return Chunk();
  }
  return Chunk(chunk);
}

Connection::Connection(Connection&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Connection::~Connection() {
  if (connection_ != nullptr) duckdb_disconnect(&connection_);
}

Status Connection::Run(const std::string& sql) {
  duckdb_result result;
  if (duckdb_query(connection_, sql.c_str(), &result) != DuckDBSuccess) {
    return ResultError(result);
  }
  duckdb_destroy_result(&result);
  return {};
}

Result<Rows> Connection::Query(const std::string& sql) {
  Prepared prepared;
  if (duckdb_prepare(connection_, sql.c_str(), &prepared.statement) !=
      DuckDBSuccess) {
    return EngineError(DUCKDB_ERROR_INVALID,
                       duckdb_prepare_error(prepared.statement));
  }
  BENCHKEEP_ASSIGN(duckdb_result result, Execute(prepared.statement));
  std::vector<ColumnInfo> columns = ColumnsOf(result);
  return Rows(result, std::move(columns));
}

Result<Rows> Connection::QueryReadOnly(const std::string& sql) {
  duckdb_extracted_statements extracted = nullptr;
  const idx_t count =
      duckdb_extract_statements(connection_, sql.c_str(), &extracted);
  std::unique_ptr<duckdb_extracted_statements,
                  void (*)(duckdb_extracted_statements*)>
      guard(&extracted, duckdb_destroy_extracted);
  if (count == 0) {
    const char* error = duckdb_extract_statements_error(extracted);
    if (error != nullptr && *error != '\0') {
      return EngineError(DUCKDB_ERROR_PARSER, error);
    }
    return Fail(Code::kInvalidArgument, Say(N_("the query is empty")));
  }
  if (count > 1) {
    return Fail(Code::kInvalidArgument,
                Say(N_("one statement at a time, not {0}"), count));
  }
  BENCHKEEP_TRY(CheckReadOnly(*this, sql));
  Prepared prepared;
  if (duckdb_prepare_extracted_statement(
          connection_, extracted, 0, &prepared.statement) != DuckDBSuccess) {
    return EngineError(DUCKDB_ERROR_INVALID,
                       duckdb_prepare_error(prepared.statement));
  }
  const duckdb_statement_type type =
      duckdb_prepared_statement_type(prepared.statement);
  if (type != DUCKDB_STATEMENT_TYPE_SELECT) return OnlySelect();
  BENCHKEEP_ASSIGN(duckdb_result result, Execute(prepared.statement));
  std::vector<ColumnInfo> columns = ColumnsOf(result);
  return Rows(result, std::move(columns));
}

Result<std::int64_t> Connection::QueryInt(const std::string& sql) {
  BENCHKEEP_ASSIGN(Rows rows, Query(sql));
  BENCHKEEP_ASSIGN(const Chunk chunk, rows.Next());
  if (chunk.rows() == 0 || chunk.column(0).IsNull(0)) {
    return Fail(Code::kInternal, Say(N_("the query gave no value")));
  }
  return chunk.column(0).Int(0);
}

Status Connection::DefineSet(const std::string& name, const PlaceSet& set) {
  duckdb_scalar_function function = duckdb_create_scalar_function();
  duckdb_logical_type place = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
  duckdb_logical_type truth = duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
  duckdb_scalar_function_set_name(function, name.c_str());
  duckdb_scalar_function_add_parameter(function, place);
  duckdb_scalar_function_set_return_type(function, truth);
  duckdb_scalar_function_set_extra_info(
      function, new const PlaceSet*(&set),
      [](void* info) { delete static_cast<const PlaceSet**>(info); });
  duckdb_scalar_function_set_function(function, LookUp);
  const duckdb_state defined =
      duckdb_register_scalar_function(connection_, function);
  duckdb_destroy_logical_type(&truth);
  duckdb_destroy_logical_type(&place);
  duckdb_destroy_scalar_function(&function);
  if (defined != DuckDBSuccess) {
    return Fail(Code::kInternal,
                Say(N_("the query engine refuses the function {0}"), name));
  }
  return {};
}

void Connection::Interrupt() { duckdb_interrupt(connection_); }

Result<Appender> Appender::Open(Connection& connection,
                                const std::string& table) {
  duckdb_appender appender = nullptr;
  if (duckdb_appender_create(connection.connection_, nullptr, table.c_str(),
                             &appender) != DuckDBSuccess) {
    Unexpected error =
        EngineError(DUCKDB_ERROR_INVALID, duckdb_appender_error(appender));
    duckdb_appender_destroy(&appender);
    return error;
  }
  return Appender(appender);
}

Appender::Appender(Appender&& other) noexcept
    : appender_(std::exchange(other.appender_, nullptr)),
      failed_(other.failed_) {}

Appender& Appender::operator=(Appender&& other) noexcept {
  std::swap(appender_, other.appender_);
  std::swap(failed_, other.failed_);
  return *this;
}

Appender::~Appender() {
  if (appender_ != nullptr) duckdb_appender_destroy(&appender_);
}

void Appender::Note(duckdb_state state) {
  failed_ = failed_ || state != DuckDBSuccess;
}

void Appender::Null() { Note(duckdb_append_null(appender_)); }

void Appender::Bool(bool value) { Note(duckdb_append_bool(appender_, value)); }

void Appender::Int(std::int64_t value) {
  Note(duckdb_append_int64(appender_, value));
}

void Appender::Double(double value) {
  Note(duckdb_append_double(appender_, value));
}

void Appender::Text(std::string_view value) {
  Note(duckdb_append_varchar_length(appender_, value.data(), value.size()));
}

Status Appender::EndRow() {
  if (failed_ || duckdb_appender_end_row(appender_) != DuckDBSuccess) {
    return EngineError(DUCKDB_ERROR_INVALID, duckdb_appender_error(appender_));
  }
  return {};
}

Status Appender::Close() {
  if (duckdb_appender_close(appender_) != DuckDBSuccess) {
    return EngineError(DUCKDB_ERROR_INVALID, duckdb_appender_error(appender_));
  }
  return {};
}

Database::Database(Database&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Database::~Database() {
  if (database_ != nullptr) duckdb_close(&database_);
}

Result<Connection> Database::Connect() {
  duckdb_connection connection = nullptr;
  if (duckdb_connect(database_, &connection) != DuckDBSuccess) {
    return Fail(Code::kInternal, Say(N_("no connection to the query engine")));
  }
  return Connection(connection);
}

Result<Database> Database::Open(const Options& options) {
  duckdb_config config = nullptr;
  duckdb_create_config(&config);
  duckdb_set_config(config, "threads",
                    std::to_string(std::max(1, options.threads)).c_str());
  duckdb_database raw = nullptr;
  char* message = nullptr;
  const duckdb_state opened = duckdb_open_ext(nullptr, &raw, config, &message);
  duckdb_destroy_config(&config);
  if (opened != DuckDBSuccess) {
    Unexpected error = EngineError(DUCKDB_ERROR_INVALID, message);
    duckdb_free(message);
    return error;
  }
  Database database(raw);
  // A file may be removed while we hold it: nothing but the descriptor names
  // it then.
  std::vector<std::filesystem::path> folders = options.allowed_directories;
  folders.emplace_back("/proc/self/fd");
  BENCHKEEP_ASSIGN(Connection connection, database.Connect());
  // The file caches must be off: with the same inode, size and whole-second
  // time they serve stale rows.
  for (const std::string& sql : {
           std::string("SET enable_external_file_cache = false"),
           std::string("SET parquet_metadata_cache = false"),
           std::string("SET autoinstall_known_extensions = false"),
           std::string("SET autoload_known_extensions = false"),
           std::string("SET enable_progress_bar = false"),
           fmt::format("SET temp_directory = {}",
                       Literal(options.temp_directory.string())),
           fmt::format("SET max_temp_directory_size = '{}B'",
                       options.temp_bytes),
           fmt::format("SET memory_limit = '{}B'", options.memory_bytes),
           fmt::format("SET allowed_directories = [{}]", LiteralList(folders)),
           fmt::format("SET allowed_paths = [{}]",
                       LiteralList(options.allowed_paths)),
           std::string("SET enable_external_access = false"),
           std::string("SET lock_configuration = true"),
       }) {
    BENCHKEEP_TRY(connection.Run(sql));
  }
  return database;
}

std::string Literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

std::string Identifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string EngineVersion() { return duckdb_library_version(); }

}  // namespace benchkeep::engine
