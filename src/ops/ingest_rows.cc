// Rows of JSON lines or CSV.

#include "ops/ingest_rows.h"

#include <algorithm>

namespace benchkeep::ops {
namespace {

const char* TypeWord(IngestType type) {
  switch (type) {
    case IngestType::kBool:
      return "boolean";
    case IngestType::kInt:
      return "integer";
    case IngestType::kDouble:
      return "number";
    case IngestType::kText:
      return "text";
    case IngestType::kOther:
      return "?";
  }
  return "?";
}

IngestType TypeOf(const Json& value) {
  if (value.is_bool()) return IngestType::kBool;
  if (value.is_number()) {
    return value.IsIntegerText() && value.AsInt() ? IngestType::kInt
                                                  : IngestType::kDouble;
  }
  return IngestType::kText;
}

// Fields of a CSV file, row by row; quotes may hold separators and newlines.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  // False at the end.  `line` is where the row begins.
  bool Next(std::vector<std::string>& fields, std::vector<bool>& quoted,
            std::uint64_t& line) {
    fields.clear();
    quoted.clear();
    if (at_ >= text_.size()) return false;
    line = line_;
    while (true) {
      bool in_quotes = false;
      fields.push_back(Field(in_quotes));
      quoted.push_back(in_quotes);
      if (at_ >= text_.size()) return true;
      const char c = text_[at_++];
      if (c == ',') continue;
      if (c == '\r' && at_ < text_.size() && text_[at_] == '\n') ++at_;
      ++line_;
      return true;
    }
  }

 private:
  std::string Field(bool& quoted) {
    std::string field;
    if (at_ < text_.size() && text_[at_] == '"') {
      quoted = true;
      ++at_;
      while (at_ < text_.size()) {
        const char c = text_[at_++];
        if (c == '"') {
          if (at_ >= text_.size() || text_[at_] != '"') break;
          ++at_;
        }
        if (c == '\n') ++line_;
        field += c;
      }
    }
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n' &&
           text_[at_] != '\r') {
      field += text_[at_++];
    }
    return field;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 1;
};

// What an unquoted field may mean.
Json CsvValue(const std::string& field, bool quoted) {
  if (quoted) return Json::String(field);
  if (field.empty()) return {};
  if (field == "true" || field == "True") return Json::Bool(true);
  if (field == "false" || field == "False") return Json::Bool(false);
  Json number = Json::RawNumber(field);
  const bool plausible =
      field.find_first_not_of("+-.0123456789eE") == std::string::npos;
  if (plausible && number.AsDouble()) return number;
  return Json::String(field);
}

}  // namespace

IngestType IngestTypeOf(const std::string& engine_type) {
  static const std::map<std::string, IngestType> types = {
      {"BOOLEAN", IngestType::kBool},  {"TINYINT", IngestType::kInt},
      {"SMALLINT", IngestType::kInt},  {"INTEGER", IngestType::kInt},
      {"BIGINT", IngestType::kInt},    {"UTINYINT", IngestType::kInt},
      {"USMALLINT", IngestType::kInt}, {"UINTEGER", IngestType::kInt},
      {"UBIGINT", IngestType::kInt},   {"FLOAT", IngestType::kDouble},
      {"DOUBLE", IngestType::kDouble}, {"VARCHAR", IngestType::kText}};
  const auto found = types.find(engine_type);
  return found == types.end() ? IngestType::kOther : found->second;
}

void IngestRows::Complain(Row& row, const std::string& column, Message reason) {
  if (!row.bad) ++bad_rows_;
  row.bad = true;
  if (problems_.size() < kMaxRowProblems) {
    problems_.push_back({row.line, column, std::move(reason)});
  }
}

std::size_t IngestRows::ColumnOf(const std::string& name) {
  const auto [place, fresh] = places_.emplace(name, columns_.size());
  if (fresh) {
    Column column{name};
    if (const auto known = known_.find(name); known != known_.end()) {
      column.type = known->second;
      column.decided = true;
    }
    columns_.push_back(column);
  }
  return place->second;
}

void IngestRows::AddObject(const Json& object, std::uint64_t line) {
  Row& row = rows_.emplace_back();
  row.line = line;
  if (!object.is_object()) {
    Complain(row, "", Say(N_("this is no JSON object")));
    return;
  }
  for (const auto& [name, value] : object.members()) {
    const std::size_t place = ColumnOf(name);
    if (row.values.size() <= place) row.values.resize(place + 1);
    row.values[place] = value;
  }
}

void IngestRows::ReadJson(std::string_view input) {
  const std::size_t first = input.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && input[first] == '[') {
    const Result<Json> list = ParseJson(input);
    if (list.ok()) {
      std::uint64_t number = 0;
      for (const Json& object : list->items()) AddObject(object, ++number);
      return;
    }
  }
  std::uint64_t line = 0;
  while (!input.empty()) {
    ++line;
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view text = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    Result<Json> object = ParseJson(text);
    if (object.ok()) {
      AddObject(*object, line);
      continue;
    }
    Row& row = rows_.emplace_back();
    row.line = line;
    Complain(row, "", object.error().message);
  }
}

void IngestRows::ReadCsv(std::string_view input) {
  from_csv_ = true;
  CsvReader reader(input);
  std::vector<std::string> fields;
  std::vector<bool> quoted;
  std::uint64_t line = 0;
  std::vector<std::size_t> places;
  while (reader.Next(fields, quoted, line)) {
    if (fields.size() == 1 && fields[0].empty()) continue;
    if (places.empty()) {
      for (const std::string& name : fields) places.push_back(ColumnOf(name));
      continue;
    }
    Row& row = rows_.emplace_back();
    row.line = line;
    if (fields.size() != places.size()) {
      Complain(row, "",
               Say(N_("it has {0} fields, the line of names has {1}"),
                   fields.size(), places.size()));
      continue;
    }
    row.values.resize(columns_.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
      row.values[places[i]] = CsvValue(fields[i], quoted[i]);
    }
  }
}

void IngestRows::CheckValue(Row& row, std::size_t place) {
  Json& value = row.values[place];
  Column& column = columns_[place];
  if (value.is_null()) return;
  if (value.is_object() || value.is_array()) {
    Complain(row, column.name,
             Say(N_("lists and objects cannot be kept: write them as text")));
    return;
  }
  const IngestType type = TypeOf(value);
  if (!column.decided) {
    column.type = type;
    column.decided = true;
    return;
  }
  if (column.type == type) return;
  const bool numbers =
      (type == IngestType::kInt || type == IngestType::kDouble) &&
      (column.type == IngestType::kInt || column.type == IngestType::kDouble);
  // Widened here unless the results say otherwise; whole numbers fit anyway.
  if (numbers && (column.type == IngestType::kDouble || value.AsInt() ||
                  !known_.contains(column.name))) {
    if (column.type == IngestType::kInt && !value.AsInt()) {
      column.type = IngestType::kDouble;
    }
    return;
  }
  if (from_csv_ && column.type == IngestType::kText) {
    value = Json::String(value.text());
    return;
  }
  if (column.type == IngestType::kOther) {
    Complain(row, column.name,
             Say(N_("the results have a type here that only Parquet can "
                    "give")));
    return;
  }
  Complain(row, column.name,
           Say(N_("{0} was expected, this is {1}"), TypeWord(column.type),
               TypeWord(type)));
}

void IngestRows::CheckKeys(Row& row) {
  const auto has = [&](const std::string& name) {
    const auto place = places_.find(name);
    if (place == places_.end() || place->second >= row.values.size()) {
      return false;
    }
    const Json& value = row.values[place->second];
    return !value.is_null() && !(value.is_string() && value.text().empty());
  };
  const auto all = [&](const std::vector<std::string>& names) {
    return std::all_of(names.begin(), names.end(), has);
  };
  // Summary rows have no key column, but the columns that name a cell.
  const bool any_key = std::any_of(
      settings_.key.begin(), settings_.key.end(),
      [&](const std::string& name) { return places_.contains(name); });
  if (!any_key && places_.contains(settings_.total) &&
      all(settings_.summary_key)) {
    return;
  }
  for (const std::string& name : settings_.key) {
    if (!has(name)) Complain(row, name, Say(N_("the key is missing")));
  }
}

void IngestRows::Check() {
  for (Row& row : rows_) {
    if (row.bad) continue;
    row.values.resize(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      CheckValue(row, i);
      if (row.bad) break;
    }
    if (!row.bad) CheckKeys(row);
  }
}

}  // namespace benchkeep::ops
