// Exports.
//
//   1. Every target is checked before anything is read.
//   2. One scan feeds all row-wise formats; Parquet is written by the results.
//   3. Each file is sealed: complete, synced, its size known.
//   4. Only then do they take their places, one rename each.

#include "ops/export.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "ops/export_json.h"
#include "ops/export_staging.h"

namespace benchkeep::ops {
namespace {

constexpr std::uint64_t kRowsPerLook = 4096;

struct FormatName {
  ExportFormat format;
  std::string_view name;
};
constexpr std::array kFormatNames = {
    FormatName{ExportFormat::kCsv, "csv"},
    FormatName{ExportFormat::kXlsx, "xlsx"},
    FormatName{ExportFormat::kJson, "json"},
    FormatName{ExportFormat::kJsonl, "jsonl"},
    FormatName{ExportFormat::kParquet, "parquet"},
};

// One file of an export while it is being made.
struct Output {
  ExportTarget target;
  StagedOutput staged;
  std::unique_ptr<FileSink> sink;     // Text formats only.
  std::unique_ptr<RowWriter> writer;  // All but Parquet.
  XlsxWriter* workbook = nullptr;     // The writer, when it is one.
};

Result<Output> OpenOutput(fs::FileSystem& file_system, Clock& clock,
                          const ExportTarget& target,
                          const ExportOptions& options) {
  BENCHKEEP_ASSIGN(StagedOutput staged,
                   StagedOutput::Create(file_system, clock, target.file));
  Output output{target, std::move(staged), nullptr, nullptr};
  switch (target.format) {
    case ExportFormat::kParquet:
      break;
    case ExportFormat::kXlsx: {
      auto workbook = std::make_unique<XlsxWriter>(
          output.staged.file(), output.staged.folder(), options.sheet_rows);
      output.workbook = workbook.get();
      output.writer = std::move(workbook);
      break;
    }
    case ExportFormat::kCsv:
    case ExportFormat::kJson:
    case ExportFormat::kJsonl: {
      BENCHKEEP_ASSIGN(output.sink,
                       FileSink::Create(file_system, output.staged.file()));
      BENCHKEEP_ASSIGN(output.writer, MakeTextWriter(target.format, options.csv,
                                                     *output.sink));
      break;
    }
  }
  return output;
}

// Makes the folder of `file` where that is wanted.  False when it is missing
// and a dry run must not make it: then nothing can be in the way there either.
Result<bool> PrepareFolder(fs::FileSystem& file_system,
                           const ExportOptions& options, const fs::Path& file) {
  constexpr std::uint32_t kFolderMode = 0777;  // Less the umask.
  if (options.folders == Folders::kMustExist) return true;
  const fs::Path folder = file.parent_path();
  BENCHKEEP_ASSIGN(const bool there, fs::Exists(file_system, folder));
  if (there) return true;
  if (options.dry_run) return false;
  BENCHKEEP_TRY(file_system.MakeDirs(folder, kFolderMode));
  return true;
}

// How many rows and which columns an export would have.
Result<ExportReport> Rehearse(store::Results& results,
                              const ExportOptions& options,
                              Progress& progress) {
  ExportReport report;
  report.dry_run = true;
  store::RowFilter filter = options.filter;
  {
    BENCHKEEP_ASSIGN(const std::unique_ptr<store::RowScan> scan,
                     results.Scan(filter));
    report.columns = scan->columns();
  }
  // One column is enough to count rows.
  if (!report.columns.empty()) filter.columns = {report.columns.front()};
  BENCHKEEP_ASSIGN(const std::unique_ptr<store::RowScan> scan,
                   results.Scan(filter));
  BENCHKEEP_ASSIGN(report.rows, PumpRows(*scan, {}, progress));
  for (const ExportTarget& target : options.targets) {
    report.files.push_back({target.format, target.file.string(), 0, 0});
  }
  return report;
}

void ReportLosses(const Output& output, Findings& findings) {
  const std::string file = output.target.file.string();
  if (const std::uint64_t cells = output.workbook->truncated(); cells > 0) {
    findings.push_back(
        {.code = "xlsx_text_truncated",
         .path = file,
         .message = Say(N_("{0} texts were longer than the {1} characters that "
                           "a spreadsheet cell holds and were cut"),
                        cells, kMaxCellUnits),
         .fix = Say(N_("export to csv, json or parquet to keep them whole"))});
  }
  if (const std::uint64_t cells = output.workbook->stripped(); cells > 0) {
    findings.push_back(
        {.code = "xlsx_control_characters",
         .path = file,
         .message = Say(N_("{0} texts held control characters, which a "
                           "spreadsheet cannot hold; they were left out"),
                        cells),
         .fix = Say(N_("export to csv, json or parquet to keep them whole"))});
  }
}

// Step 2.
Status WriteOutputs(store::Results& results, const ExportOptions& options,
                    std::vector<Output>& outputs, ExportReport& report,
                    Progress& progress) {
  std::vector<RowWriter*> writers;
  for (const Output& output : outputs) {
    if (output.writer != nullptr) writers.push_back(output.writer.get());
  }
  {
    BENCHKEEP_ASSIGN(const std::unique_ptr<store::RowScan> scan,
                     results.Scan(options.filter));
    report.columns = scan->columns();
    if (!writers.empty()) {
      BENCHKEEP_ASSIGN(report.rows, PumpRows(*scan, writers, progress));
    }
  }
  for (Output& output : outputs) {
    if (output.target.format == ExportFormat::kParquet) {
      BENCHKEEP_ASSIGN(
          report.rows,
          results.WriteTo(options.filter, store::BulkFormat::kParquet,
                          output.staged.file(), progress));
    }
    if (output.sink != nullptr) BENCHKEEP_TRY(output.sink->Close());
  }
  return {};
}

}  // namespace

const char* ExportFormatName(ExportFormat format) {
  for (const FormatName& known : kFormatNames) {
    if (known.format == format) return known.name.data();
  }
  return "csv";
}

std::optional<ExportFormat> ExportFormatByName(std::string_view name) {
  for (const FormatName& known : kFormatNames) {
    if (known.name == name) return known.format;
  }
  return std::nullopt;
}

std::optional<ExportFormat> ExportFormatOfFile(const fs::Path& file) {
  std::string ending = file.extension().string();
  if (ending.empty()) return std::nullopt;
  ending.erase(0, 1);
  std::transform(ending.begin(), ending.end(), ending.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (ending == "ndjson") return ExportFormat::kJsonl;
  return ExportFormatByName(ending);
}

std::vector<ExportTarget> AllExportTargets(const fs::Path& folder) {
  return {{ExportFormat::kCsv, folder / "test_results.csv"},
          {ExportFormat::kXlsx, folder / "test_results.xlsx"},
          {ExportFormat::kJson, folder / "test_results.json"}};
}

Result<std::unique_ptr<RowWriter>> MakeTextWriter(ExportFormat format,
                                                  CsvDialect csv,
                                                  ByteSink& sink) {
  switch (format) {
    case ExportFormat::kCsv:
      return std::make_unique<CsvWriter>(sink, csv);
    case ExportFormat::kJson:
      return std::make_unique<JsonWriter>(sink, JsonLayout::kArray);
    case ExportFormat::kJsonl:
      return std::make_unique<JsonWriter>(sink, JsonLayout::kLines);
    case ExportFormat::kXlsx:
    case ExportFormat::kParquet:
      break;
  }
  return Fail(Code::kInvalidArgument,
              Say(N_("{0} needs a file: it cannot be streamed"),
                  ExportFormatName(format)),
              Say(N_("name a file with -o")));
}

Result<std::uint64_t> PumpRows(store::RowScan& scan,
                               const std::vector<RowWriter*>& writers,
                               Progress& progress) {
  for (RowWriter* writer : writers)
    BENCHKEEP_TRY(writer->Begin(scan.columns(), scan.types()));
  std::uint64_t rows = 0;
  while (true) {
    BENCHKEEP_ASSIGN(const std::vector<store::Cell>* const cells, scan.Next());
    if (cells == nullptr) break;
    for (RowWriter* writer : writers) BENCHKEEP_TRY(writer->Row(*cells));
    if (++rows % kRowsPerLook != 0) continue;
    progress.Advance(rows);
    if (progress.Cancelled()) {
      return Fail(Code::kCancelled, Say(N_("interrupted")));
    }
  }
  for (RowWriter* writer : writers) BENCHKEEP_TRY(writer->End());
  progress.Advance(rows);
  return rows;
}

Result<std::uint64_t> StreamExport(store::Results& results,
                                   const store::RowFilter& filter,
                                   ExportFormat format, CsvDialect csv,
                                   ByteSink& sink, Progress& progress) {
  BENCHKEEP_ASSIGN(const std::unique_ptr<RowWriter> writer,
                   MakeTextWriter(format, csv, sink));
  BENCHKEEP_ASSIGN(const std::unique_ptr<store::RowScan> scan,
                   results.Scan(filter));
  return PumpRows(*scan, {writer.get()}, progress);
}

Result<ExportReport> RunExport(fs::FileSystem& file_system, Clock& clock,
                               const store::Layout& layout,
                               store::Results& results,
                               const ExportOptions& options,
                               Progress& progress) {
  for (const ExportTarget& target : options.targets) {
    BENCHKEEP_ASSIGN(const bool ready,
                     PrepareFolder(file_system, options, target.file));
    if (!ready) continue;
    BENCHKEEP_TRY(CheckExportTarget(file_system, layout, target.file));
  }
  progress.Stage(Say(N_("exporting the results")), 0);
  if (options.dry_run) return Rehearse(results, options, progress);

  std::vector<Output> outputs;
  for (const ExportTarget& target : options.targets) {
    BENCHKEEP_ASSIGN(Output output,
                     OpenOutput(file_system, clock, target, options));
    outputs.push_back(std::move(output));
  }
  ExportReport report;
  BENCHKEEP_TRY(WriteOutputs(results, options, outputs, report, progress));
  for (Output& output : outputs) {
    ExportedFile file{output.target.format, output.target.file.string(), 0, 0};
    BENCHKEEP_ASSIGN(file.bytes, output.staged.Seal());
    if (output.workbook != nullptr) {
      file.sheets = output.workbook->sheets();
      ReportLosses(output, report.findings);
    }
    report.files.push_back(std::move(file));
  }
  for (Output& output : outputs) BENCHKEEP_TRY(output.staged.Publish());
  return report;
}

}  // namespace benchkeep::ops
