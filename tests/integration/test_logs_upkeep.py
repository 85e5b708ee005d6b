"""Logs: packed after a day, gone after a week, never while they are written."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path

import pytest

import storegen
import tree
from cli import Benchkeep

DAY = 86_400


def log(root: Path, name: str, days: float, text: str = "INFO a line\n" * 500) -> Path:
    path = root / "logs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    then = time.time() - days * DAY
    os.utime(path, (then, then))
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    storegen.records_store(tmp_path, 41, increments=1)
    return tmp_path


def test_old_logs_are_packed(benchkeep: Benchkeep, store: Path):
    fresh = log(store, "fresh.log", 0.5)
    day = log(store, "day.log", 2)
    deep = log(store, "deep/er/day.log", 3, "中文\n" * 900)
    other = log(store, "notes.txt", 30)
    os.chmod(day, 0o640)
    text, then = day.read_bytes(), day.stat().st_mtime_ns
    data = benchkeep.must(store, "logs", "compress").data
    assert data["removed"] == 2 and data["bytes_freed"] > 5000
    packed = store / "logs" / "day.log.gz"
    assert gzip.decompress(packed.read_bytes()) == text
    assert packed.stat().st_mtime_ns == then and packed.stat().st_mode & 0o777 == 0o640
    assert (store / "logs/deep/er/day.log.gz").exists()
    assert not day.exists() and not deep.exists()
    assert fresh.exists() and other.exists()
    # The originals wait nowhere: what was won is won.
    trash = store / ".benchkeep" / "trash"
    assert list(trash.glob("*/taken/*")) == []
    assert benchkeep.must(store, "logs", "compress").data["removed"] == 0


def test_undo_unpacks(benchkeep: Benchkeep, store: Path):
    log(store, "a.log", 2)
    log(store, "b.log", 3, "other\n" * 300)
    before = tree.snapshot(store / "logs")
    [undo] = benchkeep.must(store, "logs", "compress").data["undo"]
    again = benchkeep.must(store, "undo", undo, "--yes").data["undo"]
    assert tree.differences(before, tree.snapshot(store / "logs")) == []
    benchkeep.must(store, "undo", again, "--yes")
    assert sorted(p.name for p in (store / "logs").iterdir()) == ["a.log.gz", "b.log.gz"]


def test_what_is_open_is_left_alone(benchkeep: Benchkeep, store: Path):
    held = log(store, "held.log", 30)
    with open(held, "a"):
        data = benchkeep.must(store, "logs", "compress").data
        assert data["removed"] == 0 and data["open"] == 1
        assert benchkeep.must(store, "logs", "prune").data["open"] == 1
    assert held.exists()
    assert benchkeep.must(store, "logs", "compress").data["removed"] == 1


def test_a_packed_log_of_that_name_stays(benchkeep: Benchkeep, store: Path):
    first = log(store, "a.log.gz", 3, "the first\n").read_bytes()
    log(store, "a.log", 2)
    benchkeep.must(store, "logs", "compress")
    assert (store / "logs/a.log.gz").read_bytes() == first
    assert b"INFO" in gzip.decompress((store / "logs/a-2.log.gz").read_bytes())


def test_a_week_old_logs_go(benchkeep: Benchkeep, store: Path):
    stays = log(store, "six.log", 6)
    goes = [log(store, "eight.log", 8), log(store, "nine.log.gz", 9)]
    before = tree.snapshot(store / "logs")
    plan = benchkeep.must(store, "logs", "prune", "--dry-run").data
    assert plan["removed"] == 2 and all(path.exists() for path in goes)
    data = benchkeep.must(store, "logs", "prune").data
    assert data["removed"] == 2 and stays.exists()
    assert not any(path.exists() for path in goes)
    benchkeep.must(store, "undo", data["undo"][0], "--yes")
    assert tree.differences(before, tree.snapshot(store / "logs")) == []


def test_the_settings_say_when(benchkeep: Benchkeep, store: Path):
    (store / "benchkeep.toml").write_text(
        "[logs]\ncompress_after_days = 3\ndelete_after_days = 30\n"
    )
    log(store, "two.log", 2)
    log(store, "nine.log", 9)
    assert benchkeep.must(store, "logs", "compress").data["removed"] == 1
    assert benchkeep.must(store, "logs", "prune").data["removed"] == 0


def test_a_rehearsal_changes_nothing(benchkeep: Benchkeep, store: Path):
    log(store, "old.log", 9)
    before = tree.snapshot(store)
    assert benchkeep.must(store, "logs", "compress", "--dry-run").data["removed"] == 1
    assert benchkeep.must(store, "logs", "prune", "--dry-run").data["removed"] == 1
    assert tree.differences(before, tree.snapshot(store)) == []
