// Rows as an Excel workbook, in constant memory.
//
// A sheet holds at most 1,048,576 rows, header included; further rows go to
// further sheets, each with the header.  Text is always text, never a formula
// or a link.  Integers beyond 2^53, decimals of more than 15 digits and reals
// beyond Excel's 9.99999999999999e307 are written as text, because a cell would
// change them; NaN and infinities, which it cannot hold, are empty, as is empty
// text.  Reals keep 16 significant digits, one more than Excel shows.
//
// The library behind it (libxlsxwriter) ignores failed writes to its scratch
// files, so the finished workbook is read back and compared.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/finding.h"
#include "fs/file_system.h"
#include "ops/export_text.h"
#include "ops/export_writer.h"

struct lxw_workbook;
struct lxw_worksheet;
struct lxw_format;

namespace benchkeep::ops {

inline constexpr std::uint64_t kMaxSheetRows = 1'048'576;

// The size and hash of the rows of one sheet, as XML.
struct SheetRows {
  std::uint64_t bytes = 0;
  std::uint64_t hash = 0;
  bool operator==(const SheetRows&) const = default;
};

class XlsxWriter final : public RowWriter {
 public:
  // Creates `file`; scratch files go to the folder `scratch`.  At least two
  // rows per sheet.
  XlsxWriter(fs::Path file, const fs::Path& scratch,
             std::uint64_t sheet_rows = kMaxSheetRows);
  ~XlsxWriter() override;
  XlsxWriter(const XlsxWriter&) = delete;
  XlsxWriter& operator=(const XlsxWriter&) = delete;

  Status Begin(const std::vector<std::string>& columns,
               const std::vector<std::string>& types) override;
  Status Row(const std::vector<store::Cell>& cells) override;
  // Closes the workbook and reads it back.
  Status End() override;

  [[nodiscard]] std::uint64_t sheets() const { return sheets_; }
  [[nodiscard]] std::uint64_t truncated() const { return truncated_; }
  [[nodiscard]] std::uint64_t stripped() const { return stripped_; }

 private:
  Status AddSheet();
  Status FinishSheet();
  Status WriteCell(std::uint16_t column, const store::Cell& cell);
  Status WriteText(std::uint16_t column, std::string_view text);

  fs::Path file_;
  std::string scratch_;  // The library keeps a pointer to it.
  std::uint64_t sheet_rows_;
  std::vector<std::string> columns_;
  std::vector<bool> numbers_;         // Their text is a number.
  lxw_workbook* workbook_ = nullptr;  // Null once closed.
  lxw_worksheet* sheet_ = nullptr;    // The one being filled.
  lxw_format* bold_ = nullptr;
  std::uint64_t sheets_ = 0;
  std::uint32_t row_ = 0;  // The next one of the sheet.
  std::uint64_t truncated_ = 0;
  std::uint64_t stripped_ = 0;
  CellText cell_;
  std::vector<SheetRows> written_;
};

// The rows of each sheet of a workbook, in order; kCorruption when it is not
// whole.
Result<std::vector<SheetRows>> ReadSheetRows(const fs::Path& file);

}  // namespace benchkeep::ops
