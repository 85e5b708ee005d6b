"""Proves that consolidate gives what pandas gives: same rows, types and order.

Generated stores of both shapes, every Parquet file of the sample data, and a
store with other names and a key of two columns.  What is written opens in
pandas, pyarrow and DuckDB with equal values and types.
"""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import checks
import oracle
import storegen
from cli import FINDINGS, FINE, OK, Benchkeep
from storegen import FOREIGN, FOREIGN_SETTINGS, PILOT, StoreBuilder, StoreLayout

SEEDS = range(40)
LONG_SEEDS = range(400)


def consolidate_and_compare(
    benchkeep: Benchkeep, root: Path, layout: StoreLayout = PILOT
) -> dict:
    """Runs consolidate and holds everything it did against the reference."""
    want = oracle.expect_consolidated(root, layout)
    outcome = benchkeep.run(root, "consolidate")
    assert outcome.code in ((FINDINGS,) if want.quarantined else FINE), outcome
    data = outcome.data

    got = checks.opens_everywhere(root / layout.results)
    oracle.assert_same(got, want.table)
    assert data["files_merged"] == len(want.merged)
    assert data["files_quarantined"] == len(want.quarantined)
    assert data["files_skipped"] == 0
    assert data["rows_before"] == want.rows_before
    assert data["rows_added"] == want.rows_added
    assert data["rows_replaced"] == want.rows_replaced
    assert data["rows_after"] == want.table.num_rows
    assert sorted(checks.quarantined(root)) == sorted(want.quarantined)
    assert checks.waiting(root, layout) == []
    checks.assert_at_rest(root, layout)
    return data


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        import os

        long = os.environ.get("BENCHKEEP_LONG") == "1"
        metafunc.parametrize("seed", LONG_SEEDS if long else SEEDS)


def test_records(benchkeep: Benchkeep, tmp_path: Path, seed: int):
    storegen.records_store(tmp_path, seed)
    consolidate_and_compare(benchkeep, tmp_path)

    # Again: nothing to do, and nothing is done.
    before = (tmp_path / PILOT.results).read_bytes()
    assert benchkeep.must(tmp_path, "consolidate").data["rows_added"] == 0
    assert (tmp_path / PILOT.results).read_bytes() == before


def test_summary(benchkeep: Benchkeep, tmp_path: Path, seed: int):
    storegen.summary_store(tmp_path, seed)
    consolidate_and_compare(benchkeep, tmp_path)


@pytest.mark.parametrize("number", range(5))
def test_without_a_results_file(benchkeep: Benchkeep, tmp_path: Path, number: int):
    storegen.records_store(tmp_path, 1000 + number, with_results=False, plain=True)
    consolidate_and_compare(benchkeep, tmp_path)


@pytest.mark.parametrize("variant", storegen.VARIANTS)
def test_each_variant(benchkeep: Benchkeep, tmp_path: Path, variant: str):
    rng = random.Random(7)
    builder = StoreBuilder(tmp_path)
    builder.results(storegen.records(rng, storegen.test_ids(0, 20)))
    new = storegen.records(rng, storegen.test_ids(15, 10))
    builder.increment(storegen.VARIANTS[variant](rng, new))
    data = consolidate_and_compare(benchkeep, tmp_path)
    assert (data["rows_added"], data["rows_replaced"]) == (5, 5)


@pytest.mark.parametrize("misfit", storegen.MISFITS)
def test_each_misfit_goes_to_the_quarantine(
    benchkeep: Benchkeep, tmp_path: Path, misfit: str
):
    rng = random.Random(8)
    builder = StoreBuilder(tmp_path)
    builder.results(storegen.records(rng, storegen.test_ids(0, 30)))
    bad = storegen.MISFITS[misfit](
        rng, storegen.records(rng, storegen.test_ids(25, 30))
    )
    path = builder.increment(bad)
    content = path.read_bytes()
    builder.increment(storegen.records(rng, storegen.test_ids(28, 10)))
    data = consolidate_and_compare(benchkeep, tmp_path)
    assert data["files_quarantined"] == 1 and data["files_merged"] == 1
    kept = list((tmp_path / ".benchkeep" / "quarantine").rglob(path.name))
    assert [one.read_bytes() for one in kept] == [content]


def test_a_column_of_nothing_takes_the_type_of_the_others(
    benchkeep: Benchkeep, tmp_path: Path
):
    """pandas writes a column of None as Parquet's null type."""
    rng = random.Random(9)
    builder = StoreBuilder(tmp_path)
    builder.results(storegen.records(rng, storegen.test_ids(0, 20)))
    new = storegen.records(rng, storegen.test_ids(10, 20))
    for name in ("note", "tokens"):
        new = new.set_column(new.column_names.index(name), name, pa.nulls(20))
    builder.increment(new)
    consolidate_and_compare(benchkeep, tmp_path)


def test_a_mixed_shape_is_not_guessed(benchkeep: Benchkeep, tmp_path: Path):
    rng = random.Random(10)
    builder = StoreBuilder(tmp_path)
    builder.results(storegen.cells(rng, storegen.all_cells()[:20]))
    builder.increment(storegen.records(rng, storegen.test_ids(0, 10)))
    builder.increment(storegen.cells(rng, storegen.all_cells()[10:30]))
    data = consolidate_and_compare(benchkeep, tmp_path)
    assert data["files_quarantined"] == 1 and data["rows_after"] == 30


def test_order_is_time_then_name(benchkeep: Benchkeep, tmp_path: Path):
    rng = random.Random(11)
    builder = StoreBuilder(tmp_path)
    builder.results(storegen.records(rng, ["a", "b"]))
    ids: list[str | None] = ["a", "x"]
    late = builder.increment(storegen.records(rng, ids), "increment_1_1.parquet")
    same_b = builder.increment(storegen.records(rng, ids), "increment_b_2.parquet")
    same_a = builder.increment(storegen.records(rng, ids), "increment_a_2.parquet")
    builder.stamp(late, storegen.EPOCH + 900)
    for path in (same_a, same_b):
        builder.stamp(path, storegen.EPOCH + 100)
    winner = oracle.read(late)
    consolidate_and_compare(benchkeep, tmp_path)
    stands = oracle.rows(checks.results(tmp_path))
    assert stands == [stands[0], *oracle.rows(winner)]


def test_results_that_hold_a_key_twice(benchkeep: Benchkeep, tmp_path: Path):
    rng = random.Random(12)
    builder = StoreBuilder(tmp_path)
    ids: list[str | None] = ["a", "b", "a", None, "c", "b", None]
    builder.results(storegen.records(rng, ids))
    builder.increment(storegen.records(rng, ["c", "d"]))
    want = oracle.expect_consolidated(tmp_path)
    benchkeep.must(tmp_path, "consolidate")
    benchkeep.must(tmp_path, "dedupe")
    oracle.assert_same(checks.results(tmp_path), want.table)


def sample_files(shared: Path) -> list[Path]:
    found = sorted(shared.rglob("*.parquet"))
    return [path for path in found if path.name != "model_stats.parquet"]


def test_every_sample_file(benchkeep: Benchkeep, shared: Path, tmp_path: Path):
    """Each real file as the results file, and as an increment to a part of it."""
    files = sample_files(shared)
    assert len(files) >= 4
    for number, sample in enumerate(files):
        table = pq.read_table(sample)
        half = table.num_rows // 2
        rng = random.Random(number)

        root = tmp_path / f"whole-{number}"
        builder = StoreBuilder(root)
        shutil.copy(sample, builder.results_path)
        builder.stamp(builder.results_path)
        some = sorted(rng.sample(range(table.num_rows), min(half, 300)))
        builder.increment(table.take(some))
        consolidate_and_compare(benchkeep, root)

        root = tmp_path / f"half-{number}"
        builder = StoreBuilder(root)
        builder.results(table.slice(0, half + 5))
        shutil.copy(sample, builder.new_increment("increment_1_1.parquet"))
        builder.stamp(builder.increments / "increment_1_1.parquet")
        consolidate_and_compare(benchkeep, root)


def test_a_store_with_other_names(benchkeep: Benchkeep, tmp_path: Path):
    rng = random.Random(13)
    builder = StoreBuilder(tmp_path, FOREIGN)
    builder.settings(FOREIGN_SETTINGS)

    def samples(pairs: list[tuple[str | None, int | None]]) -> pa.Table:
        return pa.table(
            {
                "run_id": pa.array([run for run, _ in pairs], pa.string()),
                "sample_id": pa.array([one for _, one in pairs], pa.int64()),
                "success": pa.array([rng.random() < 0.5 for _ in pairs], pa.bool_()),
                "answer": pa.array([rng.random() for _ in pairs], pa.float64()),
            }
        )

    grid: list = [(f"run-{r}", 2**53 + s) for r in range(4) for s in range(25)]
    builder.results(samples([*grid, (None, 1), (None, 1), ("run-0", None)]))
    for _ in range(3):
        new = rng.sample(grid, 20) + [("run-9", rng.randrange(5)), (None, 1)]
        builder.increment(samples(new))
    consolidate_and_compare(benchkeep, tmp_path, FOREIGN)


def test_categories_and_metadata_survive(benchkeep: Benchkeep, tmp_path: Path):
    rng = random.Random(14)
    builder = StoreBuilder(tmp_path)
    named = ["model", "prompt_type", "difficulty"]

    def frame(ids: list[str | None]) -> pd.DataFrame:
        plain = storegen.records(rng, ids).to_pandas()
        return plain.astype({name: "category" for name in named})

    table = pa.Table.from_pandas(frame(storegen.test_ids(0, 30)), preserve_index=False)
    extra = {b"campaign": "八月".encode(), b"operator": b"night shift"}
    table = table.replace_schema_metadata({**table.schema.metadata, **extra})
    builder.results(table)
    path = builder.new_increment()
    frame(storegen.test_ids(20, 20)).to_parquet(path, index=False)
    builder.stamp(path)

    before = checks.metadata(tmp_path / PILOT.results)
    consolidate_and_compare(benchkeep, tmp_path)
    after = checks.metadata(tmp_path / PILOT.results)
    for name in (b"campaign", b"operator", b"pandas"):
        assert after[name] == before[name]
    again = pd.read_parquet(tmp_path / PILOT.results)
    assert {str(again[name].dtype) for name in named} == {"category"}
    assert len(again) == 40


def test_metadata_that_lies_is_not_kept(benchkeep: Benchkeep, tmp_path: Path):
    """A column more: the description that pandas wrote no longer fits."""
    rng = random.Random(15)
    builder = StoreBuilder(tmp_path)
    builder.results(storegen.records(rng, storegen.test_ids(0, 10)))
    new = storegen.records(rng, storegen.test_ids(5, 10))
    builder.increment(storegen.cast(new, "total", pa.int64()))
    consolidate_and_compare(benchkeep, tmp_path)
    assert pd.read_parquet(tmp_path / PILOT.results)["total"].dtype == "int64"


@pytest.mark.parametrize("names", [("ok", "OK"), ("Success", "success_")])
def test_columns_that_differ_in_case(benchkeep: Benchkeep, tmp_path: Path, names):
    rng = random.Random(16)
    builder = StoreBuilder(tmp_path)
    first = storegen.records(rng, storegen.test_ids(0, 10))
    for number, name in enumerate(names):
        first = storegen.add(first, name, [number] * 10, pa.int64())
    builder.results(first)
    second = storegen.records(rng, storegen.test_ids(5, 10))
    second = storegen.add(second, names[1], [7] * 10, pa.int64())
    builder.increment(second)
    consolidate_and_compare(benchkeep, tmp_path)


def test_accumulating_cells(benchkeep: Benchkeep, tmp_path: Path):
    """[consolidate] summary_mode = "accumulate": counts add, averages weigh."""
    rng = random.Random(17)
    builder = StoreBuilder(tmp_path)
    builder.settings('[consolidate]\nsummary_mode = "accumulate"\n')
    keys = storegen.all_cells()
    batches = [keys[:40], keys[20:60], keys[30:35]]
    tables = [storegen.cells(rng, batch) for batch in batches]
    builder.results(tables[0])
    for table in tables[1:]:
        builder.increment(table)
    benchkeep.must(tmp_path, "consolidate")

    want: dict[tuple, dict] = {}
    for table in tables:
        for row in table.to_pylist():
            key = tuple(row[name] for name in oracle.SUMMARY_KEY)
            old = want.get(key)
            if old is None:
                want[key] = row
                continue
            new = dict(row)
            total = old["total"] + row["total"]
            for name in ("total", "success", "partial_success", "failed"):
                new[name] = old[name] + row[name]
            for name in ("success_rate", "avg_turns"):
                weighed = old[name] * old["total"] + row[name] * row["total"]
                new[name] = weighed / total
            want[key] = new
    got = {
        tuple(row[name] for name in oracle.SUMMARY_KEY): row
        for row in checks.results(tmp_path).to_pylist()
    }
    assert checks.results(tmp_path).num_rows == len(want) == 60
    assert got.keys() == want.keys()
    for key, row in want.items():
        for name, value in row.items():
            exact = not isinstance(value, float)
            assert got[key][name] == (value if exact else pytest.approx(value))


def test_many_tiny_increments(benchkeep: Benchkeep, tmp_path: Path, long_run: bool):
    """More files than a process may have open."""
    import resource

    count = 20_000 if long_run else 2_500
    rng = random.Random(18)
    builder = StoreBuilder(tmp_path)
    builder.results(storegen.records(rng, storegen.test_ids(0, 50)))
    for number in range(count):
        builder.increment(storegen.records(rng, [f"tiny-{number % 1400}"]))
    want = oracle.expect_consolidated(tmp_path) if not long_run else None

    def few_files() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))

    outcome = benchkeep.run(tmp_path, "consolidate", preexec=few_files)
    assert outcome.code in FINE, outcome
    assert outcome.data["files_merged"] == count
    assert outcome.data["rows_after"] == 50 + 1400
    if want is not None:
        oracle.assert_same(checks.results(tmp_path), want.table)


def test_the_document_names_what_was_quarantined(benchkeep: Benchkeep, tmp_path: Path):
    builder = storegen.records_store(tmp_path, 19, misfits=2)
    want = oracle.expect_consolidated(builder.root)
    document = benchkeep.run(tmp_path, "consolidate").document
    text = json.dumps(document["findings"], ensure_ascii=False)
    assert want.quarantined and all(name in text for name in want.quarantined)
    assert document["status"] == "warning"
