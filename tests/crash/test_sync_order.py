"""Proves that what is renamed into place was synced, and its folder after it.

Reads a trace of the whole run.  Without the first sync a power cut leaves a
file of the right name and the wrong content; without the second the rename may
be gone.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import faults
import scenarios
from cli import Benchkeep

WATCHED = (
    "openat",
    "write",
    "pwrite64",
    "ftruncate",
    "copy_file_range",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "rmdir",
)
FD = r"\d+<([^>]*)>"


@dataclass
class Journal:
    """Files with bytes that are not synced, and folders with such names."""

    root: str
    dirty_files: set[str] = field(default_factory=set)
    dirty_folders: dict[str, str] = field(default_factory=dict)
    renames: int = 0
    syncs: int = 0
    faults: list[str] = field(default_factory=list)

    def ours(self, path: str) -> bool:
        return path.startswith(self.root) and "/.benchkeep/tmp/" not in path

    def read(self, line: str) -> None:
        found = re.match(r"\d+ +(\w+)\((.*)\) += (-?\d+)", line)
        if not found or int(found[3]) < 0:
            return
        call, arguments = found[1], found[2]
        if call == "openat":
            opened = re.search(r"= \d+<([^>]*)>", line)
            if "O_CREAT" in arguments and opened and self.ours(opened[1]):
                self.dirty_files.add(opened[1])
        elif call in ("fsync", "fdatasync"):
            path = re.match(FD, arguments)[1]
            self.syncs += 1
            self.dirty_files.discard(path)
            self.dirty_folders.pop(path, None)
        elif call.startswith(("rename", "link")):
            self.moved(call, arguments)
        elif call in ("unlink", "unlinkat", "rmdir"):
            self.removed(arguments)
        elif target := re.findall(FD, arguments):
            path = target[-1] if call == "copy_file_range" else target[0]
            if self.ours(path):
                self.dirty_files.add(path)

    def paths(self, arguments: str) -> list[str]:
        names = re.findall(r'"([^"]*)"', arguments)
        bases = re.findall(r"(?:AT_FDCWD|\d+)<([^>]*)>", arguments) or ["/"]
        bases += bases[-1:] * len(names)
        return [os.path.join(base, name) for base, name in zip(bases, names)]

    def removed(self, arguments: str) -> None:
        """What is gone need not be durable."""
        path = self.paths(arguments)[0]
        self.dirty_files.discard(path)
        self.dirty_folders.pop(path, None)

    def moved(self, call: str, arguments: str) -> None:
        source, target = self.paths(arguments)
        if not self.ours(target):
            return
        self.renames += 1
        if source in self.dirty_files:
            self.faults.append(f"{call} {source} -> {target}: not synced before")
        # A folder that moves takes the names below it along.
        for path in [one for one in self.dirty_files if one.startswith(source + "/")]:
            self.faults.append(f"{call} {source}: {path} is not synced")
        why = f"{call} {source} -> {target}"
        self.dirty_folders[os.path.dirname(target)] = why
        # Where it came from matters where others look, not in our own folders.
        if call.startswith("rename") and "/.benchkeep" not in source:
            self.dirty_folders[os.path.dirname(source)] = why
        for folder in [one for one in self.dirty_folders if one.startswith(source + "/")]:
            moved = target + folder.removeprefix(source)
            self.dirty_folders[moved] = self.dirty_folders.pop(folder)


@pytest.mark.parametrize("name", scenarios.NAMES)
def test_synced_before_and_after_the_rename(
    benchkeep: Benchkeep, tmp_path: Path, name: str
):
    scenario = scenarios.build(name, tmp_path, benchkeep)
    args = scenario.arrange(benchkeep, scenario.template)
    outcome, lines = faults.trace(benchkeep, scenario.template, args, WATCHED)
    assert outcome.code in scenario.codes, outcome
    journal = Journal(str(scenario.template.resolve()))
    for line in lines:
        journal.read(line)
    assert journal.renames >= scenario.renames and journal.syncs >= 2
    for folder, why in journal.dirty_folders.items():
        journal.faults.append(f"{folder} was not synced after {why}")
    assert journal.faults == []
