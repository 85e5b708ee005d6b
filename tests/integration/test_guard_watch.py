"""Proves that the guard is quick and truthful: it holds files before it copies.

Moments are arranged: by a daemon whose copies take long (strace holds a system
call up that nothing but the copy makes), and by one that is stopped meanwhile.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cli import OK, Benchkeep
from guarding import codes, guarded_store, ids, is_held, kept, notes, slow, table
from keeping import Daemon, wait_for
from storegen import PILOT

COPY = "utimensat"  # The call that only the making of a copy has.


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return guarded_store(tmp_path / "store")


@pytest.fixture
def start(benchkeep: Benchkeep, root: Path):
    running: list[Daemon] = []

    def begin(program: Benchkeep = benchkeep) -> Daemon:
        running.append(Daemon(program, root))
        return running[-1]

    yield begin
    for daemon in running:
        if daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.communicate()


def increment(root: Path, number: int) -> Path:
    return root / PILOT.increments / f"increment_{number}_{number}.parquet"


def stand_still(daemon: Daemon) -> None:
    """With every thread of it."""

    def is_still() -> bool:
        threads = Path(f"/proc/{daemon.process.pid}/task").glob("*/stat")
        states = [path.read_text().rpartition(")")[2].split()[0] for path in threads]
        return set(states) == {"T"}

    daemon.process.send_signal(signal.SIGSTOP)
    wait_for(is_still, "the daemon to stand still")


def test_holds_new_files_while_a_copy_takes_long(
    benchkeep: Benchkeep, root: Path, tmp_path: Path, start
):
    daemon = start(slow(benchkeep, tmp_path, f"{COPY}:delay_enter=15s:when=1"))
    paths = [increment(root, number) for number in range(1, 6)]
    for number, path in enumerate(paths):
        pq.write_table(table(f"row{number}"), path)
        wait_for(lambda: is_held(daemon.process.pid, path), f"the hold of {path}")
        path.unlink()
    assert notes(root) == [], "the copies are to be made after all this"

    def said() -> int:
        return daemon.said().count("its rows are kept for the next consolidate")

    wait_for(lambda: said() == len(paths), "the copies")
    daemon.stop()
    assert benchkeep.must(root, "consolidate").data["rows_added"] == len(paths)


def test_is_ready_before_it_has_copied_what_waits(
    benchkeep: Benchkeep, root: Path, tmp_path: Path, start
):
    for number in range(1, 9):
        pq.write_table(table(f"row{number}"), increment(root, number))
    daemon = start(slow(benchkeep, tmp_path, f"{COPY}:delay_enter=1s"))
    assert len(kept(root)) < 8
    wait_for(lambda: len(notes(root)) == 8, "the copies")
    daemon.stop()


def test_keeps_what_is_deleted_already_when_it_is_stopped(
    benchkeep: Benchkeep, root: Path, tmp_path: Path, start
):
    daemon = start(slow(benchkeep, tmp_path, f"{COPY}:delay_enter=2s"))
    for number in range(1, 5):
        path = increment(root, number)
        pq.write_table(table(f"row{number}"), path)
        wait_for(lambda: is_held(daemon.process.pid, path), f"the hold of {path}")
        path.unlink()
    daemon.stop()
    assert daemon.process.returncode == OK
    assert [note["deleted"] is not None for note in notes(root)] == [True] * 4


def test_says_truly_what_it_never_saw(root: Path, start):
    """Two files of one name while it could not look: the first is lost."""
    daemon = start()
    path = increment(root, 1)
    stand_still(daemon)
    pq.write_table(table("lost"), path)
    path.unlink()
    pq.write_table(table("there"), path)
    daemon.process.send_signal(signal.SIGCONT)
    daemon.wait_until_said(f"{path.name} was deleted before it could be kept")
    wait_for(lambda: notes(root), "the copy of the second")
    assert [note["deleted"] for note in notes(root)] == [None]
    assert "its rows are kept" not in daemon.said()
    daemon.stop()


def test_says_truly_that_there_was_nothing_to_keep(root: Path, start):
    daemon = start()
    path = increment(root, 1)
    path.write_bytes(b"PAR1 and no more")
    wait_for(lambda: is_held(daemon.process.pid, path), "the hold")
    path.unlink()
    daemon.wait_until_said(f"{path.name} was deleted before it could be kept")
    assert kept(root) == [] and "its rows are kept" not in daemon.said()
    daemon.stop()


def test_a_file_that_is_deleted_while_it_is_written(root: Path, start):
    """Its writer closes it later; that is the version that counts."""
    daemon = start()
    path = increment(root, 1)
    pq.write_table(table("a"), path)
    wait_for(lambda: notes(root), "the first copy")
    content = path.read_bytes()
    pq.write_table(table("a", "b"), root / "other.parquet")
    more = (root / "other.parquet").read_bytes()
    with open(path, "r+b") as file:
        path.unlink()
        # It is marked at once, the rest waits.
        wait_for(lambda: notes(root)[0]["deleted"] is not None, "the mark")
        assert path.name not in daemon.said()
        file.truncate(0)
        file.write(more)
    daemon.wait_until_said("its rows are kept for the next consolidate")
    assert [note["rows"] for note in notes(root)] == [1, 2]
    assert kept(root)[0].read_bytes() == content
    assert kept(root)[1].read_bytes() == more
    daemon.stop()


def test_a_version_that_was_busy_when_it_was_closed(root: Path, start):
    """Somebody has it open by a name that is not watched, and closes it later."""
    daemon = start()
    path = increment(root, 1)
    pq.write_table(table("a"), path)
    wait_for(lambda: notes(root), "the first copy")
    (root / "elsewhere").hardlink_to(path)
    with open(root / "elsewhere", "r+b"):
        pq.write_table(table("a", "b"), path)
        pq.write_table(table("c"), increment(root, 2))
        wait_for(lambda: len(notes(root)) == 2, "the copy of the one after it")
        assert sorted(note["rows"] for note in notes(root)) == [1, 1]
    wait_for(lambda: [note["rows"] for note in notes(root)] == [1, 2], "the second")
    daemon.stop()


def test_a_torn_copy_is_not_taken_for_the_truth(
    benchkeep: Benchkeep, root: Path, start
):
    """A power cut may leave a note and another content than it is about."""
    daemon = start()
    path = increment(root, 1)
    pq.write_table(table("true"), path)
    wait_for(lambda: notes(root), "the copy")
    path.unlink()
    daemon.wait_until_said("its rows are kept")
    daemon.stop()
    (copy,) = kept(root)
    pq.write_table(table("false"), copy)
    before = ids(root)
    outcome = benchkeep.run(root, "consolidate")
    assert codes(outcome) == ["increment_quarantined"]
    assert outcome.data["files_quarantined"] == 1
    assert ids(root) == before and kept(root) == []


def test_says_how_many_it_passes_over(benchkeep: Benchkeep, root: Path, tmp_path: Path):
    """The limit of open files is small, and nobody may raise it."""
    program = tmp_path / "few-files"
    program.write_text(f'#!/bin/sh\nulimit -n 64\nexec {benchkeep.binary} "$@"\n')
    program.chmod(0o755)
    paths = [increment(root, number) for number in range(1, 41)]
    for number, path in enumerate(paths):
        pq.write_table(table(f"row{number}"), path)
    daemon = Daemon(Benchkeep(program), root)
    daemon.wait_until_said("8 increments are not guarded: no more than 32 files")
    # As soon as there is room for them they are.
    for path in paths[:20]:
        path.unlink()
    names = {path.name for path in paths[20:]}
    wait_for(lambda: names <= {note["name"] for note in notes(root)}, "the others")
    assert daemon.said().count("increments are not guarded") == 1
    daemon.stop()
