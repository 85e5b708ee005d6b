// Tables, numbers and widths.

#include "render/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/result.h"
#include "render/text_width.h"

namespace benchkeep::render {
namespace {

constexpr std::string_view kGap = "  ";

std::string Padded(const std::string& text, Ink ink, Align align,
                   std::size_t width, const Face& face) {
  const std::size_t used = DisplayWidth(text);
  const std::string space(width > used ? width - used : 0, ' ');
  const std::string painted = face.Paint(ink, text);
  return align == Align::kLeft ? painted + space : space + painted;
}

void AppendLine(std::string line, std::string& out) {
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

}  // namespace

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  for (GlyphReader glyphs(text); !glyphs.done();) width += glyphs.Next().width;
  return width;
}

std::string Clip(std::string_view text, std::size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  constexpr std::size_t kDots = 3;
  const std::size_t room = width > kDots ? width - kDots : 0;
  std::string out;
  std::size_t used = 0;
  for (GlyphReader glyphs(text); !glyphs.done();) {
    const Glyph glyph = glyphs.Next();
    if (used + glyph.width > room) break;
    used += glyph.width;
    out += glyph.bytes;
  }
  return out + std::string(std::min(width, kDots), '.');
}

std::string Wrap(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  const std::string margin(indent, ' ');
  const std::size_t room = width > indent + 20 ? width - indent : 20;
  while (true) {
    const std::size_t end = text.find('\n');
    for (const std::string& line : WrapLine(text.substr(0, end), room)) {
      AppendLine(margin + line, out);
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

TextTable& TextTable::Column(const std::string& title, Align align) {
  columns_.push_back({Printable(title), align});
  return *this;
}

TextTable& TextTable::Row(std::vector<TableCell> cells) {
  BENCHKEEP_CHECK(cells.size() <= columns_.size());
  cells.resize(columns_.size(), TableCell(""));
  for (TableCell& cell : cells) cell.text = Printable(cell.text);
  rows_.push_back(std::move(cells));
  return *this;
}

TextTable& TextTable::Rule() {
  rows_.emplace_back();
  return *this;
}

std::string TextTable::Render(const Face& face, std::size_t indent) const {
  std::vector<std::size_t> widths;
  for (const ColumnSpec& column : columns_) {
    widths.push_back(DisplayWidth(column.title));
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(row[i].text));
    }
  }
  std::string out;
  const std::string margin(indent, ' ');
  const auto line = [&](const auto& cell_of) {
    std::string text = margin;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) text += kGap;
      const TableCell cell = cell_of(i);
      text += Padded(cell.text, cell.ink, columns_[i].align, widths[i], face);
    }
    AppendLine(std::move(text), out);
  };
  line([&](std::size_t i) { return TableCell(columns_[i].title, Ink::kDim); });
  for (const auto& row : rows_) {
    if (row.empty()) {
      line([&](std::size_t i) {
        return TableCell(std::string(widths[i], '-'));
      });
    } else {
      line([&](std::size_t i) { return row[i]; });
    }
  }
  return out;
}

std::string Thousands(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) {
    text.insert(at - 3, 1, ',');
  }
  return text;
}

std::string Thousands(std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  return number < 0 ? "-" + Thousands(~bits + 1) : Thousands(bits);
}

std::string HumanBytes(std::uint64_t bytes) {
  static constexpr std::array<const char*, 7> kUnits = {
      "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  // 1023.95 would be shown as 1024.0 of the smaller unit.
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string Percent(std::optional<double> share, int decimals) {
  if (!share) return "-";
  return fmt::format("{:.{}f}%", *share * 100, decimals);
}

std::string HumanDuration(std::chrono::nanoseconds span, const Face& face) {
  const double exact = std::chrono::duration<double>(span).count();
  if (exact < 9.995) {
    return face.Tr(Say(N_("{0} s"), fmt::format("{:.2f}", exact)));
  }
  const auto seconds = std::chrono::round<std::chrono::seconds>(span).count();
  const auto minutes = seconds / 60;
  const auto hours = minutes / 60;
  if (seconds < 60) return face.Tr(Say(N_("{0} s"), seconds));
  if (minutes < 60) {
    return face.Tr(Say(N_("{0} min {1} s"), minutes, seconds % 60));
  }
  if (hours < 24) return face.Tr(Say(N_("{0} h {1} min"), hours, minutes % 60));
  return face.Tr(Say(N_("{0} d {1} h"), hours / 24, hours % 24));
}

std::string HumanAge(std::chrono::nanoseconds age, const Face& face) {
  using std::chrono::seconds;
  const auto whole = std::chrono::round<seconds>(age);
  if (whole >= seconds(0) && whole < seconds(10))
    return face.Tr(N_("just now"));
  if (whole < seconds(0)) {
    return face.Tr(Say(N_("in {0}"), HumanDuration(-whole, face)));
  }
  return face.Tr(Say(N_("{0} ago"), HumanDuration(whole, face)));
}

}  // namespace benchkeep::render
