"""Proves that rehearsals and looks leave a store, byte for byte, as it was."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

import storegen
from cli import FAILED, FINE, USAGE, Benchkeep
from tree import differences, snapshot

# How each command is called; one that is not here is called without arguments.
ARGUMENTS = {
    "completion": ["bash"],
    "config init": [],
    "demo": ["DEMO"],
    "export": ["-o", "OUT/results.csv"],
    "migrate": ["--replace", "--yes"],
    "query": ["SELECT count(*) FROM results, cells, increments"],
    "undo": ["NEWEST", "--yes"],
    "undo show": ["NEWEST"],
}

# More forms of some of them.
FORMS = [
    ["migrate", "--merge"],
    ["migrate", "--shape", "summary", "--replace", "--yes"],
    ["migrate", "--to", "json", "--replace", "--yes"],
    ["migrate", "--to", "json", "-o", "OUT/master.json"],
    ["export", "--all"],
    ["export", "--format", "xlsx", "-o", "OUT/results.xlsx"],
    ["demo", "DEMO", "--force"],
    ["tune", "--release"],
]

# They only look, so they owe the same without --dry-run.
LOOKING = [
    ["status"],
    ["query", "SELECT * FROM results ORDER BY score LIMIT 3"],
    ["query", "SELECT count(*) FROM results, cells, increments"],
    ["export", "--format", "csv", "-o", "-"],
    ["undo", "list"],
    ["undo", "show", "NEWEST"],
    ["config", "show"],
    ["config", "check"],
    ["menu", "--once"],
]


def trace(folder: Path) -> dict[str, tuple]:
    """Everything below `folder`, times of the folders too."""
    found = snapshot(folder)
    for name, kind in found.items():
        path = folder / name
        if not path.is_symlink() and path.is_dir():
            found[name] = (*kind, path.stat().st_mtime_ns)
    found["."] = (folder.stat().st_mtime_ns,)
    return found


def commands(benchkeep: Benchkeep, folder: Path) -> list[str]:
    """All commands that do something, as the program's own help lists them."""
    document = json.loads(benchkeep.run(folder, "help").stdout)
    names = []
    for command in document["data"]["commands"]:
        inner = command.get("subcommands", [])
        names += [f"{command['name']} {sub['name']}" for sub in inner]
        if not inner:
            names.append(command["name"])
    return names


@pytest.fixture
def used(benchkeep: Benchkeep, tmp_path: Path) -> Path:
    """A store with a past, with work waiting and with a torn increment."""
    root = tmp_path / "used"
    root.mkdir()
    builder = storegen.records_store(root, 6, misfits=1)
    builder.master(storegen.master_document(random.Random(6)))
    benchkeep.must(root, "consolidate")
    again = storegen.records_store(tmp_path / "more", 7, misfits=1)
    for path in sorted(again.increments.glob("*.parquet")):
        path.rename(builder.increments / f"increment_9{path.name[10:]}")
    (root / "OUT").mkdir()
    return root


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A store that benchkeep has not touched yet: no state folder."""
    root = tmp_path / "fresh"
    root.mkdir()
    builder = storegen.records_store(root, 8, misfits=1)
    builder.master(storegen.master_document(random.Random(8)))
    (root / "OUT").mkdir()
    return root


def check(benchkeep: Benchkeep, root: Path, words: list[str], *options: str) -> None:
    newest = "20200101-000000-000-consolidate-0000"
    trash = root / ".benchkeep" / "trash"
    if trash.is_dir():
        newest = sorted(path.name for path in trash.iterdir())[-1]
    places = {"NEWEST": newest, "DEMO": str(root / "OUT" / "demo")}
    words = [places.get(word, word.replace("OUT/", f"{root}/OUT/")) for word in words]
    scratch = root.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    before = trace(root)
    for form in (True, False):
        outcome = benchkeep.run(
            root, *options, *words, json_output=form, env={"TMPDIR": str(scratch)}
        )
        assert outcome.code in (*FINE, FAILED, USAGE), outcome
        assert not differences(before, trace(root)), outcome
        assert os.listdir(scratch) == [], outcome


def test_every_command_rehearsed(benchkeep: Benchkeep, used: Path, fresh: Path):
    names = commands(benchkeep, fresh)
    assert {"consolidate", "migrate", "config init", "demo"} <= set(names)
    forms = [[*name.split(), *ARGUMENTS.get(name, [])] for name in names]
    for root in (fresh, used):
        for words in [*forms, *FORMS]:
            check(benchkeep, root, words, "--dry-run")


def test_looking_changes_nothing(benchkeep: Benchkeep, used: Path, fresh: Path):
    for root in (fresh, used):
        for words in LOOKING:
            check(benchkeep, root, words)


def test_a_rehearsal_counts_like_the_real_run(benchkeep: Benchkeep, used: Path):
    planned = benchkeep.must(used, "consolidate", "--dry-run").data
    done = benchkeep.must(used, "consolidate").data
    counts = [name for name in done if name.startswith(("rows_", "files_"))]
    assert {"rows_added", "files_quarantined"} <= set(counts)
    assert {name: planned[name] for name in counts} == {
        name: done[name] for name in counts
    }


def test_a_rehearsal_needs_somewhere_to_spill(benchkeep: Benchkeep, fresh: Path):
    before = trace(fresh)
    outcome = benchkeep.run(
        fresh, "consolidate", "--dry-run", env={"TMPDIR": "/proc/nowhere"}
    )
    assert outcome.code == FAILED, outcome
    assert "TMPDIR" in outcome.stderr
    assert not differences(before, trace(fresh))


def test_what_a_killed_look_left_is_removed(benchkeep: Benchkeep, fresh: Path):
    scratch = fresh.parent / "scratch"
    for name, age in (("old", 7200), ("young", 0)):
        folder = scratch / f"benchkeep-scratch-{name}"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "keys-1").write_bytes(b"x")
        stamp = folder.stat().st_mtime - age
        os.utime(folder, (stamp, stamp))
    (scratch / "somebody-else").mkdir()
    outcome = benchkeep.run(fresh, "query", "SELECT 1", env={"TMPDIR": str(scratch)})
    assert outcome.code == 0, outcome
    left = sorted(path.name for path in scratch.iterdir())
    assert left == ["benchkeep-scratch-young", "somebody-else"]
