"""Proves P1: `kill -9` at any system call loses nothing and breaks nothing.

For every command that changes a store, the program is killed at each call that
changes the disk (strace injects the signal at the entry of the call).  Whoever
opens the results right afterwards sees the old or the new version; the next
command works and finishes the job; the ledger balances; nothing is left over.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

import faults
import scenarios
from cli import Benchkeep

KILLED = -9
MINIMUM = {
    "consolidate": 300,
    "accumulate": 60,
    "dedupe": 300,
    "migrate": 300,
    "export": 300,
    "undo": 300,
    "ingest": 300,
    "adopt": 300,
    "repair": 300,
    "recover": 300,
    "clean": 300,
    "logs_compress": 300,
    "backup": 300,
    "restore": 300,
    "prune": 300,
}
# With BENCHKEEP_LONG=1 every point is taken.  The short form takes as many as
# there is time for: most of these runs take seconds.
SHORT = {
    "ingest": 60,
    "adopt": 60,
    "repair": 100,
    "recover": 40,
    "clean": 60,
    "logs_compress": 60,
    "backup": 60,
    "restore": 60,
    "prune": 60,
}


def counted(
    benchkeep: Benchkeep, scenario: scenarios.Scenario, folder: Path
) -> Counter[str]:
    """Calls that every run makes: threads share them out anew each time."""
    runs = []
    for number in range(3):
        rehearsal = folder / f"rehearsal-{number}"
        shutil.copytree(scenario.template, rehearsal, symlinks=True)
        args = scenario.arrange(benchkeep, rehearsal)
        runs.append(faults.count(benchkeep, rehearsal, args, faults.KILL_AT))
    return Counter({call: min(run[call] for run in runs) for call in runs[0]})


@pytest.mark.parametrize("name", scenarios.NAMES)
def test_killed_anywhere(
    benchkeep: Benchkeep, tmp_path: Path, long_run: bool, name: str
):
    scenario = scenarios.build(name, tmp_path, benchkeep)
    counts = counted(benchkeep, scenario, tmp_path)
    wanted = MINIMUM[name] if long_run else SHORT.get(name, MINIMUM[name])
    # Some more than needed: a thread may make fewer calls in another run.
    points = faults.plan(counts, None if long_run else wanted + wanted // 6)

    def case(root: Path, point: faults.Point) -> bool:
        args = scenario.arrange(benchkeep, root)
        outcome, _ = faults.inject(benchkeep, root, args, point, "signal=KILL")
        killed = outcome.code == KILLED
        assert killed or outcome.code in scenario.codes, outcome
        scenario.check_in_between(root)
        scenario.check_recovery(benchkeep, root)
        return killed

    killed = faults.sweep(scenario.template, points, case)
    assert killed >= wanted, f"only {killed} of {len(points)} kills fired: {counts}"
