"""Backups as a user makes them, and what comes back of them."""

from __future__ import annotations

import hashlib
import json
import os
import random
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import storegen
import tree
from cli import FAILED, FINDINGS, OK, USAGE, Benchkeep
from storegen import PILOT, StoreBuilder

SKIP = (".benchkeep", "backups")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    root = tmp_path / "store"
    builder = storegen.records_store(root, 11, size=80, increments=3, misfits=0)
    builder.master(storegen.master_document(random.Random(11)))
    (root / "config").mkdir()
    (root / "config" / "keys.json").write_text('{"api_key": "sk-secret"}')
    (root / "config" / "keys.json").chmod(0o644)
    (root / "pilot_bench_parquet_data" / "metadata.json").write_text("{}")
    return root


def content(root: Path) -> dict[str, tuple]:
    """All files but locks; modes and bytes."""
    found = tree.snapshot(root, SKIP)
    return {
        name: what
        for name, what in found.items()
        if not name.endswith(".lock") and what[0] == "file"
    }


def folder_of(root: Path, backup: str) -> Path:
    return root / "backups" / backup


def test_a_backup_has_the_layout_of_the_guide(benchkeep: Benchkeep, store: Path):
    before = content(store)
    outcome = benchkeep.must(store, "backup", "create", "--label", "first one")
    assert outcome.code == OK
    data = outcome.data
    assert data["state"] == "good" and data["reasons"] == []
    assert content(store) == before, "a backup changes nothing"
    folder = folder_of(store, data["id"])
    assert sorted(path.name for path in folder.iterdir()) == [
        "MANIFEST.json",
        "config",
        "master_database.json",
        "parquet_data.tar.gz",
    ]
    assert (
        folder / "master_database.json"
    ).read_bytes() == (store / PILOT.master).read_bytes()
    with tarfile.open(folder / "parquet_data.tar.gz") as archive:
        packed = {
            member.name: archive.extractfile(member).read()
            for member in archive
            if member.isfile()
        }
    data_folder = store / "pilot_bench_parquet_data"
    live = {
        str(path.relative_to(store)): path.read_bytes()
        for path in data_folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }
    assert packed == live
    # Keys are nobody else's business, and are never shown.
    assert (folder / "config" / "keys.json").stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0
    assert "sk-secret" not in (folder / "MANIFEST.json").read_text()
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    for file in manifest["files"]:
        digest = hashlib.sha256((folder / file["name"]).read_bytes()).hexdigest()
        assert digest == file["sha256"]


def test_what_did_not_change_takes_no_space(benchkeep: Benchkeep, store: Path):
    first = benchkeep.must(store, "backup", "create").data
    second = benchkeep.must(store, "backup", "create").data
    assert first["id"] != second["id"]
    assert second["shared_bytes"] == second["bytes"]
    for name in ("master_database.json", "parquet_data.tar.gz", "config/keys.json"):
        one, two = (folder_of(store, data["id"]) / name for data in (first, second))
        assert one.stat().st_ino == two.stat().st_ino
        # Never a live file: Python rewrites those in place.
        assert one.stat().st_ino != (store / PILOT.master).stat().st_ino
    (store / PILOT.master).write_text((store / PILOT.master).read_text() + "\n")
    third = benchkeep.must(store, "backup", "create").data
    assert 0 < third["shared_bytes"] < third["bytes"]


def test_whole_restore_byte_for_byte_and_back(benchkeep: Benchkeep, store: Path):
    before = content(store)
    backup = benchkeep.must(store, "backup", "create").data["id"]
    (store / PILOT.master).write_text('{"version": "3.0", "models": {}}')
    (store / PILOT.results).unlink()
    for path in (store / PILOT.increments).iterdir():
        path.unlink()
    (store / "config" / "keys.json").write_text("gone")
    broken = content(store)

    plan = benchkeep.must(store, "backup", "restore", backup, "--dry-run").data
    assert content(store) == broken
    assert {file["action"] for file in plan["files"]} == {"create", "replace", "same"}
    asked = benchkeep.run(store, "backup", "restore", "latest")
    assert asked.code == USAGE and content(store) == broken

    done = benchkeep.must(store, "backup", "restore", "latest", "--yes").data
    assert done["id"] == backup
    assert content(store) == before
    benchkeep.must(store, "undo", done["undo"], "--yes")
    assert content(store) == broken


def test_an_increment_of_today_is_never_overwritten(
    benchkeep: Benchkeep, store: Path
):
    """It has rows that the backup does not know; both versions are kept."""
    backup = benchkeep.must(store, "backup", "create").data["id"]
    path = sorted((store / PILOT.increments).iterdir())[0]
    old = path.read_bytes()
    more = pa.concat_tables([pq.read_table(path), rows(9000, 4)], promote_options="permissive")
    pq.write_table(more, path)
    new = path.read_bytes()
    StoreBuilder(store).increment(rows(9500, 3), "increment_99_99.parquet")
    done = benchkeep.must(store, "backup", "restore", backup, "--yes").data
    actions = {file["path"]: file["action"] for file in done["files"]}
    assert actions[str(path.relative_to(store))] == "beside"
    assert path.read_bytes() == new
    beside = path.with_name(path.stem + ".restored-1.parquet")
    assert beside.read_bytes() == old
    assert actions[f"{PILOT.increments}/increment_99_99.parquet"] == "kept"
    benchkeep.must(store, "consolidate")
    keys = set(pq.read_table(store / PILOT.results).column("test_id").to_pylist())
    assert set(rows(9000, 4).column("test_id").to_pylist()) <= keys
    assert set(rows(9500, 3).column("test_id").to_pylist()) <= keys


def rows(start: int, count: int) -> pa.Table:
    return storegen.records(random.Random(start), storegen.test_ids(start, count))


def test_the_emptied_database_does_not_count_as_good(
    benchkeep: Benchkeep, store: Path
):
    good = benchkeep.must(store, "backup", "create").data["id"]
    (store / PILOT.master).write_text(
        '{"version": "3.0", "models": {}, "summary": {"total_tests": 0}}'
    )
    outcome = benchkeep.must(store, "backup", "create")
    assert outcome.code == FINDINGS
    assert outcome.data["state"] == "suspect"
    (store / PILOT.master).write_text('{"version": "3.0", "models": {"a"')
    outcome = benchkeep.must(store, "backup", "create")
    assert outcome.data["state"] == "bad"
    states = [one["state"] for one in benchkeep.must(store, "backup", "list").data["backups"]]
    assert states == ["bad", "suspect", "good"]
    plan = benchkeep.must(store, "backup", "restore", "latest", "--dry-run").data
    assert plan["id"] == good
    refused = benchkeep.run(store, "backup", "restore", outcome.data["id"], "--yes")
    assert refused.code == USAGE
    # Until somebody says that it is what they want.
    (store / PILOT.master).write_text('{"version": "3.0", "models": {}}')
    accepted = benchkeep.must(store, "backup", "create", "--accept-smaller").data
    assert accepted["state"] == "good"


def test_merging_and_removing_duplicates_is_no_shrinking(
    benchkeep: Benchkeep, store: Path
):
    benchkeep.must(store, "backup", "create")
    benchkeep.must(store, "consolidate")
    assert benchkeep.must(store, "backup", "create").data["state"] == "good"
    StoreBuilder(store).increment(rows(5000, 9), "increment_7_7.parquet")
    assert benchkeep.must(store, "backup", "create").data["state"] == "good"
    # The guide's own consolidate: it deletes every increment and returns True.
    (store / PILOT.increments / "increment_7_7.parquet").unlink()
    assert benchkeep.must(store, "backup", "create").data["state"] == "suspect"


def test_lost_tests_of_one_model_come_back(benchkeep: Benchkeep, store: Path):
    benchkeep.must(store, "consolidate")
    document = json.loads((store / PILOT.master).read_text())
    model = sorted(document["models"])[0]
    table = pq.read_table(store / PILOT.results)
    wanted = table.column("model").to_pylist()[0]
    backup = benchkeep.must(store, "backup", "create").data["id"]

    # The model is overwritten with next to nothing, and others go on.
    others = pa.compute.not_equal(table["model"], wanted).fill_null(True)
    lost = table.filter(others)
    keyless = table.num_rows - lost.num_rows - sum(
        key is not None and name == wanted
        for key, name in zip(
            table.column("test_id").to_pylist(), table.column("model").to_pylist()
        )
    )
    pq.write_table(lost, store / PILOT.results)
    whole = document["models"].pop(model)
    (store / PILOT.master).write_text(json.dumps(document, indent=2))
    newer = rows(7000, 6)
    StoreBuilder(store).increment(newer)
    benchkeep.must(store, "consolidate")

    args = ("backup", "restore", backup, "--model", wanted, "--model", model)
    plan = benchkeep.must(store, *args, "--dry-run").data
    done = benchkeep.must(store, *args, "--yes").data
    for name in ("rows_restored", "cells_restored", "tests_restored"):
        assert plan[name] == done[name]
    assert done["rows_restored"] == table.num_rows - lost.num_rows - keyless
    now = pq.read_table(store / PILOT.results)
    ids = now.column("test_id").to_pylist()
    assert set(table.column("test_id").to_pylist()) <= set(ids)
    assert set(newer.column("test_id").to_pylist()) <= set(ids)
    assert len(ids) == table.num_rows + 6 - keyless
    restored = json.loads((store / PILOT.master).read_text())
    assert restored["models"][model]["by_prompt_type"] == whole["by_prompt_type"]
    leaves = benchkeep.must(store, "status").data["master"]["total_tests"]
    assert restored["summary"]["total_tests"] == leaves
    again = benchkeep.must(store, *args, "--yes").data
    assert again["rows_restored"] == 0 and again["undo"] is None
    benchkeep.must(store, "undo", done["undo"], "--yes")
    assert model not in json.loads((store / PILOT.master).read_text())["models"]


def test_some_test_ids_come_back_and_newer_rows_stand(
    benchkeep: Benchkeep, store: Path
):
    benchkeep.must(store, "consolidate")
    table = pq.read_table(store / PILOT.results)
    ids = sorted(set(filter(None, table.column("test_id").to_pylist())))
    lost, changed, other = ids[0], ids[1], ids[2]
    backup = benchkeep.must(store, "backup", "create").data["id"]
    gone = pa.compute.is_in(table["test_id"], pa.array([lost, other]))
    now = table.filter(pa.compute.invert(gone))
    place = now.column("test_id").to_pylist().index(changed)
    column = now.schema.get_field_index("success")
    values = now.column("success").to_pylist()
    values[place] = not values[place]
    now = now.set_column(column, "success", pa.array(values))
    pq.write_table(now, store / PILOT.results)
    listed = store.parent / "ids.txt"
    listed.write_text(f"{lost}\n{changed}\n")
    done = benchkeep.must(
        store, "backup", "restore", backup, "--test-ids", listed, "--yes"
    ).data
    assert done["rows_restored"] == 1
    after = pq.read_table(store / PILOT.results)
    by_id = dict(zip(after.column("test_id").to_pylist(), after.column("success").to_pylist()))
    assert lost in by_id and other not in by_id
    assert by_id[changed] == values[place]


def test_into_another_folder(benchkeep: Benchkeep, store: Path):
    backup = benchkeep.must(store, "backup", "create").data["id"]
    before = content(store)
    target = store.parent / "look"
    done = benchkeep.must(store, "backup", "restore", backup, "--to", target).data
    assert done["to"] == str(target) and content(store) == before
    assert content(target) == before
    assert benchkeep.run(store, "backup", "restore", backup, "--to", target).code == FAILED


def test_a_file_in_use_is_not_replaced(benchkeep: Benchkeep, store: Path):
    backup = benchkeep.must(store, "backup", "create").data["id"]
    (store / PILOT.master).write_text('{"version": "3.0", "models": {}}')
    with open(store / PILOT.master, "r+b"):
        refused = benchkeep.run(store, "backup", "restore", backup, "--yes")
    assert refused.code == FAILED, refused
    assert refused.document["findings"][0]["code"] == "busy"
    assert (store / PILOT.master).read_text() == '{"version": "3.0", "models": {}}'


def test_a_file_that_is_written_all_the_time_makes_it_suspect(
    benchkeep: Benchkeep, store: Path
):
    import subprocess
    import sys

    path = store / "pilot_bench_parquet_data" / "metadata.json"
    code = (
        "import sys,itertools\n"
        "f=open(sys.argv[1],'r+b',0)\n"
        "print('go',flush=True)\n"
        "for n in itertools.count():\n"
        "  f.seek(0); f.write(b'%09d' % n)\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, path], stdout=subprocess.PIPE
    )
    try:
        writer.stdout.readline()
        outcome = benchkeep.must(store, "backup", "create")
    finally:
        writer.kill()
        writer.wait()
    assert outcome.data["state"] == "suspect", outcome
    # Open, but quiet: two equal copies are accepted, and it is said.
    with open(path, "r+b"):
        outcome = benchkeep.must(store, "backup", "create")
    assert outcome.data["state"] == "good", outcome
    assert [one["code"] for one in outcome.findings] == ["backup_weak_evidence"]


def test_foreign_folders_are_listed_and_left_alone(benchkeep: Benchkeep, store: Path):
    guide = store / "backups" / "20250817"
    guide.mkdir(parents=True)
    (guide / "master_database.json").write_text("{}")
    benchkeep.must(store, "backup", "create")
    listed = benchkeep.must(store, "backup", "list").data["backups"]
    assert [one["foreign"] for one in listed] == [False, True]
    refused = benchkeep.run(store, "backup", "restore", "20250817", "--yes")
    assert refused.code == USAGE
    assert (guide / "master_database.json").read_text() == "{}"


def test_links_and_pipes_are_left_out_and_said(benchkeep: Benchkeep, store: Path):
    (store / "config" / "link").symlink_to("/etc/passwd")
    os.mkfifo(store / "config" / "pipe")
    outcome = benchkeep.must(store, "backup", "create")
    codes = [one["code"] for one in outcome.findings]
    assert codes == ["backup_left_out", "backup_left_out"]
    folder = folder_of(store, outcome.data["id"])
    assert [path.name for path in (folder / "config").iterdir()] == ["keys.json"]


def test_nothing_to_back_up(benchkeep: Benchkeep, tmp_path: Path):
    (tmp_path / "pilot_bench_parquet_data" / "incremental").mkdir(parents=True)
    outcome = benchkeep.run(tmp_path, "backup", "create")
    assert outcome.code == FAILED
    assert not list((tmp_path / "backups").iterdir())


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << (bit % 8)
    path.chmod(0o600)
    path.write_bytes(data)


def test_verify_finds_flipped_bits_and_remembers(benchkeep: Benchkeep, store: Path):
    first = benchkeep.must(store, "backup", "create").data["id"]
    (store / PILOT.master).write_text((store / PILOT.master).read_text() + " ")
    (store / "config" / "keys.json").write_text("other")
    second = benchkeep.must(store, "backup", "create").data["id"]
    clean = benchkeep.must(store, "backup", "verify").data
    assert clean["verified"] == 2 and clean["damaged"] == 0
    folder = folder_of(store, first)
    rng = random.Random(1)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        whole = path.read_bytes()
        for bit in rng.sample(range(len(whole) * 8), 3):
            flip(path, bit)
            outcome = benchkeep.must(store, "backup", "verify", first)
            assert outcome.code == FINDINGS and outcome.data["damaged"] == 1, bit
            path.write_bytes(whole)
    # What the archive of the second one shares with the first is damaged, too.
    flip(files[-1], 4000)
    listed = benchkeep.must(store, "backup", "verify").data
    damaged = {one["id"] for one in listed["backups"] if not one["intact"]}
    assert first in damaged
    states = {one["id"]: one["state"] for one in benchkeep.must(store, "backup", "list").data["backups"]}
    assert states[first] == "bad"
    assert all(states[name] == "bad" for name in damaged)
    if second not in damaged:
        plan = benchkeep.must(store, "backup", "restore", "latest", "--dry-run").data
        assert plan["id"] == second


def test_a_sample_reads_what_was_not_read_for_longest(
    benchkeep: Benchkeep, store: Path
):
    ids = [benchkeep.must(store, "backup", "create").data["id"] for _ in range(4)]
    seen = set()
    for _ in ids:
        data = benchkeep.must(store, "backup", "verify", "--sample", "25").data
        assert data["verified"] == 1
        seen.add(data["backups"][0]["id"])
        # Times are in whole seconds: the next one must be later.
        import time

        time.sleep(1.1)
    assert seen == set(ids)


def test_prune_says_why_and_can_be_undone(benchkeep: Benchkeep, store: Path):
    ids = [benchkeep.must(store, "backup", "create").data["id"] for _ in range(5)]
    plan = benchkeep.must(store, "backup", "prune", "--dry-run").data
    assert plan["removed"] == 0
    plan = benchkeep.must(store, "backup", "prune", "--keep-days", "0", "--dry-run").data
    assert plan["removed"] == 2 and plan["undo"] is None
    done = benchkeep.must(store, "backup", "prune", "--keep-days", "0").data
    assert {one["id"] for one in done["backups"] if not one["keep"]} == set(ids[:2])
    left = sorted(path.name for path in (store / "backups").iterdir())
    assert left == ids[2:]
    too_many = benchkeep.run(store, "backup", "prune", ids[2])
    assert too_many.code == USAGE, "three good ones must stay"
    benchkeep.must(store, "undo", done["undo"], "--yes")
    assert sorted(path.name for path in (store / "backups").iterdir()) == ids
    benchkeep.must(store, "backup", "prune", ids[1])
    assert ids[1] not in [path.name for path in (store / "backups").iterdir()]
    assert benchkeep.must(store, "backup", "verify").data["damaged"] == 0


def test_undo_takes_a_backup_back(benchkeep: Benchkeep, store: Path):
    done = benchkeep.must(store, "backup", "create").data
    undo = benchkeep.must(store, "undo", done["undo"], "--yes").data["undo"]
    assert not folder_of(store, done["id"]).exists()
    benchkeep.must(store, "undo", undo, "--yes")
    assert benchkeep.must(store, "backup", "verify").data["verified"] == 1


def test_copies_made_by_hand_become_backups(benchkeep: Benchkeep, store: Path):
    home = (store / PILOT.master).parent
    document = json.loads((store / PILOT.master).read_text())
    contents = []
    for number in range(3):
        document["last_updated"] = f"2025-08-{10 + number:02}T12:00:00.000000"
        contents.append(json.dumps(document))
    (home / "master_database copy.json").write_text(contents[0])
    (home / "master_database copy 2.json").write_text(contents[1])
    (home / "master_database.json.backup_before_clean").write_text(contents[1])
    (home / "backups").mkdir()
    (home / "backups" / "master_database_20250817_022806.json").write_text(contents[2])
    (home / "master_database copy 3.json").write_text(contents[0][:500])
    results = store / "pilot_bench_parquet_data"
    pq.write_table(rows(100, 5), results / "test_results_backup_20250801.parquet")
    guide = store / "backups" / "20250805"
    guide.mkdir(parents=True)
    document["last_updated"] = "2025-08-05T01:00:00"
    (guide / "master_database.json").write_text(json.dumps(document))
    with tarfile.open(guide / "parquet_data.tar.gz", "w:gz") as archive:
        archive.add(store / PILOT.results, PILOT.results)
    before = content(store)

    plan = benchkeep.must(store, "backup", "adopt", "--dry-run").data
    assert content(store) == before
    done = benchkeep.must(store, "backup", "adopt").data
    assert (plan["adopted"], plan["duplicates"]) == (done["adopted"], done["duplicates"])
    assert done["adopted"] == 5 and done["duplicates"] == 1 and done["unusable"] == 1
    assert content(store) == before, "copies stay where they are"
    listed = benchkeep.must(store, "backup", "list").data["backups"]
    adopted = {one["label"]: one for one in listed if one["origin"] == "adopt"}
    assert len(adopted) == 5 and {one["state"] for one in adopted.values()} == {"good"}
    dates = {one["created_at"][:10] for one in adopted.values()}
    assert {"2025-08-10", "2025-08-11", "2025-08-12", "2025-08-05"} <= dates
    assert benchkeep.must(store, "backup", "verify").data["damaged"] == 0
    again = benchkeep.must(store, "backup", "adopt").data
    assert again["adopted"] == 0 and again["undo"] is None

    tidied = benchkeep.must(store, "backup", "adopt", "--trash-duplicates", "--yes").data
    assert tidied["trashed"] == 6
    left = sorted(path.name for path in home.iterdir() if path.suffix != ".lock")
    assert left == ["backups", "master_database copy 3.json", "master_database.json"]
    assert not guide.exists()
    benchkeep.must(store, "undo", tidied["undo"], "--yes")
    assert content(store) == before and guide.exists()
