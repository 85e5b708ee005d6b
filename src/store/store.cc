// Opening a store.

#include "store/store.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace benchkeep::store {
namespace {

// `path` and its existing parents, with links resolved, must lie below `root`.
Status CheckInside(const fs::Path& root, const std::string& name) {
  std::error_code error;
  const fs::Path real = std::filesystem::weakly_canonical(root / name, error);
  const fs::Path relative = real.lexically_relative(root);
  if (!error && !relative.empty() && *relative.begin() != "..") return {};
  return Fail(Code::kPermission,
              Say(N_("{0} leads outside of the store, to {1}"), name, real),
              Say(N_("give the folder that really holds the data with -C, or "
                     "replace the link by a bind mount")),
              root / name);
}

Status CheckVersion(fs::FileSystem& file_system, const Layout& layout) {
  constexpr std::uint64_t kMaxFormatBytes = 64;
  const Result<std::string> text =
      fs::ReadFile(file_system, layout.format_file(), kMaxFormatBytes);
  if (!text.ok()) {
    if (text.error().code == Code::kNotFound) return {};
    return Unexpected(text.error());
  }
  int version = 0;
  const auto parsed =
      std::from_chars(text->data(), text->data() + text->size(), version);
  if (parsed.ec != std::errc{} || version < 1) {
    return Fail(Code::kCorruption,
                Say(N_("{0} does not hold a version number"),
                    layout.Relative(layout.format_file())),
                Say(N_("write {0} into it if no newer benchkeep was used here"),
                    kLayoutVersion),
                layout.format_file());
  }
  if (version > kLayoutVersion) {
    return Fail(Code::kTooNew,
                Say(N_("this store was used by a newer benchkeep (layout {0}, "
                       "this one knows {1})"),
                    version, kLayoutVersion),
                Say(N_("use that benchkeep, or a newer one")),
                layout.format_file());
  }
  return {};
}

// All that a disaster may have left.
Result<bool> HoldsBackups(fs::FileSystem& file_system, const Layout& layout) {
  BENCHKEEP_ASSIGN(const bool any, fs::Exists(file_system, layout.backups()));
  if (!any) return false;
  BENCHKEEP_ASSIGN(const auto entries, file_system.List(layout.backups()));
  for (const fs::DirEntry& entry : entries) {
    if (entry.type != fs::FileType::kDirectory) continue;
    BENCHKEEP_ASSIGN(const bool manifest,
                     fs::Exists(file_system, layout.backups() / entry.name /
                                                 kBackupManifest));
    if (manifest) return true;
  }
  return false;
}

}  // namespace

Store Store::Elsewhere(const fs::Path& root) const {
  Store copy(*file_system_, *clock_, settings_, Layout(root, settings_));
  copy.interrupted_ = interrupted_;
  return copy;
}

Store Store::With(Settings settings) const {
  Layout layout(layout_.root(), settings);
  Store same(*file_system_, *clock_, std::move(settings), std::move(layout));
  same.interrupted_ = interrupted_;
  return same;
}

Result<Store> Store::Open(fs::FileSystem& file_system, Clock& clock,
                          const fs::Path& root) {
  std::error_code error;
  const fs::Path real = std::filesystem::canonical(root, error);
  if (error) {
    return Fail(Code::kNoStore, Say(N_("there is no folder {0}"), root),
                Say(N_("give the folder of the campaign with -C")), root);
  }
  BENCHKEEP_ASSIGN(LoadedSettings loaded,
                   LoadSettings(file_system, real / kSettingsFile));
  const Settings& settings = loaded.settings;
  const Layout layout(real, settings);
  bool any = loaded.from_file;
  for (const fs::Path& path : {layout.results(), layout.increments(),
                               layout.master(), layout.state()}) {
    BENCHKEEP_ASSIGN(const bool exists, fs::Exists(file_system, path));
    any |= exists;
  }
  if (!any) {
    BENCHKEEP_ASSIGN(any, HoldsBackups(file_system, layout));
  }
  if (!any) {
    return Fail(
        Code::kNoStore,
        Say(N_("no store here: {0} has neither {1} nor {2} nor {3}"), real,
            settings.results, settings.increments, settings.master),
        Say(N_("give the folder of the campaign with -C, name its files "
               "with `benchkeep config init`, or try `benchkeep demo`")),
        real);
  }
  for (const std::string& name :
       {settings.results, settings.increments, settings.master,
        settings.exports, settings.reports, settings.backups,
        settings.config}) {
    BENCHKEEP_TRY(CheckInside(real, name));
  }
  BENCHKEEP_TRY(CheckInside(real, std::string(kStateFolder)));
  BENCHKEEP_TRY(CheckVersion(file_system, layout));
  return Store(file_system, clock, std::move(loaded.settings), layout);
}

}  // namespace benchkeep::store
