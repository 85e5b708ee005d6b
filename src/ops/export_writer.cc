// Numbers as text, and buffered output.

#include "ops/export_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace benchkeep::ops {
namespace {

// Room for one row beyond the mark at which the buffer is written out.
constexpr std::size_t kSlack = std::size_t{64} << 10;

}  // namespace

OutputBuffer::OutputBuffer(ByteSink& sink) : sink_(&sink) {
  text_.reserve(kFull + kSlack);
}

Status OutputBuffer::Flush() {
  if (text_.empty()) return {};
  BENCHKEEP_TRY(sink_->Write(text_));
  text_.clear();
  return {};
}

void AppendReal(std::string& out, double value, bool single) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "inf" : "-inf";
    return;
  }
  constexpr std::size_t kLongest = 32;
  char digits[kLongest];
  const char* end =
      single ? fmt::format_to(digits, "{}", static_cast<float>(value))
             : fmt::format_to(digits, "{}", value);
  const std::string_view text(digits, static_cast<std::size_t>(end - digits));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void AppendInteger(std::string& out, std::int64_t value) {
  const fmt::format_int text(value);
  out.append(text.data(), text.size());
}

void AppendUnsigned(std::string& out, std::uint64_t value) {
  const fmt::format_int text(value);
  out.append(text.data(), text.size());
}

bool IsNumberInText(std::string_view type) {
  return type == "HUGEINT" || type == "UHUGEINT" || type == "BIGNUM" ||
         type.starts_with("DECIMAL(");
}

std::vector<bool> NumbersInText(std::size_t columns,
                                const std::vector<std::string>& types) {
  std::vector<bool> numbers(columns, false);
  for (std::size_t i = 0; i < columns && i < types.size(); ++i) {
    numbers[i] = IsNumberInText(types[i]);
  }
  return numbers;
}

void AppendPlain(std::string& out, const store::Cell& cell) {
  switch (cell.kind) {
    case store::Cell::Kind::kNull:
      return;
    case store::Cell::Kind::kBool:
      out += cell.boolean ? "True" : "False";
      return;
    case store::Cell::Kind::kInt:
      AppendInteger(out, cell.integer);
      return;
    case store::Cell::Kind::kUint:
      AppendUnsigned(out, cell.unsigned_integer);
      return;
    case store::Cell::Kind::kDouble:
      AppendReal(out, cell.real, cell.single);
      return;
    case store::Cell::Kind::kText:
      out += cell.text;
      return;
  }
}

}  // namespace benchkeep::ops
