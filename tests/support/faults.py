"""Makes one system call of a run fail, or kills the run there, with strace.

strace counts the calls of each thread by itself, so a sweep over N = 1, 2, 3...
reaches a call of every thread that makes at least N of them.  A fault that did
not fire shows: a killed run ends with signal 9, a failed call is in the trace.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, Sequence

import pytest

from cli import Benchkeep, Outcome

# Calls that change what is on disk, or say that it is safe there.
CHANGING = (
    "write",
    "pwrite64",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "rmdir",
    "mkdir",
    "mkdirat",
    "fsync",
    "fdatasync",
    "ftruncate",
    "fchmod",
    "chmod",
    "copy_file_range",
)
# These change nothing by themselves, but a kill there is a kill in between.
BETWEEN = ("close", "openat", "pread64")
KILL_AT = (*CHANGING, *BETWEEN)

WORKERS = max(2, os.cpu_count() or 2)
STRACE = ("strace", "-f", "-qq")
# Stops at the watched calls only; together with `inject` it injects nothing.
WATCH = (*STRACE, "--seccomp-bpf")


@dataclass(frozen=True)
class Point:
    """The `number`th call of `call` in any thread."""

    call: str
    number: int

    def __str__(self) -> str:
        return f"{self.call}#{self.number}"


def trace(
    benchkeep: Benchkeep, root: Path, args: Sequence[object], calls: Iterable[str]
) -> tuple[Outcome, list[str]]:
    """Runs to the end and returns the lines of the trace, "PID call(...)"."""
    with tempfile.NamedTemporaryFile("r", suffix=".strace") as log:
        wanted = ",".join(calls)
        prefix = (*WATCH, "-y", "-s", "0", "-o", log.name, "-e", f"trace={wanted}")
        outcome = benchkeep.run(root, *args, prefix=prefix)
        return outcome, whole_lines(log.read().splitlines())


def whole_lines(lines: Iterable[str]) -> list[str]:
    """Joins calls that strace tore apart because threads took turns."""
    begun: dict[str, str] = {}
    whole = []
    for line in lines:
        thread, _, rest = line.partition(" ")
        if line.endswith("<unfinished ...>"):
            begun[thread] = line.removesuffix("<unfinished ...>").rstrip()
        elif resumed := re.match(r" *<\.\.\. \w+ resumed>(.*)", rest):
            whole.append(begun.pop(thread, f"{thread} lost(") + resumed[1])
        else:
            whole.append(line)
    return whole


def count(
    benchkeep: Benchkeep, root: Path, args: Sequence[object], calls: Iterable[str]
) -> Counter[str]:
    """How many of each call the busiest thread makes."""
    _, lines = trace(benchkeep, root, args, calls)
    return busiest_thread(lines)


def busiest_thread(lines: Iterable[str]) -> Counter[str]:
    """Of the lines of a trace: how often each call is made in one thread at most."""
    by_thread: Counter[tuple[str, str]] = Counter()
    for line in lines:
        if found := re.match(r"(\d+) +(\w+)\(", line):
            by_thread[found.groups()] += 1
    busiest: Counter[str] = Counter()
    for (_, call), times in by_thread.items():
        busiest[call] = max(busiest[call], times)
    return busiest


def inject(
    benchkeep: Benchkeep, root: Path, args: Sequence[object], point: Point, fault: str
) -> tuple[Outcome, bool]:
    """Runs with one fault; says whether it fired."""
    with tempfile.NamedTemporaryFile("r", suffix=".strace") as log:
        how = f"inject={point.call}:{fault}:when={point.number}"
        prefix = (*STRACE, "-o", log.name, "-e", f"trace={point.call}", "-e", how)
        outcome = benchkeep.run(root, *args, prefix=prefix)
        fired = outcome.code == -9 or "(INJECTED)" in log.read()
    return outcome, fired


def spread(points: list[Point], wanted: int) -> list[Point]:
    """About `wanted` of the points, evenly, the first and the last included."""
    if len(points) <= wanted:
        return points
    step = (len(points) - 1) / (wanted - 1)
    return [points[round(index * step)] for index in range(wanted)]


def plan(counts: Counter[str], wanted: int | None) -> list[Point]:
    """Points to hit: every change, and as many in between as make up `wanted`.

    With None, all of them.
    """

    def points(calls: Iterable[str]) -> list[Point]:
        return [
            Point(call, number)
            for call in calls
            for number in range(1, counts[call] + 1)
        ]

    changes, between = points(CHANGING), points(BETWEEN)
    if wanted is None:
        return changes + between
    if len(changes) >= wanted:
        return spread(changes, wanted)
    return changes + spread(between, max(2, wanted - len(changes)))


def sweep(
    template: Path,
    points: list[Point],
    case: Callable[[Path, Point], bool],
) -> int:
    """Runs `case` on a copy of `template` for each point, two at a time.

    Returns how many faults fired.  The first failing copy is kept.
    """

    def one(point: Point) -> bool:
        # Beside the template: renames must stay on one file system.
        root = Path(tempfile.mkdtemp(prefix=f"{point.call}-", dir=template.parent))
        store = root / "store"
        shutil.copytree(template, store, symlinks=True)
        try:
            fired = case(store, point)
        except (AssertionError, pytest.fail.Exception) as problem:
            raise AssertionError(f"at {point}, kept in {store}:\n{problem}") from problem
        shutil.rmtree(root)
        return fired

    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(one, points))
