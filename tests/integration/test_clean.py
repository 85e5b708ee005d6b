"""Clean: takes what is proven to be rubbish, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

import checks
import storegen
import tree
from cli import OK, USAGE, Benchkeep
from storegen import PILOT

DAY = 86_400


@pytest.fixture
def store(benchkeep: Benchkeep, tmp_path: Path) -> Path:
    root = tmp_path / "store"
    root.mkdir()
    storegen.records_store(root, 31, increments=6, null_keys=False)
    benchkeep.must(root, "consolidate")
    return root


def age_change(root: Path, days: float) -> Path:
    """Makes the newest change look `days` old."""
    folder = sorted((root / ".benchkeep" / "trash").iterdir())[-1]
    record = json.loads((folder / "record.json").read_text())
    then = time.gmtime(time.time() - days * DAY)
    record["time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", then)
    (folder / "record.json").write_text(json.dumps(record))
    return folder


def test_changes_go_when_their_time_has_passed(benchkeep: Benchkeep, store: Path):
    folder = age_change(store, 6.9)
    assert benchkeep.must(store, "clean", "--yes").data["removed"] == 0
    assert folder.is_dir()
    age_change(store, 7.1)
    results = (store / PILOT.results).read_bytes()
    plan = benchkeep.must(store, "clean", "--dry-run").data
    assert plan["removed"] == 1 and plan["bytes_freed"] > 0 and folder.is_dir()
    asked = benchkeep.run(store, "clean")
    assert asked.code == USAGE and folder.is_dir()
    done = benchkeep.must(store, "clean", "--yes").data
    assert done["removed"] == 1 and done["bytes_freed"] == plan["bytes_freed"]
    assert not folder.exists()
    assert benchkeep.must(store, "undo", "list").data["changes"] == []
    assert (store / PILOT.results).read_bytes() == results
    checks.assert_at_rest(store)


def test_giving_up_undo_early(benchkeep: Benchkeep, store: Path):
    assert benchkeep.run(store, "clean", "--purge-trash").code == USAGE
    assert list((store / ".benchkeep" / "trash").iterdir())
    benchkeep.must(store, "clean", "--purge-trash", "--yes")
    assert list((store / ".benchkeep" / "trash").iterdir()) == []


def test_an_increment_goes_only_with_proof(benchkeep: Benchkeep, store: Path):
    taken = next((store / ".benchkeep" / "trash").glob("*/taken"))
    merged = sorted(taken.iterdir())
    waiting = store / PILOT.increments
    again = waiting / merged[0].name
    shutil.copy2(merged[0], again)  # The very bytes that were merged.
    other = bytearray(merged[1].read_bytes())
    other[10] ^= 1
    (waiting / merged[1].name).write_bytes(other)  # Not the bytes.
    outcome = benchkeep.must(store, "clean", "--yes")
    assert checks.waiting(store) == [merged[1].name]
    assert outcome.data["removed"] == 1
    benchkeep.must(store, "undo", outcome.data["undo"], "--yes")
    assert again.exists()


def test_no_increment_goes_when_the_results_are_not_what_merged_it(
    benchkeep: Benchkeep, store: Path
):
    taken = next((store / ".benchkeep" / "trash").glob("*/taken"))
    merged = sorted(taken.iterdir())[0]
    shutil.copy2(merged, store / PILOT.increments / merged.name)
    # Another program has written the results since.
    os.utime(store / PILOT.results)
    assert benchkeep.must(store, "clean", "--yes").data["removed"] == 0
    assert checks.waiting(store) == [merged.name]


def test_old_age_alone_removes_no_increment(benchkeep: Benchkeep, store: Path):
    lone = store / PILOT.increments / "increment_1_1.parquet"
    lone.write_bytes(b"whatever it is")
    os.utime(lone, (1, 1))
    outcome = benchkeep.must(store, "clean", "--yes")
    assert outcome.data["removed"] == 0 and lone.exists()
    assert "increments_waiting" in {one["code"] for one in outcome.findings}


def old(path: Path) -> Path:
    then = time.time() - 2 * 3600
    os.utime(path, (then, then))
    return path


def test_leftovers_of_the_dead(benchkeep: Benchkeep, store: Path):
    pid = subprocess.Popen(["true"])
    pid.wait()
    name = f".master_database.json.benchkeep-tmp-{pid.pid}-1"
    dead = store / "pilot_bench_cumulative_results" / name
    dead.write_text("half")
    young = store / f".young.benchkeep-tmp-{pid.pid}-1"
    young.write_text("half")
    held = store / f".held.benchkeep-tmp-{pid.pid}-2"
    folder = store / ".benchkeep-export-0123456789abcdef"
    folder.mkdir()
    (folder / "data").write_text("half")
    with open(held, "w") as keeps_open:
        keeps_open.write("half")
        keeps_open.flush()
        for path in (dead, held, folder / "data", folder):
            old(path)
        benchkeep.must(store, "clean", "--yes")
    assert not dead.exists() and not folder.exists()
    assert young.exists() and held.exists()


def test_unknown_names_are_shown_and_left_alone(benchkeep: Benchkeep, store: Path):
    odd = store / ".benchkeep" / "notes.txt"
    odd.write_text("mine")
    strange = store / ".benchkeep" / "trash" / "something"
    strange.mkdir()
    outcome = benchkeep.must(store, "clean", "--purge-trash", "--yes")
    assert odd.exists() and strange.exists()
    found = {one["path"] for one in outcome.findings if one["code"] == "unknown_file"}
    assert found == {".benchkeep/notes.txt", ".benchkeep/trash/something"}


def test_after_an_error_nothing_more_goes(benchkeep: Benchkeep, store: Path):
    for _ in range(3):
        name = f"increment_9_{time.monotonic_ns()}.parquet"
        storegen.pq.write_table(
            storegen.records(storegen.random.Random(1), storegen.test_ids(0, 3)),
            store / PILOT.increments / name,
        )
        benchkeep.must(store, "consolidate")
    trash = store / ".benchkeep" / "trash"
    count = len(list(trash.iterdir()))
    fails = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=unlinkat")
    fails += ("-e", "inject=unlinkat:error=EIO:when=1")
    outcome = benchkeep.run(store, "clean", "--purge-trash", "--yes", prefix=fails)
    assert "clean_stopped" in {one["code"] for one in outcome.findings}
    # One was on its way; all others are still there.
    assert len(list(trash.iterdir())) == count - 1
    assert outcome.data["removed"] == 0


def test_a_rehearsal_changes_nothing(benchkeep: Benchkeep, store: Path):
    age_change(store, 8)
    before = tree.snapshot(store)
    assert benchkeep.must(store, "clean", "--dry-run").data["removed"] == 1
    assert tree.differences(before, tree.snapshot(store)) == []
    assert benchkeep.run(store, "clean", "--yes").code == OK
