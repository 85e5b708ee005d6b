// A file that keeps some room on the disk for the commands that make room.
//
// On a disk without a free byte not even a lock file could be written.  The
// reserve (.benchkeep/reserve, [limits] reserve) is made while there is plenty,
// and given up by the commands that help then: clean, undo and recover.

#pragma once

#include "store/store.h"

namespace benchkeep::store {

class Reserve {
 public:
  // Makes the reserve when it is missing and there is plenty of room.  It is a
  // precaution: that it cannot be made is no error.
  static void Keep(const Store& store);

  // True when less is free than the commands that make room need.
  static bool IsNeeded(const Store& store);

  // Gives the room back.  False when there was no reserve.
  static bool Release(const Store& store);

  // Makes it again after a Release, as soon as there is room for it and a
  // little more.
  static void Restore(const Store& store);
};

}  // namespace benchkeep::store
