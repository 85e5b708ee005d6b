#!/usr/bin/env python3
"""Fails when a source file includes what its layer must not see.

The rule of DESIGN.md, section 6: arrows point downwards only.  A library
target per layer catches most of it when linking; this catches what lives in
headers alone.

usage: tools/check_layers.py [SOURCE-FOLDER]
"""

import fnmatch
import pathlib
import re
import sys

# What each layer may include, besides itself.
ALLOWED = {
    "base": set(),
    "fs": {"base"},
    "host": {"base"},
    "engine": {"base", "fs"},
    "store": {"base", "fs", "engine"},
    "ops": {"base", "fs", "host", "engine", "store"},
    "jobs": {"base", "fs", "host", "store", "ops"},
    "render": {"base", "jobs", "ops"},
    "tui": {"base", "jobs", "ops", "render"},
    "web": {"base", "jobs", "ops", "render"},
    "cli": {"base", "fs", "host", "engine", "store", "ops", "jobs", "render",
            "tui", "web"},
}

# System headers with a home: (header, where it may be included, why).
HOMES = [
    ("duckdb.h*", ["engine/*"], "only the engine sees DuckDB"),
    ("rapidjson/*", ["base/json.cc"], "only base/json.cc sees RapidJSON"),
]

# The operating system is called in fs and host; every other place is named
# here with its reason.
POSIX = ["unistd.h", "fcntl.h", "dirent.h", "poll.h", "signal.h", "spawn.h",
         "termios.h", "pwd.h", "grp.h", "netdb.h", "sched.h", "sys/*",
         "linux/*", "arpa/*", "netinet/*"]
POSIX_HOMES = [
    "fs/*",
    "host/*",
    "cli/terminal.*",  # Its size, and whether it is one.
    "tui/terminal.cc",  # Modes, signals and the size of the screen.
    "web/http_server.cc",  # Sockets.
    "web/channel.cc",
    "store/large_memory.cc",  # Large pages.
    "store/scratch_folder.cc",  # Process ids in folder names.
    "store/store_lock.cc",  # The process id that the lock file names.
]

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def complaint(source, quoted, system):
    """Why `source` (below src/) must not include this; None if it may."""
    layer = source.split("/")[0]
    if layer not in ALLOWED:
        return f"the folder {layer} is no layer: add it to tools/check_layers.py"
    if quoted is not None:
        target = quoted.split("/")[0]
        if "/" not in quoted or target not in ALLOWED:
            return f'"{quoted}" must be spelled from src/, as "layer/file.h"'
        if target != layer and target not in ALLOWED[layer]:
            return f'{layer} must not include "{quoted}"'
        return None
    for header, homes, why in HOMES:
        if matches(system, [header]) and not matches(source, homes):
            return f"<{system}>: {why}"
    if matches(system, POSIX) and not matches(source, POSIX_HOMES):
        return f"<{system}>: POSIX headers belong in fs and host"
    return None


def main():
    default = pathlib.Path(__file__).resolve().parent.parent / "src"
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    checked = 0
    complaints = []
    for path in sorted(root.rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        checked += 1
        source = path.relative_to(root).as_posix()
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            if found := INCLUDE.match(line):
                if why := complaint(source, *found.groups()):
                    complaints.append(f"{path}:{number}: {why}")
    print("\n".join(complaints), file=sys.stderr, end="\n" if complaints else "")
    if checked == 0:
        sys.exit(f"{root}: no sources found")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
