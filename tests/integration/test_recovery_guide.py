"""Runs the commands of doc/recovery.md on stores damaged in the ways it names.

The Chinese guide must name the very same commands.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from pathlib import Path

import pytest

import checks
import storegen
from cli import FINE, Benchkeep
from storegen import PILOT


def sections(guide: Path) -> dict[int, list[str]]:
    """The commands below each numbered heading, one a line."""
    found: dict[int, list[str]] = {}
    number, in_code = 0, False
    for line in guide.read_text().splitlines():
        if heading := re.match(r"## (\d+)\.", line):
            number = int(heading[1])
        elif line.startswith("```"):
            in_code = line == "```sh"
        elif in_code and line.strip():
            found.setdefault(number, []).append(line)
    return found


def test_both_languages_name_the_same_commands(project: Path):
    def plain(lines: list[str]) -> list[str]:
        return [re.sub(r'"[^"$]*"', '""', line) for line in lines]

    english = sections(project / "doc" / "recovery.md")
    chinese = sections(project / "doc" / "recovery.zh.md")
    assert english.keys() == chinese.keys() and len(english) >= 8
    for number, lines in english.items():
        assert plain(lines) == plain(chinese[number]), f"section {number}"


class Guide:
    def __init__(self, benchkeep: Benchkeep, project: Path, root: Path):
        self.benchkeep = benchkeep
        self.root = root
        self.sections = sections(project / "doc" / "recovery.md")

    def follow(self, number: int, **variables: str) -> None:
        """Runs the commands of one section as a shell would."""
        folder = str(self.benchkeep.binary.parent)
        env = self.benchkeep.environment(variables)
        env["PATH"] = folder + os.pathsep + env["PATH"]
        for line in self.sections[number]:
            done = subprocess.run(
                ["sh", "-c", line],
                cwd=self.root,
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert done.returncode in FINE, f"{line}\n{done.stdout}\n{done.stderr}"


@pytest.fixture
def guide(benchkeep: Benchkeep, project: Path, tmp_path: Path) -> Guide:
    root = tmp_path / "store"
    root.mkdir()
    builder = storegen.records_store(root, 61, size=80, increments=6, null_keys=False)
    builder.master(storegen.master_document(random.Random(61)))
    benchkeep.must(root, "backup", "create")
    benchkeep.must(root, "consolidate")
    return Guide(benchkeep, project, root)


def total(document: dict) -> int:
    return sum(model["total_tests"] for model in document["models"].values())


def test_looking_changes_nothing_that_counts(guide: Guide):
    results = (guide.root / PILOT.results).read_bytes()
    guide.follow(1)
    guide.follow(2)
    assert (guide.root / PILOT.results).read_bytes() == results
    copy = guide.root.parent / "store-before-recovery"
    assert (copy / PILOT.results).read_bytes() == results


@pytest.mark.parametrize("left", [0, 1000], ids=["emptied", "torn"])
def test_the_master_database_is_emptied_or_torn(guide: Guide, left: int):
    master = guide.root / PILOT.master
    whole = master.read_bytes()
    master.write_bytes(whole[:left])
    guide.follow(2)
    guide.follow(3)
    assert master.read_bytes() == whole
    guide.follow(8)


def test_the_results_file_is_deleted(guide: Guide):
    results = guide.root / PILOT.results
    want = set(checks.results(guide.root).column("test_id").to_pylist())
    results.unlink()
    guide.follow(4)
    assert set(checks.results(guide.root).column("test_id").to_pylist()) == want
    guide.follow(8)


def test_totals_are_wrong(guide: Guide):
    if guide.benchkeep.run(guide.root, "repair", "--help").code != 0:
        pytest.skip("this benchkeep has no `repair` yet")
    master = guide.root / PILOT.master
    document = json.loads(master.read_text())
    right = total(document)
    document["summary"]["total_tests"] = right // 2
    master.write_text(json.dumps(document))
    guide.follow(2)
    guide.follow(5)
    repaired = json.loads(master.read_text())
    assert repaired["summary"]["total_tests"] == right
    assert repaired["models"] == document["models"]


def test_the_tests_of_one_model_are_gone(guide: Guide):
    master = guide.root / PILOT.master
    document = json.loads(master.read_text())
    right = total(document)
    model = max(document["models"], key=lambda m: document["models"][m]["total_tests"])
    document["models"][model]["by_prompt_type"] = {}
    document["models"][model]["total_tests"] = 0
    master.write_text(json.dumps(document))
    guide.follow(6, MODEL=model)
    restored = guide.benchkeep.must(guide.root, "status").data["master"]
    assert restored["total_tests"] == right


def test_everything_at_once(guide: Guide):
    want = set(checks.results(guide.root).column("test_id").to_pylist())
    (guide.root / PILOT.master).write_bytes(b"")
    (guide.root / PILOT.results).unlink()
    guide.follow(7)
    assert set(checks.results(guide.root).column("test_id").to_pylist()) == want
    guide.follow(8)


def test_making_room(guide: Guide):
    guide.follow(9)
    assert list((guide.root / ".benchkeep" / "trash").iterdir()) == []
