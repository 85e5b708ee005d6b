"""Proves the numbers of `breakdown` against pandas, in both shapes."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import storegen
from cli import Benchkeep
from storegen import StoreBuilder

DIMENSIONS = ["model", "prompt_type", "tool_success_rate", "difficulty", "task_type"]


def value(text: object) -> str | None:
    if text is None or text is pd.NA or text != text:
        return None
    return f"{text:.6g}" if isinstance(text, float) else str(text)


def expected(frame: pd.DataFrame, columns: list[str]) -> dict[tuple, tuple[int, float | None]]:
    """Tests and success rate by `columns`, from rows of (tests, known, won)."""
    counts: dict[tuple, list[float]] = {}
    for _, row in frame.iterrows():
        key = tuple(value(row[one]) if one in frame else None for one in columns)
        sums = counts.setdefault(key, [0, 0, 0])
        for index, name in enumerate(("tests", "known", "won")):
            sums[index] += row[name]
    return {
        key: (int(tests), won / known if known else None)
        for key, (tests, known, won) in counts.items()
    }


def normal(path: Path) -> pd.DataFrame:
    frame = pq.read_table(path).to_pandas()
    if "test_id" in frame:
        frame["tests"] = 1
        frame["known"] = frame["success"].notna().astype(int)
        frame["won"] = frame["success"].fillna(False).astype(int)
    else:
        frame["tests"] = frame["total"].fillna(0)
        frame["known"] = frame["total"].where(frame["success"].notna(), 0).fillna(0)
        frame["won"] = frame["success"].fillna(0)
    return frame


def agrees(count: tuple[int, float | None], one: dict) -> None:
    assert one["total_tests"] == count[0], one
    assert one["success_rate"] == (None if count[1] is None else pytest.approx(count[1])), one


def check(data: dict, frame: pd.DataFrame) -> None:
    assert data["total_tests"] == frame["tests"].sum()
    parts: dict[str, list] = {}
    for dimension in data["dimensions"]:
        column = dimension["column"]
        want = expected(frame, [column])
        parts[column] = [part["value"] for part in dimension["parts"]]
        assert {(one,) for one in parts[column]} == set(want)
        for part in dimension["parts"]:
            agrees(want[(part["value"],)], part)
    assert list(parts) == DIMENSIONS
    assert [(one["rows"], one["columns"]) for one in data["matrices"]] == [
        ("model", column) for column in DIMENSIONS[1:]
    ]
    for matrix in data["matrices"]:
        want = expected(frame, [matrix["rows"], matrix["columns"]])
        assert len(matrix["cells"]) == len(want)
        for cell in matrix["cells"]:
            key = (parts[matrix["rows"]][cell["row"]], parts[matrix["columns"]][cell["column"]])
            agrees(want[key], cell)


@pytest.mark.parametrize("seed", range(3))
def test_records(benchkeep: Benchkeep, tmp_path: Path, seed: int):
    builder = storegen.records_store(tmp_path, seed)
    data = benchkeep.must(tmp_path, "breakdown").data
    assert data["source"] == "results"
    check(data, normal(builder.results_path))


@pytest.mark.parametrize("seed", range(3))
def test_summaries(benchkeep: Benchkeep, tmp_path: Path, seed: int):
    builder = storegen.summary_store(tmp_path, seed)
    data = benchkeep.must(tmp_path, "breakdown").data
    assert data["source"] == "results"
    check(data, normal(builder.results_path))
    assert data["timeline"] == {"slot_seconds": 0, "slots": []}


def test_the_master_database_when_it_holds_more(benchkeep: Benchkeep, tmp_path: Path):
    rng = random.Random(3)
    builder = StoreBuilder(tmp_path)
    document = storegen.master_document(rng)
    builder.master(document)
    data = benchkeep.must(tmp_path, "breakdown").data
    assert data["source"] == "master"
    assert data["total_tests"] == document["summary"]["total_tests"]
    assert data["success_rate"] == pytest.approx(
        document["summary"]["total_success"] / document["summary"]["total_tests"]
    )
    models = {part["value"]: part["total_tests"] for part in data["dimensions"][0]["parts"]}
    assert models == {
        name: model["total_tests"] for name, model in document["models"].items()
    }
    builder.results(storegen.records(rng, storegen.test_ids(0, 3)))
    assert benchkeep.must(tmp_path, "breakdown").data["source"] == "master"
    builder.results(storegen.records(rng, storegen.test_ids(0, 500)))
    assert benchkeep.must(tmp_path, "breakdown").data["source"] == "results"


def test_nothing(benchkeep: Benchkeep, tmp_path: Path):
    (tmp_path / "benchkeep.toml").write_text("")
    data = benchkeep.must(tmp_path, "breakdown").data
    assert data["source"] is None and data["total_tests"] == 0


def test_the_timeline(benchkeep: Benchkeep, tmp_path: Path):
    table = storegen.records(random.Random(4), storegen.test_ids(0, 200))
    times = pd.date_range("2025-08-01", periods=200, freq="7min").astype(str)
    import pyarrow as pa

    index = table.schema.get_field_index("timestamp")
    table = table.set_column(index, "timestamp", pa.array(list(times)))
    builder = StoreBuilder(tmp_path)
    builder.results(table)
    timeline = benchkeep.must(tmp_path, "breakdown").data["timeline"]
    seconds = timeline["slot_seconds"]
    frame = normal(builder.results_path)
    slots = frame.groupby(pd.to_datetime(frame["timestamp"]).dt.floor(f"{seconds}s"))
    want = {
        start.strftime("%Y-%m-%dT%H:%M:%S"): (len(rows), rows["won"].sum() / rows["known"].sum())
        for start, rows in slots
    }
    assert 48 <= len(want) <= 97
    assert [one["start"] for one in timeline["slots"]] == list(want)
    for one in timeline["slots"]:
        agrees(want[one["start"]], one)
