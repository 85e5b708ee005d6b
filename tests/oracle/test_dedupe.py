"""Proves that dedupe is pandas' drop_duplicates(keep='last'), NULL keys apart."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import checks
import oracle
import storegen
from cli import Benchkeep
from storegen import FOREIGN, FOREIGN_SETTINGS, PILOT, StoreBuilder


def conflicts(table: pa.Table, key: tuple[str, ...], success: str) -> int:
    """Superseded rows whose outcome differs from the row that stands."""
    mask = oracle.keep_last_mask(table, key)
    keys = list(zip(*(table.column(name).to_pylist() for name in key)))
    outcome = table.column(success).to_pylist()
    stands = {k: o for k, o, alive in zip(keys, outcome, mask) if alive}
    return sum(
        1 for k, o, alive in zip(keys, outcome, mask) if not alive and stands[k] != o
    )


def dedupe_and_compare(benchkeep: Benchkeep, root: Path, layout=PILOT) -> dict:
    path = root / layout.results
    before = oracle.read(path)
    shape, key = oracle.shape_key(before, layout)
    want = oracle.keep_last(before, key)
    outcome = benchkeep.must(root, "dedupe")
    oracle.assert_same(checks.opens_everywhere(path), want)
    data = outcome.data
    assert data["rows_before"] == before.num_rows
    assert data["rows_after"] == want.num_rows
    assert data["removed"] == before.num_rows - want.num_rows
    if shape == "records":
        assert data["conflicting"] == conflicts(before, key, "success")
    checks.assert_at_rest(root, layout)

    # Twice is once.
    stands = path.read_bytes()
    assert benchkeep.must(root, "dedupe").data["removed"] == 0
    assert path.read_bytes() == stands
    return data


@pytest.mark.parametrize("seed", range(25))
def test_records(benchkeep: Benchkeep, tmp_path: Path, seed: int):
    rng = random.Random(seed)
    ids: list[str | None] = [rng.choice(storegen.test_ids(0, 60)) for _ in range(150)]
    ids += [None] * rng.randrange(4)
    rng.shuffle(ids)
    table = storegen.records(rng, ids)
    table = rng.choice(list(storegen.VARIANTS.values()))(rng, table)
    builder = StoreBuilder(tmp_path)
    builder.results(
        table,
        compression=rng.choice(storegen.CODECS),
        row_group_size=rng.choice([1, 7, 1000]),
    )
    assert dedupe_and_compare(benchkeep, tmp_path)["removed"] > 0


@pytest.mark.parametrize("seed", range(15))
def test_summary(benchkeep: Benchkeep, tmp_path: Path, seed: int):
    rng = random.Random(seed)
    keys = [rng.choice(storegen.all_cells()[:40]) for _ in range(90)]
    keys += [("m", None, 0.8, "easy", "t")] * 2 + [("m", "p", float("nan"), "e", "t")] * 2
    StoreBuilder(tmp_path).results(storegen.cells(rng, keys))
    assert dedupe_and_compare(benchkeep, tmp_path)["removed"] > 0


def test_every_sample_file(benchkeep: Benchkeep, shared: Path, tmp_path: Path):
    rng = random.Random(3)
    for number, sample in enumerate(sorted(shared.rglob("*.parquet"))):
        if sample.name == "model_stats.parquet":
            continue
        root = tmp_path / f"as-it-is-{number}"
        shutil.copy(sample, StoreBuilder(root).results_path)
        assert dedupe_and_compare(benchkeep, root)["removed"] == 0

        root = tmp_path / f"doubled-{number}"
        table = pq.read_table(sample)
        some = rng.choices(range(table.num_rows), k=table.num_rows // 3)
        table = pa.concat_tables([table, table.take(some)])
        StoreBuilder(root).results(table)
        assert dedupe_and_compare(benchkeep, root)["removed"] == len(some)


def test_the_losers_come_back_with_undo(benchkeep: Benchkeep, tmp_path: Path):
    rng = random.Random(4)
    builder = StoreBuilder(tmp_path)
    builder.results(storegen.records(rng, ["a", "b", "a", "a", None, None]))
    before = builder.results_path.read_bytes()
    benchkeep.must(tmp_path, "dedupe")
    assert checks.results(tmp_path).num_rows == 4
    newest = benchkeep.must(tmp_path, "undo", "list").data["changes"][0]
    benchkeep.must(tmp_path, "undo", newest["id"], "--yes")
    assert builder.results_path.read_bytes() == before


def test_a_key_of_two_columns(benchkeep: Benchkeep, tmp_path: Path):
    rng = random.Random(5)
    builder = StoreBuilder(tmp_path, FOREIGN)
    builder.settings(FOREIGN_SETTINGS)
    pairs = [(rng.choice("abc"), rng.choice([2**53, 2**53 + 1])) for _ in range(40)]
    builder.results(
        pa.table(
            {
                "run_id": [run for run, _ in pairs],
                "sample_id": [sample for _, sample in pairs],
                "success": [rng.random() < 0.5 for _ in pairs],
            }
        )
    )
    assert dedupe_and_compare(benchkeep, tmp_path, FOREIGN)["rows_after"] == 6
