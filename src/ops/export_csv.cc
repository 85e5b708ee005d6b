// Rows as comma-separated values.

#include "ops/export_csv.h"

#include "ops/export_text.h"

namespace benchkeep::ops {
namespace {

// What a byte of a field asks for.
enum : unsigned char { kNothing = 0, kQuotes = 1, kNotAscii = 2 };

constexpr std::array<unsigned char, 256> MakeClasses() {
  std::array<unsigned char, 256> classes{};
  for (std::size_t i = 0x80; i < classes.size(); ++i) classes[i] = kNotAscii;
  for (const char c : {'"', ',', '\n', '\r'}) {
    classes[static_cast<unsigned char>(c)] = kQuotes;
  }
  return classes;
}
constexpr std::array<unsigned char, 256> kClasses = MakeClasses();

bool LooksLikeFormula(std::string_view text) {
  return !text.empty() && std::string_view("=+-@\t\r").find(text.front()) !=
                              std::string_view::npos;
}

}  // namespace

Status CsvWriter::Begin(const std::vector<std::string>& columns,
                        const std::vector<std::string>& /*types*/) {
  std::string& out = buffer_.text();
  if (dialect_ == CsvDialect::kExcel) out += "\xEF\xBB\xBF";
  bool first = true;
  for (const std::string& column : columns) {
    if (!first) out += ',';
    first = false;
    AppendText(column);
  }
  out += '\n';
  return buffer_.FlushIfFull();
}

Status CsvWriter::Row(const std::vector<store::Cell>& cells) {
  std::string& out = buffer_.text();
  bool first = true;
  for (const store::Cell& cell : cells) {
    if (!first) out += ',';
    first = false;
    if (cell.kind == store::Cell::Kind::kText) {
      AppendText(cell.text);
    } else {
      AppendPlain(out, cell);
    }
  }
  if (cells.size() == 1 && cells[0].kind == store::Cell::Kind::kNull) {
    out += "\"\"";
  }
  out += '\n';
  return buffer_.FlushIfFull();
}

void CsvWriter::AppendText(std::string_view text) {
  std::string& out = buffer_.text();
  if (text.empty()) {
    out += "\"\"";
    return;
  }
  const bool guard = dialect_ == CsvDialect::kExcel && LooksLikeFormula(text);
  unsigned needs = kNothing;
  for (const char c : text) needs |= kClasses[static_cast<unsigned char>(c)];

  if ((needs & kQuotes) == 0U) {
    if (guard) out += '\'';
    if ((needs & kNotAscii) == 0U) {
      out += text;
    } else {
      AppendUtf8(out, text);
    }
    return;
  }
  out += guard ? "\"'" : "\"";
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.find('"', begin);
    if (end == std::string_view::npos) end = text.size() - 1;
    AppendUtf8(out, text.substr(begin, end - begin + 1));
    if (text[end] == '"') out += '"';
    begin = end + 1;
  }
  out += '"';
}

}  // namespace benchkeep::ops
