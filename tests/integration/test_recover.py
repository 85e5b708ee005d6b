"""Recover: stops the writers, and only them, and brings everything back."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import checks
import oracle
import storegen
import tree
from cli import FAILED, USAGE, Benchkeep
from storegen import PILOT


def build(root: Path, seed: int = 21) -> None:
    builder = storegen.records_store(root, seed, increments=8, null_keys=False)
    builder.master(storegen.master_document(random.Random(seed)))
    (root / "config").mkdir()
    (root / "config" / "keys.json").write_text('{"key": "secret"}')


def later_increment(root: Path, seed: int, name: str) -> None:
    """An increment that is written after everything else."""
    rng = random.Random(seed)
    path = root / PILOT.increments / name
    ids = storegen.test_ids(10_000 + seed * 100, 20)
    storegen.pq.write_table(storegen.records(rng, ids), path)


def keys(root: Path) -> set:
    return set(checks.results(root).column("test_id").to_pylist())


@pytest.fixture
def store(benchkeep: Benchkeep, tmp_path: Path) -> Path:
    """Backed up, consolidated, added to, consolidated again, added to."""
    root = tmp_path / "store"
    root.mkdir()
    build(root)
    benchkeep.must(root, "backup", "create")
    later_increment(root, 1, "increment_7_1.parquet")
    benchkeep.must(root, "consolidate")
    later_increment(root, 2, "increment_7_2.parquet")
    return root


def wreck(root: Path) -> None:
    (root / PILOT.master).write_text("")
    (root / PILOT.results).unlink()


def test_all_tests_come_back(benchkeep: Benchkeep, store: Path):
    want = keys(store) | set(storegen.test_ids(10_200, 20))
    master = (store / PILOT.master).read_bytes()
    wreck(store)
    data = benchkeep.must(store, "recover", "--yes").data
    # Also what was merged after the backup, and what was waiting.
    assert keys(store) == want
    assert (store / PILOT.master).read_bytes() == master
    assert checks.waiting(store) == []
    checks.opens_everywhere(store / PILOT.results)
    checks.assert_at_rest(store)
    checks.assert_balanced(store)
    assert data["before"]["master"] is None and data["before"]["results"] is None
    assert data["after"]["results"]["rows"] == checks.results(store).num_rows
    assert data["replayed_rows"] >= 40
    assert (store / data["saved_to"]).is_dir()
    assert set(data["files"]) == {PILOT.master, PILOT.results}


def test_backups_alone_are_enough(benchkeep: Benchkeep, store: Path):
    """Everything else was deleted, benchkeep's own folder too."""
    later = set(storegen.test_ids(10_100, 20)) | set(storegen.test_ids(10_200, 20))
    want = keys(store) - later
    master = (store / PILOT.master).read_bytes()
    for entry in store.iterdir():
        if entry.name != "backups":
            shutil.rmtree(entry)
    assert not (store / ".benchkeep").exists()
    benchkeep.must(store, "recover", "--drill")
    benchkeep.must(store, "recover", "--yes")
    assert keys(store) == want
    assert (store / PILOT.master).read_bytes() == master
    checks.assert_at_rest(store)


def test_what_is_wrong_with_a_backup_is_said(benchkeep: Benchkeep, store: Path):
    """A backup is whole, and its totals disagree all the same."""
    document = json.loads((store / PILOT.master).read_text())
    document["summary"]["total_tests"] += 5
    (store / PILOT.master).write_text(json.dumps(document))
    benchkeep.run(store, "backup", "create")
    wreck(store)
    outcome = benchkeep.run(store, "recover", "--yes", "--even-if-not-good")
    codes = {finding["code"]: finding for finding in outcome.document["findings"]}
    assert "restored_with_warnings" in codes, outcome
    assert "diagnose" in codes["restored_with_warnings"]["fix"]


def test_undo_brings_the_ruins_back(benchkeep: Benchkeep, store: Path):
    wreck(store)
    before = tree.snapshot(store, skip=(".benchkeep", "backups"))
    undo = benchkeep.must(store, "recover", "--yes").data["undo"]
    benchkeep.must(store, "undo", undo, "--yes")
    after = tree.snapshot(store, skip=(".benchkeep", "backups"))
    ignore = ("pilot_bench_parquet_data/test_results.parquet.lock",)
    assert [
        line
        for line in tree.differences(before, after)
        if not line.startswith(ignore) and ".lock" not in line
    ] == []


def test_a_drill_changes_nothing(benchkeep: Benchkeep, store: Path):
    wreck(store)
    before = tree.snapshot(store)
    data = benchkeep.must(store, "recover", "--drill").data
    assert tree.differences(before, tree.snapshot(store)) == []
    assert data["drill"] and data["undo"] is None and data["saved_to"] is None
    drilled = data["after"]["results"]["rows"]
    benchkeep.must(store, "recover", "--yes")
    assert checks.results(store).num_rows == drilled


def test_without_an_answer_it_only_shows_the_plan(benchkeep: Benchkeep, store: Path):
    wreck(store)
    before = tree.snapshot(store)
    outcome = benchkeep.run(store, "recover")
    assert outcome.code == USAGE
    assert outcome.data["restored_from"] and outcome.data["saved_to"] is None
    assert tree.differences(before, tree.snapshot(store)) == []


def test_a_rotten_backup_is_passed_over(benchkeep: Benchkeep, store: Path):
    good = benchkeep.must(store, "backup", "list").data["backups"][0]["id"]
    time.sleep(1.1)  # Ids are of whole seconds.
    benchkeep.must(store, "backup", "create")
    newest = benchkeep.must(store, "backup", "list").data["backups"][0]["id"]
    assert newest != good
    archive = store / "backups" / newest / "parquet_data.tar.gz"
    rotten = bytearray(archive.read_bytes())
    rotten[len(rotten) // 2] ^= 1
    archive.write_bytes(rotten)
    wreck(store)
    outcome = benchkeep.must(store, "recover", "--yes")
    assert outcome.data["restored_from"] == good
    assert "backup_damaged" in {one["code"] for one in outcome.findings}


def test_one_part_alone(benchkeep: Benchkeep, store: Path):
    (store / PILOT.master).write_text("{")
    results = (store / PILOT.results).read_bytes()
    data = benchkeep.must(store, "recover", "--only", "master", "--yes").data
    assert data["files"] == [PILOT.master]
    assert (store / PILOT.results).read_bytes() == results
    assert checks.waiting(store) == ["increment_7_2.parquet"]


def test_without_a_good_backup_it_refuses(benchkeep: Benchkeep, tmp_path: Path):
    build(tmp_path)
    before = tree.snapshot(tmp_path)
    outcome = benchkeep.run(tmp_path, "recover", "--yes")
    assert outcome.code == FAILED, outcome
    assert tree.differences(before, tree.snapshot(tmp_path)) == []


SLEEPER = """
    import signal, sys, time
    {term}
    {body}
    print("ready", flush=True)
    while True:
        time.sleep(1)
"""


class Started:
    """Programs of a test; ended when it is over."""

    def __init__(self) -> None:
        self.all: list[subprocess.Popen] = []

    def script(self, path: Path, cwd: Path, body: str = "", term: str = "") -> int:
        path.write_text(textwrap.dedent(SLEEPER).format(body=body, term=term))
        return self.run([sys.executable, str(path)], cwd)

    def run(self, argv: list[str], cwd: Path) -> int:
        process = subprocess.Popen(argv, cwd=cwd, stdout=subprocess.PIPE)
        assert process.stdout.readline().strip() == b"ready"
        self.all.append(process)
        return process.pid

    def lives(self, pid: int) -> bool:
        return next(one for one in self.all if one.pid == pid).poll() is None


@pytest.fixture
def started():
    programs = Started()
    yield programs
    for process in programs.all:
        process.kill()
        process.wait()


def test_writers_end_and_bystanders_live(
    benchkeep: Benchkeep, store: Path, tmp_path: Path, started: Started
):
    (store / "benchkeep.toml").write_text("[recover]\nstop_wait_seconds = 1\n")
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    holds = f'held = open("{store / PILOT.increments / "open.parquet"}", "wb")'
    polite = started.script(store / "smart_batch_runner.py", store)
    stubborn = started.script(store / "batch_test_x.py", store, term=deaf)
    opened = started.script(tmp_path / "anything.py", tmp_path, body=holds)
    # The word in the arguments of something else; a script of another store.
    word = "import sys, time; print('ready', flush=True); time.sleep(1000)"
    editor = started.run([sys.executable, "-c", word, "batch_test.py"], store)
    shell = started.run(
        ["sh", "-c", "echo ready; exec tail -f /dev/null batch_test.py"], store
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = started.script(elsewhere / "batch_test.py", elsewhere)
    (store / "batch_test.py").write_text("")

    wreck(store)
    outcome = benchkeep.must(store, "recover", "--yes")
    how = {one["pid"]: one["outcome"] for one in outcome.data["stopped"]}
    assert how == {polite: "ended", stubborn: "killed", opened: "ended"}
    assert started.lives(editor) and started.lives(shell) and started.lives(other)
    uncertain = [one for one in outcome.findings if one["code"] == "writer_uncertain"]
    assert str(other) in {one["path"] for one in uncertain}
    # Named by its id, it is stopped as well.
    outcome = benchkeep.must(store, "recover", "--yes", "--stop", str(other))
    assert other in {one["pid"] for one in outcome.data["stopped"]}


def test_a_drill_stops_nobody(benchkeep: Benchkeep, store: Path, started: Started):
    writer = started.script(store / "ultra_parallel.py", store)
    data = benchkeep.must(store, "recover", "--drill").data
    assert writer in {one["pid"] for one in data["stopped"]}
    assert started.lives(writer)


def test_counts_that_add_up_are_not_added_twice(benchkeep: Benchkeep, tmp_path: Path):
    rng = random.Random(5)
    builder = storegen.StoreBuilder(tmp_path)
    builder.settings('[consolidate]\nsummary_mode = "accumulate"\n')
    cells = storegen.all_cells()[:12]
    builder.results(storegen.cells(rng, cells[:8]))
    for _ in range(3):
        builder.increment(storegen.cells(rng, rng.sample(cells, 5)))
    benchkeep.must(tmp_path, "backup", "create")
    time.sleep(1.1)  # A merge of the same second might have come before.
    benchkeep.must(tmp_path, "consolidate")
    want = oracle.rows(checks.results(tmp_path))
    (tmp_path / PILOT.results).unlink()
    benchkeep.must(tmp_path, "recover", "--yes")
    assert oracle.rows(checks.results(tmp_path)) == want
