// The increments of a merge as one table of the engine.

#include "store/fresh_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace benchkeep::store {
namespace {

// Open files at a time.
constexpr std::size_t kBatch = 128;

// An error that is about the file, not about the machine or the run.
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

std::string CreateStatement(const SchemaUnion& schema) {
  std::string columns = "seq BIGINT";
  for (std::size_t i = 0; i < schema.columns().size(); ++i) {
    columns += fmt::format(", {} {}", ColumnSlot(i),
                           Storable(schema.columns()[i].type));
  }
  return fmt::format("CREATE TABLE fresh ({})", columns);
}

}  // namespace

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
  if (schema_->columns().empty()) return {};
  BENCHKEEP_TRY(connection_->Run(CreateStatement(*schema_)));
  if (files.empty() || !plans_.front().usable || BatchEnd(0) != files.size()) {
    return {};
  }
  BENCHKEEP_ASSIGN(waiting_, Open(0, files.size()));
  Expect(waiting_);
  return {};
}

Result<bool> FreshTable::LoadWaiting() {
  const Status inserted = Insert(waiting_);
  loaded_ = inserted.ok();
  if (loaded_ || BlamesFile(inserted.error().code)) return loaded_;
  return Unexpected(inserted.error());
}

Status FreshTable::Unload(std::size_t index, const Error& error) {
  Reject(index, error);
  if (!std::exchange(loaded_, false)) return {};
  return connection_->Run("DELETE FROM fresh");
}

Status FreshTable::Load(Progress& progress) {
  waiting_.clear();
  if (loaded_ || schema_->columns().empty()) return {};
  starts_.clear();
  rows_ = 0;
  loaded_ = true;
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

Result<bool> FreshTable::ValuesFit(const std::string& from,
                                   const Group& group) {
  std::string conditions;
  for (std::size_t i = 0; i < group.types.size(); ++i) {
    const std::string& to = schema_->columns()[group.places[i]].type;
    if (!DependsOnValues(group.types[i], to)) continue;
    if (!conditions.empty()) conditions += " OR ";
    conditions += LossyCondition(ColumnSlot(i), group.types[i], to);
  }
  if (conditions.empty()) return true;
  BENCHKEEP_ASSIGN(const std::int64_t lossy,
                   connection_->QueryInt(fmt::format(
                       "SELECT count(*) FROM {} WHERE {}", from, conditions)));
  return lossy == 0;
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

Status FreshTable::Insert(const std::vector<WaitingIncrement>& batch) {
  if (batch.empty()) return {};
  const Group& group = groups_[plans_[batch.front().index].group];
  std::vector<fs::Path> paths;
  std::vector<std::uint64_t> starts;
  for (const WaitingIncrement& file : batch) {
    paths.push_back(file.source.lease().FdPath());
    starts.push_back(file.first_place);
  }
  const std::string from = FromFiles(paths, group.types.size());
  BENCHKEEP_ASSIGN(const bool fit, ValuesFit(from, group));
  if (!fit) {
    return Fail(Code::kInvalidArgument,
                Say(N_("a number in it cannot be held exactly by the column's "
                       "type in the results")));
  }
  return connection_->Run(fmt::format(
      "INSERT INTO fresh SELECT ([{}]::BIGINT[])[file_index::BIGINT + 1] + "
      "file_row_number, {} FROM {}",
      fmt::join(starts, ", "),
      UnionSelectList(schema_->columns(), group.types, group.places), from));
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
