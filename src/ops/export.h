// Exports: the results, or a part of them, as files for other programs.
//
// Not a change of the store: no lock, no transaction.  Every file appears whole
// or not at all (ops/export_staging.h).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "fs/file_system.h"
#include "ops/export_csv.h"
#include "ops/export_writer.h"
#include "ops/export_xlsx.h"
#include "store/layout.h"
#include "store/results.h"

namespace benchkeep::ops {

enum class ExportFormat { kCsv, kXlsx, kJson, kJsonl, kParquet };

// "csv", "xlsx", "json", "jsonl", "parquet"; nullopt for other names.
const char* ExportFormatName(ExportFormat format);
std::optional<ExportFormat> ExportFormatByName(std::string_view name);
// By the ending of the name, in any case; ".ndjson" is JSON lines, too.
std::optional<ExportFormat> ExportFormatOfFile(const fs::Path& file);

struct ExportTarget {
  ExportFormat format = ExportFormat::kCsv;
  fs::Path file;
};

enum class Folders { kMustExist, kMake };

struct ExportOptions {
  std::vector<ExportTarget> targets = {};  // All written from one reading.
  store::RowFilter filter = {};
  CsvDialect csv = CsvDialect::kPlain;
  std::uint64_t sheet_rows = kMaxSheetRows;
  Folders folders = Folders::kMustExist;
  bool dry_run = false;
};

struct ExportedFile {
  ExportFormat format = ExportFormat::kCsv;
  std::string file;
  std::uint64_t bytes = 0;   // 0 in a dry run.
  std::uint64_t sheets = 0;  // XLSX only.
};

struct ExportReport {
  bool dry_run = false;
  std::uint64_t rows = 0;
  std::vector<std::string> columns;
  std::vector<ExportedFile> files;  // Parallel to the targets.
  Findings findings;
};

// The guide's three files: test_results.csv, .xlsx and .json in `folder`.
std::vector<ExportTarget> AllExportTargets(const fs::Path& folder);

// Writes every target.  All of them are complete and synced before the first
// one takes its place; an error before that leaves the old files as they were.
Result<ExportReport> RunExport(fs::FileSystem& file_system, Clock& clock,
                               const store::Layout& layout,
                               store::Results& results,
                               const ExportOptions& options,
                               Progress& progress);

// Writes one row-wise format (CSV, JSON, JSON lines) to `sink`.  Returns the
// number of rows.
Result<std::uint64_t> StreamExport(store::Results& results,
                                   const store::RowFilter& filter,
                                   ExportFormat format, CsvDialect csv,
                                   ByteSink& sink, Progress& progress);

// Passes every row of `scan` to all `writers`, from Begin to End.  Returns the
// number of rows.
Result<std::uint64_t> PumpRows(store::RowScan& scan,
                               const std::vector<RowWriter*>& writers,
                               Progress& progress);

// A writer of CSV, JSON or JSON lines; kInvalidArgument for other formats.
Result<std::unique_ptr<RowWriter>> MakeTextWriter(ExportFormat format,
                                                  CsvDialect csv,
                                                  ByteSink& sink);

}  // namespace benchkeep::ops
