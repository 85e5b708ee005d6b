"""Proves that migrate keeps every test and every value of a master database.

The sample data holds the master files of a real campaign, of all versions.
pandas and json read both sides; nothing here uses benchkeep's own reading.
"""

from __future__ import annotations

import json
import math
import shutil
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

import pandas as pd
import pyarrow.parquet as pq
import pytest

from cli import FAILED, OK, USAGE, Benchkeep
from storegen import PILOT

REAL = "real-store/pilot_bench_cumulative_results"

# File, leaves, tests.
MASTERS = [
    (f"{REAL}/master_database.json", 607, 28_265),
    (f"{REAL}/master_database copy.json", 244, 4_982),
    (f"{REAL}/master_database.json.backup", 276, 4_993),
    (f"{REAL}/backups/master_database_20250817_022806.json", 233, 5_060),
    ("versions/master-2.0.json", 250, 2_310),
    ("versions/master-1.0.json", 9, 14),
]
RATED = MASTERS[:4]  # Version 3.0: with rates, and leaves below their models.

Cell = tuple[str, str, str, str, str]


def leaves(document: dict[str, Any]) -> Iterator[tuple[Cell, dict[str, Any]]]:
    """Every leaf: model, prompt type, rate, difficulty, task type, numbers."""
    if document["version"] != "3.0":
        for group in document["test_groups"].values():
            prompt = group["prompt_type"]
            if prompt == "flawed" and group.get("flaw_type"):
                prompt = f"flawed_{group['flaw_type']}"
            cell = (group["model"], prompt, "unknown")
            yield (*cell, group["difficulty"], group["task_type"]), group["statistics"]
        return
    for model, of_model in document["models"].items():
        for prompt, of_prompt in of_model.get("by_prompt_type", {}).items():
            for rate, of_rate in of_prompt["by_tool_success_rate"].items():
                for difficulty, level in of_rate["by_difficulty"].items():
                    for task, numbers in level["by_task_type"].items():
                        yield (model, prompt, rate, difficulty, task), numbers


def same(left: Any, right: Any) -> bool:
    """Equal values; NaN is NaN, and 1 is not True."""
    if isinstance(left, float) and math.isnan(left):
        return isinstance(right, float) and math.isnan(right)
    return isinstance(left, bool) == isinstance(right, bool) and left == right


@pytest.fixture
def store(tmp_path: Path, shared: Path, master: str) -> Path:
    """A store with nothing but that master database."""
    target = tmp_path / PILOT.master
    target.parent.mkdir(parents=True)
    shutil.copyfile(shared / master, target)
    return tmp_path


def parametrize(rows: list[tuple[str, int, int]]) -> pytest.MarkDecorator:
    names = [f"{Path(file).name}-{tests}" for file, _, tests in rows]
    return pytest.mark.parametrize("master, cells, tests", rows, ids=names)


@parametrize(MASTERS)
def test_records_hold_every_test(
    benchkeep: Benchkeep, store: Path, cells: int, tests: int
):
    document = json.loads((store / PILOT.master).read_text())
    data = benchkeep.must(store, "migrate").data
    assert (data["cells"], data["rows"], data["total_tests"]) == (cells, tests, tests)
    assert data["verified"] is True

    frame = pd.read_parquet(store / PILOT.results)
    assert len(frame) == tests
    assert frame.test_id.is_unique
    cell_name = frame.test_id.str.replace(
        r"_(success|partial|failed|unknown)_\d+$", "", regex=True
    )
    rows = frame.groupby(cell_name).agg(
        tests=("test_id", "size"), successes=("success", "sum")
    )
    counted = 0
    for (model, prompt, rate, difficulty, task), numbers in leaves(document):
        if numbers["total"] == 0:
            continue
        word = rate
        if rate != "unknown":
            word = repr(float(pd.Series([float(rate)], dtype="float32").iloc[0]))
        row = rows.loc[f"{model}_{prompt}_{word}_{difficulty}_{task}"]
        assert row.tests == numbers["total"]
        assert row.successes == numbers["success"]
        partial = numbers.get("partial", numbers.get("partial_success"))
        mine = frame[cell_name == row.name]
        if partial is not None:
            assert (mine.partial_success == True).sum() == partial  # noqa: E712
        counted += 1
    assert counted == len(rows)


@parametrize(MASTERS[:1])
def test_records_look_like_the_campaigns_own(
    benchkeep: Benchkeep, store: Path, shared: Path, cells: int, tests: int
):
    benchkeep.must(store, "migrate")
    ours = pq.read_schema(store / PILOT.results)
    theirs = pq.read_schema(shared / "parquet/records-4928.parquet")
    assert ours.names == theirs.names
    assert ours.field("tool_success_rate").type == theirs.field("tool_success_rate").type
    for name in ("total", "successful", "partial", "failed", "success"):
        assert ours.field(name).type == theirs.field(name).type

    old = pd.read_parquet(shared / "parquet/records-4928.parquet")
    new = pd.read_parquet(store / PILOT.results)
    common = set(old.test_id) & set(new.test_id)
    # The two are of different days; most cells of the older one still exist.
    assert len(common) > 2_000


@parametrize(MASTERS[:1])
def test_the_real_store_by_model(
    benchkeep: Benchkeep, store: Path, cells: int, tests: int
):
    document = json.loads((store / PILOT.master).read_text())
    claims = {name: m["total_tests"] for name, m in document["models"].items()}
    assert len(claims) == 15
    benchkeep.must(store, "migrate")
    frame = pd.read_parquet(store / PILOT.results)
    assert Counter(frame.model) == Counter({k: v for k, v in claims.items() if v})

    master = benchkeep.must(store, "status").data["master"]
    assert master["total_tests"] == 28_265
    assert {m["name"]: m["total_tests"] for m in master["models"]} == claims


@parametrize(RATED)
def test_every_value_comes_back_from_the_summary(
    benchkeep: Benchkeep, store: Path, cells: int, tests: int
):
    before = dict(leaves(json.loads((store / PILOT.master).read_text())))
    data = benchkeep.must(store, "migrate", "--shape", "summary").data
    assert data["rows"] == cells
    assert pq.read_metadata(store / PILOT.results).num_rows == cells

    back = store / "back.json"
    benchkeep.must(store, "migrate", "--to", "json", "-o", back)
    document = json.loads(back.read_text())
    after = dict(leaves(document))
    assert list(after) == list(before)
    values = 0
    for cell, numbers in before.items():
        assert set(after[cell]) == set(numbers), cell
        for name, value in numbers.items():
            assert same(value, after[cell][name]), (cell, name)
            assert type(value) is type(after[cell][name]), (cell, name)
            values += 1
    assert values > 10 * cells
    assert document["summary"]["total_tests"] == tests
    totals = Counter()
    for (model, *_), numbers in after.items():
        totals[model] += numbers["total"]
    for name, total in totals.items():
        assert document["models"][name]["total_tests"] == total
    successes = sum(numbers["success"] for numbers in before.values())
    assert document["summary"]["total_success"] == successes


@parametrize(RATED[:1])
def test_records_are_counted_on_the_way_back(
    benchkeep: Benchkeep, store: Path, cells: int, tests: int
):
    before = dict(leaves(json.loads((store / PILOT.master).read_text())))
    benchkeep.must(store, "migrate")
    back = store / "back.json"
    benchkeep.must(store, "migrate", "--to", "json", "-o", back)
    after = dict(leaves(json.loads(back.read_text())))
    assert set(after) == {cell for cell, n in before.items() if n["total"]}
    for cell, numbers in after.items():
        for name in ("total", "success", "partial", "failed"):
            assert numbers[name] == before[cell][name], (cell, name)


@parametrize(MASTERS[5:])
def test_instances_keep_their_own_values(
    benchkeep: Benchkeep, store: Path, cells: int, tests: int
):
    document = json.loads((store / PILOT.master).read_text())
    instances = [
        i for group in document["test_groups"].values() for i in group["instances"]
    ]
    benchkeep.must(store, "migrate")
    frame = pd.read_parquet(store / PILOT.results)
    assert sorted(frame.timestamp) == sorted(i["timestamp"] for i in instances)
    times = dict(zip(frame.timestamp, frame.execution_time))
    errors = dict(zip(frame.timestamp, frame.error_message))
    for instance in instances:
        assert times[instance["timestamp"]] == instance["execution_time"]
        error = errors[instance["timestamp"]]
        assert (None if pd.isna(error) else error) == instance["error_message"]


@parametrize(MASTERS[:1])
def test_results_are_never_overwritten_unasked(
    benchkeep: Benchkeep, store: Path, shared: Path, cells: int, tests: int
):
    results = store / PILOT.results
    results.parent.mkdir(parents=True)
    shutil.copyfile(shared / "parquet/records-4928.parquet", results)
    before = results.read_bytes()
    assert benchkeep.run(store, "migrate").code == FAILED
    assert benchkeep.run(store, "migrate", "--replace").code == USAGE
    assert benchkeep.run(store, "migrate", "--dry-run", "--merge").code == OK
    assert results.read_bytes() == before

    merged = benchkeep.must(store, "migrate", "--merge").data["merged"]
    old = pd.read_parquet(shared / "parquet/records-4928.parquet")
    frame = pd.read_parquet(results)
    fresh = merged["rows_added"]
    assert len(frame) == len(old) + fresh == merged["rows_after"]
    assert set(old.test_id) <= set(frame.test_id)
    assert tests == fresh + merged["rows_replaced"]
