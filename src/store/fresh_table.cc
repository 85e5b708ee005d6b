// The increments of a merge as one table of the engine.

#include "store/fresh_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace benchkeep::store {
namespace {

// Open files at a time.
constexpr std::size_t kBatch = 128;

std::string CreateStatement(const SchemaUnion& schema) {
  std::string columns = "seq BIGINT";
  for (std::size_t i = 0; i < schema.columns().size(); ++i) {
    columns += fmt::format(", {} {}", ColumnSlot(i),
                           Storable(schema.columns()[i].type));
  }
  return fmt::format("CREATE TABLE fresh ({})", columns);
}

std::string From(const std::vector<WaitingIncrement>& batch) {
  std::vector<fs::Path> paths;
  for (const WaitingIncrement& file : batch) {
    paths.push_back(file.source.lease().FdPath());
  }
  return FromFiles(paths, batch.front().types->size());
}

}  // namespace

bool BlamesFile(Code code) {
  switch (code) {
    case Code::kCorruption:
    case Code::kInvalidArgument:
    case Code::kPermission:
    case Code::kNotFound:
    case Code::kBusy:
      return true;
    default:
      return false;
  }
}

std::string UnionSelectList(const std::vector<UnionColumn>& columns,
                            const std::vector<std::string>& types,
                            const std::vector<std::size_t>& places) {
  std::vector<std::string> expressions(columns.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::string type = Storable(columns[places[i]].type);
    expressions[places[i]] =
        types[i] == type ? ColumnSlot(i)
                         : fmt::format("CAST({} AS {})", ColumnSlot(i), type);
  }
  std::string list;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) list += ", ";
    list += fmt::format("{} AS {}",
                        expressions[i].empty()
                            ? fmt::format("NULL::{}", Storable(columns[i].type))
                            : expressions[i],
                        ColumnSlot(i));
  }
  return list;
}

std::string LossyCondition(const std::string& column, const std::string& from,
                           const std::string& to) {
  return fmt::format(
      "({0} IS NOT NULL AND TRY_CAST(TRY_CAST({0} AS {2}) AS {1}) IS DISTINCT "
      "FROM {0})",
      column, from, to);
}

Status FreshTable::Plan(const std::vector<IncrementFile>& files,
                        Progress& progress) {
  files_ = &files;
  BENCHKEEP_TRY(PlanFiles(progress));
  if (files.empty() || !plans_.front().usable || BatchEnd(0) != files.size()) {
    return {};
  }
  BENCHKEEP_ASSIGN(waiting_, Open(0, files.size()));
  Expect(waiting_);
  return {};
}

Result<bool> FreshTable::ShowWaiting() {
  if (!MisfitCondition(GroupOf(waiting_)).empty()) return false;
  BENCHKEEP_TRY(connection_->Run("CREATE VIEW fresh AS " + Select(waiting_)));
  return true;
}

Status FreshTable::Load(Progress& progress) {
  waiting_.clear();
  starts_.clear();
  rows_ = 0;
  if (schema_->columns().empty()) return {};
  BENCHKEEP_TRY(connection_->Run(CreateStatement(*schema_)));
  progress.Stage(Say(N_("loading increments")), files_->size());
  for (std::size_t begin = 0; begin < files_->size();) {
    if (!plans_[begin].usable) {
      ++begin;
      continue;
    }
    const std::size_t end = BatchEnd(begin);
    BENCHKEEP_TRY(LoadBatch(begin, end));
    begin = end;
    progress.Advance(begin);
    if (progress.Cancelled()) {
      return Fail(Code::kCancelled, Say(N_("interrupted")));
    }
  }
  return {};
}

Status FreshTable::PlanFiles(Progress& progress) {
  const std::vector<IncrementFile>& files = *files_;
  progress.Stage(Say(N_("reading footers")), files.size());
  plans_.resize(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Result<ParquetSource> source = ParquetSource::Open(files[i].path);
    if (!source.ok()) {
      if (!BlamesFile(source.error().code)) return Unexpected(source.error());
      Reject(i, source.error());
      continue;
    }
    BENCHKEEP_ASSIGN(const std::size_t group, GroupOf(*source));
    if (groups_[group].refused) {
      Reject(i, *groups_[group].refused);
      continue;
    }
    plans_[i] = {group, true};
    progress.Advance(i + 1);
    if (progress.Cancelled()) {
      return Fail(Code::kCancelled, Say(N_("interrupted")));
    }
  }
  return {};
}

std::size_t FreshTable::BatchEnd(std::size_t begin) const {
  std::size_t end = begin + 1;
  while (end < plans_.size() && end - begin < kBatch && plans_[end].usable &&
         plans_[end].group == plans_[begin].group) {
    ++end;
  }
  return end;
}

Result<std::size_t> FreshTable::GroupOf(const ParquetSource& source) {
  const auto [at, is_new] = group_of_signature_.try_emplace(
      source.footer().Signature(), groups_.size());
  if (!is_new) return at->second;
  Group group;
  Result<std::vector<std::string>> types = ColumnTypes(*connection_, source);
  if (types.ok()) {
    group.types = std::move(*types);
    Result<std::vector<std::size_t>> places =
        schema_->Add(source.footer(), group.types);
    if (places.ok()) {
      group.places = std::move(*places);
    } else {
      group.refused = places.error();
    }
  } else {
    group.refused = types.error();
  }
  if (group.refused && !BlamesFile(group.refused->code)) {
    return Unexpected(*group.refused);
  }
  groups_.push_back(std::move(group));
  return at->second;
}

std::string FreshTable::MisfitCondition(const Group& group) const {
  std::string conditions;
  for (std::size_t i = 0; i < group.types.size(); ++i) {
    const std::string& to = schema_->columns()[group.places[i]].type;
    if (!DependsOnValues(group.types[i], to)) continue;
    if (!conditions.empty()) conditions += " OR ";
    conditions += LossyCondition(ColumnSlot(i), group.types[i], to);
  }
  return conditions;
}

Result<std::vector<WaitingIncrement>> FreshTable::Open(std::size_t begin,
                                                       std::size_t end) {
  const Group& group = groups_[plans_[begin].group];
  std::vector<WaitingIncrement> batch;
  std::uint64_t place = first_place_ + rows_;
  for (std::size_t i = begin; i < end; ++i) {
    Result<ParquetSource> source = ParquetSource::Open((*files_)[i].path);
    if (!source.ok()) {
      if (!BlamesFile(source.error().code)) return Unexpected(source.error());
      Reject(i, source.error());
      continue;
    }
    const std::uint64_t rows = source->footer().rows();
    batch.push_back(
        {std::move(*source), i, place, &group.types, &group.places});
    place += rows;
  }
  return batch;
}

void FreshTable::Expect(const std::vector<WaitingIncrement>& batch) {
  for (const WaitingIncrement& file : batch) {
    starts_.emplace_back(file.first_place, file.index);
    rows_ += file.source.footer().rows();
  }
}

const FreshTable::Group& FreshTable::GroupOf(
    const std::vector<WaitingIncrement>& batch) const {
  return groups_[plans_[batch.front().index].group];
}

std::string FreshTable::Select(
    const std::vector<WaitingIncrement>& batch) const {
  const Group& group = GroupOf(batch);
  std::vector<std::uint64_t> starts;
  for (const WaitingIncrement& file : batch) starts.push_back(file.first_place);
  return fmt::format(
      "SELECT ([{}]::BIGINT[])[file_index::BIGINT + 1] + file_row_number AS "
      "seq, {} FROM {}",
      fmt::join(starts, ", "),
      UnionSelectList(schema_->columns(), group.types, group.places),
      From(batch));
}

Status FreshTable::Insert(const std::vector<WaitingIncrement>& batch) {
  if (batch.empty()) return {};
  const std::string misfits = MisfitCondition(GroupOf(batch));
  if (!misfits.empty()) {
    BENCHKEEP_ASSIGN(
        const std::int64_t count,
        connection_->QueryInt(fmt::format("SELECT count(*) FROM {} WHERE {}",
                                          From(batch), misfits)));
    if (count > 0) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("a number in it cannot be held exactly by the "
                         "column's type in the results")));
    }
  }
  return connection_->Run("INSERT INTO fresh " + Select(batch));
}

Status FreshTable::LoadBatch(std::size_t begin, std::size_t end) {
  BENCHKEEP_ASSIGN(std::vector<WaitingIncrement> batch, Open(begin, end));
  const Status inserted = Insert(batch);
  if (inserted.ok()) {
    Expect(batch);
    return {};
  }
  if (!BlamesFile(inserted.error().code)) return inserted;
  if (batch.size() == 1) {
    Reject(batch.front().index, inserted.error());
    return {};
  }
  // One bad file must not stop the rest: find it by going one by one.
  std::vector<std::size_t> indices;
  for (const WaitingIncrement& file : batch) indices.push_back(file.index);
  batch.clear();
  for (const std::size_t index : indices) {
    BENCHKEEP_TRY(LoadBatch(index, index + 1));
  }
  return {};
}

void FreshTable::Reject(std::size_t index, const Error& error) {
  plans_[index].usable = false;
  rejected_.push_back(
      {index, (*files_)[index].name, error.message, error.code});
}

std::size_t FreshTable::FileAt(std::uint64_t place) const {
  const auto after = std::upper_bound(
      starts_.begin(), starts_.end(), place,
      [](std::uint64_t p, const auto& start) { return p < start.first; });
  BENCHKEEP_CHECK(after != starts_.begin());
  return std::prev(after)->second;
}

}  // namespace benchkeep::store
