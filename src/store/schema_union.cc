// The columns of several Parquet files as one schema.

#include "store/schema_union.h"

#include <algorithm>

#include "store/column_type.h"

namespace benchkeep::store {
namespace {

constexpr const char* kNullType = "NULL";

bool HasAll(const ParquetFooter& footer,
            const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return footer.Find(name) >= 0;
  });
}

std::string Join(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

Result<Shape> ShapeOf(const ParquetFooter& footer, const Settings& settings) {
  if (HasAll(footer, settings.key)) return Shape::kRecords;
  if (HasAll(footer, settings.summary_key) &&
      footer.Find(settings.total) >= 0) {
    return Shape::kSummary;
  }
  return Fail(
      Code::kInvalidArgument,
      Say(N_("it has neither the key of records ({0}) nor the columns "
             "of a summary ({1}, {2})"),
          Join(settings.key), Join(settings.summary_key), settings.total));
}

bool DependsOnValues(const std::string& from, const std::string& to) {
  if (from == to || from == kNullType) return false;
  const std::optional<WidenedType> widened = Widen(from, to);
  return !widened || widened->type != to || widened->left == Widening::kByValue;
}

std::string Storable(const std::string& type) {
  return type == kNullType ? "INTEGER" : type;
}

Result<std::vector<std::size_t>> SchemaUnion::Add(
    const ParquetFooter& footer, const std::vector<std::string>& types) {
  BENCHKEEP_ASSIGN(const Shape shape, ShapeOf(footer, *settings_));
  const bool is_first = columns_.empty();
  if (!is_first && shape != shape_) {
    return Fail(Code::kInvalidArgument,
                Say(N_("its shape is \"{0}\", that of the results \"{1}\""),
                    ShapeName(shape), ShapeName(shape_)));
  }
  std::vector<UnionColumn> columns = columns_;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::string& name = footer.columns()[i].name;
    const int found = Find(name);
    if (found < 0 || is_first) {
      places.push_back(columns.size());
      columns.push_back({name, types[i]});
      continue;
    }
    const auto place = static_cast<std::size_t>(found);
    places.push_back(place);
    std::string& type = columns[place].type;
    if (types[i] == kNullType) continue;
    if (type == kNullType) {
      type = types[i];
      continue;
    }
    const std::optional<WidenedType> widened = Widen(type, types[i]);
    bool fits = widened.has_value();
    if (fits && place < first_columns_ && widened->left == Widening::kByValue) {
      BENCHKEEP_ASSIGN(fits, first_fits_(place, widened->type));
    }
    if (!fits) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("its column \"{0}\" holds {1}, that of the results "
                         "{2}"),
                      name, types[i], type));
    }
    type = widened->type;
  }
  columns_ = std::move(columns);
  if (is_first) {
    first_columns_ = columns_.size();
    shape_ = shape;
  }
  return places;
}

std::vector<std::size_t> SchemaUnion::Key() const {
  std::vector<std::size_t> places;
  for (const std::string& name :
       shape_ == Shape::kRecords ? settings_->key : settings_->summary_key) {
    places.push_back(static_cast<std::size_t>(Find(name)));
  }
  return places;
}

int SchemaUnion::Find(const std::string& name) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace benchkeep::store
