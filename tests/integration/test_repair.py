"""Diagnose and repair: the numbers above the cells are counted anew, torn files
come back as far as anything of them is left, and nothing is made up.

The sums that a repaired database must have are computed here, from its cells.
"""

from __future__ import annotations

import copy
import json
import random
import shutil
from pathlib import Path
from typing import Any, Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import checks
import oracle
import storegen
from cli import FAILED, FINE, Benchkeep
from storegen import PILOT, StoreBuilder, cast

REAL = (
    "real-store/pilot_bench_cumulative_results/master_database.json",
    "real-store/pilot_bench_cumulative_results/master_database copy.json",
    "real-store/pilot_bench_cumulative_results/master_database.json.backup",
    "real-store/pilot_bench_cumulative_results/backups/master_database_20250817_022806.json",
)
LEVELS = ("by_prompt_type", "by_tool_success_rate", "by_difficulty", "by_task_type")


def cells(document: dict) -> Iterator[tuple[tuple, dict]]:
    """Every leaf of a database of version 3.0 with its place."""

    def below(node: dict, levels: tuple, place: tuple) -> Iterator[tuple[tuple, dict]]:
        if not levels:
            yield place, node
            return
        for name, inner in (node.get(levels[0]) or {}).items():
            yield from below(inner, levels[1:], (*place, name))

    for model, node in document.get("models", {}).items():
        yield from below(node, LEVELS, (model,))


def count(leaf: dict, *names: str) -> int | None:
    """Writers have had several names for the same count."""
    return next((leaf[name] for name in names if name in leaf), None)


def counts(document: dict) -> dict[tuple, tuple]:
    return {
        place: (
            count(leaf, "total"),
            count(leaf, "success"),
            count(leaf, "partial", "partial_success"),
            count(leaf, "failed"),
        )
        for place, leaf in cells(document)
    }


def claims_of(document: dict) -> dict[str, Any]:
    """What the summary and the models have to say."""
    sums = [0, 0, 0, 0]
    models: dict[str, int] = {}
    for place, (total, success, partial, failed) in counts(document).items():
        if failed is None and None not in (total, success):
            failed = total - success  # Partial ones are among the successes.
        for index, number in enumerate((total, success, partial, failed)):
            sums[index] += number or 0
        models[place[0]] = models.get(place[0], 0) + (total or 0)
    names = ("total_tests", "total_success", "total_partial", "total_failure")
    return {**dict(zip(names, sums)), "models": models}


def claimed(document: dict) -> dict[str, Any]:
    summary = document["summary"]
    return {
        **{name: summary[name] for name in claims_of(document) if name != "models"},
        "models": {
            name: model["total_tests"]
            for name, model in document["models"].items()
            if any(place[0] == name for place, _ in cells(document))
        },
    }


def shape(value: Any) -> Any:
    """The names, in their order, without the values of what repair corrects."""
    if isinstance(value, dict):
        return [(name, shape(inner)) for name, inner in value.items()]
    return type(value).__name__ if isinstance(value, (int, float, list)) else value


def place(root: Path, document: Path) -> Path:
    path = root / PILOT.master
    path.parent.mkdir(parents=True)
    shutil.copyfile(document, path)
    return path


def warnings(benchkeep: Benchkeep, root: Path) -> list[dict]:
    """But for names that look alike, which no repair joins."""
    found = benchkeep.run(root, "diagnose").findings
    alike = ("info", "model_name_variant")
    return [one for one in found if not {one["severity"], one["code"]} & {*alike}]


@pytest.mark.parametrize("name", REAL)
def test_a_real_database(benchkeep: Benchkeep, tmp_path: Path, shared: Path, name: str):
    path = place(tmp_path, shared / name)
    before = json.loads(path.read_text())
    assert warnings(benchkeep, tmp_path) != []
    planned = benchkeep.must(tmp_path, "repair", "--dry-run").data
    assert json.loads(path.read_text()) == before
    done = benchkeep.must(tmp_path, "repair", "--yes").data
    assert done["changes"] == planned["changes"] != []
    after = json.loads(path.read_text())
    assert claimed(after) == claims_of(before)
    assert counts(after) == counts(before), "the cells are the truth"
    if name == REAL[0]:
        assert claims_of(before)["total_tests"] == 28_265
        assert before["summary"]["total_tests"] == 13_233
    # Names and their order stay, but for totals that were missing.
    kept = [entry for entry in shape(after["models"])]
    assert [entry[0] for entry in kept] == list(before["models"])
    assert list(after) == list(before)
    # Nothing is left to do, and nothing is done twice.
    assert warnings(benchkeep, tmp_path) == []
    text = path.read_bytes()
    assert benchkeep.must(tmp_path, "repair", "--yes").data["changes"] == []
    assert path.read_bytes() == text
    change = benchkeep.must(tmp_path, "undo", "list").data["changes"][0]["id"]
    benchkeep.must(tmp_path, "undo", change, "--yes")
    assert path.read_bytes() == (shared / name).read_bytes()


def test_a_sum_of_zero_does_not_overwrite_the_cells(
    benchkeep: Benchkeep, tmp_path: Path
):
    """Models that claim nothing must not empty cells that hold 5,217 tests."""
    sound = storegen.master_document(random.Random(90), leaves=40)
    wrong = copy.deepcopy(sound)
    for model in wrong["models"].values():
        model["total_tests"] = 0
    for name in ("total_tests", "total_success", "total_partial", "total_failure"):
        wrong["summary"][name] = 0
    StoreBuilder(tmp_path).master(wrong)
    benchkeep.must(tmp_path, "repair", "--yes")
    assert json.loads((tmp_path / PILOT.master).read_text()) == sound


@pytest.mark.parametrize("seed", range(12))
def test_wrong_claims(benchkeep: Benchkeep, tmp_path: Path, seed: int):
    """Whatever happens above the cells, and to rates, is undone exactly."""
    rng = random.Random(seed)
    sound = storegen.master_document(rng, leaves=rng.randrange(1, 40))
    wrong = copy.deepcopy(sound)
    for name in wrong["summary"]:
        if name.startswith("total_") and rng.random() < 0.6:
            wrong["summary"][name] = rng.randrange(5_000)
    for model in wrong["models"].values():
        if rng.random() < 0.5:
            model["total_tests"] = rng.randrange(5_000)
    for _, leaf in cells(wrong):
        if rng.random() < 0.3:
            leaf["success_rate"] = rng.choice([-1.0, 2.5, rng.random()])
    StoreBuilder(tmp_path).master(wrong)
    benchkeep.must(tmp_path, "repair", "--yes")
    after = json.loads((tmp_path / PILOT.master).read_text())
    assert after == sound
    assert list(after["summary"]) == list(sound["summary"])


@pytest.mark.parametrize("style", [{"indent": 2}, {}, {"indent": 4, "ensure_ascii": False}])
def test_the_style_of_the_file_stays(benchkeep: Benchkeep, tmp_path: Path, style: dict):
    sound = storegen.master_document(random.Random(91))
    sound["note"] = "通义千问 \u2603"
    wrong = copy.deepcopy(sound)
    wrong["summary"]["total_tests"] += 1
    path = StoreBuilder(tmp_path).master(wrong)
    path.write_text(json.dumps(wrong, **style))
    benchkeep.must(tmp_path, "repair", "--yes")
    assert path.read_text() == json.dumps(sound, **style)


def test_only_one_kind(benchkeep: Benchkeep, tmp_path: Path):
    sound = storegen.master_document(random.Random(92))
    wrong = copy.deepcopy(sound)
    wrong["summary"]["total_tests"] += 1
    place_, leaf = next(cells(wrong))
    leaf["success_rate"] = 7.0
    path = StoreBuilder(tmp_path).master(wrong)
    benchkeep.run(tmp_path, "repair", "--only", "rate_out_of_range", "--yes")
    after = json.loads(path.read_text())
    assert after["summary"] == wrong["summary"]
    assert counts(after) == counts(sound) and dict(cells(after))[place_] == dict(cells(sound))[place_]
    refused = benchkeep.run(tmp_path, "repair", "--only", "no_such_code")
    assert refused.code not in FINE and "rate_mismatch" in json.dumps(refused.document)


def test_a_torn_database_comes_back_from_its_backup(benchkeep: Benchkeep, tmp_path: Path):
    sound = storegen.master_document(random.Random(93), leaves=60)
    path = StoreBuilder(tmp_path).master(sound)
    benchkeep.must(tmp_path, "backup", "create")
    text = path.read_bytes()
    for cut in (1, len(text) // 3, len(text) - 40):
        path.write_bytes(text[:cut])
        done = benchkeep.run(tmp_path, "repair", "--yes")
        assert done.code in FINE, done
        after = json.loads(path.read_text())
        assert counts(after) == counts(sound)
        assert claimed(after) == claims_of(sound)
        origins = {one["origin"]["kind"] for one in done.data["changes"] if one["origin"]}
        assert origins == {"backup"}


def test_a_torn_database_without_any_copy(
    benchkeep: Benchkeep, tmp_path: Path, long_run: bool
):
    """Never an invented value; at least all cells that are complete before the cut."""
    sound = storegen.master_document(random.Random(94), leaves=30)
    builder = StoreBuilder(tmp_path)
    path = builder.master(sound)
    text = path.read_bytes()
    want = counts(sound)
    for cut in range(len(text) // 10, len(text), 97 if long_run else len(text) // 12):
        path.write_bytes(text[:cut])
        done = benchkeep.run(tmp_path, "repair", "--yes")
        assert done.code in (*FINE, FAILED), done
        if not done.data.get("changes"):
            assert path.read_bytes() == text[:cut]
            continue
        after = json.loads(path.read_text())
        have = counts(after)
        for cell, numbers in have.items():
            for got, meant in zip(numbers, want[cell]):
                assert got in (None, meant), f"invented at {cut}: {cell} {numbers}"
        whole = {
            cell
            for cell, leaf in cells(sound)
            if text.find(json.dumps(leaf, ensure_ascii=False).encode())
            + len(json.dumps(leaf, ensure_ascii=False).encode())
            < cut
        }
        assert {cell: want[cell] for cell in whole}.items() <= have.items(), f"lost at {cut}"
        assert claimed(after) == claims_of(after)


@pytest.mark.parametrize("codec", ["snappy", "zstd", "gzip", "none"])
def test_rows_of_a_file_without_footer(
    benchkeep: Benchkeep, tmp_path: Path, codec: str
):
    """Other files are compressed otherwise, and some have other types."""
    builder = storegen.records_store(tmp_path, 95, size=600, increments=3, null_keys=False)
    path = tmp_path / PILOT.results
    whole = oracle.read(path)
    builder.increment(whole.slice(0, 5), compression="zstd")
    pq.write_table(whole, path, row_group_size=100, compression=codec)
    content = path.read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    path.write_bytes(content[: -8 - length])
    assert [one for one in warnings(benchkeep, tmp_path) if one["code"] == "results_torn"]
    increments = sorted(each.name for each in builder.increments.iterdir())
    benchkeep.run(tmp_path, "repair", "--yes")
    got = checks.results(tmp_path)
    names = [name for name in whole.column_names if name in got.column_names]
    have = set(oracle.rows(got.select(names)))
    assert got.num_rows == whole.num_rows
    assert have == set(oracle.rows(whole.select(names)))
    assert sorted(each.name for each in builder.increments.iterdir()) == increments


def test_integers_are_not_taken_for_fractions(benchkeep: Benchkeep, tmp_path: Path):
    """With no file of the same types, rather nothing than made-up values."""
    builder = StoreBuilder(tmp_path)
    ids = [f"t{number}" for number in range(50)]
    whole = pa.table({"test_id": ids, "tokens": pa.array(range(50), pa.int64())})
    builder.increment(cast(whole, "tokens", pa.float64()))
    path = builder.results(whole)
    content = path.read_bytes()
    cut = content[: -8 - int.from_bytes(content[-8:-4], "little")]
    path.write_bytes(cut)
    benchkeep.run(tmp_path, "repair", "--yes")
    assert path.read_bytes() == cut
    builder.increment(whole.slice(0, 1))
    benchkeep.run(tmp_path, "repair", "--yes")
    assert oracle.read(path).equals(whole)


# --- Plans --------------------------------------------------------------------


@pytest.fixture
def planned(benchkeep: Benchkeep, tmp_path: Path) -> tuple[Path, Path]:
    """A store with a wrong total, and the plan to right it."""
    root = tmp_path / "store"
    root.mkdir()
    wrong = storegen.master_document(random.Random(96))
    wrong["summary"]["total_tests"] += 5
    StoreBuilder(root).master(wrong)
    plan = tmp_path / "plan.json"
    benchkeep.must(root, "repair", "--plan", plan)
    return root, plan


def test_a_plan_is_applied_exactly(benchkeep: Benchkeep, planned: tuple[Path, Path]):
    root, plan = planned
    benchkeep.must(root, "repair", "--apply", plan, "--yes")
    assert warnings(benchkeep, root) == []
    again = benchkeep.run(root, "repair", "--apply", plan, "--yes")
    assert again.code == FAILED and "has changed since" in again.stdout


def test_a_plan_of_yesterday_is_refused(benchkeep: Benchkeep, planned: tuple[Path, Path]):
    root, plan = planned
    path = root / PILOT.master
    document = json.loads(path.read_text())
    document["last_updated"] = "2025-08-18T00:00:00"
    path.write_text(json.dumps(document))
    before = path.read_bytes()
    outcome = benchkeep.run(root, "repair", "--apply", plan, "--yes")
    assert outcome.code == FAILED and "has changed since" in outcome.stdout
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("master", "../outside.json"),
        ("master", "/etc/passwd"),
        ("inputs", [{"file": "../../etc/passwd", "sha256": "", "bytes": 0}]),
        ("recoveries", [{"code": "results_torn", "file": "../x.parquet", "sibling": "y",
                         "rows": 1, "row_groups": 1, "bytes_used": 1, "bytes": 1,
                         "columns": 1, "columns_cut": 0}]),
        ("result_sha256", "0" * 64),
        ("format", 99),
        ("kind", "shopping list"),
    ],
)
def test_a_forged_plan(
    benchkeep: Benchkeep, planned: tuple[Path, Path], name: str, value: object
):
    root, plan = planned
    before = (root / PILOT.master).read_bytes()
    forged = {**json.loads(plan.read_text()), name: value}
    plan.write_text(json.dumps(forged))
    outcome = benchkeep.run(root, "repair", "--apply", plan, "--yes")
    assert outcome.code not in FINE, outcome
    assert outcome.document["findings"][0]["message"]
    assert (root / PILOT.master).read_bytes() == before
    checks.assert_at_rest(root)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"models": ' * 50_000,
        '{"version": "3.0", "version": "2.0", "models": {}}',
        '"just text"',
        "[1, 2, 3]",
        "\x00\x01\x02",
    ],
)
def test_documents_that_nobody_can_use(benchkeep: Benchkeep, tmp_path: Path, text: str):
    builder = StoreBuilder(tmp_path)
    path = builder.master(storegen.master_document(random.Random(97)))
    path.write_text(text)
    found = benchkeep.run(tmp_path, "diagnose")
    assert found.code in FINE and warnings(benchkeep, tmp_path)
    outcome = benchkeep.run(tmp_path, "repair", "--yes")
    assert outcome.code >= 0 and path.read_text() == text
