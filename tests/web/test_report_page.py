"""Proves the page of `report` in a real browser: languages, themes, paper."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest

from cli import Benchkeep
from storegen import StoreBuilder

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "benchkeep"

EVIL = "<img src=x onerror=alert(1)>"
MODELS = {"gpt-4o-mini": 0.62, "通义千问-72b": 0.55, "Llama-3.3-70B-Instruct": 0.41, EVIL: 0.3}
PROMPTS = ["optimal", "baseline", "flawed_sequence_disorder", "flawed_redundant_operations"]


def rows() -> list[dict]:
    rng = random.Random(11)
    start = dt.datetime(2025, 8, 4)
    out = []
    for number in range(2400):
        time = start + dt.timedelta(seconds=rng.randrange(21 * 86400))
        model, prompt = rng.choice(list(MODELS)), rng.choice(PROMPTS)
        if model == EVIL and prompt == PROMPTS[-1]:
            continue
        late = time >= dt.datetime(2025, 8, 18)
        chance = MODELS[model] * (0.5 if model.startswith("Llama") and late else 1)
        success = rng.random() < chance
        out.append(
            {
                "model": model,
                "prompt_type": prompt,
                "tool_success_rate": rng.choice([0.8, 1.0]),
                "difficulty": "easy",
                "task_type": "simple_task",
                "timestamp": time.isoformat(),
                "test_id": f"t{number}",
                "success": success,
                "error_message": None if success else rng.choice(["Error code: 429", "wrong tool", None]),
            }
        )
    return out


@pytest.fixture(scope="module")
def seen(benchkeep: Benchkeep, tmp_path_factory) -> dict:
    if shutil.which("chromium") is None or shutil.which("node") is None:
        pytest.fail("chromium and node are missing: run tools/setup check")
    root = tmp_path_factory.mktemp("store")
    pictures = Path(os.environ.get("BENCHKEEP_PICTURES", tmp_path_factory.mktemp("pictures")))
    pictures.mkdir(parents=True, exist_ok=True)
    StoreBuilder(root).results(pa.Table.from_pylist(rows()))
    (root / "logs").mkdir()
    (root / "logs" / "run.log").write_text(
        f"2025-08-20 10:00:00 - ERROR - Error code: 429 - Rate limit {EVIL}\n" * 5
    )
    benchkeep.must(root, "backup", "create")
    pages = []
    for language in ("en", "zh"):
        page = root / f"{language}.html"
        data = benchkeep.must(
            root, "--lang", language, "report", "weekly", "--until", "2025-08-25", "-o", page
        ).data
        pages.append(f"{language}={page}")
    done = subprocess.run(
        ["node", HERE / "report.mjs", CACHE / "web-check", pictures, *pages],
        capture_output=True, text=True, timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout.splitlines()[-1]), "data": data, "root": root}


def test_languages_and_themes(seen: dict):
    shown = [(view["language"], view["lang"], view["title"]) for view in seen["views"]]
    assert shown == [("en", "en", "Weekly report")] * 3 + [("zh", "zh-CN", "周报")] * 3
    backs = {view["scheme"]: view["back"] for view in seen["views"]}
    assert backs["light"] == "rgb(255, 255, 255)" and backs["dark"] != backs["light"]


def test_the_numbers_are_those_of_the_document(seen: dict):
    data = seen["data"]
    for view in seen["views"]:
        tests, success, week, drops = view["figures"][:4]
        assert int(tests.replace(",", "")) == data["all"]["total_tests"]
        assert success == f"{data['all']['success_rate'] * 100:.1f}%"
        assert int(week.replace(",", "")) == data["changes"]["now"]["total_tests"]
        assert int(drops) == sum("drop" in line["verdict"] for line in data["changes"]["lines"])
        assert view["bars"] == sum(len(table["lines"]) for table in data["tables"])
        assert view["days"] == len(data["growth"]["days"]) == 21


def test_names_are_shown_and_nothing_runs(seen: dict):
    assert seen["problems"] == []
    assert all(EVIL in view["names"] for view in seen["views"])
    for url in seen["requests"]:
        assert url.startswith("file://") and url.endswith(".html") or url == "data:,", url


def test_everybody_can_read_it(seen: dict):
    for view in seen["views"]:
        assert view["violations"] == []
        assert not view["wide"], "the page scrolls sideways"


def test_paper(seen: dict):
    print_ = seen["print"]
    assert print_["back"] == "rgb(255, 255, 255)" and print_["details"] == 0
    assert not print_["wide"] and print_["bytes"] > 10_000
