"""Proves the guard of the daemon: what others delete or overwrite is not lost.

The deleting function is what the campaign's own consolidate_incremental_data()
does: it unlinks every increment and returns True.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import campaign
import oracle
import writer
from cli import Benchkeep
from guarding import (
    NAME,
    codes,
    delete_increments,
    guarded_store,
    ids,
    kept,
    notes,
    table,
)
from keeping import Daemon, wait_for
from postbox import hook_server
from storegen import PILOT, StoreBuilder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return guarded_store(tmp_path / "store")


@pytest.fixture
def daemon(benchkeep: Benchkeep, root: Path):
    running = Daemon(benchkeep, root)
    yield running
    if running.process.poll() is None:
        running.stop()
    assert running.process.returncode == 0, running.said()


def test_brings_back_what_was_deleted(benchkeep: Benchkeep, root: Path, daemon):
    before = ids(root)
    path = root / PILOT.increments / NAME
    pq.write_table(table("a", "b"), path)
    wait_for(lambda: notes(root), "the copy")
    delete_increments(root)
    daemon.wait_until_said("was deleted by another program")
    outcome = benchkeep.must(root, "consolidate")
    assert codes(outcome) == ["increment_deleted_unmerged"]
    assert outcome.data["files_brought_back"] == 1
    assert outcome.data["rows_added"] == 2
    assert ids(root) == sorted(before + ["a", "b"])
    assert kept(root) == []
    assert benchkeep.must(root, "consolidate").data["files_merged"] == 0
    # Undo puts it among the increments, where it was before it was deleted.
    change = benchkeep.must(root, "undo", "list").data["changes"][0]["id"]
    benchkeep.must(root, "undo", change, "--yes")
    assert ids(root) == sorted(before)
    assert [path.name for path in (root / PILOT.increments).iterdir()] == [NAME]


def test_what_was_merged_is_let_go(benchkeep: Benchkeep, root: Path, daemon):
    pq.write_table(table("a"), root / PILOT.increments / NAME)
    wait_for(lambda: notes(root), "the copy")
    outcome = benchkeep.must(root, "consolidate")
    assert outcome.data["files_merged"] == 1 and outcome.data["files_brought_back"] == 0
    assert kept(root) == []
    assert codes(benchkeep.must(root, "consolidate")) == []


def test_only_the_last_form_of_a_file_is_kept(root: Path, daemon):
    path = root / PILOT.increments / NAME
    for count in range(1, 5):
        pq.write_table(table(*(f"t{number}" for number in range(count))), path)
        wait_for(
            lambda: [note["rows"] for note in notes(root)] == [count], f"{count} rows"
        )
    # Fewer rows than before: that is not the same and more.
    pq.write_table(table("other"), path)
    wait_for(lambda: sorted(note["rows"] for note in notes(root)) == [1, 4], "both")


def test_an_older_form_never_supersedes(benchkeep: Benchkeep, root: Path, daemon):
    """A copy that was merged in a later form brings back missing keys only."""
    increments = root / PILOT.increments
    pq.write_table(table("a", "b", success=False), increments / NAME)
    wait_for(lambda: notes(root), "the copy")
    daemon.stop()
    # Behind the guard's back: another form of "a" is merged, the file goes.
    (increments / NAME).unlink()
    pq.write_table(table("a", success=True), increments / "increment_2_2.parquet")
    note = kept(root)[0].with_suffix(".json")
    hidden = root / "hidden"
    hidden.mkdir()
    for one in (kept(root)[0], note):
        one.rename(hidden / one.name)
    benchkeep.must(root, "consolidate")
    for one in list(hidden.iterdir()):
        one.rename(root / ".benchkeep" / "guard" / "increments" / one.name)
    outcome = benchkeep.must(root, "consolidate")
    assert outcome.data["rows_added"] == 1 and outcome.data["rows_replaced"] == 0
    rows = {
        row["test_id"]: row["success"]
        for row in oracle.read(root / PILOT.results).to_pylist()
    }
    assert rows["a"] is True and rows["b"] is False


def test_survives_a_writer_that_dies_in_the_middle(
    benchkeep: Benchkeep, root: Path, daemon
):
    path = root / PILOT.increments / NAME
    pq.write_table(table("a", "b"), path)
    wait_for(lambda: notes(root), "the copy")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])  # Truncated, and then it died.
    os.utime(path, (time.time() - 7200,) * 2)
    outcome = benchkeep.must(root, "consolidate")
    assert outcome.data["files_quarantined"] == 1
    # The torn file is still "there" for the first run; the next brings it back.
    benchkeep.must(root, "consolidate")
    assert {"a", "b"} <= set(ids(root))


def test_keeps_within_its_bounds(benchkeep: Benchkeep, root: Path):
    with open(root / "benchkeep.toml", "a") as settings:
        settings.write("[guard]\nmax_bytes = 0\n")
    running = Daemon(benchkeep, root)
    pq.write_table(table("a"), root / PILOT.increments / NAME)
    running.stop()
    assert kept(root) == []


def test_the_deleting_function_beside_us(
    benchkeep: Benchkeep, root: Path, daemon, tmp_path: Path, long_run: bool
):
    """Writers at work, deletion every second, consolidate in between: no loss."""
    seconds = 60 if long_run else 8
    ledgers = tmp_path / "ledgers"
    ledgers.mkdir()
    writers = []
    styles = [style for style in writer.STYLES if style != "new-files"]
    for number in range(4):
        style = styles[number % len(styles)]
        writers.append(campaign.start_writer(root, number, style, ledgers, seconds))
    deleted = 0
    turns = 0
    while any(process.poll() is None for process in writers):
        time.sleep(1)
        deleted += delete_increments(root)
        turns += 1
        if turns % 3 == 0:
            benchkeep.must(root, "consolidate")
    for process in writers:
        _, errors = process.communicate()
        assert process.returncode == 0, errors[-800:]
    deleted += delete_increments(root)
    assert deleted >= 4, "the deleting function found nothing"
    # It says of every file what became of it, kept or not.
    wait_for(lambda: daemon.said().count(" was deleted ") == deleted, "the guard")
    back = 0
    for _ in range(3):
        back += benchkeep.must(root, "consolidate").data["files_brought_back"]
    acknowledged, _ = campaign.read_ledgers(ledgers)
    assert acknowledged
    print(f"{len(acknowledged)} rows, {deleted} files deleted, {back} brought back")
    present = ids(root)
    assert sorted(acknowledged.keys() - set(present)) == [], daemon.said()
    assert len(present) == len(set(present))


# --- The master database ---


def master(total: int, other: int = 5) -> dict:
    def leaf(count: int) -> dict:
        return {
            "total": count,
            "success": count,
            "partial": 0,
            "failed": 0,
            "success_rate": 1.0,
        }

    tasks = {"simple_task": leaf(total), "basic_task": leaf(other)}
    return {
        "version": "3.0",
        "models": {
            "DeepSeek-V3": {
                "total_tests": total + other,
                "by_prompt_type": {
                    "baseline": {
                        "by_tool_success_rate": {
                            "0.8": {"by_difficulty": {"easy": {"by_task_type": tasks}}}
                        }
                    }
                },
            }
        },
        "summary": {"total_tests": total + other},
    }


def write_master(root: Path, document: dict) -> None:
    path = root / PILOT.master
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:  # In place, as the campaign does.
        json.dump(document, file)


def alarms(root: Path) -> list[dict]:
    """Those that stand: the daemon settles them while we look."""
    found = []
    for path in sorted((root / ".benchkeep" / "guard" / "alarms").glob("*.json")):
        with contextlib.suppress(FileNotFoundError):
            found.append(json.loads(path.read_text()))
    return found


def images(root: Path) -> list[Path]:
    return sorted((root / ".benchkeep" / "guard" / "master").glob("*.master"))


def newest_tests(root: Path) -> int:
    """Tests of the newest image; -1 while there is none, or it was just dropped."""
    found = sorted((root / ".benchkeep" / "guard" / "master").glob("*.json"))
    with contextlib.suppress(FileNotFoundError):
        return json.loads(found[-1].read_text())["tests"] if found else -1
    return -1


def test_a_stale_writer_raises_an_alarm(root: Path, daemon):
    """38 -> 89 -> 36, as it was seen."""
    for total in (38, 89):
        write_master(root, master(total))
        wait_for(lambda: newest_tests(root) == total + 5, f"the image of {total}")
    write_master(root, master(36))
    daemon.wait_until_said("ALARM")
    assert "89 -> 36" in daemon.said()
    (alarm,) = alarms(root)
    (cell,) = alarm["cells"]
    assert (cell["before"], cell["after"]) == (89, 36)
    assert "simple_task" in cell["pointer"]
    before = json.loads(
        (root / ".benchkeep" / "guard" / "master" / f"{alarm['before']}.master").read_text()
    )
    assert before == master(89)
    # When the counters are back, the alarm has nothing to say any more.
    write_master(root, master(90))
    wait_for(lambda: not alarms(root), "the end of the alarm")
    wait_for(lambda: len(images(root)) == 1, "the end of its image")


def test_people_are_told_of_an_alarm_at_once(benchkeep: Benchkeep, root: Path):
    """Long before the time of the job that sends alerts."""
    with hook_server() as hook:
        text = (root / "benchkeep.toml").read_text()
        text = text.replace(
            "[jobs.alerts]\nenabled = false\n",
            '[jobs.alerts]\nschedule = "0 0 29 2 *"\n',
        )
        text += f'[webhook.team]\nurl = "{hook.url}/x"\n'
        (root / "benchkeep.toml").write_text(text)
        (root / "benchkeep.toml").chmod(0o600)
        running = Daemon(benchkeep, root)
        try:
            for total in (38, 89):
                write_master(root, master(total))
                wait_for(lambda: newest_tests(root) == total + 5, f"image of {total}")
            assert not hook.calls
            write_master(root, master(36))
            wait_for(lambda: hook.calls, "the alert")
        finally:
            running.stop()
    (call,) = hook.calls[:1]
    (check,) = [c for c in call.document["checks"] if c["name"] == "master_database"]
    assert check["status"] == "critical" and "89 -> 36" in call.document["text"]
    assert "repair --lost-updates" in call.document["text"]
    outcome = benchkeep.run(root, "check", "--only", "master_database")
    (check,) = outcome.data["checks"]
    assert check["status"] == "critical" and check["details"]["lost_updates"] == 1
    benchkeep.run(root, "repair", "--lost-updates", "--yes")
    outcome = benchkeep.run(root, "check", "--only", "master_database")
    (check,) = outcome.data["checks"]
    assert check["details"]["lost_updates"] == 0


def held(root: Path) -> dict[str, int]:
    """Of the document as it stands: its claims and its cells."""
    document = json.loads((root / PILOT.master).read_text())
    model = document["models"]["DeepSeek-V3"]
    rates = model["by_prompt_type"]["baseline"]["by_tool_success_rate"]
    cells = rates["0.8"]["by_difficulty"]["easy"]["by_task_type"]
    return {
        **{name: cell["total"] for name, cell in cells.items()},
        "model": model["total_tests"],
        "summary": document["summary"]["total_tests"],
    }


def test_lost_updates_are_merged_back(benchkeep: Benchkeep, root: Path, daemon):
    """Cell by cell: what the stale writer has added since stays."""
    for total in (38, 89):
        write_master(root, master(total))
        wait_for(lambda: newest_tests(root) == total + 5, f"the image of {total}")
    write_master(root, master(36, other=7))
    daemon.wait_until_said("ALARM")
    found = benchkeep.run(root, "diagnose")
    (lost,) = [one for one in found.findings if one["code"] == "lost_update"]
    assert lost["severity"] == "critical" and "89 -> 36" in lost["message"]
    assert lost["fix"] == "benchkeep repair --lost-updates"
    planned = benchkeep.must(root, "repair", "--lost-updates", "--dry-run").data
    assert planned["changes"][0]["origin"]["kind"] == "guard"
    assert held(root) == {**held(root), "simple_task": 36, "basic_task": 7}
    benchkeep.run(root, "repair", "--yes")  # Not asked for, not done.
    assert held(root)["simple_task"] == 36
    done = benchkeep.run(root, "repair", "--lost-updates", "--yes")
    assert [one for one in done.findings if one["code"] == "lost_update"] == []
    wanted = {"simple_task": 89, "basic_task": 7, "model": 96, "summary": 96}
    assert held(root) == wanted
    assert alarms(root) == []
    time.sleep(0.5)
    assert alarms(root) == [], "our own change is no alarm"
    again = benchkeep.must(root, "repair", "--lost-updates", "--dry-run").data
    assert again["changes"] == []
    change = benchkeep.must(root, "undo", "list").data["changes"][0]["id"]
    benchkeep.must(root, "undo", change, "--yes")
    assert held(root)["simple_task"] == 36


def test_seventeen_writers_with_stale_copies(root: Path, daemon):
    """Each writer puts its own old count over the newest one, in turn."""
    rng = random.Random(17)
    write_master(root, master(38))
    wait_for(lambda: newest_tests(root) == 43, "the first image")
    best = 38
    stale = [38] * 17
    for turn in range(34):
        number = rng.randrange(17)
        count = stale[number] + rng.randrange(1, 60)
        write_master(root, master(count))
        wait_for(lambda: newest_tests(root) == count + 5, f"turn {turn}")
        best = max(best, count)
        if rng.random() < 0.3:
            stale[rng.randrange(17)] = count
    if count < best:

        def fallen() -> list[int]:
            return [cell["before"] for one in alarms(root) for cell in one["cells"]]

        wait_for(lambda: max(fallen(), default=0) == best, "the fall to be seen")
    # Bounded: the newest image, and one for each alarm that still stands.
    wait_for(lambda: len(images(root)) <= 1 + len(alarms(root)), "the others to go")


def test_a_torn_master_keeps_the_image_before(root: Path, daemon):
    write_master(root, master(89))
    wait_for(lambda: newest_tests(root) == 94, "the image")
    (root / PILOT.master).write_text(json.dumps(master(89))[:100])
    time.sleep(0.5)
    assert newest_tests(root) == 94 and len(images(root)) == 1
    write_master(root, master(36))
    daemon.wait_until_said("89 -> 36")


def test_our_own_changes_raise_no_alarm(benchkeep: Benchkeep, root: Path, daemon):
    """An undo of ours makes counters fall, and that is as it should be."""
    cell = {
        "model": "m",
        "prompt_type": "baseline",
        "tool_success_rate": 0.8,
        "difficulty": "easy",
        "task_type": "simple_task",
    }
    rows = [{"test_id": f"t{n}", **cell, "success": True} for n in range(40)]
    StoreBuilder(root).results(pa.Table.from_pylist(rows))
    write_master(root, master(20))
    wait_for(lambda: newest_tests(root) == 25, "the image")
    done = benchkeep.must(root, "migrate", "--to", "json", "--replace", "--yes")
    wait_for(lambda: newest_tests(root) != 25, "the new image")
    grown = newest_tests(root)
    assert grown > 25
    benchkeep.must(root, "undo", done.data["undo"], "--yes")
    wait_for(lambda: newest_tests(root) == 25, "the old image again")
    assert alarms(root) == [] and "ALARM" not in daemon.said()
