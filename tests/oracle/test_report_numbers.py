"""Proves the numbers of `report`: against pandas, scipy and statsmodels, and
against the queries that it names itself."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint, proportions_ztest

import storegen
from cli import Benchkeep
from storegen import StoreBuilder

UNTIL = dt.datetime(2025, 8, 25)
NOW = (UNTIL - dt.timedelta(days=7), UNTIL)
BEFORE = (UNTIL - dt.timedelta(days=14), UNTIL - dt.timedelta(days=7))

MODELS = {"gpt-4o-mini": 0.6, "通义千问": 0.5, "it's \"odd\"": 0.4, "rare": 0.7, "weak": 0.03}
OUTSIDE = {
    "Error code: 429 - Rate limit reached": "rate_limit",
    "Error code: 401 - Invalid API key": "auth",
    "Request timed out": "timeout",
}
INSIDE = {"invalid JSON in tool call": "format", "wrong tool chosen": "other"}


def frame_of(seed: int, rows: int = 1500) -> pd.DataFrame:
    """Results of three weeks; one model fell for good, one by rate limits."""
    rng = random.Random(seed)
    out = []
    for number in range(rows):
        model = rng.choice(list(MODELS))
        if model == "rare" and rng.random() < 0.95:
            continue
        time = UNTIL - dt.timedelta(seconds=rng.randrange(21 * 86400) - 3 * 3600)
        chance = MODELS[model]
        late = NOW[0] <= time
        if model == "gpt-4o-mini" and late:
            chance *= 0.5
        success: bool | None = rng.random() < chance
        reason = ""
        if model == "通义千问" and late and rng.random() < 0.75:
            success, reason = False, rng.choice(list(OUTSIDE))
        elif not success:
            reason = rng.choice([*OUTSIDE, *INSIDE, *INSIDE, "", ""])
        if rng.random() < 0.02:
            success, reason = None, ""
        out.append(
            {
                "model": model if rng.random() > 0.01 else None,
                "prompt_type": rng.choice(storegen.PROMPTS),
                "tool_success_rate": rng.choice([0.6, 0.8]),
                "difficulty": rng.choice(["easy", "medium"]),
                "task_type": rng.choice(storegen.TASKS),
                "timestamp": time.isoformat(),
                "test_id": f"t{number}",
                "success": success,
                "error_message": reason or None,
            }
        )
    return pd.DataFrame(out)


def store_of(root: Path, frame: pd.DataFrame, single: bool = True) -> StoreBuilder:
    rate = pa.float32() if single else pa.float64()
    schema = pa.schema(
        [
            (name, rate if name == "tool_success_rate" else pa.string())
            for name in frame.columns
            if name != "success"
        ]
    ).insert(7, pa.field("success", pa.bool_()))
    rows = [
        {name: None if value != value else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]
    builder = StoreBuilder(root)
    builder.results(pa.Table.from_pylist(rows, schema))
    return builder


def report(benchkeep: Benchkeep, root: Path, *args: object) -> dict:
    until = UNTIL.isoformat()
    return benchkeep.must(root, "report", "weekly", "--until", until, *args).data


def counts(frame: pd.DataFrame) -> tuple[int, int, int]:
    known = frame[frame["success"].notna()]
    return len(frame), len(known), int(known["success"].astype(bool).sum())


def outside(frame: pd.DataFrame) -> int:
    failed = frame[(frame["success"].notna()) & ~frame["success"].fillna(True).astype(bool)]
    return int(failed["error_message"].isin(OUTSIDE).sum())


def within(frame: pd.DataFrame, window: tuple[dt.datetime, dt.datetime]) -> pd.DataFrame:
    time = pd.to_datetime(frame["timestamp"], format="ISO8601")
    return frame[(time >= window[0]) & (time < window[1])]


def agrees(count: dict, frame: pd.DataFrame) -> None:
    tests, known, won = counts(frame)
    assert (count["total_tests"], count["known"], count["successes"]) == (tests, known, won)
    assert count["infrastructure"] == outside(frame)
    if known:
        assert count["success_rate"] == pytest.approx(won / known, rel=1e-12)
        low, high = proportion_confint(won, known, method="wilson")
        assert count["interval"] == pytest.approx([low, high], rel=1e-9, abs=1e-12)
        rest = known - outside(frame)
        assert count["success_rate_without"] == (pytest.approx(won / rest) if rest else None)
    else:
        assert count["success_rate"] is None and count["interval"] is None


def rows_of(frame: pd.DataFrame, column: str, value: str | None) -> pd.DataFrame:
    return frame[frame[column].isna()] if value is None else frame[frame[column] == value]


def p_of(before: tuple[int, int], now: tuple[int, int]) -> tuple[str, float]:
    """The test that the report should choose, by statsmodels or scipy."""
    (won, n), (won_now, m) = before, now
    all_won, total = won + won_now, n + m
    least = min(n, m) * min(all_won, total - all_won) / total
    if least < 5:
        table = [[won, n - won], [won_now, m - won_now]]
        return "fisher", float(stats.fisher_exact(table)[1])
    return "z", float(proportions_ztest([won, won_now], [n, m])[1])


@pytest.mark.parametrize("seed", range(2))
def test_counts_and_intervals(benchkeep: Benchkeep, tmp_path: Path, seed: int):
    frame = frame_of(seed)
    store_of(tmp_path, frame)
    data = report(benchkeep, tmp_path)
    assert data["source"] == "results"
    agrees(data["all"], frame)
    assert [table["column"] for table in data["tables"]] == ["model", "prompt_type"]
    for table in data["tables"]:
        column = table["column"]
        values = {line["value"] for line in table["lines"]}
        assert values == {one if isinstance(one, str) else None for one in frame[column].unique()}
        for line in table["lines"]:
            agrees(line["count"], rows_of(frame, column, line["value"]))


@pytest.mark.parametrize("seed", range(2))
def test_changes(benchkeep: Benchkeep, tmp_path: Path, seed: int):
    frame = frame_of(seed)
    store_of(tmp_path, frame)
    outcome = benchkeep.must(tmp_path, "report", "weekly", "--until", UNTIL.isoformat())
    changes = outcome.data["changes"]
    agrees(changes["before"], within(frame, BEFORE))
    agrees(changes["now"], within(frame, NOW))
    for name, without in (("test", False), ("test_without", True)):
        key = "p_adjusted"
        p, adjusted, methods = [], [], []
        for line in changes["lines"]:
            sides = []
            for window in (BEFORE, NOW):
                part = rows_of(within(frame, window), line["column"], line["value"])
                _, known, won = counts(part)
                sides.append((won, known - (outside(part) if without else 0)))
            if line[name] is None:
                assert 0 in (sides[0][1], sides[1][1])
                continue
            method, value = p_of(*sides)
            methods.append(method)
            assert line[name]["method"] == method
            assert line[name]["p"] == pytest.approx(value, rel=1e-7), line
            p.append(line[name]["p"])
            adjusted.append(line[name][key])
        if name == "test":
            assert changes["comparisons"] == len(p)
        assert adjusted == pytest.approx(list(multipletests(p, method="holm")[1]), rel=1e-12)
        assert set(methods) == {"z", "fisher"}
    verdicts = {line["value"]: line["verdict"] for line in changes["lines"]}
    assert verdicts["gpt-4o-mini"] == "drop"
    assert verdicts["通义千问"] == "drop_infrastructure"
    codes = {finding["code"] for finding in outcome.findings}
    assert codes == {"report_drop", "report_drop_infrastructure"}
    for line in changes["lines"]:
        low = line["test"] is not None and line["test"]["p_adjusted"] < 0.05
        assert (line["verdict"] in ("drop", "drop_infrastructure", "rise")) == low


def test_accidents_are_not_flagged(benchkeep: Benchkeep, tmp_path: Path):
    """Forty equal models: without a correction two would be flagged."""
    flagged = uncorrected = 0
    for seed in range(3):
        rng = random.Random(seed)
        rows = [
            {
                "model": f"m{rng.randrange(40)}",
                "prompt_type": "cot",
                "timestamp": (BEFORE[0] + dt.timedelta(seconds=rng.randrange(14 * 86400))).isoformat(),
                "test_id": f"t{number}",
                "success": rng.random() < 0.5,
            }
            for number in range(6000)
        ]
        root = tmp_path / str(seed)
        StoreBuilder(root).results(pa.Table.from_pylist(rows))
        lines = report(benchkeep, root)["changes"]["lines"]
        uncorrected += sum(line["test"]["p"] < 0.05 for line in lines)
        flagged += sum(line["verdict"] != "no_change" for line in lines)
    assert uncorrected >= 2 and flagged == 0


def test_failures(benchkeep: Benchkeep, tmp_path: Path):
    frame = frame_of(4)
    store_of(tmp_path, frame)
    failures = report(benchkeep, tmp_path)["failures"]
    failed = frame[frame["success"].notna() & ~frame["success"].fillna(True).astype(bool)]
    want = failed["error_message"].dropna().value_counts().to_dict()
    assert {one["text"]: one["tests"] for one in failures["reasons"]} == want
    kinds = {**OUTSIDE, **INSIDE}
    assert all(one["class"] == kinds[one["text"]] for one in failures["reasons"])
    for kind in set(kinds.values()):
        tests = sum(count for text, count in want.items() if kinds[text] == kind)
        assert failures["classes"][kind] == tests
    assert failures["explained"] == sum(want.values())


def test_coverage(benchkeep: Benchkeep, tmp_path: Path):
    frame = frame_of(5, 120)
    store_of(tmp_path, frame)
    coverage = report(benchkeep, tmp_path)["coverage"]
    frame = frame.assign(
        model=frame["model"].fillna("-"),
        setting=frame["tool_success_rate"].map("{:g}".format) + ", " + frame["difficulty"],
    )
    wanted = frame.groupby("prompt_type")["setting"].unique().map(set)
    gaps = {
        (coverage["rows"][gap["row"]], coverage["columns"][gap["column"]]): set(gap["settings"])
        for gap in coverage["gaps"]
    }
    tested = 0
    for row, model in enumerate(coverage["rows"]):
        for column, prompt in enumerate(coverage["columns"]):
            part = frame[(frame["model"] == model) & (frame["prompt_type"] == prompt)]
            seen = set(part["setting"])
            cell = coverage["cells"][row][column]
            assert cell == {"tested": len(seen), "wanted": len(wanted[prompt]), "total_tests": len(part)}
            assert gaps.get((model, prompt), set()) == wanted[prompt] - seen
            tested += len(seen)
    assert coverage["tested"] == tested and coverage["wanted"] > tested


def test_growth(benchkeep: Benchkeep, tmp_path: Path):
    frame = frame_of(6)
    frame = frame[pd.to_datetime(frame["timestamp"], format="ISO8601") < UNTIL]
    store_of(tmp_path, frame)
    growth = report(benchkeep, tmp_path)["growth"]
    days = pd.to_datetime(frame["timestamp"], format="ISO8601").dt.floor("D")
    per_day = days.value_counts().sort_index()
    assert {one["day"]: one["total_tests"] for one in growth["days"]} == {
        day.strftime("%Y-%m-%d"): count for day, count in per_day.items()
    }
    every = per_day.reindex(pd.date_range(per_day.index[0], UNTIL - dt.timedelta(days=1)), fill_value=0)
    fit = stats.linregress(range(len(every)), every.cumsum())
    assert growth["tests_per_day"] == pytest.approx(fit.slope)
    assert growth["tests_fit"]["r_squared"] == pytest.approx(fit.rvalue**2)


def test_a_forecast_of_the_disk(benchkeep: Benchkeep, tmp_path: Path):
    """The line through the free bytes that `check` has measured."""
    import sqlite3
    import time

    store_of(tmp_path, frame_of(7, 50))
    growth = report(benchkeep, tmp_path)["growth"]
    assert growth["days_to_full"] is None and growth["bytes_unknown"]
    now = int(time.time())
    free = growth["free_bytes"]
    with sqlite3.connect(tmp_path / ".benchkeep" / "state.db") as db:
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        table = next(name for name in tables if "sample" in name)
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        assert {"time", "name", "value"} <= set(columns)
        db.execute(f"DELETE FROM {table}")
        for day in range(1, 11):
            value = float(free + day * 10**9 + (day % 3) * 10**7)
            db.execute(
                f"INSERT INTO {table} (time, name, value) VALUES (?, 'disk_free_bytes', ?)",
                (now - day * 86400, value),
            )
    growth = report(benchkeep, tmp_path, "--dry-run")["growth"]
    x = [-day for day in range(1, 11)]
    y = [free + day * 10**9 + (day % 3) * 10**7 for day in range(1, 11)]
    fit = stats.linregress(x, y)
    assert growth["samples"] == 10
    assert growth["bytes_per_day"] == pytest.approx(-fit.slope, rel=1e-6)
    assert growth["bytes_fit"]["r_squared"] == pytest.approx(fit.rvalue**2, rel=1e-6)
    assert growth["days_to_full"] == pytest.approx(growth["free_bytes"] / -fit.slope, rel=1e-6)


def asked(benchkeep: Benchkeep, root: Path, sql: str) -> list[dict]:
    data = benchkeep.must(root, "query", sql).data
    names = [column["name"] if isinstance(column, dict) else column for column in data["columns"]]
    return [dict(zip(names, row)) for row in data["rows"]]


def figures(count: dict) -> tuple:
    return count["total_tests"], count["known"], count["successes"]


def answer(row: dict) -> tuple:
    return row["tests"], row["known"], row["successes"]


@pytest.mark.parametrize("single", [True, False])
def test_every_table_is_what_its_query_gives(benchkeep: Benchkeep, tmp_path: Path, single: bool):
    store_of(tmp_path, frame_of(8), single)
    traced(benchkeep, tmp_path, report(benchkeep, tmp_path))


def traced(benchkeep: Benchkeep, root: Path, data: dict) -> None:
    for table in data["tables"]:
        rows = asked(benchkeep, root, table["query"])
        assert {row[table["column"]]: answer(row) for row in rows} == {
            line["value"]: figures(line["count"]) for line in table["lines"]
        }
    changes = data["changes"]
    for query in changes["queries"]:
        rows = asked(benchkeep, root, query)
        column = next(name for name in rows[0] if name in ("model", "prompt_type"))
        lines = [line for line in changes["lines"] if line["column"] == column]
        want = {
            (line["value"], side): figures(line[side])
            for line in lines
            for side in ("before", "now")
            if line[side]["total_tests"]
        }
        assert {(row[column], row["period"]): answer(row) for row in rows} == want
    if changes["failures_query"]:
        outside_by: dict[tuple, int] = {}
        for row in asked(benchkeep, root, changes["failures_query"]):
            if row["reason"] not in OUTSIDE:
                continue
            for column in ("model", "prompt_type"):
                place = (column, row[column], row["period"])
                outside_by[place] = outside_by.get(place, 0) + row["tests"]
        for line in changes["lines"]:
            for side in ("before", "now"):
                if line[side]["total_tests"]:
                    place = (line["column"], line["value"], side)
                    assert line[side]["infrastructure"] == outside_by.get(place, 0)
    failures = data["failures"]
    if failures["query"]:
        texts: dict[str, int] = {}
        for row in asked(benchkeep, root, failures["query"]):
            texts[row["reason"]] = texts.get(row["reason"], 0) + row["tests"]
        assert texts == {one["text"]: one["tests"] for one in failures["reasons"]}
    coverage = data["coverage"]
    cells: dict[tuple[str, str], set] = {}
    tests: dict[tuple[str, str], int] = {}
    for row in asked(benchkeep, root, coverage["query"]):
        place = (row["model"] or "-", row["prompt_type"] or "-")
        cells.setdefault(place, set()).add((row["tool_success_rate"], row["difficulty"]))
        tests[place] = tests.get(place, 0) + row["tests"]
    for row, model in enumerate(coverage["rows"]):
        for column, prompt in enumerate(coverage["columns"]):
            cell = coverage["cells"][row][column]
            assert cell["tested"] == len(cells.get((model, prompt), ()))
            assert cell["total_tests"] == tests.get((model, prompt), 0)
    if data["growth"]["query"]:
        rows = asked(benchkeep, root, data["growth"]["query"])
        assert {row["day"]: answer(row) for row in rows} == {
            day["day"]: (day["total_tests"], day["known"], day["successes"])
            for day in data["growth"]["days"]
        }


def test_a_master_database_alone(benchkeep: Benchkeep, tmp_path: Path):
    """Sums can be shown, periods cannot be compared, and it says so."""
    document = storegen.master_document(random.Random(3))
    StoreBuilder(tmp_path).master(document)
    data = report(benchkeep, tmp_path)
    assert data["source"] == "master"
    assert data["all"]["total_tests"] == document["summary"]["total_tests"]
    assert data["all"]["successes"] == document["summary"]["total_success"]
    assert data["changes"]["unknown"] and data["changes"]["lines"] == []
    assert data["growth"]["days"] == [] and data["growth"]["tests_unknown"]
    traced(benchkeep, tmp_path, data)


def test_cells_say_nothing_of_times(benchkeep: Benchkeep, tmp_path: Path):
    storegen.summary_store(tmp_path, 1)
    data = report(benchkeep, tmp_path)
    assert data["source"] == "results" and data["changes"]["unknown"]
    traced(benchkeep, tmp_path, data)


def test_the_real_results(benchkeep: Benchkeep, shared: Path, tmp_path: Path):
    import shutil

    builder = StoreBuilder(tmp_path)
    shutil.copyfile(shared / "parquet" / "records-4928.parquet", builder.results_path)
    data = benchkeep.must(tmp_path, "report", "daily", "--until", "2025-08-18").data
    frame = pd.read_parquet(builder.results_path)
    assert figures(data["all"]) == (len(frame), len(frame), int(frame["success"].sum()))
    assert data["changes"]["now"]["total_tests"] == len(frame)
    assert data["failures"]["unknown"]
    traced(benchkeep, tmp_path, data)


def test_the_real_store(benchkeep: Benchkeep, shared: Path, tmp_path: Path):
    import shutil

    root = tmp_path / "store"
    shutil.copytree(shared / "real-store", root, copy_function=shutil.copyfile)
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    data = report(benchkeep, root)
    assert data["source"] == "master" and data["all"]["total_tests"] == 28265
    assert data["failures"]["timeouts_only"]
    assert data["errors"]["errors"] > 0
    traced(benchkeep, root, data)
