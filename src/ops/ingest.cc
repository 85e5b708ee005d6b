// Ingest: rows from any program become an increment.

#include "ops/ingest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

#include "fs/sha256.h"
#include "host/child_processes.h"
#include "ops/ingest_rows.h"
#include "ops/job_limits.h"
#include "store/ingest_keys.h"
#include "store/parquet_footer.h"
#include "store/parquet_results.h"
#include "store/scratch_folder.h"
#include "store/table_writer.h"

namespace benchkeep::ops {
namespace {

constexpr const char* kStaged = "rows.parquet";

// The input as a file, to look at its footer.
class InputFile final : public fs::ReadableFile {
 public:
  explicit InputFile(std::string_view bytes) : bytes_(bytes) {}
  Result<std::size_t> ReadAt(std::uint64_t offset,
                             std::span<std::byte> buffer) override {
    if (offset >= bytes_.size()) return 0;
    const std::string_view part = bytes_.substr(offset, buffer.size());
    std::memcpy(buffer.data(), part.data(), part.size());
    return part.size();
  }
  Result<fs::FileInfo> Info() override {
    fs::FileInfo info;
    info.type = fs::FileType::kRegular;
    info.size = bytes_.size();
    return info;
  }

 private:
  std::string_view bytes_;
};

class IngestJob {
 public:
  IngestJob(const store::Store& store, const IngestOptions& options)
      : store_(store), options_(options) {}

  Result<IngestReport> Run() {
    report_.dry_run = options_.dry_run;
    BENCHKEEP_ASSIGN(const bool repeated, WasTaken());
    if (repeated) return std::move(report_);
    if (options_.format == IngestFormat::kParquet) {
      BENCHKEEP_TRY(CheckParquet());
    } else {
      BENCHKEEP_TRY(ReadRows());
    }
    const bool refused = report_.bad_rows > 0 && !options_.skip_bad;
    if (refused || report_.rows == 0) {
      report_.rows = 0;
      return std::move(report_);
    }
    if (!options_.dry_run) BENCHKEEP_TRY(Write());
    return std::move(report_);
  }

 private:
  Result<bool> WasTaken() {
    if (options_.idempotency_key.empty()) return false;
    sha256_ = fs::Sha256Of(options_.input);
    BENCHKEEP_ASSIGN(const std::optional<store::IngestKey> known,
                     store::FindIngestKey(store_, options_.idempotency_key));
    if (!known) return false;
    if (known->sha256 != sha256_) {
      return Fail(Code::kAlreadyExists,
                  Say(N_("the idempotency key {0} stands for other rows"),
                      options_.idempotency_key),
                  Say(N_("take a new key for new rows")));
    }
    report_.repeated = true;
    report_.file = known->file;
    report_.rows = known->rows;
    return true;
  }

  Status ReadRows() {
    std::map<std::string, IngestType> known;
    BENCHKEEP_ASSIGN(
        const auto results,
        store::ParquetResults::Open(store_, LimitsFor(options_.memory_bytes)));
    const auto scan = results->Scan({});
    if (scan.ok()) {
      const std::vector<std::string> types = (*scan)->types();
      for (std::size_t i = 0; i < (*scan)->columns().size(); ++i) {
        if (i < types.size()) {
          known[(*scan)->columns()[i]] = IngestTypeOf(types[i]);
        }
      }
    } else if (scan.error().code != Code::kNotFound) {
      return Unexpected(scan.error());
    }
    rows_.emplace(store_.settings(), std::move(known));
    if (options_.format == IngestFormat::kCsv) {
      rows_->ReadCsv(options_.input);
    } else {
      rows_->ReadJson(options_.input);
    }
    rows_->Check();
    report_.bad_rows = rows_->bad_rows();
    report_.problems = rows_->problems();
    report_.rows = rows_->rows().size() - report_.bad_rows;
    return {};
  }

  // A file is taken as it is; what it holds is judged by its columns.
  Status CheckParquet() {
    InputFile file(options_.input);
    BENCHKEEP_ASSIGN(const store::ParquetFooter footer,
                     store::ParquetFooter::Read(file, "stdin"));
    report_.rows = footer.rows();
    const auto has = [&](const std::string& name) {
      return std::any_of(footer.columns().begin(), footer.columns().end(),
                         [&](const store::ParquetColumn& column) {
                           return column.name == name;
                         });
    };
    const store::Settings& settings = store_.settings();
    const bool records =
        std::all_of(settings.key.begin(), settings.key.end(), has);
    const bool summary =
        has(settings.total) && std::all_of(settings.summary_key.begin(),
                                           settings.summary_key.end(), has);
    if (records || summary) return {};
    return Fail(Code::kInvalidArgument,
                Say(N_("the file has no key column {0}"), settings.key.front()),
                Say(N_("add the column that names each test")));
  }

  Status WriteInput(const fs::Path& target) {
    constexpr std::uint32_t kMode = 0644;
    BENCHKEEP_ASSIGN(const auto file,
                     store_.file_system().Create(target, kMode));
    BENCHKEEP_TRY(file->Append(options_.input));
    BENCHKEEP_TRY(file->Sync());
    return file->Close();
  }

  Status WriteRows(const fs::Path& folder) {
    std::vector<store::TableColumn> columns;
    for (const IngestRows::Column& column : rows_->columns()) {
      columns.push_back(
          {column.name, column.type == IngestType::kBool  ? engine::Type::kBool
                        : column.type == IngestType::kInt ? engine::Type::kInt64
                        : column.type == IngestType::kDouble
                            ? engine::Type::kDouble
                            : engine::Type::kText});
    }
    store::TableOptions options;
    options.folder = folder;
    options.name = kStaged;
    BENCHKEEP_ASSIGN(
        store::TableWriter writer,
        store::TableWriter::Create(store_.file_system(), options, columns));
    for (const IngestRows::Row& row : rows_->rows()) {
      if (row.bad) continue;
      std::vector<store::Cell> cells;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        cells.push_back(CellOf(row.values[i], columns[i].type));
      }
      BENCHKEEP_TRY(writer.Append(cells));
    }
    BENCHKEEP_ASSIGN([[maybe_unused]] const std::uint64_t rows,
                     writer.Finish());
    return store_.file_system().SetMode(folder / kStaged, 0644);
  }

  static store::Cell CellOf(const Json& value, engine::Type type) {
    if (value.is_null()) return store::NullCell();
    switch (type) {
      case engine::Type::kBool:
        return store::BoolCell(value.bool_value());
      case engine::Type::kInt64:
        return store::IntCell(value.AsInt().value_or(0));
      case engine::Type::kDouble:
        return store::DoubleCell(value.AsDouble().value_or(0));
      default:
        return store::TextCell(value.text());
    }
  }

  Status Write() {
    fs::FileSystem& file_system = store_.file_system();
    const fs::Path& folder = store_.layout().increments();
    BENCHKEEP_TRY(file_system.MakeDirs(folder, 0777));
    BENCHKEEP_TRY(file_system.SyncDir(folder.parent_path()));
    BENCHKEEP_ASSIGN(const store::ScratchFolder scratch,
                     store::ScratchFolder::Create(store_));
    if (options_.format == IngestFormat::kParquet) {
      BENCHKEEP_TRY(WriteInput(scratch.path() / kStaged));
    } else {
      BENCHKEEP_TRY(WriteRows(scratch.path()));
    }
    BENCHKEEP_TRY(Publish(scratch.path() / kStaged, folder));
    BENCHKEEP_TRY(file_system.SyncDir(folder));
    if (options_.idempotency_key.empty()) return {};
    return store::NoteIngestKey(store_, {options_.idempotency_key, sha256_,
                                         report_.file, report_.rows});
  }

  // With an idempotency key the name follows from it: of two clients with one
  // key, one finds the name taken.
  Status Publish(const fs::Path& staged, const fs::Path& folder) {
    if (!options_.idempotency_key.empty()) {
      report_.file =
          fmt::format("increment_key_{}.parquet",
                      fs::Sha256Of(options_.idempotency_key).substr(0, 24));
      const Status moved =
          store_.file_system().RenameNoReplace(staged, folder / report_.file);
      if (moved.ok() || moved.error().code != Code::kAlreadyExists) {
        return moved;
      }
      report_.repeated = true;
      return {};
    }
    const std::int64_t now =
        store_.clock().Now().time_since_epoch() / std::chrono::nanoseconds(1);
    constexpr int kTries = 1000;
    for (int i = 0; i < kTries; ++i) {
      report_.file =
          fmt::format("increment_{}_{}.parquet", host::ProcessId(), now + i);
      const Status moved =
          store_.file_system().RenameNoReplace(staged, folder / report_.file);
      if (moved.ok() || moved.error().code != Code::kAlreadyExists) {
        return moved;
      }
    }
    return Fail(Code::kAlreadyExists,
                Say(N_("no free name beside {0}"), folder / report_.file));
  }

  const store::Store& store_;
  const IngestOptions& options_;
  IngestReport report_;
  std::optional<IngestRows> rows_;
  std::string sha256_;
};

}  // namespace

IngestFormat GuessIngestFormat(const std::string& input) {
  if (input.starts_with("PAR1")) return IngestFormat::kParquet;
  const std::size_t first = input.find_first_not_of(" \t\r\n");
  const bool json =
      first == std::string::npos || input[first] == '{' || input[first] == '[';
  return json ? IngestFormat::kJsonLines : IngestFormat::kCsv;
}

Result<IngestReport> Ingest(const store::Store& store,
                            const IngestOptions& options) {
  return IngestJob(store, options).Run();
}

}  // namespace benchkeep::ops
