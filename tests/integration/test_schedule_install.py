"""Proves that the jobs get into the system's own scheduler and out again."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import storegen
from cli import FINDINGS, OK, USAGE, Benchkeep, Outcome

FOREIGN = (
    "MAILTO=me\n"
    "0 * * * * cd /p && python -c 'm.consolidate_incremental_data()' # guide\n"
    "5 4 * * * /usr/bin/true\n"
)

# Stands for crontab(1): its file is CRONTAB_FILE.
SHIM = """#!/bin/sh
case $1 in
  -l) [ -e "$CRONTAB_FILE" ] || { echo "no crontab for me" >&2; exit 1; }
      cat "$CRONTAB_FILE" ;;
  -) cat > "$CRONTAB_FILE" ;;
  *) exit 2 ;;
esac
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "a store, 100%"
    storegen.records_store(root, 1)
    return root


class Cron:
    def __init__(self, benchkeep: Benchkeep, root: Path, folder: Path):
        self.benchkeep, self.root = benchkeep, root
        self.file = folder / "crontab.txt"
        shim = folder / "bin" / "crontab"
        shim.parent.mkdir()
        shim.write_text(SHIM)
        shim.chmod(0o755)
        self.env = {
            "PATH": f"{shim.parent}:{os.environ['PATH']}",
            "CRONTAB_FILE": str(self.file),
        }

    def install(self, *args: str) -> Outcome:
        words = ("schedule", "install", "--cron", *args)
        return self.benchkeep.run(self.root, *words, env=self.env)


@pytest.fixture
def cron(benchkeep: Benchkeep, root: Path, tmp_path: Path) -> Cron:
    return Cron(benchkeep, root, tmp_path)


def test_cron_in_and_out(cron: Cron):
    cron.file.write_text(FOREIGN)
    shown = cron.install("--dry-run")
    assert cron.file.read_text() == FOREIGN
    assert "schedule run consolidate" in shown.data["text"]
    asked = cron.install()
    assert asked.code == USAGE and cron.file.read_text() == FOREIGN
    done = cron.install("--yes")
    assert done.code == FINDINGS, done
    assert [one["code"] for one in done.findings] == ["crontab_deletes_increments"]
    text = cron.file.read_text()
    assert text.startswith(FOREIGN) and text.count("BEGIN benchkeep") == 1
    again = cron.install("--yes")
    assert again.data["changed"] is False and cron.file.read_text() == text
    cron.install("--yes", "--remove")
    assert cron.file.read_text() == FOREIGN
    cron.install("--yes", "--disable-deleting")
    kept = cron.file.read_text()
    assert "unmerged: 0 * * * * cd /p" in kept and "\n5 4 * * *" in kept
    assert cron.install("--yes").code == OK


def test_cron_without_a_crontab(cron: Cron):
    assert cron.install("--yes").code == OK
    assert cron.file.read_text().startswith("# BEGIN benchkeep")


def test_a_line_of_the_block_runs_the_job(cron: Cron):
    """What cron does with it: everything behind the five fields, by sh."""
    cron.install("--yes")
    (line,) = [
        one for one in cron.file.read_text().splitlines() if "run consolidate" in one
    ]
    command = line.split(" ", 5)[5].replace("\\%", "%")
    subprocess.run(["sh", "-c", command], check=False, env=cron.benchkeep.environment())
    runs = cron.benchkeep.must(cron.root, "schedule", "history").data["runs"]
    assert [run["job"] for run in runs] == ["consolidate"]


@pytest.mark.parametrize("kind", ["--systemd", "--service"])
def test_systemd_units(benchkeep: Benchkeep, root: Path, tmp_path: Path, kind: str):
    units = tmp_path / "units"
    words = ("schedule", "install", kind, "--unit-dir", units)
    benchkeep.must(root, *words, "--dry-run")
    assert not units.exists()
    done = benchkeep.must(root, *words, "--yes")
    names = sorted(path.name for path in units.iterdir())
    assert names == sorted(done.data["files"]) and names
    assert benchkeep.must(root, *words, "--yes").data["changed"] is False
    if shutil.which("systemd-analyze"):
        verified = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *map(str, units.iterdir())],
            capture_output=True,
            text=True,
        )
        complaints = [one for one in verified.stderr.splitlines() if "benchkeep" in one]
        assert complaints == [] and verified.returncode == 0, verified.stderr
        for path in units.glob("*.timer"):
            for line in path.read_text().splitlines():
                if line.startswith("OnCalendar="):
                    subprocess.run(
                        ["systemd-analyze", "calendar", line.split("=", 1)[1]],
                        check=True,
                        capture_output=True,
                    )
    # A foreign unit stays when ours go.
    (units / "other.service").write_text("[Unit]\n")
    benchkeep.must(root, *words, "--remove", "--yes")
    assert [path.name for path in units.iterdir()] == ["other.service"]


def test_one_of_three(benchkeep: Benchkeep, root: Path):
    assert benchkeep.run(root, "schedule", "install").code == USAGE
    outcome = benchkeep.run(root, "schedule", "install", "--cron", "--systemd")
    assert outcome.code == USAGE
