// Originals that a transaction has packed: dropped after it, unpacked by undo.

#include <vector>

#include "fs/gzip.h"
#include "fs/sha256.h"
#include "store/transaction.h"
#include "store/transaction_record.h"

namespace benchkeep::store {
namespace {

std::string TextOf(const Json& json, const char* name) {
  return json.StringAt(name).value_or("");
}

Status Unpack(fs::FileSystem& files, const fs::Path& from, const fs::Path& to,
              const Json& packed) {
  constexpr std::size_t kChunk = std::size_t{256} << 10;
  BENCHKEEP_ASSIGN(const auto source, files.Open(from));
  BENCHKEEP_ASSIGN(const auto target, files.Create(to, 0600));
  fs::GzipReader reader(*source, from);
  fs::Sha256 sum;
  std::vector<std::byte> buffer(kChunk);
  while (true) {
    BENCHKEEP_ASSIGN(const std::size_t got, reader.Read(buffer));
    if (got == 0) break;
    const std::string_view bytes(reinterpret_cast<const char*>(buffer.data()),
                                 got);
    sum.Add(bytes);
    BENCHKEEP_TRY(target->Append(bytes));
  }
  BENCHKEEP_TRY(target->Sync());
  BENCHKEEP_TRY(target->Close());
  if (sum.Hex() != TextOf(packed, "sha256")) {
    return Fail(Code::kCorruption,
                Say(N_("{0} does not unpack to what was packed"), from), from);
  }
  BENCHKEEP_TRY(files.SetMode(
      to, static_cast<std::uint32_t>(packed.IntAt("mode").value_or(0600))));
  BENCHKEEP_TRY(files.SetTime(to, packed.IntAt("mtime_ns").value_or(0)));
  return files.SyncFile(to);
}

}  // namespace

Status DropPackedOriginals(const Store& store, const std::string& id) {
  const fs::Path folder = store.layout().trash_dir() / id;
  BENCHKEEP_ASSIGN(const Json record, ReadRecord(store, folder));
  const Json* packed = record.Find("packed");
  if (packed == nullptr) return {};
  for (const Json& one : packed->items()) {
    // What it is packed in must be there first.
    const fs::Path in = store.layout().root() / TextOf(one, "in");
    BENCHKEEP_ASSIGN(const bool there, fs::Exists(store.file_system(), in));
    if (!there) continue;
    const Status removed =
        store.file_system().Remove(folder / kTakenFolder / TextOf(one, "name"));
    if (!removed.ok() && removed.error().code != Code::kNotFound) {
      return removed;
    }
  }
  return {};
}

Status UnpackOriginals(const Store& store, const Json& record,
                       const fs::Path& taken, Transaction& txn) {
  const Json* packed = record.Find("packed");
  if (packed == nullptr) return {};
  fs::FileSystem& files = store.file_system();
  const fs::Path root = store.layout().root();
  std::uint64_t number = 0;
  for (const Json& one : packed->items()) {
    const std::string name = TextOf(one, "name");
    BENCHKEEP_ASSIGN(const bool kept, fs::Exists(files, taken / name));
    if (kept) continue;
    const fs::Path staged =
        txn.staging() / ("unpacked-" + std::to_string(number++));
    BENCHKEEP_TRY(Unpack(files, root / TextOf(one, "in"), staged, one));
    BENCHKEEP_TRY(txn.Move(staged, root / TextOf(record, "taken_from") / name));
  }
  return {};
}

}  // namespace benchkeep::store
