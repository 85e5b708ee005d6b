"""Proves that a new version is read back before it replaces the old one.

A write that claims to have succeeded, and did nothing, is what a broken disk, a
network file system or a bug of our own looks like.  Nothing but reading back
can notice it.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Iterator

import pytest

import faults
import scenarios
from cli import FINE, Benchkeep


# Magic, rows (in one piece where all are written anew) and footer are written
# apart; whatever is more is row groups that were copied or cut.
WRITES = {"consolidate": 4, "accumulate": 3, "dedupe": 5}


@pytest.fixture
def one_processor() -> Iterator[None]:
    """With one thread at work, each run makes the same writes in turn."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    yield
    os.sched_setaffinity(0, allowed)


@pytest.mark.usefixtures("one_processor")
@pytest.mark.parametrize("name", list(WRITES))
def test_writes_that_did_nothing(benchkeep: Benchkeep, tmp_path: Path, name: str):
    scenario = scenarios.build(name, tmp_path, benchkeep)
    rehearsal = tmp_path / "rehearsal"
    shutil.copytree(scenario.template, rehearsal, symlinks=True)
    args = scenario.arrange(benchkeep, rehearsal)
    _, calls = faults.trace(benchkeep, rehearsal, args, ["write"])
    # strace counts by thread, and ours is the first.
    thread = calls[0].split()[0]
    ours = [call for call in calls if call.startswith(f"{thread} ")]
    new_version = re.compile(r"/new/results\.parquet>.* = (\d+)$")
    lies = {
        faults.Point("write", number): found[1]
        for number, call in enumerate(ours, 1)
        if (found := new_version.search(call))
    }
    assert len(lies) >= WRITES[name]

    def case(root: Path, point: faults.Point) -> bool:
        args = scenario.arrange(benchkeep, root)
        fault = f"retval={lies[point]}"
        outcome, fired = faults.inject(benchkeep, root, args, point, fault)
        assert fired and outcome.code not in FINE, outcome
        assert outcome.document["status"] == "failed"
        assert scenario.state(root) == scenario.before, outcome
        scenario.check_recovery(benchkeep, root)
        return fired

    assert faults.sweep(scenario.template, list(lies), case) == len(lies)
