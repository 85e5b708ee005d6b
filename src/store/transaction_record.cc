// Records of transactions.

#include "store/transaction_record.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "fs/atomic_file.h"
#include "store/guard.h"

namespace benchkeep::store {
namespace {

constexpr std::uint64_t kMaxRecordBytes = std::uint64_t{1} << 30;

std::string TextOf(const Json& json, const char* name) {
  return json.StringAt(name).value_or("");
}

fs::Path Absolute(const Store& store, const std::string& relative) {
  return store.layout().root() / relative;
}

// Makes a folder below the root whose names outlast a power cut.
Status MakeFolder(const Store& store, const fs::Path& folder,
                  std::uint32_t mode) {
  fs::FileSystem& file_system = store.file_system();
  BENCHKEEP_ASSIGN(const bool exists, fs::Exists(file_system, folder));
  if (exists) return {};
  BENCHKEEP_TRY(file_system.MakeDirs(folder, mode));
  for (fs::Path at = folder; at != store.layout().root();
       at = at.parent_path()) {
    BENCHKEEP_TRY(file_system.SyncDir(at.parent_path()));
  }
  return {};
}

// Two names of one file: a rename between them would do nothing.
Result<bool> AreOneFile(fs::FileSystem& file_system, const fs::Path& a,
                        const fs::Path& b) {
  const Result<fs::FileInfo> first = file_system.Info(a);
  const Result<fs::FileInfo> second = file_system.Info(b);
  for (const auto* info : {&first, &second}) {
    if (info->ok()) continue;
    if (info->error().code == Code::kNotFound) return false;
    return Unexpected(info->error());
  }
  return first->SameFile(*second);
}

Status ApplyReplace(const Store& store, const Json& step) {
  fs::FileSystem& file_system = store.file_system();
  const fs::Path staged = Absolute(store, TextOf(step, "staged"));
  const fs::Path target = Absolute(store, TextOf(step, "target"));
  const fs::Path saved = Absolute(store, TextOf(step, "saved"));
  BENCHKEEP_ASSIGN(const bool waiting, fs::Exists(file_system, staged));
  BENCHKEEP_ASSIGN(const bool is_done, AreOneFile(file_system, staged, target));
  if (is_done) {
    BENCHKEEP_TRY(file_system.Remove(staged));
  } else if (waiting) {
    BENCHKEEP_ASSIGN(const bool is_there, fs::Exists(file_system, target));
    BENCHKEEP_ASSIGN(const bool is_saved, fs::Exists(file_system, saved));
    if (is_there && !is_saved) {
      // A link is a copy here: after the rename nothing can write that inode.
      BENCHKEEP_TRY(file_system.Link(target, saved));
      BENCHKEEP_TRY(file_system.SyncDir(saved.parent_path()));
    }
    BENCHKEEP_TRY(MakeFolder(store, target.parent_path(), 0755));
    BENCHKEEP_TRY(file_system.Rename(staged, target));
  }
  BENCHKEEP_TRY(file_system.SyncDir(target.parent_path()));
  return {};
}

Status ApplyMove(const Store& store, const Json& step,
                 std::set<fs::Path>& folders) {
  fs::FileSystem& file_system = store.file_system();
  const fs::Path from = Absolute(store, TextOf(step, "from"));
  const fs::Path to = Absolute(store, TextOf(step, "to"));
  BENCHKEEP_ASSIGN(const bool waiting, fs::Exists(file_system, from));
  if (!waiting) return {};
  BENCHKEEP_TRY(MakeFolder(store, to.parent_path(), 0700));
  if (const Json* why = step.Find("why")) {
    // The note is there before the file it explains.
    const fs::Path note =
        to.parent_path() / (to.filename().string() + ".why.json");
    BENCHKEEP_ASSIGN(const bool written, fs::Exists(file_system, note));
    if (!written) {
      BENCHKEEP_TRY(
          fs::ReplaceFile(file_system, note, why->Dump(2) + "\n", 0600));
    }
  }
  BENCHKEEP_ASSIGN([[maybe_unused]] const fs::Path used,
                   MoveToFreeName(store, from, to));
  folders.insert(from.parent_path());
  folders.insert(to.parent_path());
  return {};
}

// Moves a ledger that cannot be read to the quarantine, its journal with it:
// SQLite would apply that to a new one.
Status SetLedgerAside(const Store& store, const std::string& id) {
  const Layout& layout = store.layout();
  const fs::Path folder = layout.quarantine_dir() / id;
  BENCHKEEP_TRY(MakeFolder(store, folder, 0700));
  for (const char* suffix : {"-journal", "-wal", "-shm", ""}) {
    const std::string name = layout.state_db().filename().string() + suffix;
    const fs::Path from = layout.state() / name;
    BENCHKEEP_ASSIGN(const bool exists, fs::Exists(store.file_system(), from));
    if (!exists) continue;
    BENCHKEEP_ASSIGN([[maybe_unused]] const fs::Path used,
                     MoveToFreeName(store, from, folder / name));
  }
  BENCHKEEP_TRY(store.file_system().SyncDir(folder));
  return store.file_system().SyncDir(layout.state());
}

std::uint64_t HexNumber(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

}  // namespace

Status WriteRecord(const Store& store, const fs::Path& folder,
                   const Json& record) {
  return fs::ReplaceFile(store.file_system(), folder / kRecordFile,
                         record.Dump(1) + "\n", 0600);
}

Result<Json> ReadRecord(const Store& store, const fs::Path& folder) {
  BENCHKEEP_ASSIGN(
      const std::string text,
      fs::ReadFile(store.file_system(), folder / kRecordFile, kMaxRecordBytes));
  BENCHKEEP_ASSIGN(Json record, ParseJson(text));
  if (record.IntAt("format").value_or(0) > kRecordFormat) {
    return Fail(Code::kTooNew,
                Say(N_("{0} was written by a newer benchkeep"),
                    store.layout().Relative(folder)),
                Say(N_("use that benchkeep, or a newer one")), folder);
  }
  return record;
}

Json InfoToJson(const fs::FileInfo& info) {
  Json json = Json::Object();
  json.Set("device", Json::Uint(info.device));
  json.Set("inode", Json::Uint(info.inode));
  json.Set("size", Json::Uint(info.size));
  json.Set("mtime_ns", Json::Int(info.mtime_ns));
  return json;
}

fs::FileInfo InfoFromJson(const Json& json) {
  fs::FileInfo info;
  info.device = static_cast<std::uint64_t>(json.IntAt("device").value_or(0));
  info.inode = static_cast<std::uint64_t>(json.IntAt("inode").value_or(0));
  info.size = static_cast<std::uint64_t>(json.IntAt("size").value_or(0));
  info.mtime_ns = json.IntAt("mtime_ns").value_or(0);
  return info;
}

Status ApplySteps(const Store& store, const Json& record) {
  const Json* steps = record.Find("steps");
  if (steps == nullptr) return {};
  std::set<fs::Path> folders;
  // What depends on the version that was read comes first: as long as none of
  // it is done, nothing is, and recovery may still go back.
  for (const bool depends : {true, false}) {
    for (const Json& step : steps->items()) {
      if ((step.Find("expected") != nullptr) != depends) continue;
      if (TextOf(step, "do") == "replace") {
        BENCHKEEP_TRY(ApplyReplace(store, step));
      } else {
        BENCHKEEP_TRY(ApplyMove(store, step, folders));
      }
    }
  }
  for (const fs::Path& folder : folders) {
    BENCHKEEP_TRY(store.file_system().SyncDir(folder));
  }
  return {};
}

Status FinishTransaction(const Store& store, const std::string& id,
                         Json record) {
  fs::FileSystem& file_system = store.file_system();
  const Layout& layout = store.layout();
  const fs::Path folder = layout.txn_dir() / id;
  record.Set("state", Json::String("committed"));
  BENCHKEEP_TRY(WriteRecord(store, folder, record));
  if (const std::vector<LedgerEntry> entries = LedgerOf(record);
      !entries.empty()) {
    const auto book = [&]() -> Status {
      BENCHKEEP_ASSIGN(Ledger ledger, Ledger::Open(layout.state_db()));
      return ledger.Book(id, TextOf(record, "time"), TextOf(record, "op"),
                         entries);
    };
    Status booked = book();
    if (!booked.ok() && booked.error().code == Code::kCorruption) {
      // The records are the truth: a damaged ledger stops no work.
      BENCHKEEP_TRY(SetLedgerAside(store, id));
      booked = book();
    }
    BENCHKEEP_TRY(std::move(booked));
  }
  BENCHKEEP_TRY(ReleaseGuarded(store, folder / kTakenFolder));
  // Empty folders would only confuse whoever looks into the trash.
  for (const char* name : {kStagingFolder, kOldFolder, kTakenFolder}) {
    IgnoreError(file_system.RemoveDir(folder / name), "it may hold files");
  }
  BENCHKEEP_TRY(MakeFolder(store, layout.trash_dir(), 0700));
  BENCHKEEP_TRY(file_system.Rename(folder, layout.trash_dir() / id));
  BENCHKEEP_TRY(file_system.SyncDir(layout.trash_dir()));
  return file_system.SyncDir(layout.txn_dir());
}

Status RollBack(const Store& store, const std::string& id, const Json& record) {
  fs::FileSystem& file_system = store.file_system();
  const fs::Path folder = store.layout().txn_dir() / id;
  const fs::Path taken = folder / kTakenFolder;
  BENCHKEEP_ASSIGN(const bool any_taken, fs::Exists(file_system, taken));
  if (any_taken) {
    BENCHKEEP_ASSIGN(const auto entries, file_system.List(taken));
    const std::string source = TextOf(record, "taken_from");
    if (!entries.empty() && source.empty()) {
      return Fail(Code::kCorruption,
                  Say(N_("{0} holds files, but nothing says where they came "
                         "from"),
                      store.layout().Relative(taken)),
                  Say(N_("move them back by hand")), taken);
    }
    const fs::Path home = Absolute(store, source);
    for (const fs::DirEntry& entry : entries) {
      BENCHKEEP_ASSIGN(
          [[maybe_unused]] const fs::Path used,
          MoveToFreeName(store, taken / entry.name, home / entry.name));
    }
    if (!entries.empty()) {
      BENCHKEEP_TRY(file_system.SyncDir(home));
      BENCHKEEP_TRY(file_system.SyncDir(taken));
    }
  }
  BENCHKEEP_TRY(file_system.RemoveBelow(store.layout().root(),
                                        store.layout().Relative(folder)));
  return file_system.SyncDir(store.layout().txn_dir());
}

Result<fs::Path> MoveToFreeName(const Store& store, const fs::Path& from,
                                const fs::Path& to) {
  constexpr int kMaxTries = 1000;
  for (int n = 0; n < kMaxTries; ++n) {
    // "a.parquet", "a.restored-1.parquet": still an increment by its name.
    const fs::Path name =
        n == 0 ? to
               : to.parent_path() / fmt::format("{}.restored-{}{}",
                                                to.stem().string(), n,
                                                to.extension().string());
    const Status moved = store.file_system().RenameNoReplace(from, name);
    if (moved.ok()) return name;
    if (moved.error().code != Code::kAlreadyExists) {
      return Unexpected(moved.error());
    }
    // A move by link and unlink that was cut in the middle.
    BENCHKEEP_ASSIGN(const bool is_done,
                     AreOneFile(store.file_system(), from, name));
    if (is_done) {
      BENCHKEEP_TRY(store.file_system().Remove(from));
      return name;
    }
  }
  return Fail(Code::kAlreadyExists, Say(N_("no free name beside {0}"), to), to);
}

std::vector<LedgerEntry> LedgerOf(const Json& record) {
  std::vector<LedgerEntry> entries;
  const Json* lines = record.Find("ledger");
  if (lines == nullptr) return entries;
  constexpr std::size_t kHexDigits = 16;
  for (const Json& line : lines->items()) {
    LedgerEntry entry;
    entry.kind = TextOf(line, "kind");
    entry.file = TextOf(line, "file");
    entry.count.rows =
        static_cast<std::uint64_t>(line.IntAt("rows").value_or(0));
    const std::string keys = TextOf(line, "keys");
    if (keys.size() == 2 * kHexDigits) {
      entry.count.keys.high =
          HexNumber(std::string_view(keys).substr(0, kHexDigits));
      entry.count.keys.low =
          HexNumber(std::string_view(keys).substr(kHexDigits));
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace benchkeep::store
