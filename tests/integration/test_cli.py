"""Proves the manners of the command line: exit codes, rehearsals, undo, tongues."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest

import checks
import oracle
import storegen
import tree
from cli import FAILED, FINE, NO_STORE, OK, TOO_NEW, USAGE, Benchkeep
from storegen import PILOT, StoreBuilder

SKIP = (".benchkeep",)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    root = tmp_path / "store"
    builder = storegen.records_store(root, 6, misfits=1)
    builder.master(storegen.master_document(random.Random(6)))
    return root


def unlocked(lines: list[str]) -> list[str]:
    """Differences without the lock files of the writers, which stay."""
    return [line for line in lines if ".lock" not in line]


def newest(benchkeep: Benchkeep, root: Path) -> dict:
    return benchkeep.must(root, "undo", "list").data["changes"][0]


def test_no_store(benchkeep: Benchkeep, tmp_path: Path):
    outcome = benchkeep.run(tmp_path, "status", json_output=False)
    assert outcome.code == NO_STORE and str(tmp_path) in outcome.stderr
    outcome = benchkeep.run(tmp_path / "missing", "status", json_output=False)
    assert outcome.code == NO_STORE


def test_written_by_a_newer_version(benchkeep: Benchkeep, store: Path):
    benchkeep.must(store, "consolidate")
    (store / ".benchkeep" / "format").write_text("99\n")
    before = tree.snapshot(store)
    for command in ("status", "consolidate", "dedupe"):
        outcome = benchkeep.run(store, command)
        assert outcome.code == TOO_NEW, outcome
    assert tree.differences(before, tree.snapshot(store)) == []


@pytest.mark.parametrize(
    "args",
    [
        ["consolidate"],
        ["dedupe"],
        ["migrate", "--replace"],
        ["migrate", "--merge"],
        ["export", "--format", "csv", "-o", "out.csv"],
        ["undo", "ID"],
        ["config", "init"],
    ],
    ids=lambda args: args[0],
)
@pytest.mark.parametrize("used", ["fresh", "used"])
def test_a_rehearsal_changes_nothing(
    benchkeep: Benchkeep, store: Path, args: list[str], used: str
):
    """Not one byte, not one time stamp, not one new name."""
    if used == "used" or args[0] == "undo":
        benchkeep.must(store, "consolidate")
        rng = random.Random(1)
        builder = StoreBuilder(store)
        builder.increment(
            storegen.records(rng, storegen.test_ids(0, 9)), "increment_1_9.parquet"
        )
    args = [newest(benchkeep, store)["id"] if word == "ID" else word for word in args]
    before = tree.snapshot(store.parent)
    outcome = benchkeep.run(store, *args, "--dry-run")
    assert outcome.code in FINE, outcome
    assert tree.differences(before, tree.snapshot(store.parent)) == []


def test_a_rehearsal_tells_the_truth(benchkeep: Benchkeep, store: Path):
    rehearsed = benchkeep.must(store, "consolidate", "--dry-run")
    done = benchkeep.must(store, "consolidate")
    for name in ("files_merged", "files_quarantined", "rows_added", "rows_after"):
        assert rehearsed.data[name] == done.data[name]


def test_undo_takes_a_consolidation_back(benchkeep: Benchkeep, store: Path):
    before = tree.snapshot(store, SKIP)
    benchkeep.must(store, "consolidate")
    consolidated = tree.snapshot(store, SKIP)
    entry = newest(benchkeep, store)
    assert entry["command"] == "consolidate" and entry["undone_by"] is None
    shown = benchkeep.must(store, "undo", "show", entry["id"]).data
    assert shown["change"]["id"] == entry["id"] and shown["plan"]

    # Without a yes it only shows the plan.
    asked = benchkeep.run(store, "undo", entry["id"])
    assert asked.code == USAGE, asked
    assert tree.differences(consolidated, tree.snapshot(store, SKIP)) == []

    benchkeep.must(store, "undo", entry["id"], "--yes")
    assert unlocked(tree.differences(before, tree.snapshot(store, SKIP))) == []
    history = benchkeep.must(store, "undo", "list").data["changes"]
    assert [one["id"] for one in history if one["undone_by"]] == [entry["id"]]
    checks.assert_at_rest(store)

    # And forward again: the same rows as the first time.
    want = oracle.expect_consolidated(store)
    benchkeep.must(store, "consolidate")
    oracle.assert_same(checks.results(store), want.table)


def test_undo_of_an_undo(benchkeep: Benchkeep, store: Path):
    benchkeep.must(store, "consolidate")
    after = oracle.rows(checks.results(store))
    benchkeep.must(store, "undo", newest(benchkeep, store)["id"], "--yes")
    benchkeep.must(store, "undo", newest(benchkeep, store)["id"], "--yes")
    assert oracle.rows(checks.results(store)) == after
    assert checks.waiting(store) == []


def test_undo_refuses_what_is_no_longer_the_latest(benchkeep: Benchkeep, store: Path):
    benchkeep.must(store, "consolidate")
    first = newest(benchkeep, store)["id"]
    rng = random.Random(2)
    builder = StoreBuilder(store)
    builder.increment(storegen.records(rng, ["late"]), "increment_1_1.parquet")
    benchkeep.must(store, "consolidate")
    second = newest(benchkeep, store)["id"]
    stands = checks.results(store)
    outcome = benchkeep.run(store, "undo", first, "--yes")
    assert outcome.code == FAILED, outcome
    assert second in outcome.stdout + outcome.stderr
    oracle.assert_same(checks.results(store), stands)


def test_migrate_keeps_what_is_there(benchkeep: Benchkeep, store: Path):
    before = tree.snapshot(store, SKIP)
    outcome = benchkeep.run(store, "migrate")
    assert outcome.code == FAILED, outcome
    said = outcome.stdout + outcome.stderr
    assert "--merge" in said and "--replace" in said
    assert unlocked(tree.differences(before, tree.snapshot(store, SKIP))) == []


def test_a_failed_export_leaves_the_old_file(benchkeep: Benchkeep, store: Path):
    old = store / "old.csv"
    old.write_text("last week\n")
    for args in (["--columns", "nope"], ["--where", "nope = 1"]):
        outcome = benchkeep.run(store, "export", "--format", "csv", "-o", old, *args)
        assert outcome.code in (FAILED, USAGE), outcome
        assert old.read_text() == "last week\n"


def test_text_is_for_people(benchkeep: Benchkeep, store: Path):
    outcome = benchkeep.run(store, "status", json_output=False)
    assert outcome.code in FINE
    assert "gpt-4o-mini" in outcome.stdout and "通义千问" in outcome.stdout
    assert "\x1b[" not in outcome.stdout  # Not a terminal.
    assert not outcome.stdout.lstrip().startswith("{")


@pytest.mark.parametrize("command", ["status", "consolidate", "help"])
def test_two_tongues(benchkeep: Benchkeep, store: Path, command: str):
    def said(env: dict[str, str], *options: str) -> str:
        root = store.parent / f"copy-{len(list(store.parent.iterdir()))}"
        shutil.copytree(store, root, symlinks=True)
        outcome = benchkeep.run(root, *options, command, json_output=False, env=env)
        return outcome.stdout + outcome.stderr

    chinese = re.compile(r"[\u4e00-\u9fff]{2,}")
    english = said({"LC_ALL": "en_US.UTF-8"})
    assert not chinese.search(english.replace("通义千问", "").replace("备注", ""))
    by_option = said({"LC_ALL": "en_US.UTF-8"}, "--lang", "zh")
    assert len(chinese.findall(by_option)) >= 3
    assert len(chinese.findall(said({"LC_ALL": "zh_CN.UTF-8"}))) >= 3


def test_colours(benchkeep: Benchkeep, store: Path):
    """Colours on a terminal, none with NO_COLOR or TERM=dumb."""

    def on_a_terminal(env: dict[str, str]) -> str:
        words = " ".join(benchkeep.argv(store, "status", json_output=False))
        prefix = ["script", "-qfec", words, "/dev/null"]
        import subprocess

        done = subprocess.run(
            prefix,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=benchkeep.environment({"TERM": "xterm-256color", **env}),
            timeout=60,
        )
        assert "gpt-4o-mini" in done.stdout
        return done.stdout

    assert "\x1b[" in on_a_terminal({})
    assert not re.search(r"\x1b\[[0-9;]*m", on_a_terminal({"NO_COLOR": "1"}))
    assert not re.search(r"\x1b\[[0-9;]*m", on_a_terminal({"TERM": "dumb"}))


def test_did_you_mean(benchkeep: Benchkeep, store: Path):
    outcome = benchkeep.run(store, "consolidat", json_output=False)
    assert outcome.code == USAGE and "consolidate" in outcome.stderr
    outcome = benchkeep.run(store, "export", "--fromat", "csv", json_output=False)
    assert outcome.code == USAGE and "--format" in outcome.stderr


def test_help_of_every_command(benchkeep: Benchkeep, store: Path):
    for name in ("status", "consolidate", "dedupe", "migrate", "export", "query", "undo"):
        shown = benchkeep.run(store, name, "--help", json_output=False)
        assert shown.code == OK and name in shown.stdout, shown
        assert f"benchkeep {name}" in shown.stdout or f" {name} " in shown.stdout
        assert shown.stdout == benchkeep.run(store, "help", name, json_output=False).stdout


def test_settings_that_are_wrong(benchkeep: Benchkeep, store: Path):
    (store / "benchkeep.toml").write_text('[store]\nresluts = "x.parquet"\n')
    outcome = benchkeep.run(store, "status", json_output=False)
    assert outcome.code in (FAILED, USAGE), outcome
    assert "benchkeep.toml:2" in outcome.stderr and "results" in outcome.stderr
    for bad in ('results = "../outside.parquet"', 'results = "/etc/passwd"', "key = []"):
        (store / "benchkeep.toml").write_text(f"[store]\n{bad}\n")
        assert benchkeep.run(store, "status").code in (FAILED, USAGE)


def test_the_mode_of_the_results_file_is_kept(benchkeep: Benchkeep, store: Path):
    path = store / PILOT.results
    path.chmod(0o640)
    benchkeep.must(store, "consolidate")
    assert path.stat().st_mode & 0o777 == 0o640


def test_stdout_that_is_full_is_an_error(benchkeep: Benchkeep, store: Path):
    with open("/dev/full", "w") as full:
        import subprocess

        done = subprocess.run(
            benchkeep.argv(store, "status"),
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            env=benchkeep.environment(),
            timeout=60,
        )
    assert done.returncode not in FINE
