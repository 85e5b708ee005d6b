"""Proves that every command answers with one document of the known form."""

from __future__ import annotations

import random
from pathlib import Path

import jsonschema
import pytest

import contract
import storegen
from cli import FAILED, FINDINGS, FINE, NO_STORE, OK, USAGE, Benchkeep, Outcome
from storegen import StoreBuilder


def validate(outcome: Outcome, command: str, failed: bool = False) -> None:
    document = outcome.document
    jsonschema.validate(document, contract.schema(command, failed))
    codes = {"ok": (OK,), "warning": (FINDINGS,), "critical": (FINDINGS,)}
    if command == "check":  # Like the plugins of monitoring systems.
        codes = {"ok": (0,), "warning": (1,), "critical": (2,), "unknown": (3,)}
    if not failed:
        assert outcome.code in codes[document["status"]], outcome


@pytest.fixture
def store(tmp_path: Path) -> Path:
    builder = storegen.records_store(tmp_path, 5, misfits=1)
    builder.master(storegen.master_document(random.Random(5)))
    return tmp_path


def test_every_command_that_works(
    benchkeep: Benchkeep, store: Path, tmp_path_factory: pytest.TempPathFactory
):
    rows = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    rows.write_text('{"test_id": "one more", "model": "m", "success": true}\n')

    def ran(command: str, *args: object) -> Outcome:
        outcome = benchkeep.run(store, *command.split(), *args)
        assert outcome.code in FINE, outcome
        validate(outcome, command)
        return outcome

    ran("version")
    ran("status")
    ran("diagnose")
    ran("diagnose", "--deep", "--all")
    ran("breakdown")
    for kind in ("html", "md", "json", "text"):
        ran("report weekly", "--format", kind, "-o", store / f"week.{kind}")
    ran("report daily", "--until", "2025-08-20")
    ran("report weekly", "--keep", "--dry-run")
    ran("report weekly", "--keep")
    assert len(ran("report list").data["reports"]) == 1
    ran("pace")
    (store / "benchkeep.toml").write_text("[api]\nendpoints = []\n")
    ran("monitor", "--once")
    (store / "benchkeep.toml").unlink()
    ran("repair", "--dry-run")
    ran("repair", "--plan", store / "plan.json")
    ran("repair", "--apply", store / "plan.json")
    ran("repair", "--yes")
    ran("config show")
    ran("config check")
    ran("backup create", "--dry-run")
    ran("backup create")
    ran("backup list")
    ran("backup verify")
    ran("backup adopt")
    ran("backup prune", "--keep-days", "0")
    ran("consolidate", "--dry-run")
    ran("consolidate")
    ran("dedupe")
    ran("ingest", rows)
    for kind in ("csv", "json", "xlsx", "parquet"):
        ran("export", "--format", kind, "-o", store / f"out.{kind}")
    for action in ("health", "alerts", "test", "queue", "flush"):
        ran(f"notify {action}")
    ran("observe init", store / "watch")
    ran("metrics", "--textfile", store / "metrics.prom")
    assert ran("serve", "--show-token").data["token"]
    ran("query", "SELECT model, count(*) AS n, avg(score) FROM results GROUP BY 1")
    # Nothing but loopback may be asked.
    (store / "benchkeep.toml").write_text("[api]\nendpoints = []\n")
    for level in ("quick", "full", "deep"):
        validate(benchkeep.run(store, "check", "--level", level), "check")
    (store / "benchkeep.toml").unlink()
    ran("logs errors", "--dry-run")
    ran("logs errors")
    ran("logs compress", "--dry-run")
    ran("logs compress")
    ran("logs prune")
    ran("clean", "--dry-run")
    ran("clean", "--yes")
    ran("recover", "--drill")
    ran("recover", "--dry-run")
    ran("backup restore", "latest", "--dry-run")
    ran("backup restore", "latest", "--model", "gpt-4o-mini", "--yes")
    done = ran("undo list").data["changes"]
    assert [one["command"] for one in done][-2:] == ["consolidate", "backup"]
    consolidation = done[-2]["id"]
    ran("undo show", consolidation)
    ran("tune")
    ran("tune", "--release", "--dry-run")
    ran("menu", "--once")
    ran("schedule list")
    ran("schedule run", "consolidate")
    ran("schedule history")
    ran("schedule pause", "consolidate")
    ran("schedule resume", "consolidate")
    ran("schedule next", "@daily")
    ran("schedule install", "--systemd", "--dry-run")
    ran("migrate", "--replace", "--yes")
    ran("config init")
    newest = ran("undo list").data["changes"][0]["id"]
    validate(benchkeep.must(store, "undo", newest, "--yes"), "undo")


def test_a_demo(benchkeep: Benchkeep, tmp_path: Path):
    outcome = benchkeep.must(tmp_path, "demo", tmp_path / "demo")
    validate(outcome, "demo")
    validate(benchkeep.must(tmp_path / "demo", "status"), "status")
    logs = benchkeep.must(tmp_path / "demo", "logs", "errors")
    validate(logs, "logs errors")
    assert logs.data["causes"]


@pytest.mark.parametrize(
    "command",
    [
        "status",
        "diagnose",
        "repair",
        "consolidate",
        "dedupe",
        "migrate",
        "export --format csv -o x.csv",
        "query SELECT",
        "undo list",
        "logs errors",
        "logs compress",
        "clean",
        "recover",
        "backup create",
        "backup list",
        "backup restore latest",
        "check",
        "tune",
        "menu",
        "pace",
        "monitor --once",
    ],
)
def test_no_store(benchkeep: Benchkeep, tmp_path: Path, command: str):
    outcome = benchkeep.run(tmp_path, *command.split())
    assert outcome.code == NO_STORE, outcome
    words = command.split()
    name = " ".join(words[:2]) if " ".join(words[:2]) in contract.DATA else words[0]
    validate(outcome, name, failed=True)
    assert list(tmp_path.iterdir()) == []


def test_failures(benchkeep: Benchkeep, store: Path):
    benchkeep.must(store, "consolidate")
    failing = [
        ("migrate", ["migrate"]),  # There are results already.
        ("query", ["query", "SELEKT 1"]),
        ("backup restore", ["backup", "restore", "latest"]),  # There is none.
        ("query", ["query", "SELECT * FROM nothing"]),
        ("export", ["export", "--format", "csv", "-o", "/no/such/folder/x.csv"]),
        ("export", ["export", "--format", "csv", "-o", "y.csv", "--columns", "nope"]),
        ("undo show", ["undo", "show", "20200101-000000-consolidate-0000"]),
    ]
    for command, args in failing:
        outcome = benchkeep.run(store, *args)
        assert outcome.code in (FAILED, USAGE), outcome
        validate(outcome, command, failed=True)


@pytest.mark.parametrize(
    "args",
    [
        ["consolidat"],
        ["status", "--no-such-flag"],
        ["export", "--format", "doc", "-o", "x"],
        ["dedupe", "an argument too many"],
    ],
)
def test_usage(benchkeep: Benchkeep, store: Path, args: list[str]):
    outcome = benchkeep.run(store, *args)
    assert outcome.code == USAGE, outcome
    document = outcome.document
    assert document["status"] == "failed" and document["schema"] == 1
    assert outcome.stderr.strip()


def test_hostile_values_are_still_one_document(benchkeep: Benchkeep, tmp_path: Path):
    """NaN, infinities and odd text must not break the JSON of anybody."""
    import pyarrow as pa

    table = pa.table(
        {
            "test_id": ["a", 'quote" \\ and \u0001', "新\u2028行", ""],
            "model": ['m"1"', "<script>", "\u0000?", "🙂"],
            "success": [True, False, None, True],
            "value": [float("nan"), float("inf"), -0.0, 1e300],
            "big": [2**63 - 1, -(2**63), 2**53 + 1, 0],
        }
    )
    StoreBuilder(tmp_path).results(table)
    outcome = benchkeep.must(tmp_path, "query", "SELECT * FROM results ORDER BY big")
    assert "NaN" not in outcome.stdout and "Infinity" not in outcome.stdout
    rows = outcome.data["rows"]
    assert [row[4] for row in rows] == [-(2**63), 0, 2**53 + 1, 2**63 - 1]
    validate(benchkeep.must(tmp_path, "status"), "status")
