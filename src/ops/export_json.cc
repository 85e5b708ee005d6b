// Rows as JSON.

#include "ops/export_json.h"

#include <cmath>
#include <set>

#include "ops/export_text.h"

namespace benchkeep::ops {
namespace {

std::vector<std::string> UniqueNames(const std::vector<std::string>& columns) {
  const std::set<std::string> given(columns.begin(), columns.end());
  std::set<std::string> used;
  std::vector<std::string> names;
  for (const std::string& column : columns) {
    std::string name = column;
    for (int i = 2; used.contains(name); ++i) {
      std::string next = column + "_" + std::to_string(i);
      if (!given.contains(next)) name = std::move(next);
    }
    used.insert(name);
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

void AppendJsonValue(std::string& out, const store::Cell& cell) {
  switch (cell.kind) {
    case store::Cell::Kind::kText:
      AppendJsonString(out, cell.text);
      return;
    case store::Cell::Kind::kBool:
      out += cell.boolean ? "true" : "false";
      return;
    case store::Cell::Kind::kNull:
      out += "null";
      return;
    case store::Cell::Kind::kDouble:
      if (!std::isfinite(cell.real)) {
        out += "null";
        return;
      }
      break;
    case store::Cell::Kind::kInt:
    case store::Cell::Kind::kUint:
      break;
  }
  AppendPlain(out, cell);
}

Status JsonWriter::Begin(const std::vector<std::string>& columns,
                         const std::vector<std::string>& types) {
  numbers_ = NumbersInText(columns.size(), types);
  for (const std::string& name : UniqueNames(columns)) {
    std::string key = keys_.empty() ? "" : ",";
    if (layout_ == JsonLayout::kArray) key += "\n    ";
    AppendJsonString(key, name);
    keys_.push_back(key + ":");
  }
  if (layout_ == JsonLayout::kArray) buffer_.text() += '[';
  return {};
}

Status JsonWriter::Row(const std::vector<store::Cell>& cells) {
  std::string& out = buffer_.text();
  const bool array = layout_ == JsonLayout::kArray;
  if (array) out += any_ ? ",\n  " : "\n  ";
  any_ = true;
  out += '{';
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out += keys_[i];
    if (numbers_[i] && cells[i].kind == store::Cell::Kind::kText) {
      out += cells[i].text;
    } else {
      AppendJsonValue(out, cells[i]);
    }
  }
  out += array ? "\n  }" : "}\n";
  return buffer_.FlushIfFull();
}

Status JsonWriter::End() {
  if (layout_ == JsonLayout::kArray) buffer_.text() += any_ ? "\n]\n" : "]\n";
  return buffer_.Flush();
}

}  // namespace benchkeep::ops
