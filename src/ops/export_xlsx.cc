// Rows as an Excel workbook, with libxlsxwriter.

#include "ops/export_xlsx.h"

#include <fmt/format.h>
#include <xlsxwriter.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

namespace benchkeep::ops {
namespace {

constexpr std::size_t kMaxColumns = 16'384;
constexpr std::int64_t kMaxExact = std::int64_t{1} << 53;
constexpr double kMaxReal = 9.99999999999999e307;  // Excel's own limit.
constexpr std::size_t kSafeDigits = 15;            // What every double keeps.

Status Checked(lxw_error error, const fs::Path& file) {
  if (error == LXW_NO_ERROR) return {};
  return Fail(Code::kIo, Say(N_("writing {0}: {1}"), file, lxw_strerror(error)),
              file);
}

// Hashes what the library has put aside for a sheet.
Result<SheetRows> HashScratch(std::FILE* scratch, const fs::Path& file) {
  const bool failed_before = std::ferror(scratch) != 0;
  if (std::fflush(scratch) != 0 || failed_before) {
    return FailSys(failed_before || errno == 0 ? EIO : errno,
                   N_("writing {0}: {1}"), file);
  }
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(
      XXH3_createState(), XXH3_freeState);
  XXH3_64bits_reset(state.get());
  SheetRows rows;
  std::vector<char> buffer(std::size_t{1} << 16);
  std::rewind(scratch);
  while (true) {
    const std::size_t got =
        std::fread(buffer.data(), 1, buffer.size(), scratch);
    if (got == 0) break;
    XXH3_64bits_update(state.get(), buffer.data(), got);
    rows.bytes += got;
  }
  if (std::ferror(scratch) != 0) {
    return FailSys(EIO, N_("reading {0}: {1}"), file);
  }
  std::fseek(scratch, 0, SEEK_END);
  rows.hash = XXH3_64bits_digest(state.get());
  return rows;
}

}  // namespace

XlsxWriter::XlsxWriter(fs::Path file, const fs::Path& scratch,
                       std::uint64_t sheet_rows)
    : file_(std::move(file)),
      scratch_(scratch.string()),
      sheet_rows_(std::clamp<std::uint64_t>(sheet_rows, 2, kMaxSheetRows)) {}

XlsxWriter::~XlsxWriter() {
  if (workbook_ != nullptr) lxw_workbook_free(workbook_);
}

Status XlsxWriter::Begin(const std::vector<std::string>& columns,
                         const std::vector<std::string>& types) {
  if (columns.size() > kMaxColumns) {
    return Fail(Code::kInvalidArgument,
                Say(N_("a sheet holds at most {0} columns, not {1}"),
                    kMaxColumns, columns.size()),
                Say(N_("choose some of them with --columns")), file_);
  }
  columns_ = columns;
  numbers_ = NumbersInText(columns.size(), types);
  lxw_workbook_options options{};
  options.constant_memory = LXW_TRUE;
  options.tmpdir = scratch_.data();
  options.use_zip64 = LXW_TRUE;
  workbook_ = workbook_new_opt(file_.c_str(), &options);
  if (workbook_ == nullptr) {
    return FailSys(ENOMEM, N_("creating {0}: {1}"), file_);
  }
  bold_ = workbook_add_format(workbook_);
  format_set_bold(bold_);
  return AddSheet();
}

Status XlsxWriter::AddSheet() {
  ++sheets_;
  const std::string name =
      sheets_ == 1 ? "results" : fmt::format("results {}", sheets_);
  errno = 0;
  sheet_ = workbook_add_worksheet(workbook_, name.c_str());
  if (sheet_ == nullptr || sheet_->optimize_tmpfile == nullptr) {
    return FailSys(errno == 0 ? EIO : errno, N_("creating {0}: {1}"), file_);
  }
  worksheet_freeze_panes(sheet_, 1, 0);
  row_ = 0;
  // A sheet has no more columns than fit into 16 bits.
  const auto columns = static_cast<std::uint16_t>(columns_.size());
  for (std::uint16_t i = 0; i < columns; ++i) {
    FitCell(columns_[i], cell_);
    constexpr double kNarrow = 10;
    constexpr double kWide = 40;
    const double width =
        std::clamp(static_cast<double>(cell_.text.size()) + 3, kNarrow, kWide);
    worksheet_set_column(sheet_, i, i, width, nullptr);
    BENCHKEEP_TRY(
        Checked(worksheet_write_string(sheet_, 0, i, cell_.text.c_str(), bold_),
                file_));
  }
  row_ = 1;
  return {};
}

// Nothing more will be written to the sheet: its last row leaves memory, and
// what the scratch file must hold is known.
Status XlsxWriter::FinishSheet() {
  if (!columns_.empty()) {
    worksheet_autofilter(sheet_, 0, 0, row_ - 1,
                         static_cast<lxw_col_t>(columns_.size() - 1));
  }
  lxw_worksheet_write_single_row(sheet_);
  BENCHKEEP_ASSIGN(const SheetRows rows,
                   HashScratch(sheet_->optimize_tmpfile, file_));
  written_.push_back(rows);
  return {};
}

Status XlsxWriter::Row(const std::vector<store::Cell>& cells) {
  if (row_ == sheet_rows_) {
    BENCHKEEP_TRY(FinishSheet());
    BENCHKEEP_TRY(AddSheet());
  }
  const auto columns = static_cast<std::uint16_t>(cells.size());
  for (std::uint16_t i = 0; i < columns; ++i) {
    BENCHKEEP_TRY(WriteCell(i, cells[i]));
  }
  ++row_;
  return {};
}

Status XlsxWriter::WriteCell(std::uint16_t column, const store::Cell& cell) {
  const auto number = [&](double value) {
    return Checked(worksheet_write_number(sheet_, row_, column, value, nullptr),
                   file_);
  };
  switch (cell.kind) {
    case store::Cell::Kind::kNull:
      return {};
    case store::Cell::Kind::kBool:
      return Checked(worksheet_write_boolean(sheet_, row_, column,
                                             cell.boolean ? 1 : 0, nullptr),
                     file_);
    case store::Cell::Kind::kInt:
      if (cell.integer < -kMaxExact || cell.integer > kMaxExact) {
        return WriteText(column, std::to_string(cell.integer));
      }
      return number(static_cast<double>(cell.integer));
    case store::Cell::Kind::kUint:
      if (cell.unsigned_integer > static_cast<std::uint64_t>(kMaxExact)) {
        return WriteText(column, std::to_string(cell.unsigned_integer));
      }
      return number(static_cast<double>(cell.unsigned_integer));
    case store::Cell::Kind::kDouble: {
      if (!std::isfinite(cell.real)) return {};
      if (std::abs(cell.real) > kMaxReal) {
        std::string text;
        AppendReal(text, cell.real, cell.single);
        return WriteText(column, text);
      }
      if (!cell.single) return number(cell.real);
      // As the 32 bits read, not as they widen: 0.1, not 0.10000000149.
      double value = cell.real;
      std::string text;
      AppendReal(text, cell.real, true);
      std::from_chars(text.data(), text.data() + text.size(), value);
      return number(value);
    }
    case store::Cell::Kind::kText:
      if (numbers_[column] && cell.text.size() <= kSafeDigits) {
        double value = 0;
        std::from_chars(cell.text.data(), cell.text.data() + cell.text.size(),
                        value);
        return number(value);
      }
      return WriteText(column, cell.text);
  }
  return {};
}

Status XlsxWriter::WriteText(std::uint16_t column, std::string_view text) {
  FitCell(text, cell_);
  truncated_ += cell_.truncated ? 1 : 0;
  stripped_ += cell_.stripped ? 1 : 0;
  if (cell_.text.empty()) return {};
  return Checked(
      worksheet_write_string(sheet_, row_, column, cell_.text.c_str(), nullptr),
      file_);
}

Status XlsxWriter::End() {
  BENCHKEEP_TRY(FinishSheet());
  errno = 0;
  const lxw_error error = workbook_close(std::exchange(workbook_, nullptr));
  if (error != LXW_NO_ERROR && errno != 0) {
    return FailSys(errno, N_("writing {0}: {1}"), file_);
  }
  BENCHKEEP_TRY(Checked(error, file_));
  BENCHKEEP_ASSIGN(const std::vector<SheetRows> read, ReadSheetRows(file_));
  if (read != written_) {
    return Fail(Code::kIo,
                Say(N_("{0} did not reach the disk as it was written"), file_),
                Say(N_("free some space, then run the command again")), file_);
  }
  return {};
}

}  // namespace benchkeep::ops
