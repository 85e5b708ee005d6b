"""Proves P8: one bad file never stops the rest, and is never thrown away.

Every broken thing that may lie among the increments is skipped or quarantined
with a reason; all others are merged; nothing outside the store is touched; and
undo brings every file back as it was.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import struct
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import checks
import oracle
import storegen
import tree
from cli import FINE, OK, Benchkeep
from storegen import PILOT, StoreBuilder

GOOD = 5


class Damaged:
    """A store of five good increments, to which damage is added."""

    def __init__(self, root: Path):
        self.rng = random.Random(1)
        self.builder = StoreBuilder(root / "store")
        self.root = self.builder.root
        self.builder.results(self.rows(0, 30))
        for number in range(GOOD):
            self.builder.increment(self.rows(20 + 10 * number, 20))
        self.want = oracle.expect_consolidated(self.root)
        self.sentinel = root / "outside"
        self.sentinel.mkdir()
        (self.sentinel / "precious.parquet").write_bytes(self.parquet())
        self.untouched = tree.snapshot(self.sentinel)

    def rows(self, start: int, count: int) -> pa.Table:
        return storegen.records(self.rng, storegen.test_ids(start, count))

    def parquet(self, count: int = 10) -> bytes:
        buffer = pa.BufferOutputStream()
        pq.write_table(self.rows(10_000, count), buffer)
        return buffer.getvalue().to_pybytes()

    def bad(self, content: bytes, name: str) -> Path:
        return self.builder.raw_increment(content, f"increment_{name}.parquet")

    def consolidate(self, benchkeep: Benchkeep, **options) -> dict:
        """All good ones are merged, whatever lies beside them."""
        outcome = benchkeep.run(self.root, "consolidate", **options)
        assert outcome.code in FINE, outcome
        assert outcome.data["files_merged"] == GOOD
        oracle.assert_same(checks.results(self.root), self.want.table)
        assert tree.differences(self.untouched, tree.snapshot(self.sentinel)) == []
        checks.assert_at_rest(self.root)
        return outcome.document


@pytest.fixture
def damaged(tmp_path: Path) -> Damaged:
    return Damaged(tmp_path)


def broken_files(damaged: Damaged) -> dict[str, bytes]:
    """Contents that no reader can make sense of."""
    whole = damaged.parquet(200)
    footer = struct.unpack("<I", whole[-8:-4])[0]
    huge_footer = whole[:-8] + struct.pack("<I", 1_300_000_000) + b"PAR1"
    padding = b"\0" * max(0, 48 * 1024 - len(huge_footer))
    return {
        "empty": b"",
        "one_byte": b"P",
        "magic_only": b"PAR1",
        "magic_twice": b"PAR1PAR1",
        "eleven_bytes": b"PAR1" + b"\0" * 7,
        "text": b"test_id,success\na,1\n",
        "huge_footer": b"PAR1" + padding + huge_footer[4:],
        "footer_of_zeros": whole[: -8 - footer] + b"\0" * footer + whole[-8:],
        "footer_length_0": whole[:-8] + struct.pack("<I", 0) + b"PAR1",
        "footer_length_-1": whole[:-8] + struct.pack("<i", -1) + b"PAR1",
        "encrypted": whole[:-4] + b"PARE",
        "no_end": whole[:-4],
        "zero_tail": whole[: len(whole) // 2] + b"\0" * (len(whole) // 2),
        "json": b'{"test_id": "a"}',
        "name_not_utf8": whole.replace(b"test_id", b"t\xc3st_id"),
    }


def test_files_that_are_not_parquet(benchkeep: Benchkeep, damaged: Damaged):
    contents = broken_files(damaged)
    paths = {damaged.bad(text, name).name: text for name, text in contents.items()}
    document = damaged.consolidate(benchkeep)
    assert document["data"]["files_quarantined"] == len(paths)
    reasons = checks.quarantined(damaged.root)
    assert sorted(reasons) == sorted(paths)
    assert all(len(reason) > 20 for reason in reasons.values())
    for name, content in paths.items():
        kept = list((damaged.root / ".benchkeep/quarantine").rglob(name))
        assert [one.read_bytes() for one in kept] == [content]
    text = json.dumps(document["findings"], ensure_ascii=False)
    assert all(name in text for name in paths)


def test_cut_anywhere(benchkeep: Benchkeep, damaged: Damaged, long_run: bool):
    whole = damaged.parquet(100)
    count = 1000 if long_run else 150
    offsets = sorted(damaged.rng.sample(range(len(whole)), count))
    for offset in offsets:
        damaged.bad(whole[:offset], f"cut_{offset:06d}")
    document = damaged.consolidate(benchkeep)
    assert document["data"]["files_quarantined"] == count
    assert len(checks.quarantined(damaged.root)) == count


def test_young_and_unreadable_waits(benchkeep: Benchkeep, damaged: Damaged):
    """It may be half written: that is not damage yet."""
    path = damaged.bad(damaged.parquet()[:-20], "young")
    os.utime(path)
    document = damaged.consolidate(benchkeep)
    assert document["data"]["files_skipped"] == 1
    assert document["data"]["files_quarantined"] == 0
    assert checks.waiting(damaged.root) == [path.name]


@pytest.mark.parametrize("seed", range(6))
def test_flipped_bits(benchkeep: Benchkeep, tmp_path: Path, seed: int):
    """A flip is found, or it changed a value: no crash, and no good file lost.

    Parquet has no checksums, so a flip inside a page may go unseen; the rows of
    the other files must come out untouched all the same.
    """
    damaged = Damaged(tmp_path)
    rng = random.Random(seed)
    flipped = 0
    for number in range(20):
        content = bytearray(damaged.parquet(10))
        for _ in range(rng.randrange(1, 4)):
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        damaged.bad(bytes(content), f"flip_{number}")
        flipped += 1
    outcome = benchkeep.run(damaged.root, "consolidate")
    assert outcome.code in FINE, outcome
    data = outcome.data
    handled = data["files_merged"] + data["files_quarantined"] + data["files_skipped"]
    assert handled == GOOD + flipped
    assert data["files_quarantined"] >= 1
    got = checks.results(damaged.root)
    names = damaged.want.table.column_names
    good = set(oracle.rows(damaged.want.table))
    have = set(oracle.rows(got.select(names)))
    assert good <= have
    checks.assert_at_rest(damaged.root)


def test_things_that_are_no_files(benchkeep: Benchkeep, damaged: Damaged):
    folder = damaged.builder.increments
    (folder / "increment_folder.parquet").mkdir()
    (folder / "increment_folder.parquet" / "inside.parquet").write_text("x")
    os.mkfifo(folder / "increment_fifo.parquet")
    target = damaged.sentinel / "precious.parquet"
    (folder / "increment_link.parquet").symlink_to(target)
    (folder / "increment_dangling.parquet").symlink_to("/nowhere/at/all")
    (folder / "increment_loop.parquet").symlink_to("increment_loop.parquet")
    (folder / "notes.txt").write_text("not ours")
    (folder / ".hidden.parquet").write_text("not ours")
    odd = {path.name: tree.describe(path) for path in folder.iterdir()}
    odd = {name: what for name, what in odd.items() if what[0] != "file"}
    document = damaged.consolidate(benchkeep)
    text = json.dumps(document["findings"])
    for name, what in odd.items():
        # Named, and left alone or put aside as it is: never opened or followed.
        assert name in text, name
        here = folder / name
        aside = list((damaged.root / ".benchkeep/quarantine").rglob(name))
        kept = here if os.path.lexists(here) else aside[0]
        assert tree.describe(kept) == what
    assert (folder / "notes.txt").exists() and (folder / ".hidden.parquet").exists()


def test_the_results_file_itself_is_a_link(benchkeep: Benchkeep, damaged: Damaged):
    """It leads outside: refuse, and change nothing there."""
    path = damaged.builder.results_path
    path.unlink()
    path.symlink_to(damaged.sentinel / "precious.parquet")
    outcome = benchkeep.run(damaged.root, "consolidate")
    assert outcome.code not in (OK, -11), outcome
    assert tree.differences(damaged.untouched, tree.snapshot(damaged.sentinel)) == []
    assert len(checks.waiting(damaged.root)) == GOOD


def test_the_increments_folder_is_a_link(benchkeep: Benchkeep, damaged: Damaged):
    folder = damaged.builder.increments
    shutil.rmtree(folder)
    folder.symlink_to(damaged.sentinel)
    outcome = benchkeep.run(damaged.root, "consolidate")
    assert outcome.code >= 0, outcome
    assert tree.differences(damaged.untouched, tree.snapshot(damaged.sentinel)) == []


def test_a_file_we_may_not_read(benchkeep: Benchkeep, damaged: Damaged):
    path = damaged.bad(damaged.parquet(), "secret")
    path.chmod(0)
    nobody = 65534
    top = damaged.root.parent
    for one in [top, *top.rglob("*")]:
        if one != path:
            os.chown(one, nobody, nobody)
    # pytest's own folders are closed to others.
    for parent in top.parents:
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    who = ["setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups"]
    document = damaged.consolidate(benchkeep, prefix=who, env={"HOME": "/"})
    assert path.name in json.dumps(document["findings"])
    counts = document["data"]
    assert counts["files_skipped"] + counts["files_quarantined"] == 1
    assert path.exists() or path.name in checks.quarantined(damaged.root)


def test_results_that_cannot_be_read_stop_everything(
    benchkeep: Benchkeep, damaged: Damaged
):
    """Without the old rows nothing may be merged: no deletion after doubt."""
    path = damaged.builder.results_path
    path.write_bytes(path.read_bytes()[:-30])
    before = tree.snapshot(damaged.root, skip=(".benchkeep",))
    outcome = benchkeep.run(damaged.root, "consolidate")
    assert outcome.code == 1, outcome
    assert "test_results.parquet" in outcome.stdout
    after = tree.snapshot(damaged.root, skip=(".benchkeep",))
    lines = tree.differences(before, after)
    assert [line for line in lines if ".lock" not in line] == []


def test_claims_of_huge_sizes(benchkeep: Benchkeep, damaged: Damaged):
    """A footer may claim any number of rows; memory is bounded all the same."""
    import resource

    def little_memory() -> None:
        limit = 4 * 1024**3
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    whole = damaged.parquet(100)
    rng = random.Random(5)
    for number in range(60):
        content = bytearray(whole)
        length = struct.unpack("<I", whole[-8:-4])[0]
        for _ in range(8):
            place = len(content) - 8 - rng.randrange(1, length)
            content[place] = rng.choice([0x7F, 0xFF, 0xFE, 0x80])
        damaged.bad(bytes(content), f"huge_{number}")
    outcome = benchkeep.run(damaged.root, "consolidate", preexec=little_memory)
    assert outcome.code in FINE, outcome
    assert outcome.data["files_merged"] >= GOOD
    checks.assert_at_rest(damaged.root)


def test_undo_brings_all_back(benchkeep: Benchkeep, damaged: Damaged):
    for name, content in broken_files(damaged).items():
        damaged.bad(content, name)
    wrong = damaged.rows(0, 10).select(["note", "score"])
    damaged.builder.increment(wrong, "increment_wrong.parquet")
    summary = storegen.cells(damaged.rng, storegen.all_cells()[:5])
    damaged.builder.increment(summary, "increment_mixed.parquet")
    skip = (".benchkeep",)
    before = tree.snapshot(damaged.root, skip)
    damaged.consolidate(benchkeep)
    newest = benchkeep.must(damaged.root, "undo", "list").data["changes"][0]
    benchkeep.must(damaged.root, "undo", newest["id"], "--yes")
    lines = tree.differences(before, tree.snapshot(damaged.root, skip))
    assert [line for line in lines if ".lock" not in line] == []
    assert checks.quarantined(damaged.root) == {}
    assert len(checks.waiting(damaged.root, PILOT)) == GOOD + 17
