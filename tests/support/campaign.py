"""A campaign: writers at work while benchkeep consolidates in a loop.

The verdict compares the store with the ledgers that the writers kept outside
of it: what was acknowledged must be there exactly once, in its last version.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import checks
import oracle
import writer
from cli import FINE, Benchkeep
from storegen import PILOT, StoreBuilder


@dataclass
class Verdict:
    acknowledged: int = 0
    consolidations: int = 0
    merged_files: int = 0
    lost: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def complaints(self) -> list[str]:
        """One line for each promise that was broken; none when all were kept."""
        lines = []
        for name in ("lost", "stale", "invented", "twice", "quarantined", "failures"):
            found = getattr(self, name)
            if found:
                lines.append(f"{len(found)} {name}, e.g. {found[:3]}")
        return lines


def read_ledgers(folder: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Versions by key: those acknowledged, and those ever tried."""
    acknowledged: dict[str, int] = {}
    tried: dict[str, int] = {}
    for path in sorted(folder.iterdir()):
        for line in path.read_text().splitlines():
            for kind, keys in json.loads(line).items():
                target = acknowledged if kind == "acknowledged" else tried
                for key, version in keys.items():
                    target[key] = max(version, target.get(key, 0))
    return acknowledged, tried


def judge(root: Path, ledgers: Path, verdict: Verdict) -> Verdict:
    acknowledged, tried = read_ledgers(ledgers)
    verdict.acknowledged = len(acknowledged)
    table = oracle.read(root / PILOT.results)
    keys = table.column("test_id").to_pylist()
    versions = dict(zip(keys, table.column("version").to_pylist()))
    verdict.lost = sorted(acknowledged.keys() - versions.keys())
    verdict.invented = sorted(versions.keys() - tried.keys())
    verdict.twice = [key for key, count in Counter(keys).items() if count > 1]
    for key, version in acknowledged.items():
        if key in versions and not version <= versions[key] <= tried[key]:
            verdict.stale.append(f"{key}: {versions[key]} is not {version}")
    verdict.quarantined = sorted(checks.quarantined(root))
    return verdict


def start_writer(
    root: Path,
    number: int,
    style: str,
    ledgers: Path,
    seconds: float,
    pause: float = 0.02,
) -> subprocess.Popen:
    """A writer of that style, with a ledger of its own; `number` names its rows."""
    ledger = ledgers / f"{number}-{style}.jsonl"
    words = [root, number, style, ledger, seconds, pause]
    argv = [sys.executable, writer.__file__, *map(str, words)]
    return subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, errors="replace")


def run(
    benchkeep: Benchkeep, folder: Path, seconds: float, writers: int = 8
) -> Verdict:
    """Lets `writers` processes write for `seconds` while consolidate loops.

    Without a time to settle: what is closed is complete, and only the leases
    tell what is closed.
    """
    root, ledgers = folder / "store", folder / "ledgers"
    StoreBuilder(root)
    (root / "benchkeep.toml").write_text("[consolidate]\nsettle_seconds = 0\n")
    ledgers.mkdir()
    verdict = Verdict()

    def consolidate() -> None:
        outcome = benchkeep.run(root, "consolidate")
        verdict.consolidations += 1
        if outcome.code not in FINE:
            verdict.failures.append(str(outcome))
            return
        verdict.merged_files += outcome.data["files_merged"]

    running = []
    for number in range(writers):
        style = writer.STYLES[number % len(writer.STYLES)]
        running.append(start_writer(root, number, style, ledgers, seconds))
    while any(process.poll() is None for process in running):
        consolidate()
    for process in running:
        _, errors = process.communicate()
        if process.returncode != 0:
            verdict.failures.append(f"a writer failed: {errors[-800:]}")
    consolidate()
    if left := checks.waiting(root):
        verdict.failures.append(f"increments left over: {left}")
    return judge(root, ledgers, verdict)
