// The results as one Parquet file with increments.

#include "store/parquet_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <set>

#include "base/text.h"
#include "store/fresh_table.h"
#include "store/ledger.h"
#include "store/new_version.h"
#include "store/parquet_count.h"
#include "store/parquet_groups.h"
#include "store/parquet_merge.h"
#include "store/parquet_pace.h"
#include "store/parquet_scan.h"
#include "store/scratch_folder.h"

namespace benchkeep::store {
namespace {

// Shares of the memory limit, in percent; the rest is for everything else.
constexpr std::uint64_t kEngineShare = 55;
constexpr std::uint64_t kKeyShare = 25;

// Open increments of a query at a time.
constexpr std::size_t kMaxQueryFiles = 512;

bool Mentions(std::string_view sql, std::string_view word) {
  const auto same = [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  };
  return std::search(sql.begin(), sql.end(), word.begin(), word.end(), same) !=
         sql.end();
}

// True names as SQL names: a name that differs from an earlier one only in case
// gets a number, as SQL could not tell them apart.
std::vector<std::string> SqlNames(const std::vector<ParquetColumn>& columns) {
  std::set<std::string> taken;
  std::vector<std::string> names;
  for (const ParquetColumn& column : columns) {
    std::string name = column.name;
    const auto lower = [](std::string text) {
      std::transform(text.begin(), text.end(), text.begin(),
                     [](unsigned char c) { return std::tolower(c); });
      return text;
    };
    for (int n = 1; !taken.insert(lower(name)).second; ++n) {
      name = fmt::format("{}_{}", column.name, n);
    }
    names.push_back(name);
  }
  return names;
}

std::string ViewStatement(const std::string& view,
                          const ParquetSource& source) {
  const std::vector<std::string> names = SqlNames(source.footer().columns());
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) {
    list += fmt::format("{}{} AS {}", i == 0 ? "" : ", ", ColumnSlot(i),
                        engine::Identifier(names[i]));
  }
  return fmt::format("CREATE VIEW {} AS SELECT {} FROM {}", view, list,
                     source.From());
}

}  // namespace

Result<std::unique_ptr<ParquetResults>> ParquetResults::Open(
    const Store& store, const ResultsOptions& options) {
  std::unique_ptr<ParquetResults> results(new ParquetResults(store, options));
  if (options.other_tables_only) return results;
  Result<ParquetSource> base = ParquetSource::Open(store.layout().results());
  if (base.ok()) {
    results->base_.emplace(std::move(*base));
  } else if (base.error().code != Code::kNotFound) {
    return Unexpected(base.error());
  }
  return results;
}

void ParquetResults::AllowTheResults(engine::Options& options) const {
  if (!base_) return;
  const Layout& layout = store_->layout();
  options.allowed_paths.push_back(layout.results());
  for (const fs::Path& folder :
       {layout.txn_dir(), layout.trash_dir(), layout.tmp_dir()}) {
    options.allowed_directories.push_back(folder);
  }
}

Result<engine::Database> ParquetResults::OpenEngine(
    std::vector<fs::Path> readable) {
  if (!scratch_) {
    BENCHKEEP_ASSIGN(ScratchFolder scratch, ScratchFolder::Create(*store_));
    scratch_ = std::make_unique<ScratchFolder>(std::move(scratch));
  }
  engine::Options options;
  options.memory_bytes = options_.memory_bytes * kEngineShare / 100;
  options.threads = options_.threads;
  options.temp_directory = scratch_->path() / "engine";
  options.allowed_paths = std::move(readable);
  AllowTheResults(options);
  const Result<std::uint64_t> free =
      store_->file_system().FreeBytes(scratch_->path());
  // Half of what is free stays free for the writers.
  if (free.ok()) options.temp_bytes = std::max<std::uint64_t>(*free / 2, 1);
  return engine::Database::Open(options);
}

Result<const ParquetSource*> ParquetResults::Base() const {
  if (base_) return &*base_;
  return Fail(Code::kNotFound,
              Say(N_("there is no results file yet: {0}"),
                  store_->layout().Relative(store_->layout().results())),
              Say(N_("merge the increments with `benchkeep consolidate`, or "
                     "make one with `benchkeep migrate`")),
              store_->layout().results());
}

Result<ResultsStatistics> ParquetResults::Statistics() {
  BENCHKEEP_ASSIGN(const ParquetSource* base, Base());
  return ReadStatistics(*store_, *base, [&] { return OpenEngine({}); });
}

Result<std::vector<TestGroup>> ParquetResults::Groups(
    const std::vector<std::string>& columns, std::size_t most) {
  BENCHKEEP_ASSIGN(const ParquetSource* base, Base());
  return ReadGroups(*store_, *base, columns, most,
                    [&] { return OpenEngine({}); });
}

Result<Timeline> ParquetResults::OverTime(std::size_t slots) {
  BENCHKEEP_ASSIGN(const ParquetSource* base, Base());
  return ReadTimeline(*store_, *base, slots, [&] { return OpenEngine({}); });
}

Result<CountAnswer> ParquetResults::Count(const CountRequest& request) {
  CountAnswer answer;
  std::optional<std::string> query;
  if (request.cells) {
    const auto table = std::find_if(
        extra_.begin(), extra_.end(),
        [](const ExtraTable& each) { return each.name == "cells"; });
    if (table == extra_.end()) return Unexpected(NoMaster().error());
    BENCHKEEP_ASSIGN(const ParquetSource cells,
                     ParquetSource::Open(table->parquet));
    query =
        CountQuery(CellSettings(), cells.footer(), Shape::kSummary, request);
  } else {
    BENCHKEEP_ASSIGN(const ParquetSource* base, Base());
    BENCHKEEP_ASSIGN(const Shape shape,
                     ShapeOf(base->footer(), store_->settings()));
    query = CountQuery(store_->settings(), base->footer(), shape, request);
  }
  answer.told = query.has_value();
  if (!query) return answer;
  answer.query = std::move(*query);
  BENCHKEEP_ASSIGN(const std::unique_ptr<RowScan> scan, Query(answer.query));
  BENCHKEEP_ASSIGN(answer.groups, ReadCount(*scan, request));
  return answer;
}

Status ParquetResults::NoMaster() const {
  return Fail(Code::kNotFound,
              Say(N_("there is no master database yet: {0}"),
                  store_->layout().Relative(store_->layout().master())),
              Say(N_("make one of the results with `benchkeep migrate --to "
                     "json`")),
              store_->layout().master());
}

Result<PaceAnswer> ParquetResults::Pace(const PaceQuestion& question) {
  return ReadPace(*store_, base_ ? &*base_ : nullptr, question,
                  [&](std::vector<fs::Path> readable) {
                    return OpenEngine(std::move(readable));
                  });
}

std::optional<RowCount> ParquetResults::KnownUnique() const {
  Result<Ledger> ledger = Ledger::OpenToRead(store_->layout().state_db());
  if (!ledger.ok()) return std::nullopt;
  Result<std::optional<RowCount>> after = ledger->LeftByMerge(
      store_->layout().Relative(store_->layout().results()));
  return after.ok() ? *after : std::nullopt;
}

Result<MergeOutcome> ParquetResults::Merge(
    const std::vector<IncrementFile>& increments, const fs::Path& staging,
    Rehearse rehearse, Progress& progress) {
  // A rehearsal has to find those that cannot be read, too.
  const bool load = rehearse == Rehearse::kYes;
  Result<MergeOutcome> merged =
      MergeOnce(increments, staging, rehearse, load, progress);
  if (load || merged.ok() || !BlamesFile(merged.error().code)) return merged;
  return MergeOnce(increments, staging, rehearse, true, progress);
}

Result<MergeOutcome> ParquetResults::MergeOnce(
    const std::vector<IncrementFile>& increments, const fs::Path& staging,
    Rehearse rehearse, bool load, Progress& progress) {
  std::set<fs::Path> folders;
  for (const IncrementFile& file : increments) {
    folders.insert(file.path.parent_path());
  }
  BENCHKEEP_ASSIGN(const ScratchFolder scratch, ScratchFolder::Create(*store_));
  engine::Options options;
  options.memory_bytes = options_.memory_bytes * kEngineShare / 100;
  options.threads = options_.threads;
  options.temp_directory = scratch.path() / "engine";
  options.allowed_directories.assign(folders.begin(), folders.end());
  if (rehearse == Rehearse::kNo) options.allowed_directories.push_back(staging);
  AllowTheResults(options);
  BENCHKEEP_ASSIGN(const std::uint64_t free,
                   store_->file_system().FreeBytes(scratch.path()));
  options.temp_bytes = std::max<std::uint64_t>(free / 2, 1);
  BENCHKEEP_ASSIGN(engine::Database database, engine::Database::Open(options));
  BENCHKEEP_ASSIGN(engine::Connection connection, database.Connect());
  MergeInput input;
  input.store = store_;
  input.connection = &connection;
  input.base = base_ ? &*base_ : nullptr;
  input.increments = &increments;
  input.staging = staging;
  input.spill = scratch.path();
  input.key_memory_bytes = options_.memory_bytes * kKeyShare / 100;
  input.threads = options_.threads;
  input.rehearse = rehearse;
  input.load = load;
  if (base_) input.known_unique = KnownUnique();
  return MergeParquet(input, progress);
}

Result<MergeOutcome> ParquetResults::Deduplicate(const fs::Path& staging,
                                                 Rehearse rehearse,
                                                 Progress& progress) {
  BENCHKEEP_ASSIGN([[maybe_unused]] const ParquetSource* base, Base());
  return Merge({}, staging, rehearse, progress);
}

Status ParquetResults::StillUnchanged() const {
  const fs::Path& path = store_->layout().results();
  const Message busy = Say(N_("{0} is being written by another program; "
                              "nothing was changed"),
                           store_->layout().Relative(path));
  const Result<fs::FileInfo> now = store_->file_system().Info(path);
  if (!base_) {
    if (!now.ok() && now.error().code == Code::kNotFound) return {};
    return Fail(Code::kBusy, busy, Say(N_("run the command again")), path);
  }
  if (!now.ok() || !now->SameState(base_->info()) || !base_->lease().Held()) {
    return Fail(Code::kBusy, busy, Say(N_("run the command again")), path);
  }
  return {};
}

Result<std::string> ParquetResults::FilterQuery(
    const RowFilter& filter, std::vector<std::string>& names) const {
  const std::vector<ParquetColumn>& columns = base_->footer().columns();
  const std::vector<std::string> sql_names = SqlNames(columns);
  // Inner names cannot collide with true ones.
  const auto inner = [](std::size_t i) { return fmt::format("__bk_{}", i); };
  std::string rows = "SELECT ";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    rows +=
        fmt::format("{0}{1} AS {2}, {1} AS {3}", i == 0 ? "" : ", ",
                    ColumnSlot(i), inner(i), engine::Identifier(sql_names[i]));
  }
  std::vector<std::string> conditions;
  const auto find = [&](const std::string& name) -> Result<std::size_t> {
    const int found = base_->footer().Find(name);
    if (found >= 0) return static_cast<std::size_t>(found);
    std::vector<std::string> known;
    known.reserve(columns.size());
    for (const ParquetColumn& column : columns) known.push_back(column.name);
    const std::string near = NearestName(name, known);
    return Fail(Code::kInvalidArgument,
                Say(N_("the results have no column \"{0}\""), name),
                near.empty()
                    ? Say(N_("`benchkeep query \"DESCRIBE results\"` lists the "
                             "columns"))
                    : Say(N_("did you mean \"{0}\"?"), near));
  };
  if (!filter.models.empty()) {
    BENCHKEEP_ASSIGN(const std::size_t model, find(store_->settings().model));
    std::string list;
    for (const std::string& name : filter.models) {
      list += (list.empty() ? "" : ", ") + engine::Literal(name);
    }
    conditions.push_back(fmt::format("{} IN ({})", inner(model), list));
  }
  if (!filter.since.empty()) {
    const std::string& wanted = store_->settings().time;
    const bool other = base_->footer().Find(wanted) < 0;
    BENCHKEEP_ASSIGN(const std::size_t time,
                     find(other ? std::string(kSummaryTime) : wanted));
    conditions.push_back(
        fmt::format("TRY_CAST({} AS TIMESTAMP) >= CAST({} AS TIMESTAMP)",
                    inner(time), engine::Literal(filter.since)));
  }
  if (!filter.where.empty()) {
    conditions.push_back(fmt::format("({}\n)", filter.where));
  }
  std::vector<std::size_t> wanted;
  if (filter.columns.empty()) {
    wanted.resize(columns.size());
    std::iota(wanted.begin(), wanted.end(), std::size_t{0});
  }
  for (const std::string& name : filter.columns) {
    BENCHKEEP_ASSIGN(const std::size_t at, find(name));
    wanted.push_back(at);
  }
  std::string list;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    names.push_back(columns[wanted[i]].name);
    list += fmt::format("{}{} AS {}", i == 0 ? "" : ", ", inner(wanted[i]),
                        ColumnSlot(i));
  }
  return fmt::format("SELECT {} FROM ({} FROM {}){}{}", list, rows,
                     base_->From(), conditions.empty() ? "" : " WHERE ",
                     fmt::join(conditions, " AND "));
}

Result<std::unique_ptr<RowScan>> ParquetResults::Scan(const RowFilter& filter) {
  BENCHKEEP_ASSIGN([[maybe_unused]] const ParquetSource* base, Base());
  BENCHKEEP_ASSIGN(engine::Database database, OpenEngine({}));
  BENCHKEEP_ASSIGN(engine::Connection connection, database.Connect());
  std::vector<std::string> names;
  BENCHKEEP_ASSIGN(const std::string sql, FilterQuery(filter, names));
  return MakeScan(std::move(database), std::move(connection), sql,
                  std::move(names), {});
}

Result<std::uint64_t> ParquetResults::WriteTo(const RowFilter& filter,
                                              BulkFormat /*format*/,
                                              const fs::Path& target,
                                              Progress& progress) {
  BENCHKEEP_ASSIGN(const ParquetSource* base, Base());
  const fs::Path folder = target.parent_path();
  engine::Options options;
  options.memory_bytes = options_.memory_bytes * kEngineShare / 100;
  options.threads = options_.threads;
  options.temp_directory = folder / "spill";
  options.allowed_directories = {folder};
  AllowTheResults(options);
  BENCHKEEP_ASSIGN(engine::Database database, engine::Database::Open(options));
  BENCHKEEP_ASSIGN(engine::Connection connection, database.Connect());
  std::vector<std::string> names;
  BENCHKEEP_ASSIGN(const std::string sql, FilterQuery(filter, names));
  // A condition must be a condition: checked on its own before it is part of a
  // statement that writes.
  {
    BENCHKEEP_ASSIGN(
        [[maybe_unused]] const engine::Rows rows,
        connection.QueryReadOnly("SELECT * FROM (" + sql + "\n) LIMIT 0"));
  }
  BENCHKEEP_ASSIGN(const std::vector<std::string> base_types,
                   ColumnTypes(connection, *base));
  SchemaUnion schema = SchemaUnion::OfColumns(store_->settings(), [&] {
    std::vector<UnionColumn> columns;
    columns.reserve(names.size());
    for (const std::string& name : names) {
      columns.push_back(
          {name,
           base_types[static_cast<std::size_t>(base->footer().Find(name))]});
    }
    return columns;
  }());
  NewVersion version;
  version.connection = &connection;
  version.file_system = &store_->file_system();
  version.base = base;
  version.base_types = &base_types;
  version.schema = &schema;
  version.staging = folder;
  version.target = target;
  version.appended = sql;
  version.only_appended = true;
  BENCHKEEP_ASSIGN(const WrittenVersion written,
                   WriteNewVersion(version, progress));
  BENCHKEEP_TRY(store_->file_system().SyncFile(written.path));
  BENCHKEEP_ASSIGN(const ParquetSource check,
                   ParquetSource::Open(written.path));
  return check.footer().rows();
}

Result<std::unique_ptr<RowScan>> ParquetResults::Query(const std::string& sql) {
  std::vector<ParquetSource> increments;
  std::vector<fs::Path> readable;
  if (Mentions(sql, "increments")) {
    const Result<std::vector<fs::DirEntry>> entries =
        store_->file_system().List(store_->layout().increments());
    for (const fs::DirEntry& entry :
         entries.ok() ? *entries : std::vector<fs::DirEntry>()) {
      if (!store_->layout().IsIncrementName(entry.name)) continue;
      const fs::Path path = store_->layout().increments() / entry.name;
      Result<ParquetSource> source = ParquetSource::Open(path);
      // What cannot be read now is not part of the answer; `status` names it.
      if (!source.ok()) continue;
      if (increments.size() == kMaxQueryFiles) {
        return Fail(Code::kInvalidArgument,
                    Say(N_("more than {0} increments are waiting: too many for "
                           "a query"),
                        kMaxQueryFiles),
                    Say(N_("run `benchkeep consolidate` first")));
      }
      readable.push_back(path);
      increments.push_back(std::move(*source));
    }
  }
  for (const ExtraTable& table : extra_) readable.push_back(table.parquet);
  BENCHKEEP_ASSIGN(engine::Database database, OpenEngine(std::move(readable)));
  BENCHKEEP_ASSIGN(engine::Connection connection, database.Connect());
  if (base_) BENCHKEEP_TRY(connection.Run(ViewStatement("results", *base_)));
  std::vector<ParquetSource> held;
  for (const ExtraTable& table : extra_) {
    BENCHKEEP_ASSIGN(ParquetSource source, ParquetSource::Open(table.parquet));
    BENCHKEEP_TRY(connection.Run(ViewStatement(table.name, source)));
    held.push_back(std::move(source));
  }
  if (!increments.empty()) {
    std::string all;
    for (std::size_t i = 0; i < increments.size(); ++i) {
      const std::string view = fmt::format("__bk_increment_{}", i);
      BENCHKEEP_TRY(connection.Run(ViewStatement(view, increments[i])));
      all +=
          (i == 0 ? "" : " UNION ALL BY NAME ") +
          fmt::format(
              "SELECT {} AS file, * FROM {}",
              engine::Literal(increments[i].lease().path().filename().string()),
              view);
    }
    BENCHKEEP_TRY(connection.Run("CREATE VIEW increments AS " + all));
  }
  if (increments.empty()) {
    // None waits: as many columns as the results, and no row.
    BENCHKEEP_TRY(connection.Run(
        std::string("CREATE VIEW increments AS SELECT NULL::VARCHAR AS file") +
        (base_ ? ", * FROM results" : "") + " WHERE false"));
  }
  for (ParquetSource& source : increments) held.push_back(std::move(source));
  auto scan = MakeQueryScan(std::move(database), std::move(connection), sql,
                            std::move(held));
  if (scan.ok() || scan.error().code != Code::kInvalidArgument) return scan;
  // What the query engine says about tables that are not there helps nobody.
  if (!base_ && Mentions(sql, "results")) return Unexpected(Base().error());
  if (extra_.empty() && Mentions(sql, "cells")) {
    return Unexpected(NoMaster().error());
  }
  return scan;
}

}  // namespace benchkeep::store
