"""Proves that updates which only the guard has kept count, and only once.

An update is a row whose key the results have already.  In the scenes below a
script deletes it before it was merged, while other consolidates go on; what they
merged may be newer than the update, or older.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

import oracle
from cli import Benchkeep
from guarding import guarded_store, kept, notes, table
from keeping import Daemon, wait_for
from storegen import PILOT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return guarded_store(tmp_path / "store")


@pytest.fixture
def daemon(benchkeep: Benchkeep, root: Path):
    running = Daemon(benchkeep, root)
    yield running
    running.stop()
    assert running.process.returncode == 0, running.said()


class Scene:
    """An increment of a slow writer, and others that are merged beside it."""

    def __init__(self, benchkeep: Benchkeep, root: Path, daemon: Daemon):
        self.benchkeep, self.root, self.daemon = benchkeep, root, daemon
        self.slow = root / PILOT.increments / "increment_1_1.parquet"

    def content(self, *ids: str, success: bool) -> bytes:
        path = self.root / "content.parquet"
        pq.write_table(table(*ids, success=success), path)
        return path.read_bytes()

    def merge_another(self, number: int, *ids: str, success: bool = True) -> dict:
        path = self.root / PILOT.increments / f"increment_{number}_{number}.parquet"
        pq.write_table(table(*ids, success=success), path)
        data = self.benchkeep.run(self.root, "consolidate").data
        assert not path.exists()
        return data

    def delete(self) -> None:
        self.slow.unlink()
        self.daemon.wait_until_said(f"{self.slow.name} was deleted by another program")

    def outcomes(self) -> dict[str, bool]:
        rows = oracle.read(self.root / PILOT.results).to_pylist()
        assert len(rows) == len({row["test_id"] for row in rows})
        return {row["test_id"]: row["success"] for row in rows}


@pytest.fixture
def scene(benchkeep: Benchkeep, root: Path, daemon: Daemon) -> Scene:
    return Scene(benchkeep, root, daemon)


def test_an_update_that_was_open_while_others_were_merged(scene: Scene):
    with open(scene.slow, "wb") as file:
        file.write(scene.content("base1", success=False))
        file.flush()
        assert scene.merge_another(2, "other")["files_skipped"] == 1
    wait_for(lambda: notes(scene.root), "the copy")
    scene.delete()
    data = scene.benchkeep.run(scene.root, "consolidate").data
    assert (data["rows_replaced"], data["files_brought_back"]) == (1, 1)
    assert scene.outcomes()["base1"] is False
    assert kept(scene.root) == []


def test_an_update_is_not_older_than_what_was_written_before_it(scene: Scene):
    """Merged after it was written, but older: that does not make it old."""
    other = scene.root / PILOT.increments / "increment_2_2.parquet"
    pq.write_table(table("other"), other)
    content = scene.content("base1", success=False)
    hidden = scene.root / "hidden.parquet"
    with open(scene.slow, "wb") as file:
        file.write(content)
    wait_for(lambda: len(notes(scene.root)) == 2, "the copies")
    # Gone for a moment, as when a script deletes it, and its copy too.
    scene.slow.rename(hidden)
    names = [note["name"] for note in notes(scene.root)]
    copy = kept(scene.root)[names.index(scene.slow.name)]
    aside = []
    for path in (copy, copy.with_suffix(".json")):
        aside.append((path, path.rename(scene.root / path.name)))
    scene.benchkeep.must(scene.root, "consolidate")
    for path, away in aside:
        away.rename(path)
    hidden.unlink()
    data = scene.benchkeep.run(scene.root, "consolidate").data
    assert (data["rows_replaced"], data["files_brought_back"]) == (1, 1)
    assert scene.outcomes()["base1"] is False


def test_an_old_version_never_goes_over_newer_rows(scene: Scene):
    """It was closed, kept, and opened again before the newer row was merged."""
    scene.slow.write_bytes(scene.content("base1", "mine", success=False))
    wait_for(lambda: notes(scene.root), "the copy")
    with open(scene.slow, "r+b"):
        data = scene.merge_another(2, "base1", "base2", success=True)
        assert data["files_skipped"] == 1
    scene.delete()
    data = scene.benchkeep.run(scene.root, "consolidate").data
    assert (data["rows_replaced"], data["rows_added"]) == (0, 1)
    assert scene.outcomes()["base1"] is True and scene.outcomes()["mine"] is False


def test_an_update_counts_once(scene: Scene):
    """A copy of what was merged already changes nothing, however late it comes."""
    scene.slow.write_bytes(scene.content("base1", success=False))
    wait_for(lambda: notes(scene.root), "the copy")
    (copy,) = kept(scene.root)
    files = [copy, copy.with_suffix(".json")]
    contents = [path.read_bytes() for path in files]
    scene.benchkeep.run(scene.root, "consolidate")
    scene.merge_another(2, "base1", success=True)
    for path, content in zip(files, contents):
        path.write_bytes(content)
    data = scene.benchkeep.run(scene.root, "consolidate").data
    assert (data["rows_replaced"], data["files_brought_back"]) == (0, 0)
    assert scene.outcomes()["base1"] is True
