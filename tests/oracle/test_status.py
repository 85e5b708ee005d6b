"""Proves the numbers of `status` on the sample data and on generated stores."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

import oracle
import storegen
import tree
from cli import Benchkeep
from storegen import PILOT, StoreBuilder


def real_store(shared: Path, root: Path) -> Path:
    shutil.copytree(shared / "real-store", root)
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return root


def test_the_real_store(benchkeep: Benchkeep, shared: Path, tmp_path: Path):
    root = real_store(shared, tmp_path / "store")
    before = tree.snapshot(root)
    outcome = benchkeep.must(root, "status")
    master, results = outcome.data["master"], outcome.data["results"]
    assert master["total_tests"] == 28_265
    assert len(master["models"]) == 15
    assert sum(model["total_tests"] for model in master["models"]) == 28_265
    assert results["shape"] == "summary"
    assert results["rows"] == 40
    assert results["total_tests"] == 120
    assert results["success_rate"] == pytest.approx(18 / 120)
    assert outcome.data["increments"] is None
    assert tree.differences(before, tree.snapshot(root)) == []


def test_the_leaves_and_what_the_summary_claims(
    benchkeep: Benchkeep, shared: Path, tmp_path: Path
):
    root = real_store(shared, tmp_path / "store")
    outcome = benchkeep.must(root, "status")
    assert outcome.data["master"]["leaves"] == 607
    assert outcome.data["master"]["summary_total_tests"] == 13_233
    assert any("13" in finding["message"] for finding in outcome.findings)


def test_records(benchkeep: Benchkeep, shared: Path, tmp_path: Path):
    builder = StoreBuilder(tmp_path)
    shutil.copy(shared / "parquet" / "records-4928.parquet", builder.results_path)
    results = benchkeep.must(tmp_path, "status").data["results"]
    assert results["shape"] == "records"
    assert results["rows"] == results["total_tests"] == 4928
    assert results["success_rate"] == pytest.approx(0.16822, abs=5e-6)
    assert sum(model["total_tests"] for model in results["models"]) == 4928


def by_model(table, shape: str) -> dict[str, tuple[int, float | None]]:
    found = {}
    for name in set(table.column("model").to_pylist()):
        rows = [row for row in table.to_pylist() if row["model"] == name]
        if shape == "records":
            total = len(rows)
            outcomes = [r["success"] for r in rows if r["success"] is not None]
            rate = sum(outcomes) / len(outcomes) if outcomes else None
        else:
            total = sum(row["total"] for row in rows)
            rate = sum(row["success"] for row in rows) / total if total else None
        found[name] = (total, rate)
    return found


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("shape", ["records", "summary"])
def test_generated(benchkeep: Benchkeep, tmp_path: Path, shape: str, seed: int):
    build = storegen.records_store if shape == "records" else storegen.summary_store
    builder = build(tmp_path, seed)
    table = oracle.read(builder.results_path)
    want = by_model(table, shape)
    files = oracle.in_order(tmp_path)
    data = benchkeep.must(tmp_path, "status").data
    results = data["results"]
    assert results["shape"] == shape
    assert results["rows"] == table.num_rows
    assert results["total_tests"] == sum(total for total, _ in want.values())
    assert results["success_rate"] == pytest.approx(oracle.success_rate(table, shape))
    got = {m["name"]: (m["total_tests"], m["success_rate"]) for m in results["models"]}
    assert got == {
        name: (total, rate if rate is None else pytest.approx(rate))
        for name, (total, rate) in want.items()
    }
    assert data["increments"]["files"] == len(files)
    assert data["increments"]["bytes"] == sum(path.stat().st_size for path in files)
    assert data["increments"]["rows"] == sum(oracle.read(p).num_rows for p in files)
    assert data["master"] is None


def test_parts_that_are_missing_are_null(benchkeep: Benchkeep, tmp_path: Path):
    builder = StoreBuilder(tmp_path)
    builder.master(storegen.master_document(random.Random(1)))
    data = benchkeep.must(tmp_path, "status").data
    assert data["results"] is None
    assert data["master"]["total_tests"] > 0
    assert not (tmp_path / PILOT.results).exists()
