"""Backups handed over to a real restic repository."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import contract
import storegen
from cli import FAILED, FINDINGS, OK, Benchkeep, Outcome
from storegen import PILOT, StoreBuilder

pytestmark = pytest.mark.skipif(
    shutil.which("restic") is None, reason="restic is not installed"
)

PASSWORD = "a secret that nobody may see"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))  # restic's cache
    root = tmp_path / "store"
    builder = storegen.records_store(root, 21, size=60, increments=2, misfits=0)
    builder.master(storegen.master_document(random.Random(21)))
    (tmp_path / "password").write_text(PASSWORD + "\n")
    builder.settings(
        "[offsite]\n"
        f'repository = "{tmp_path / "repository"}"\n'
        f'password_file = "{tmp_path / "password"}"\n'
        "check_percent = 100\nkeep_daily = 2\nkeep_weekly = 0\nkeep_monthly = 0\n"
    )
    return root


def offsite(benchkeep: Benchkeep, root: Path, action: str, *args: object) -> Outcome:
    outcome = benchkeep.must(root, "backup", "offsite", action, *args)
    jsonschema.validate(
        outcome.document, contract.schema(f"backup offsite {action}", False)
    )
    assert PASSWORD not in outcome.stdout + outcome.stderr
    return outcome


def live(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
        and path.relative_to(root).parts[0] not in (".benchkeep", "backups")
        and path.suffix != ".lock"
    }


def test_every_good_backup_is_handed_over_and_comes_back(
    benchkeep: Benchkeep, store: Path
):
    # Without a repository the backup is good all the same, and it is said.
    outcome = benchkeep.must(store, "backup", "create")
    assert outcome.code == FINDINGS and outcome.data["state"] == "good"
    assert [one["code"] for one in outcome.findings] == ["offsite_failed"]
    assert not (store.parent / "repository").exists()

    offsite(benchkeep, store, "init")
    assert benchkeep.run(store, "backup", "offsite", "init").code == FAILED
    first = offsite(benchkeep, store, "push").data
    assert first["bytes"] > 0 and first["bytes_added"] > 0
    again = offsite(benchkeep, store, "push").data
    assert again["bytes"] == 0 and again["snapshot"]
    outcome = benchkeep.must(store, "backup", "create")
    assert outcome.code == OK and outcome.data["offsite"]
    snapshots = offsite(benchkeep, store, "list").data["snapshots"]
    assert [one["id"] for one in snapshots] == [outcome.data["id"], first["id"]]
    offsite(benchkeep, store, "check")

    before = live(store)
    target = store.parent / "back"
    offsite(benchkeep, store, "restore", "latest", "--to", target)
    after = live(target)
    after.pop("MANIFEST.json")
    assert after == before
    benchkeep.must(target, "status")

    # A bad one stays at home.
    (store / PILOT.master).write_text("{")
    outcome = benchkeep.must(store, "backup", "create")
    assert outcome.data["state"] == "bad" and "offsite" not in outcome.data
    assert len(offsite(benchkeep, store, "list").data["snapshots"]) == 2


def test_a_wrong_password_and_a_lost_repository_are_named(
    benchkeep: Benchkeep, store: Path
):
    offsite(benchkeep, store, "init")
    benchkeep.must(store, "backup", "create")
    (store.parent / "password").write_text("wrong")
    outcome = benchkeep.run(store, "backup", "offsite", "list")
    assert outcome.code == FAILED
    assert "password" in outcome.document["findings"][0]["message"]
    shutil.rmtree(store.parent / "repository")
    outcome = benchkeep.run(store, "backup", "offsite", "push")
    assert outcome.code == FAILED
    assert not (store.parent / "repository").exists()


def test_damage_in_the_repository_is_found(benchkeep: Benchkeep, store: Path):
    offsite(benchkeep, store, "init")
    benchkeep.must(store, "backup", "create")
    pack = max(
        (path for path in (store.parent / "repository/data").rglob("*") if path.is_file()),
        key=lambda path: path.stat().st_size,
    )
    data = bytearray(pack.read_bytes())
    data[len(data) // 3] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(data)
    assert benchkeep.run(store, "backup", "offsite", "check").code == FAILED


def test_thirty_days_take_little_more_than_one(
    benchkeep: Benchkeep, store: Path, long_run: bool
):
    """A store that changes by 1 % a day: at most 1.6 times the space of one.

    restic shares pieces of 1 MiB, so the end of the results file is stored anew
    each day: that needs a store large enough for 1 MiB to be little, wherever the
    pieces begin (restic draws that anew for every repository).  And consolidate
    puts many small row groups together, once: here are few.
    """
    days, size, limit = (30, 400_000, 1.6) if long_run else (4, 120_000, 1.6)
    rng = random.Random(5)
    for path in (store / PILOT.increments).iterdir():
        path.unlink()

    def table(start: int, count: int) -> pa.Table:
        return pa.table(
            {
                "test_id": [f"t{start + i}" for i in range(count)],
                "model": [f"m{i % 7}" for i in range(count)],
                "success": [rng.random() < 0.5 for _ in range(count)],
                "text": [rng.randbytes(150).hex() for _ in range(count)],
            }
        )

    pq.write_table(table(0, size), store / PILOT.results, row_group_size=size // 6)
    offsite(benchkeep, store, "init")

    def space() -> int:
        repository = store.parent / "repository"
        return sum(p.stat().st_size for p in repository.rglob("*") if p.is_file())

    one = 0
    for day in range(days):
        if day:
            increment = table(size + day * size // 100, size // 100)
            StoreBuilder(store).increment(increment, f"increment_1_{day}.parquet")
            benchkeep.must(store, "consolidate")
        benchkeep.must(store, "backup", "create")
        one = one or space()
    ratio = space() / one
    print(f"{days} days: {ratio:.2f} times the space of one")
    assert ratio <= limit, ratio
    offsite(benchkeep, store, "forget", "--dry-run")
    gone = offsite(benchkeep, store, "forget").data
    # All of one day, but the newest three stay in any case.
    assert gone["removed"] == days - 3 and len(gone["snapshots"]) == 3
    offsite(benchkeep, store, "check")
