"""Builds stores to test on: both shapes, many types, many writers, seeded.

Everything random comes from the seed, so a failing store can be built again.
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True)
class StoreLayout:
    """Names below the root; the defaults are those of PILOT-Bench."""

    results: str = "pilot_bench_parquet_data/test_results.parquet"
    increments: str = "pilot_bench_parquet_data/incremental"
    master: str = "pilot_bench_cumulative_results/master_database.json"
    key: tuple[str, ...] = ("test_id",)


PILOT = StoreLayout()
FOREIGN = StoreLayout(
    results="runs/all.parquet",
    increments="runs/new",
    master="runs/totals.json",
    key=("run_id", "sample_id"),
)
FOREIGN_SETTINGS = """\
[store]
results = "runs/all.parquet"
increments = "runs/new"
master = "runs/totals.json"
key = ["run_id", "sample_id"]
"""

# Long ago, so that a broken increment is not waited for.
EPOCH = 1_755_000_000

MODELS = ["gpt-4o-mini", "GPT-4o-mini", "qwen2.5-7b", "通义千问", "Llama-3.3-70B"]
PROMPTS = ["optimal", "flawed_missing_step", "cot"]
DIFFICULTIES = ["very_easy", "easy", "medium"]
TASKS = ["simple_task", "data_pipeline", "api_integration"]
NOTES = ["", "ok", "naïve", "中文说明", "emoji 🙂", 'a "quote", a comma', "two\nlines", None]

CODECS = ["zstd", "snappy", "none"]


class StoreBuilder:
    """A store under construction at `root`."""

    def __init__(self, root: Path, layout: StoreLayout = PILOT):
        self.root = root
        self.layout = layout
        self.results_path = root / layout.results
        self.increments = root / layout.increments
        self.master_path = root / layout.master
        for folder in (
            self.results_path.parent,
            self.increments,
            self.master_path.parent,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        self._clock = EPOCH

    def settings(self, text: str) -> None:
        (self.root / "benchkeep.toml").write_text(text)

    def results(self, table: pa.Table, **options: Any) -> Path:
        pq.write_table(table, self.results_path, **options)
        return self.stamp(self.results_path)

    def increment(
        self, table: pa.Table, name: str | None = None, **options: Any
    ) -> Path:
        path = self.new_increment(name)
        pq.write_table(table, path, **options)
        return self.stamp(path)

    def raw_increment(self, content: bytes, name: str | None = None) -> Path:
        path = self.new_increment(name)
        path.write_bytes(content)
        return self.stamp(path)

    def new_increment(self, name: str | None = None) -> Path:
        number = self._clock - EPOCH
        return self.increments / (name or f"increment_{4000 + number}_{number}.parquet")

    def stamp(self, path: Path, second: int | None = None) -> Path:
        """Gives `path` the next modification time, or the one given."""
        if second is None:
            self._clock += 1
            second = self._clock
        os.utime(path, (second, second))
        return path

    def master(self, document: dict) -> Path:
        self.master_path.write_text(json.dumps(document, ensure_ascii=False))
        return self.stamp(self.master_path)


# --- records ---------------------------------------------------------------

RECORD_SCHEMA = pa.schema(
    [
        ("model", pa.string()),
        ("prompt_type", pa.string()),
        ("tool_success_rate", pa.float32()),
        ("difficulty", pa.string()),
        ("task_type", pa.string()),
        ("total", pa.int32()),
        ("avg_turns", pa.float32()),
        ("tokens", pa.int64()),
        ("score", pa.float64()),
        ("note", pa.string()),
        ("timestamp", pa.string()),
        ("test_id", pa.string()),
        ("success", pa.bool_()),
        ("partial_success", pa.bool_()),
    ]
)

BIG = [2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 0, 1]
REALS = [0.0, -0.0, float("nan"), float("inf"), 1e-300, 0.1, -3.5, None]


def record(rng: random.Random, test_id: str | None) -> dict[str, Any]:
    success = rng.choice([True, False, False])
    return {
        "model": rng.choice(MODELS),
        "prompt_type": rng.choice(PROMPTS),
        "tool_success_rate": rng.choice([0.6, 0.8, 1.0]),
        "difficulty": rng.choice(DIFFICULTIES),
        "task_type": rng.choice(TASKS),
        "total": rng.randrange(1, 40),
        "avg_turns": rng.random() * 10,
        "tokens": rng.choice(BIG),
        "score": rng.choice(REALS),
        "note": rng.choice(NOTES),
        "timestamp": f"2025-08-{rng.randrange(1, 29):02d}T03:24:{rng.randrange(60):02d}",
        "test_id": test_id,
        "success": success,
        "partial_success": success and rng.random() < 0.2,
    }


def records(rng: random.Random, ids: list[str | None]) -> pa.Table:
    return pa.Table.from_pylist([record(rng, one) for one in ids], RECORD_SCHEMA)


def test_ids(start: int, count: int) -> list[str]:
    return [f"Model_optimal_0.8_easy_simple_task_{n}" for n in range(start, start + count)]


def cast(table: pa.Table, name: str, kind: pa.DataType) -> pa.Table:
    index = table.column_names.index(name)
    column = table.column(name).cast(kind, safe=False)
    return table.set_column(index, name, column)


def add(table: pa.Table, name: str, values: list, kind: pa.DataType) -> pa.Table:
    return table.append_column(name, pa.array(values, kind))


def dictionary(table: pa.Table, *names: str) -> pa.Table:
    for name in names:
        index = table.column_names.index(name)
        encoded = table.column(name).dictionary_encode().unify_dictionaries()
        encoded = encoded.cast(pa.dictionary(pa.int8(), pa.string()))
        table = table.set_column(index, name, encoded)
    return table


Variant = Callable[[random.Random, pa.Table], pa.Table]

# What writers of other versions do to the schema of their increments.
VARIANTS: dict[str, Variant] = {
    "as it is": lambda rng, t: t,
    "wider int": lambda rng, t: cast(t, "total", pa.int64()),
    "wider float": lambda rng, t: cast(t, "avg_turns", pa.float64()),
    "categories": lambda rng, t: dictionary(t, "model", "difficulty"),
    "missing columns": lambda rng, t: t.drop_columns(["note", "avg_turns"]),
    "extra column": lambda rng, t: add(
        t, "latency_ms", [rng.randrange(2**40) for _ in range(t.num_rows)], pa.int64()
    ),
    "name of another case": lambda rng, t: add(
        t, "Note", [rng.choice(NOTES) for _ in range(t.num_rows)], pa.string()
    ),
    "unicode name": lambda rng, t: add(
        t, "备注", [rng.choice(NOTES) for _ in range(t.num_rows)], pa.string()
    ),
    "all null": lambda rng, t: cast(
        t.set_column(
            t.column_names.index("note"), "note", pa.nulls(t.num_rows, pa.string())
        ),
        "note",
        pa.string(),
    ),
    "columns in another order": lambda rng, t: t.select(sorted(t.column_names)),
    "timestamps": lambda rng, t: add(
        t,
        "finished",
        [1_755_000_000_123_456 + rng.randrange(10**9) for _ in range(t.num_rows)],
        pa.timestamp("us"),
    ),
}

# What does not fit, and has to go to the quarantine.
MISFITS: dict[str, Variant] = {
    "bool as int": lambda rng, t: cast(t, "success", pa.int64()),
    "text for a number": lambda rng, t: cast(t, "tokens", pa.string()),
    "number for text": lambda rng, t: t.set_column(
        t.column_names.index("note"), "note", pa.array(range(t.num_rows), pa.int64())
    ),
    "double for a big int": lambda rng, t: cast(t, "tokens", pa.float64()),
    "no key, no cell": lambda rng, t: t.select(["note", "score"]),
}


def write_somehow(rng: random.Random, builder: StoreBuilder, table: pa.Table) -> Path:
    """One increment, by one of the ways that Python programs write Parquet."""
    options = {"compression": rng.choice(CODECS)}
    if rng.random() < 0.4 and table.num_rows:
        path = builder.new_increment()
        frame = table.to_pandas(types_mapper=pd.ArrowDtype)
        frame.to_parquet(path, index=False, **options)
        return builder.stamp(path)
    if rng.random() < 0.5:
        options["row_group_size"] = rng.choice([1, 3, 50])
    if rng.random() < 0.3:
        options["use_dictionary"] = False
    if rng.random() < 0.3:
        options["data_page_version"] = "2.0"
    return builder.increment(table, **options)


def records_store(
    root: Path,
    seed: int,
    *,
    size: int = 200,
    increments: int = 8,
    misfits: int = 1,
    null_keys: bool = True,
    with_results: bool = True,
    plain: bool = False,
) -> StoreBuilder:
    """A records store with overlapping increments of several schemas."""
    rng = random.Random(seed)
    builder = StoreBuilder(root)
    if with_results:
        ids: list[str | None] = list(test_ids(0, size))
        if null_keys:
            ids += [None, None, None]
        rng.shuffle(ids)
        builder.results(
            records(rng, ids), compression=rng.choice(CODECS), row_group_size=64
        )
    plans = [rng.choice(list(VARIANTS.values())) for _ in range(increments)]
    if plain:
        plans = [VARIANTS["as it is"]] * increments
    elif with_results:
        doomed = list(MISFITS.values())
        plans += [rng.choice(doomed) for _ in range(misfits)]
        rng.shuffle(plans)
    for number, plan in enumerate(plans):
        start = rng.randrange(0, size + number * 10)
        new: list[str | None] = list(test_ids(start, rng.randrange(1, 40)))
        new += [rng.choice(new) for _ in range(rng.randrange(4))]  # Twice in a file.
        if null_keys and rng.random() < 0.5:
            new += [None, None]
        rng.shuffle(new)
        write_somehow(rng, builder, plan(rng, records(rng, new)))
    return builder


# --- summary ---------------------------------------------------------------

SUMMARY_SCHEMA = pa.schema(
    [
        ("model", pa.string()),
        ("prompt_type", pa.string()),
        ("tool_success_rate", pa.float64()),
        ("difficulty", pa.string()),
        ("task_type", pa.string()),
        ("total", pa.int64()),
        ("success", pa.int64()),
        ("partial_success", pa.int64()),
        ("failed", pa.int64()),
        ("success_rate", pa.float64()),
        ("avg_turns", pa.float64()),
        ("last_updated", pa.string()),
    ]
)


def cell(rng: random.Random, key: tuple) -> dict[str, Any]:
    total = rng.randrange(1, 50)
    success = rng.randrange(total + 1)
    values = {
        "total": total,
        "success": success,
        "partial_success": rng.randrange(success + 1),
        "failed": total - success,
        "success_rate": success / total,
        "avg_turns": rng.random() * 12,
        "last_updated": f"2025-08-{rng.randrange(1, 29):02d}T01:02:03.000004",
    }
    names = SUMMARY_SCHEMA.names[:5]
    return {**dict(zip(names, key)), **values}


def cells(rng: random.Random, keys: list[tuple]) -> pa.Table:
    return pa.Table.from_pylist([cell(rng, key) for key in keys], SUMMARY_SCHEMA)


def all_cells() -> list[tuple]:
    return [
        (model, prompt, rate, difficulty, task)
        for model in MODELS
        for prompt in PROMPTS
        for rate in (0.6, 0.8)
        for difficulty in DIFFICULTIES
        for task in TASKS
    ]


def summary_store(
    root: Path, seed: int, *, increments: int = 6, null_keys: bool = True
) -> StoreBuilder:
    """A summary store: each row stands for a whole cell."""
    rng = random.Random(seed)
    builder = StoreBuilder(root)
    keys = all_cells()
    rng.shuffle(keys)
    base = keys[: len(keys) // 2]
    if null_keys:
        nothing = ("gpt-4o-mini", None, 0.8, "easy", "simple_task")
        base += [nothing, nothing, ("gpt-4o-mini", "cot", float("nan"), "easy", "x")]
    builder.results(cells(rng, base), compression=rng.choice(CODECS))
    for _ in range(increments):
        new = rng.sample(keys, rng.randrange(1, 30))
        if null_keys and rng.random() < 0.5:
            new.append(("gpt-4o-mini", None, 0.8, "easy", "simple_task"))
            new.append(("gpt-4o-mini", "cot", float("nan"), "easy", "x"))
        table = cells(rng, new)
        if rng.random() < 0.4:
            table = cast(table, "total", pa.int32())
        if rng.random() < 0.4:
            table = add(table, "avg_tool_calls", [rng.random() for _ in new], pa.float64())
        write_somehow(rng, builder, table)
    return builder


# --- master database --------------------------------------------------------


def master_document(rng: random.Random, leaves: int = 12) -> dict[str, Any]:
    """A master database, version 3.0, consistent on all three levels."""
    models: dict[str, Any] = {}
    totals = {"total": 0, "success": 0, "partial": 0, "failed": 0}
    for key in rng.sample(all_cells(), leaves):
        model, prompt, rate, difficulty, task = key
        total = rng.randrange(1, 9)
        success = rng.randrange(total + 1)
        leaf = {
            "total": total,
            "success": success,
            "successful": success,
            "partial": 0,
            "failed": total - success,
            "success_rate": success / total,
            "avg_turns": rng.random() * 10,
        }
        entry = models.setdefault(
            model, {"total_tests": 0, "overall_stats": {}, "by_prompt_type": {}}
        )
        entry["total_tests"] += total
        node = entry["by_prompt_type"].setdefault(prompt, {"by_tool_success_rate": {}})
        node = node["by_tool_success_rate"].setdefault(str(rate), {"by_difficulty": {}})
        node = node["by_difficulty"].setdefault(difficulty, {"by_task_type": {}})
        node["by_task_type"][task] = leaf
        for name in totals:
            totals[name] += leaf[name]
    return {
        "version": "3.0",
        "created_at": "2025-08-01T00:00:00",
        "last_updated": "2025-08-17T03:24:57",
        "summary": {
            "total_tests": totals["total"],
            "total_success": totals["success"],
            "total_partial": totals["partial"],
            "total_failure": totals["failed"],
            "models_tested": sorted(models),
        },
        "models": models,
        "test_groups": {},
    }
