"""Proves that a file in use is left to whoever uses it, step by step.

The campaign of test_writers.py finds such things by chance; here every moment
is arranged.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import checks
import faults
import storegen
from cli import FAILED, FINE, INTERRUPTED, OK, Benchkeep
from screen import Screen
from storegen import PILOT, StoreBuilder


@pytest.fixture
def builder(tmp_path: Path) -> StoreBuilder:
    rng = random.Random(1)
    builder = StoreBuilder(tmp_path)
    builder.settings("[limits]\nlock_wait_seconds = 1\n")
    builder.results(storegen.records(rng, storegen.test_ids(0, 20)))
    builder.increment(storegen.records(rng, storegen.test_ids(10, 20)))
    return builder


def rows(start: int, count: int = 5) -> pa.Table:
    return storegen.records(random.Random(start), storegen.test_ids(start, count))


def test_an_increment_that_is_open_for_writing_waits(
    benchkeep: Benchkeep, builder: StoreBuilder
):
    """Whole or torn, old or young: its writer is not done with it."""
    whole = builder.increment(rows(100), "increment_7_7.parquet")
    torn = builder.raw_increment(whole.read_bytes()[:-50], "increment_8_8.parquet")
    with open(whole, "r+b"), open(torn, "r+b"):
        data = benchkeep.must(builder.root, "consolidate").data
        assert data["files_merged"] == 1
        assert data["files_skipped"] == 2 and data["files_quarantined"] == 0
        assert checks.waiting(builder.root) == [whole.name, torn.name]
    data = benchkeep.must(builder.root, "consolidate").data
    assert data["files_merged"] == 1 and data["files_quarantined"] == 1
    checks.assert_at_rest(builder.root)


@pytest.mark.parametrize("lock", [PILOT.results + ".lock", "master_database.lock"])
def test_a_writer_that_holds_a_lock_is_waited_for(
    benchkeep: Benchkeep, builder: StoreBuilder, lock: str
):
    path = builder.root / lock
    if lock == "master_database.lock":
        path = builder.master_path.parent / lock
    before = builder.results_path.read_bytes()
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        outcome = benchkeep.run(builder.root, "consolidate")
        assert outcome.code == FAILED, outcome
        assert path.name in outcome.document["findings"][0]["message"]
        assert builder.results_path.read_bytes() == before
        assert len(checks.waiting(builder.root)) == 1
    assert benchkeep.must(builder.root, "consolidate").data["rows_added"] == 10


def test_whoever_waits_for_a_lock_can_be_stopped(
    benchkeep: Benchkeep, builder: StoreBuilder
):
    """At once, and not when the wait is over, which is an hour here."""
    (builder.root / "benchkeep.toml").write_text("[limits]\nlock_wait_seconds = 3600\n")
    before = builder.results_path.read_bytes()
    with open(builder.root / (PILOT.results + ".lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        process = subprocess.Popen(
            benchkeep.argv(builder.root, "consolidate", "--json"),
            stdout=subprocess.PIPE,
            env=benchkeep.environment(),
        )
        while not catches(process.pid, signal.SIGTERM):
            assert process.poll() is None, "it ended without waiting"
            time.sleep(0.01)
        process.terminate()
        out, _ = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, out
    assert json.loads(out)["findings"][0]["code"] == "cancelled"
    assert builder.results_path.read_bytes() == before
    assert benchkeep.must(builder.root, "consolidate").data["rows_added"] == 10


def test_whoever_waits_for_a_lock_is_told(
    benchkeep: Benchkeep, builder: StoreBuilder, tmp_path: Path
):
    with open(builder.root / (PILOT.results + ".lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        argv = [str(benchkeep.binary), "-C", str(builder.root), "consolidate"]
        folder = tmp_path / "screen"
        folder.mkdir()
        with Screen(folder, argv, benchkeep.environment()) as screen:
            screen.wait_for("waiting until another program lets go of its lock")
            os.kill(screen.pid, signal.SIGINT)
            assert screen.ended() == INTERRUPTED
            assert "waiting" not in screen.text


def catches(pid: int, number: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    (caught,) = [line for line in status.splitlines() if line.startswith("SigCgt")]
    return int(caught.split()[1], 16) >> (number - 1) & 1 == 1


def test_a_claimed_file_that_is_written_once_more_is_not_thrown_away(
    benchkeep: Benchkeep, builder: StoreBuilder
):
    """A writer that found the file before it was claimed writes into it after.

    The program is held up right after it has claimed, when it syncs the folder
    that it moves increments to; then more rows are written into one of them.
    """
    path = next(builder.increments.iterdir())
    more = pa.concat_tables([pq.read_table(path), rows(300)])
    copy = builder.root.parent / f"{builder.root.name}-copy"
    shutil.copytree(builder.root, copy)
    _, calls = faults.trace(benchkeep, copy, ["consolidate"], ["fsync"])
    taken = [at for at, call in enumerate(calls, 1) if "/taken>" in call]

    hold = f"inject=fsync:delay_enter=5000000:when={taken[0]}"
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", hold]
    process = subprocess.Popen(
        [*strace, *benchkeep.argv(builder.root, "consolidate")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=benchkeep.environment(),
    )
    inode = path.stat().st_ino
    while path.exists() and process.poll() is None:
        time.sleep(0.01)
    # An open for writing would break the lease, and the file would be put back.
    while leased(inode) and process.poll() is None:
        time.sleep(0.01)
    claimed = list((builder.root / ".benchkeep/txn").glob(f"*/taken/{path.name}"))
    pq.write_table(more, claimed[0])
    assert process.poll() is None, "too late: the run is over"
    process.wait(timeout=120)
    assert process.returncode not in FINE

    benchkeep.must(builder.root, "consolidate")
    keys = checks.results(builder.root).column("test_id").to_pylist()
    assert set(more.column("test_id").to_pylist()) <= set(keys)
    checks.assert_at_rest(builder.root)


def leased(inode: int) -> bool:
    """Whether any process has a lease on a file of that inode."""
    lines = Path("/proc/locks").read_text().splitlines()
    return any("LEASE" in line and f":{inode} " in line for line in lines)
