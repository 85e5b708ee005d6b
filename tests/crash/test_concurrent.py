"""Proves P10: commands at the same time act as if one came after the other."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import checks
import oracle
import storegen
from cli import FINE, LOCKED, Benchkeep
from storegen import PILOT

AT_ONCE = 8


@pytest.mark.parametrize("seed", range(6))
def test_at_once_is_one_after_the_other(
    benchkeep: Benchkeep, tmp_path: Path, seed: int
):
    storegen.records_store(tmp_path, seed, increments=12)
    want = oracle.expect_consolidated(tmp_path)
    commands = ["consolidate"] * 5 + ["dedupe"] * 2 + ["status"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(lambda c: benchkeep.run(tmp_path, c), commands))
    for outcome in outcomes:
        assert outcome.code in FINE, outcome
    merged = [o.data for o in outcomes if o.document["command"] == "consolidate"]
    assert sum(data["files_merged"] for data in merged) == len(want.merged)
    assert sum(data["files_quarantined"] for data in merged) == len(want.quarantined)
    assert sum(data["rows_added"] for data in merged) == want.rows_added
    oracle.assert_same(checks.results(tmp_path), want.table)
    checks.assert_at_rest(tmp_path)
    checks.assert_balanced(tmp_path)


def test_whoever_waits_in_vain_learns_who_holds_it(
    benchkeep: Benchkeep, tmp_path: Path
):
    builder = storegen.records_store(tmp_path, 9, plain=True, increments=4)
    builder.settings("[limits]\nlock_wait_seconds = 1\n")
    slow = ("strace", "-f", "-qq", "-o", "/dev/null")
    # The first rename comes right after the lock.
    delay = "inject=rename:delay_enter=10000000:when=1"
    argv = [*slow, "-e", delay, *benchkeep.argv(tmp_path, "consolidate")]
    holder = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=benchkeep.environment()
    )
    lock = tmp_path / ".benchkeep" / "lock"
    while not (lock.exists() and lock.read_text()) and holder.poll() is None:
        time.sleep(0.02)
    late = benchkeep.run(tmp_path, "dedupe")
    assert holder.poll() is None, "the holder was done too early"
    assert late.code == LOCKED, late
    document = late.document
    assert document["status"] == "failed"
    said = document["findings"][0]["message"] + late.stderr
    assert "consolidate" in said
    # By its process id, so that one can look at it.
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(holder.pid)], capture_output=True, text=True
    )
    assert any(pid in said for pid in children.stdout.split())
    holder.wait(timeout=300)


def test_a_lock_file_that_vanishes_lets_nobody_in_between(
    benchkeep: Benchkeep, tmp_path: Path
):
    """Python writers unlink their lock; a held lock must be the one in place."""
    storegen.records_store(tmp_path, 10, increments=30)
    want = oracle.expect_consolidated(tmp_path)
    master_lock = (tmp_path / PILOT.master).with_suffix(".lock")
    results_lock = tmp_path / (PILOT.results + ".lock")
    with ThreadPoolExecutor(4) as pool:
        running = [
            pool.submit(benchkeep.run, tmp_path, "consolidate") for _ in range(4)
        ]
        while not all(one.done() for one in running):
            for lock in (master_lock, results_lock):
                lock.unlink(missing_ok=True)
            time.sleep(0.001)
    outcomes = [one.result() for one in running]
    assert all(outcome.code in FINE for outcome in outcomes), outcomes
    oracle.assert_same(checks.results(tmp_path), want.table)
    checks.assert_at_rest(tmp_path)
