// The processes that write into a store, by its settings.

#include "ops/store_writers.h"

#include "host/child_processes.h"

namespace benchkeep::ops {

Result<host::WriterQuery> WriterQueryFor(const store::Store& store) {
  const store::Layout& layout = store.layout();
  host::WriterQuery query;
  query.root = layout.root();
  query.patterns = store.settings().writer_scripts;
  query.apart = {layout.state(), layout.backups()};
  query.data = {layout.results(), layout.increments(), layout.master()};
  for (const fs::Path& file : {layout.results(), layout.master()}) {
    // Beside them lie side files and what is about to be renamed.
    if (file.parent_path() != layout.root()) {
      query.data.push_back(file.parent_path());
    }
  }
  query.self = host::ProcessId();
  const auto entries = store.file_system().List(layout.increments());
  if (!entries.ok()) {
    if (entries.error().code == Code::kNotFound) return query;
    return Unexpected(entries.error());
  }
  for (const fs::DirEntry& entry : *entries) {
    if (host::PidOfIncrement(entry.name) == 0) continue;
    const auto info =
        store.file_system().Info(layout.increments() / entry.name);
    if (info.ok()) query.increments.push_back({entry.name, info->mtime_ns});
  }
  return query;
}

Result<std::vector<host::Writer>> FindStoreWriters(const store::Store& store) {
  BENCHKEEP_ASSIGN(const host::WriterQuery query, WriterQueryFor(store));
  return host::FindWriters(host::ProcessTable(), query);
}

}  // namespace benchkeep::ops
