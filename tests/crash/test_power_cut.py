"""Proves P2: a power cut at any moment loses nothing that was committed.

A store on a real file system in a loop-mounted image; the command is killed at
one of its system calls, and the file system shut down at the same moment without
writing its log (the ioctl behind `xfs_io -c shutdown`): what was not synced is
gone.  After mounting it again the store is old or new, and the next command
heals it.  A command that had ended well must have kept its word.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

import faults
import scenarios
from cli import Benchkeep
from keeping import wait_for
from scenarios import Scenario

KILLED = -9
# Whatever makes something durable or visible, and the writing in between.
CUT_AT = (
    "fsync",
    "fdatasync",
    "rename",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "write",
    "pwrite64",
)
CYCLES = 12  # Of each file system; with BENCHKEEP_LONG=1 there are LONG_CYCLES.
LONG_CYCLES = 252
MAKE = {
    "ext4": ["mkfs.ext4", "-q", "-F"],
    "xfs": ["mkfs.xfs", "-q", "-f"],
}
IMAGE_BYTES = 400 << 20  # Sparse; mkfs.xfs wants more than 300 MiB.


class Disk:
    """A file system of its own whose power can be cut."""

    def __init__(self, folder: Path, kind: str):
        self.image = folder / f"{kind}.img"
        self.mount_point = folder / kind
        self.mount_point.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(IMAGE_BYTES)
        subprocess.run([*MAKE[kind], str(self.image)], check=True)

    def mount(self) -> None:
        command = ["mount", "-o", "loop", str(self.image), str(self.mount_point)]
        subprocess.run(command, check=True, capture_output=True)

    def unmount(self) -> None:
        subprocess.run(["umount", str(self.mount_point)], check=True)
        # Somebody else's mount namespace may still hold it for a moment: mounted
        # again now, it would be the one that was shut down.
        wait_for(lambda: not self.loop_devices(), "the loop device to be free")

    def loop_devices(self) -> bytes:
        return subprocess.check_output(["losetup", "-j", str(self.image)])

    def sync(self) -> None:
        subprocess.run(["sync", "-f", str(self.mount_point)], check=True)

    def cut_power(self) -> None:
        """Shuts down without writing the log, and comes up again."""
        command = ["xfs_io", "-x", "-c", "shutdown", str(self.mount_point)]
        subprocess.run(command, check=True, capture_output=True)
        self.unmount()
        self.mount()


@pytest.fixture(params=sorted(MAKE))
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    for program in (MAKE[request.param][0], "xfs_io", "losetup"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (tools/setup does it)")
    disk = Disk(tmp_path, request.param)
    try:
        disk.mount()
    except subprocess.CalledProcessError as problem:
        pytest.skip(f"this machine allows no loop mounts: {problem.stderr!r}")
    yield disk
    disk.unmount()


def points_of(
    benchkeep: Benchkeep, scenario: Scenario, folder: Path, wanted: int
) -> list[faults.Point]:
    rehearsal = folder / f"rehearsal-{scenario.name}"
    shutil.copytree(scenario.template, rehearsal, symlinks=True)
    args = scenario.arrange(benchkeep, rehearsal)
    counts = faults.count(benchkeep, rehearsal, args, CUT_AT)
    shutil.rmtree(rehearsal)
    points = [
        faults.Point(call, number)
        for call in CUT_AT
        for number in range(1, counts[call] + 1)
    ]
    some = random.Random(scenario.name).sample(points, min(len(points), wanted - 1))
    # The last one is never reached: the command ends, and then comes the cut.
    return [*some, faults.Point("fsync", 10_000)]


def test_the_power_goes(
    benchkeep: Benchkeep, tmp_path: Path, disk: Disk, long_run: bool
):
    names = scenarios.NAMES
    wanted = LONG_CYCLES if long_run else CYCLES
    each = max(2, -(-wanted // len(names)))
    killed = finished = 0
    for name in names:
        folder = tmp_path / name
        folder.mkdir()
        scenario = scenarios.build(name, folder, benchkeep)
        for point in points_of(benchkeep, scenario, folder, each):
            root = disk.mount_point / "store"
            shutil.copytree(scenario.template, root, symlinks=True)
            args = scenario.arrange(benchkeep, root)
            disk.sync()
            outcome, _ = faults.inject(benchkeep, root, args, point, "signal=KILL")
            disk.cut_power()
            try:
                if outcome.code == KILLED:
                    killed += 1
                    scenario.check_in_between(root)
                else:
                    finished += 1
                    assert outcome.code in scenario.codes, outcome
                    assert scenario.state(root) == scenario.after, "it broke its word"
                scenario.check_recovery(benchkeep, root)
            except AssertionError as problem:
                raise AssertionError(f"{name} at {point}:\n{problem}") from problem
            shutil.rmtree(root)
    print(f"{killed} cuts in the middle, {finished} after the end")
    assert killed >= len(names) and finished >= len(names)
