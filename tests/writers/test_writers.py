"""Proves P7: a live writer is never read torn, and none of its rows is lost.

Eight Python processes append with the guide's own habits while consolidate
loops.  The control runs the same campaign on a program whose leases and second
hashes are cut out: it has to go wrong, or this test could not see anything at all.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import campaign
from cli import Benchkeep

SECONDS = float(os.environ.get("BENCHKEEP_WRITER_SECONDS", "60"))
CONTROL_SECONDS = 20


def test_nothing_acknowledged_is_lost(benchkeep: Benchkeep, tmp_path: Path):
    verdict = campaign.run(benchkeep, tmp_path, SECONDS)
    assert verdict.complaints() == []
    # That it was a campaign at all:
    assert verdict.consolidations >= 5
    assert verdict.merged_files >= 50
    assert verdict.acknowledged >= 500


@pytest.fixture(scope="module")
def without_leases(project: Path) -> Benchkeep:
    sys.path.insert(0, str(project / "tools"))
    import mutants

    # The second hash alone would still notice what is written after the claim.
    out = [mutants.named(name) for name in ("no-lease", "no-second-hash")]
    return Benchkeep(mutants.build(*out, project=project))


def test_the_control_without_leases_goes_wrong(
    without_leases: Benchkeep, tmp_path: Path
):
    for attempt in range(3):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        if campaign.run(without_leases, folder, CONTROL_SECONDS).complaints():
            return
    pytest.fail("without leases nothing went wrong: this test proves nothing")
