// The reserve file.

#include "store/reserve.h"

namespace benchkeep::store {
namespace {

// "Plenty": what the reserve takes must not be missed by anybody.
constexpr std::uint64_t kPlenty = 8;
constexpr std::uint64_t kEnough = 2;

std::uint64_t FreeBytes(const Store& store) {
  // What cannot be told counts as plenty: then nothing is given up.
  return store.file_system()
      .FreeBytes(store.layout().root())
      .value_or(std::uint64_t{1} << 62);
}

Status Make(const Store& store) {
  fs::FileSystem& file_system = store.file_system();
  BENCHKEEP_ASSIGN(const auto file,
                   file_system.Create(store.layout().reserve(), 0600));
  BENCHKEEP_TRY(file->Allocate(store.settings().reserve_bytes));
  return file->Close();
}

void MakeIfFree(const Store& store, std::uint64_t times) {
  const std::uint64_t bytes = store.settings().reserve_bytes;
  if (bytes == 0) return;
  const auto exists = fs::Exists(store.file_system(), store.layout().reserve());
  if (!exists.ok() || *exists || FreeBytes(store) / times < bytes) return;
  if (const Status made = Make(store); !made.ok()) {
    IgnoreError(store.file_system().Remove(store.layout().reserve()),
                "half a reserve would take what little room there is");
  }
}

}  // namespace

void Reserve::Keep(const Store& store) { MakeIfFree(store, kPlenty); }

void Reserve::Restore(const Store& store) { MakeIfFree(store, kEnough); }

bool Reserve::IsNeeded(const Store& store) {
  return FreeBytes(store) < store.settings().reserve_bytes;
}

bool Reserve::Release(const Store& store) {
  return store.file_system().Remove(store.layout().reserve()).ok();
}

}  // namespace benchkeep::store
