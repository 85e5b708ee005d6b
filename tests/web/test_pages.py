"""Proves the dashboard in a real browser: numbers, languages, themes, work.

Chromium is Debian's; playwright-core and axe-core come from tools/setup.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import storegen
from cli import Benchkeep
from serving import serving

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "benchkeep"

EVIL = "<img src=x onerror=alert(1)>"


def keys(language: str, project: Path) -> list[str]:
    text = (project / "web" / f"{language}.js").read_text(encoding="utf-8")
    return re.findall(r"^  (\w+): '(?:[^'\\]|\\.)+',$", text, re.MULTILINE)


def test_both_languages_have_the_same_words(project: Path):
    english, chinese = keys("en", project), keys("zh", project)
    assert english == chinese and len(english) > 100
    assert len(set(english)) == len(english)
    used = "".join(
        (project / "web" / name).read_text(encoding="utf-8")
        for name in ("index.html", "app.js", "views.js", "charts.js", "words.js")
    )
    for key in english:
        prefix = key.split("_")[0] + "_"
        assert f"'{key}'" in used or f'"{key}"' in used or prefix in used or key in used, key
    for key in re.findall(r"\bt\('(\w+)'", used) + re.findall(r'data-t(?:-label)?="(\w+)"', used):
        assert key in english, key


def test_pages_make_no_markup_from_text(project: Path):
    for script in (project / "web").glob("*.js"):
        text = script.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in text, (script.name, word)


@pytest.fixture(scope="module")
def seen(benchkeep: Benchkeep, tmp_path_factory) -> dict:
    root = tmp_path_factory.mktemp("store")
    pictures = Path(os.environ.get("BENCHKEEP_PICTURES", tmp_path_factory.mktemp("pictures")))
    pictures.mkdir(parents=True, exist_ok=True)
    if shutil.which("chromium") is None or shutil.which("node") is None:
        pytest.fail("chromium and node are missing: run tools/setup check")
    rng = random.Random(7)
    table = storegen.records(rng, storegen.test_ids(0, 600))
    index = table.schema.get_field_index("model")
    models = table.column(index).to_pylist()
    models[0] = EVIL
    import pyarrow as pa

    table = table.set_column(index, "model", pa.array(models))
    builder = storegen.StoreBuilder(root)
    builder.results(table)
    builder.increment(storegen.records(rng, storegen.test_ids(600, 50)))
    builder.master(storegen.master_document(rng))
    with serving(benchkeep, root) as site:
        site.ready()
        status = site.ask("/api/v1/status").document["data"]
        process = subprocess.Popen(
            ["node", HERE / "pages.mjs", CACHE / "web-check", site.url, site.token, pictures],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        first = process.stdout.readline()
        if first:
            builder.increment(storegen.records(rng, storegen.test_ids(700, 40)))
        out, err = process.communicate("\n", timeout=240)
        assert first and process.returncode == 0, err
        return {**json.loads(out.splitlines()[-1]), "status": status, "port": site.port}


def test_the_numbers_are_those_of_status(seen: dict):
    results = seen["status"]["results"]
    for view in seen["views"]:
        assert int(re.sub(r"\D", "", view["tests"])) == results["total_tests"]
        rate = float(view["success"].rstrip("%"))
        assert abs(rate - 100 * results["success_rate"]) <= 0.05 + 1e-9
        assert int(re.sub(r"\D", "", view["waiting"])) == seen["status"]["increments"]["files"]


def test_languages_and_themes(seen: dict):
    shown = [(v["lang"], v["theme"], v["heading"]) for v in seen["views"]]
    assert shown == [
        ("en", "light", "Models"),
        ("zh-CN", "dark", "模型"),
        ("zh-CN", "light", "模型"),
        ("en", "dark", "Models"),
    ]
    assert (seen["remembered"]["lang"], seen["remembered"]["theme"]) == ("zh-CN", "dark")
    assert seen["firstStop"] == "#main"
    assert seen["difficulties"]


def test_everybody_can_use_it(seen: dict):
    for view in seen["views"]:
        assert view["violations"] == []
        assert not view["wide"], "the page scrolls sideways"


def test_nothing_runs_and_nothing_leaves(seen: dict):
    assert seen["problems"] == []
    assert all(EVIL in view["models"] or len(view["models"]) == 0 for view in seen["views"])
    for url in seen["requests"]:
        assert url.startswith(f"http://127.0.0.1:{seen['port']}/"), url


def test_work_needs_the_token(seen: dict):
    action = seen["action"]
    assert action["asked"] and action["refused"] and action["runsBefore"] == 0
    assert re.search(r"1 files merged, 50 rows added", action["result"]), action
    assert seen["scriptSees"] == ""
    assert seen["cookies"] == [{"name": "benchkeep", "httpOnly": True, "sameSite": "Strict"}]


def test_news_arrive_by_themselves(seen: dict):
    assert seen["live"]["before"] != seen["live"]["after"]
    assert seen["live"]["waiting"] == "1 files"
