// Observe: files for Prometheus and Grafana that watch a store.
//
// The contents come from whoever calls (they are built into the program); this
// fills in the address and the folder, and never overwrites what somebody has
// changed unless told to.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "fs/file_system.h"

namespace benchkeep::ops {

struct ObserveFile {
  std::string name;
  std::string text;  // With @TARGET@ (host:port) and @ROOT@ in it.
};

struct ObserveOptions {
  fs::Path folder;
  std::string target;
  std::string root;
  std::vector<ObserveFile> files;
  bool force = false;
  bool dry_run = false;
};

struct ObserveReport {
  std::string folder;
  std::vector<std::string> written;
  std::vector<std::string> unchanged;  // There already, with these bytes.
  bool dry_run = false;
};

// kAlreadyExists, with nothing written, when a file is there with other bytes.
Result<ObserveReport> WriteObserveFiles(fs::FileSystem& file_system,
                                        const ObserveOptions& options);

}  // namespace benchkeep::ops
