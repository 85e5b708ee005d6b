// A store: a root folder, its settings, and what is needed to work on it.

#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "fs/file_system.h"
#include "store/layout.h"
#include "store/settings.h"

namespace benchkeep::store {

// Holds references: the FileSystem and Clock must outlive it.
class Store {
 public:
  // Opens the store at `root` ("." and symlinks are resolved).  kNoStore when
  // none of the files of a store is there, kTooNew when a newer benchkeep made
  // its state folder, kPermission when a path of the settings leads outside the
  // root.  Changes nothing on disk.
  static Result<Store> Open(fs::FileSystem& file_system, Clock& clock,
                            const fs::Path& root);

  // A store of the same settings in another folder: a copy to be examined.
  // `root` must be absolute and without symlinks.
  [[nodiscard]] Store Elsewhere(const fs::Path& root) const;

  // The same store with other settings.
  [[nodiscard]] Store With(Settings settings) const;

  [[nodiscard]] fs::FileSystem& file_system() const { return *file_system_; }
  [[nodiscard]] Clock& clock() const { return *clock_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const Layout& layout() const { return layout_; }

  // Where spill folders are made: below .benchkeep/tmp, or, for commands that
  // leave no trace in the store, in `folder` (the system's temporary folder).
  void SpillOutside(fs::Path folder) { spill_outside_ = std::move(folder); }
  [[nodiscard]] const fs::Path& spill_outside() const { return spill_outside_; }

  // Who waits for somebody else gives up once `asked` says that the user wants
  // no more; by default nobody ever does.
  void InterruptedBy(std::function<bool()> asked) {
    interrupted_ = std::move(asked);
  }
  [[nodiscard]] const std::function<bool()>& interrupted() const {
    return interrupted_;
  }

 private:
  Store(fs::FileSystem& file_system, Clock& clock, Settings settings,
        Layout layout)
      : file_system_(&file_system),
        clock_(&clock),
        settings_(std::move(settings)),
        layout_(std::move(layout)) {}
  fs::FileSystem* file_system_;
  Clock* clock_;
  Settings settings_;
  Layout layout_;
  fs::Path spill_outside_;  // Empty: inside.
  std::function<bool()> interrupted_ = [] { return false; };
};

}  // namespace benchkeep::store
