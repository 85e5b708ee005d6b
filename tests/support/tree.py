"""Fingerprints of a folder: did a command change anything at all?"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path


def describe(path: Path) -> tuple:
    """What a path is, without following links: kind, mode and content."""
    info = path.lstat()
    mode = stat.S_IMODE(info.st_mode)
    if stat.S_ISLNK(info.st_mode):
        return ("link", os.readlink(path))
    if stat.S_ISDIR(info.st_mode):
        return ("folder", mode)
    if stat.S_ISREG(info.st_mode):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return ("file", mode, info.st_size, info.st_mtime_ns, digest)
    return ("other", mode)


def snapshot(root: Path, skip: tuple[str, ...] = ()) -> dict[str, tuple]:
    """Every entry below `root` (top names in `skip` left out), described."""
    found = {}
    for folder, names, files in os.walk(root):
        here = Path(folder)
        if here == root:
            names[:] = [name for name in names if name not in skip]
            files = [name for name in files if name not in skip]
        for name in [*names, *files]:
            path = here / name
            found[str(path.relative_to(root))] = describe(path)
    return found


def differences(before: dict[str, tuple], after: dict[str, tuple]) -> list[str]:
    """One line for each entry that came, went or changed."""
    lines = []
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            lines.append(f"{name}: {before.get(name)} -> {after.get(name)}")
    return lines
