#!/usr/bin/env python3
"""Shows that the tests bite: builds benchkeep with one safety taken out.

usage: tools/mutants.py [--list] [NAME...]

Each mutant is an exact replacement in one source file, and the quick tests that
must go red with it.  The tree is copied out of the repository, patched there and
built in one build folder that all mutants share, so the second run is quick.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
CACHE = Path(
    os.environ.get(
        "BENCHKEEP_MUTANTS",
        Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
        / "benchkeep"
        / "mutants",
    )
)
# What the program is built from.
SOURCES = ("CMakeLists.txt", "app", "cmake", "po", "src", "tests/CMakeLists.txt")
TESTS_FAILED = 1  # pytest: it ran, and something was red.


@dataclass(frozen=True)
class Mutant:
    name: str
    takes_out: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


SYNC_ORDER = "tests/crash/test_sync_order.py"

MUTANTS = (
    Mutant(
        "no-file-sync",
        "the fsync of a file before it is renamed into place",
        "src/fs/posix_file_system.cc",
        "if (::fsync(fd.get()) != 0) {",
        "if (fd.get() < 0) {",
        (f"{SYNC_ORDER}::test_synced_before_and_after_the_rename[consolidate]",),
    ),
)


def named(name: str) -> Mutant:
    return next(mutant for mutant in MUTANTS if mutant.name == name)


def copy_sources(project: Path, tree: Path) -> None:
    """Makes `tree` a copy; files that are equal keep their time stamps."""
    wanted = set()
    for source in SOURCES:
        top = project / source
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if not path.is_file():
                continue
            relative = path.relative_to(project)
            wanted.add(relative)
            target = tree / relative
            if target.exists() and target.read_bytes() == path.read_bytes():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for path in [one for one in tree.rglob("*") if one.is_file()]:
        if path.relative_to(tree) not in wanted:
            path.unlink()


def patch(tree: Path, mutant: Mutant) -> None:
    path = tree / mutant.file
    text = path.read_text()
    found = text.count(mutant.old)
    if found != 1:
        raise SystemExit(f"{mutant.name}: {found} places in {mutant.file}, not one")
    path.write_text(text.replace(mutant.old, mutant.new))


def fingerprint(tree: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(one for one in tree.rglob("*") if one.is_file()):
        digest.update(f"{path.relative_to(tree)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def compile_tree(tree: Path, build: Path) -> None:
    configure = ["cmake", "-S", str(tree), "-B", str(build), "-G", "Ninja"]
    configure += ["-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=OFF"]
    # A mutant may leave a variable or a parameter without use.
    configure += ["-DCMAKE_CXX_FLAGS=-Wno-error"]
    if shutil.which("ccache"):
        configure += ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"]
    for argv in (configure, ["ninja", "-C", str(build), "benchkeep"]):
        done = subprocess.run(argv, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(argv)}\n{done.stdout[-4000:]}{done.stderr}")


def build(mutant: Mutant, project: Path = PROJECT) -> Path:
    """The program with that mutation, built or taken from the cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tree, folder = CACHE / "tree", CACHE / "bin" / mutant.name
        copy_sources(project, tree)
        patch(tree, mutant)
        mark = folder / fingerprint(tree)
        if not mark.exists():
            compile_tree(tree, CACHE / "build")
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for path in (CACHE / "build").iterdir():
                if path.name == "benchkeep" or path.name.startswith("libduckdb"):
                    shutil.copy2(path, folder / path.name)
            mark.touch()
    return folder / "benchkeep"


def bites(mutant: Mutant, project: Path = PROJECT) -> tuple[bool, str]:
    """Whether its tests go red, and what they said."""
    binary = build(mutant, project)
    works = subprocess.run([str(binary), "version"], capture_output=True)
    if works.returncode != 0:
        return False, f"the mutant does not even start: {works.stderr!r}"
    argv = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*argv, *mutant.tests],
        cwd=project,
        env={**os.environ, "BENCHKEEP": str(binary)},
        capture_output=True,
        text=True,
    )
    return done.returncode == TESTS_FAILED, done.stdout[-2000:] + done.stderr[-500:]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    chosen = [named(name) for name in options.names] or list(MUTANTS)
    survivors = []
    for mutant in chosen:
        if options.list:
            print(f"{mutant.name}: {mutant.takes_out}")
            continue
        red, said = bites(mutant)
        print(f"{mutant.name}: {'killed' if red else 'SURVIVED'}")
        if not red:
            survivors.append(mutant.name)
            print(said)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
