// A copy of a file that others may be writing: one version of it, or none.
//
// Equal size and time before and after prove nothing (RELIABILITY: 19 of 388
// such copies were torn).  A read lease does: it is refused while anybody has
// the file open for writing, and lost when somebody wants to.

#pragma once

#include <string>

#include "base/result.h"
#include "fs/file_system.h"
#include "fs/sha256.h"

namespace benchkeep::fs {

struct FileCopy {
  FileInfo source;      // The state that was copied.
  std::string sha256;   // Of the bytes read; empty for a clone.
  bool proven = false;  // A lease was held from before the first byte on.
};

// Copies `from` to the new private file `to` (mode 0600; not synced).  Blocks
// are shared where the file system can do that, which takes no time.  Nothing
// stays at `to` on an error.  kBusy: somebody writes it or wants to.  Where no
// lease can be had, the copy is made all the same and is not `proven`.
Result<FileCopy> CopyQuietFile(FileSystem& file_system, const Path& from,
                               const Path& to);

// Copies what is there, come what may: never `proven`.  Two equal copies of
// different moments are weak evidence that nobody wrote.
Result<FileCopy> CopyBusyFile(FileSystem& file_system, const Path& from,
                              const Path& to);

// Writes all of `from` to the new private file `to` (not synced), and adds it
// to `sum` unless that is null.  What was written stays at `to` on an error.
Status CopyBytes(FileSystem& file_system, ReadableFile& from, const Path& to,
                 Sha256* sum);

// Makes `to` a new private file that shares the blocks of the open file `from`.
// False: the file system cannot do that, and there is nothing at `to`.
Result<bool> CloneFile(FileSystem& file_system, int from, const Path& to);

}  // namespace benchkeep::fs
