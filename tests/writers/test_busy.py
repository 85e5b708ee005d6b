"""Proves that a file in use is left to whoever uses it, step by step.

The campaign of test_writers.py finds such things by chance; here every moment
is arranged.
"""

from __future__ import annotations

import fcntl
import os
import random
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import checks
import oracle
import storegen
from cli import FAILED, FINE, Benchkeep
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


def test_a_claimed_file_that_is_written_once_more_is_not_thrown_away(
    benchkeep: Benchkeep, builder: StoreBuilder
):
    """A writer that found the file before it was claimed writes into it after.

    The program is held up at each of its syncs in turn; as soon as the claimed
    file is seen, more rows are written into it.
    """
    hits = 0
    for number in range(1, 9):
        path = builder.increment(rows(200 + number), f"increment_9_{number}.parquet")
        more = pa.concat_tables([pq.read_table(path), rows(300 + number, 1)])
        hold = f"inject=fsync,fdatasync:delay_enter=400000:when={number}"
        strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", hold]
        argv = [*strace, *benchkeep.argv(builder.root, "consolidate")]
        process = subprocess.Popen(
            argv,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=benchkeep.environment(),
        )
        claimed = None
        while claimed is None and process.poll() is None:
            found = (builder.root / ".benchkeep" / "txn").glob(f"*/*/{path.name}")
            claimed = next(found, None)
            time.sleep(0.005)
        if claimed is not None:
            # By its inode, as a writer would that had it open in time.
            try:
                descriptor = os.open(claimed, os.O_WRONLY | os.O_TRUNC | os.O_NONBLOCK)
            except (FileNotFoundError, BlockingIOError):
                descriptor = -1  # Moved on, or under a lease just now.
            if descriptor >= 0:
                with open(descriptor, "wb") as file:
                    pq.write_table(more, file)
                in_time = process.poll() is None
                hits += in_time
        process.wait(timeout=120)
        benchkeep.must(builder.root, "consolidate", codes=FINE)
        if claimed is not None and descriptor >= 0 and in_time and unsettled(builder, path):
            keys = set(checks.results(builder.root).column("test_id").to_pylist())
            assert set(more.column("test_id").to_pylist()) <= keys, f"sync {number}"
        checks.assert_at_rest(builder.root)
    assert hits >= 1, "the claimed file was never written in time"


def unsettled(builder: StoreBuilder, path: Path) -> bool:
    """True unless the run was past its last look when the write came.

    Then the file with the late rows is in the trash, where it is kept.
    """
    trash = (builder.root / ".benchkeep" / "trash").rglob(path.name)
    return not any(oracle.read(one).num_rows > 5 for one in trash)
