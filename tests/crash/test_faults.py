"""Proves P3 and P5: one failing call, or a full disk, leaves old or new.

The program says what went wrong and ends with an error, or it coped and all is
right; in both cases the results are whole, and the next run finishes the work.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import faults
import scenarios
from cli import OK, Benchkeep

# Calls that can meet a bad or a full disk.
FAILING = (
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
    "unlink",
    "unlinkat",
    "rmdir",
    "fchmod",
    "chmod",
)
# What the same errors are called where SQLite meets them.
OTHER_WORDS = ("No space", "disk I/O error", "disk is full")
WANTED = 30  # Of each command and error; BENCHKEEP_LONG=1 takes all.
SHORT = {"recover": 10, "clean": 12, "logs_compress": 12}  # They take seconds.


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("name", scenarios.NAMES)
def test_one_call_fails(
    benchkeep: Benchkeep, tmp_path: Path, long_run: bool, name: str, error: str
):
    scenario = scenarios.build(name, tmp_path, benchkeep)
    rehearsal = tmp_path / "rehearsal"
    shutil.copytree(scenario.template, rehearsal, symlinks=True)
    args = scenario.arrange(benchkeep, rehearsal)
    counts = faults.count(benchkeep, rehearsal, args, FAILING)
    points = faults.plan(counts, None)
    wanted = SHORT.get(name, WANTED)
    points = points if long_run else faults.spread(points, wanted)
    words = os.strerror(getattr(errno, error))

    def case(root: Path, point: faults.Point) -> bool:
        args = scenario.arrange(benchkeep, root)
        outcome, fired = faults.inject(benchkeep, root, args, point, f"error={error}")
        assert outcome.code >= 0, outcome
        scenario.check_in_between(root)
        if outcome.code in scenario.codes:
            assert outcome.document["status"] != "failed"
            assert scenario.state(root) == scenario.after, outcome
        else:
            said = outcome.stdout + outcome.stderr
            assert any(one in said for one in (words, *OTHER_WORDS)), outcome
        scenario.check_recovery(benchkeep, root)
        return fired

    fired = faults.sweep(scenario.template, points, case)
    assert fired >= min(len(points), wanted) * 0.9, f"{fired} of {len(points)} fired"


def may_mount() -> bool:
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(probe, capture_output=True).returncode == 0


SCRIPT = """
set -e
mount -t tmpfs -o size=64m tmpfs "$1"
cp -a "$2" "$1/store"
used=$(du -sk "$1/store" | cut -f1)
mount -o remount,size=$((used + $3))k "$1"
shift 3
set +e
"$@"
code=$?
mkdir -p "$OUT" && cp -a "$MOUNT/store" "$OUT/"
exit $code
"""


@pytest.mark.parametrize("name", ["consolidate", "dedupe", "migrate", "export"])
def test_the_disk_is_full(benchkeep: Benchkeep, tmp_path: Path, name: str):
    """A real full file system, from almost nothing free to enough."""
    if not may_mount():
        pytest.skip("this machine does not allow to mount a tmpfs (unshare -m)")
    scenario = scenarios.build(name, tmp_path, benchkeep)
    failed = succeeded = 0
    for free in [0, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 512, 1024, 4096, 16384]:
        mount = tmp_path / f"mount-{free}"
        out = tmp_path / f"out-{free}"
        mount.mkdir()
        prefix = ["unshare", "-m", "sh", "-c", SCRIPT, "sh"]
        prefix += [str(mount), str(scenario.template), str(free)]
        outcome = benchkeep.run(
            mount / "store",
            *scenario.arrange(benchkeep, mount / "store"),
            prefix=prefix,
            env={"MOUNT": str(mount), "OUT": str(out)},
        )
        assert outcome.code >= 0, outcome
        scenario.check_in_between(out / "store")
        if outcome.code in scenario.codes:
            succeeded += 1
            assert scenario.state(out / "store") == scenario.after
        else:
            failed += 1
            assert outcome.code != OK and "space" in outcome.stdout + outcome.stderr
        # With room again, the next run finishes the work.
        scenario.check_recovery(benchkeep, out / "store")
    assert failed >= 3, "the disk was never full"
    assert succeeded >= 1, "the disk was always full"
