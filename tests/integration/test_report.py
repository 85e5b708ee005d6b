"""Proves `report` from the outside: its forms, its files, and what survives."""

from __future__ import annotations

import datetime as dt
import html.parser
import json
import os
import random
import re
import stat
from pathlib import Path

import pyarrow as pa
import pytest

import faults
import storegen
from cli import FAILED, FINE, FINDINGS, NO_STORE, OK, USAGE, Benchkeep
from storegen import StoreBuilder

UNTIL = "2025-08-25"
EVIL = "<img src=x onerror=alert(1)>|`$(id)`"


def rows(drop: bool = False) -> list[dict]:
    start = dt.datetime(2025, 8, 11)
    return [
        {
            "model": EVIL if number % 2 else "gpt-4o-mini",
            "prompt_type": "cot" if number % 3 else "optimal",
            "tool_success_rate": 0.8,
            "difficulty": "easy",
            "task_type": "simple_task",
            "timestamp": (start + dt.timedelta(hours=number)).isoformat(),
            "test_id": f"t{number}",
            "success": number % 5 != 0 and not (drop and number >= 168 and number % 2),
            "error_message": None if number % 5 else "Error code: 429 - slow down",
        }
        for number in range(14 * 24)
    ]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    root = tmp_path / "store"
    StoreBuilder(root).results(pa.Table.from_pylist(rows()))
    return root


def weekly(*more: object) -> tuple[object, ...]:
    return ("report", "weekly", "--until", UNTIL, *more)


class Tags(html.parser.HTMLParser):
    """The elements of a page, their attributes, and whether they close."""

    VOID = {"meta", "link", "wbr", "br", "line", "rect"}

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, (self.open, tag)
        self.open.pop()

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_a_page_that_needs_nothing_else(benchkeep: Benchkeep, store: Path, tmp_path: Path):
    page = tmp_path / "week.html"
    data = benchkeep.must(store, *weekly("-o", page)).data
    text = page.read_text(encoding="utf-8")
    assert (data["file"], data["format"], data["bytes"]) == (str(page), "html", page.stat().st_size)
    seen = Tags(text)
    assert seen.open == []
    assert not {"script", "img", "iframe", "object", "embed", "form"} & set(seen.tags)
    for name, value in seen.attributes:
        assert not name.startswith("on")
        if name in ("src", "href", "action"):
            assert value == "data:,"
    assert EVIL not in text and "&lt;img src=x" in text
    assert "url(" not in text and "@import" not in text
    for section in ("changes", "success", "infrastructure", "errors", "coverage", "health", "backups", "jobs", "growth"):
        assert f'<section id="{section}">' in text


def test_the_form_is_told_by_the_name(benchkeep: Benchkeep, store: Path, tmp_path: Path):
    starts = {"r.html": "<!DOCTYPE html>", "r.htm": "<!DOCTYPE html>", "r.md": "# Weekly report", "r.txt": "Weekly report"}
    for name, start in starts.items():
        benchkeep.must(store, *weekly("-o", tmp_path / name))
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start), name
    benchkeep.must(store, *weekly("-o", tmp_path / "r.json"))
    document = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    shown = benchkeep.must(store, *weekly()).document
    for each in (document, shown):
        # Made at different moments.
        for key in ("made", "health", "backups"):
            each["data"].pop(key)
        for key in ("samples", "sampled_days", "free_bytes", "bytes_unknown"):
            each["data"]["growth"].pop(key)
    assert document == shown
    benchkeep.must(store, *weekly("-o", tmp_path / "r.dat", "--format", "md"))
    assert (tmp_path / "r.dat").read_text(encoding="utf-8").startswith("# Weekly report")
    assert benchkeep.run(store, *weekly("-o", tmp_path / "r.pdf")).code == USAGE
    assert not (tmp_path / "r.pdf").exists()


def test_markdown_keeps_its_tables(benchkeep: Benchkeep, store: Path):
    text = benchkeep.run(store, *weekly("--format", "md"), json_output=False).stdout
    assert re.search(r"^\| \\<img src=x onerror=alert\(1\)\\>\\\|\\`\$\(id\)\\` \|", text, re.MULTILINE)
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(widths) == 1, block


def test_both_languages(benchkeep: Benchkeep, store: Path, tmp_path: Path):
    for language, words in (("en", ("Weekly report", 'lang="en"')), ("zh", ("周报", 'lang="zh-CN"'))):
        page = tmp_path / f"{language}.html"
        benchkeep.must(store, "--lang", language, *weekly("-o", page))
        text = page.read_text(encoding="utf-8")
        assert all(word in text for word in words)
    chinese = (tmp_path / "zh.html").read_text(encoding="utf-8")
    titles = re.findall(r"<(?:h2|dt|summary)>([^<]*)<", chinese)
    assert titles and all(re.search("[一-鿿]", title) for title in titles), titles


def test_drops_are_findings(benchkeep: Benchkeep, tmp_path: Path):
    root = tmp_path / "store"
    StoreBuilder(root).results(pa.Table.from_pylist(rows(drop=True)))
    outcome = benchkeep.run(root, *weekly())
    assert outcome.code == FINDINGS
    assert {finding["code"] for finding in outcome.findings} == {"report_drop"}
    dropped = [line for line in outcome.data["changes"]["lines"] if line["verdict"] == "drop"]
    assert len(dropped) == len(outcome.findings) and dropped[0]["value"] == EVIL
    assert EVIL in outcome.findings[0]["message"]
    assert outcome.document["status"] == "warning"


def test_a_day(benchkeep: Benchkeep, store: Path):
    data = benchkeep.must(store, "report", "daily", "--until", "2025-08-20T12:00:00").data
    assert (data["since"], data["before_since"]) == ("2025-08-19T12:00:00", "2025-08-18T12:00:00")
    assert data["changes"]["now"]["total_tests"] == data["changes"]["before"]["total_tests"] == 24


def test_now_is_the_default(benchkeep: Benchkeep, store: Path):
    outcome = benchkeep.run(store, "report", "weekly", json_output=False)
    assert outcome.code == OK
    assert "The newest is of 2025-08-24" in outcome.stdout.replace("\n", " ")


def test_nothing_there(benchkeep: Benchkeep, tmp_path: Path):
    assert benchkeep.run(tmp_path, "report", "weekly").code == NO_STORE
    (tmp_path / "benchkeep.toml").write_text("")
    for form in ("html", "md", "text"):
        outcome = benchkeep.run(tmp_path, "report", "daily", "--format", form, json_output=False)
        assert outcome.code == OK and "There are no results yet" in outcome.stdout
    data = benchkeep.must(tmp_path, "report", "daily").data
    assert data["source"] is None and data["all"]["success_rate"] is None
    assert data["changes"]["unknown"]


def test_what_cannot_be_read_is_said(benchkeep: Benchkeep, store: Path):
    (store / "pilot_bench_cumulative_results/master_database.json").write_text('{"models": {')
    outcome = benchkeep.must(store, *weekly())
    assert [finding["code"] for finding in outcome.findings] == ["report_part_unreadable"]
    assert outcome.data["all"]["total_tests"] == len(rows())
    (store / "pilot_bench_parquet_data/test_results.parquet").write_bytes(b"PAR1 no PAR1")
    outcome = benchkeep.must(store, *weekly())
    assert outcome.code == FINDINGS and outcome.data["source"] is None
    assert "report_part_unreadable" in [finding["code"] for finding in outcome.findings]
    # A master database that is whole is still counted, and can be asked.
    document = storegen.master_document(random.Random(2))
    (store / "pilot_bench_cumulative_results/master_database.json").write_text(json.dumps(document))
    outcome = benchkeep.must(store, *weekly())
    assert [finding["code"] for finding in outcome.findings] == ["report_part_unreadable"]
    assert outcome.data["source"] == "master"
    assert outcome.data["all"]["total_tests"] == document["summary"]["total_tests"]
    tests = benchkeep.must(store, "query", "SELECT sum(total) AS n FROM cells").data["rows"]
    assert tests == [[document["summary"]["total_tests"]]]
    assert benchkeep.run(store, "query", "SELECT count(*) FROM results, cells").code == FAILED


@pytest.mark.parametrize(
    "args",
    [("--keep", "-o", "x.html"), ("--until", "yesterday"), ("--format", "pdf"), ("-o", "x")],
)
def test_wrong_usage(benchkeep: Benchkeep, store: Path, args: tuple[str, ...]):
    assert benchkeep.run(store, "report", "weekly", *args).code == USAGE


def test_files_of_the_store_are_refused(benchkeep: Benchkeep, store: Path):
    results = store / "pilot_bench_parquet_data/test_results.parquet"
    before = results.read_bytes()
    assert benchkeep.run(store, *weekly("-o", results, "--format", "html")).code == USAGE
    assert benchkeep.run(store, *weekly("-o", store / "benchkeep.toml", "--format", "md")).code == USAGE
    assert results.read_bytes() == before and not (store / "benchkeep.toml").exists()
    assert benchkeep.run(store, *weekly("-o", store / "none" / "r.html")).code == FAILED


def test_kept_reports(benchkeep: Benchkeep, store: Path):
    assert benchkeep.must(store, "report", "list").data["reports"] == []
    plan = benchkeep.must(store, "--dry-run", *weekly("--keep")).data
    assert plan["dry_run"] and plan["bytes"] > 1000 and not (store / "reports").exists()
    kept = benchkeep.must(store, *weekly("--keep")).data
    path = Path(kept["file"])
    assert path.parent == store / "reports" and path.stat().st_size == kept["bytes"]
    assert re.fullmatch(r"weekly-\d{8}-\d{6}\.html", path.name)
    (store / "reports" / "note.txt").write_text("of somebody else")
    listed = benchkeep.must(store, "report", "list").data["reports"]
    assert [one["name"] for one in listed] == [path.name]
    assert listed[0]["bytes"] == kept["bytes"] and listed[0]["span"] == "weekly"
    # Mode and owner of an old file pass on to the new one.
    page = store / "week.html"
    page.write_text("old")
    page.chmod(0o600)
    benchkeep.must(store, *weekly("-o", page))
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


def test_the_folder_can_be_set(benchkeep: Benchkeep, store: Path):
    (store / "benchkeep.toml").write_text('[store]\nreports = "out/pages"\n')
    kept = benchkeep.must(store, *weekly("--keep", "--format", "md")).data
    assert Path(kept["file"]).parent == store / "out/pages"
    assert Path(kept["file"]).suffix == ".md"


def test_other_columns_can_say_why(benchkeep: Benchkeep, tmp_path: Path):
    root = tmp_path / "store"
    table = pa.Table.from_pylist(rows()).rename_columns(
        ["why" if name == "error_message" else name for name in rows()[0]]
    )
    StoreBuilder(root).results(table)
    assert benchkeep.must(root, *weekly()).data["failures"]["unknown"]
    (root / "benchkeep.toml").write_text('[store]\nerrors = ["why"]\n')
    failures = benchkeep.must(root, *weekly()).data["failures"]
    assert failures["unknown"] is None and failures["classes"]["rate_limit"] == failures["explained"] > 0


def test_keys_in_errors_are_not_passed_on(benchkeep: Benchkeep, tmp_path: Path):
    root = tmp_path / "store"
    secret = "sk-" + "a1B2c3D4" * 5
    table = pa.Table.from_pylist(
        [
            {**row, "error_message": row["error_message"] and f"Incorrect API key provided: {secret}"}
            for row in rows()
        ]
    )
    StoreBuilder(root).results(table)
    data = benchkeep.must(root, *weekly()).data
    assert data["failures"]["classes"]["auth"] == data["failures"]["explained"] > 0
    for form in ("html", "md", "json", "text"):
        shown = benchkeep.run(root, *weekly("--format", form), json_output=False).stdout
        assert "Incorrect API key" in shown and secret not in shown


def test_the_job(benchkeep: Benchkeep, store: Path):
    """The default job is there, runs, and leaves a page."""
    jobs = benchkeep.must(store, "schedule", "list").data["jobs"]
    job = next(one for one in jobs if one["name"] == "report")
    assert job["state"] == "waiting" and job["schedule"] == "0 4 * * 1"
    run = benchkeep.must(store, "schedule", "run", "report").data["run"]
    assert run["status"] in ("ok", "findings")
    document = run["reports"][0]
    assert document["command"] == "report weekly"
    assert Path(document["data"]["file"]).read_text(encoding="utf-8").endswith("</html>\n")
    listed = benchkeep.must(store, "report", "list").data["reports"]
    assert len(listed) == 1


def test_a_failed_write_leaves_the_old_report(benchkeep: Benchkeep, store: Path, tmp_path: Path):
    """Every call on the new file fails once, and kills once."""
    page = tmp_path / "out" / "week.html"
    page.parent.mkdir()
    args = weekly("-o", page)
    calls = ("openat", "write", "fsync", "fdatasync", "rename", "renameat", "renameat2", "fchmod")
    _, lines = faults.trace(benchkeep, store, args, calls)
    numbers: dict[tuple[str, str], int] = {}
    points = set()
    for line in lines:
        found = re.match(r"(\d+) +(\w+)\(", line)
        if found is None:
            continue
        numbers[found.groups()] = numbers.get(found.groups(), 0) + 1
        if ".benchkeep-tmp-" in line and str(page.parent) in line:
            points.add(faults.Point(found[2], numbers[found.groups()]))
        elif found[2] == "fsync" and f"<{page.parent}>" in line:
            points.add(faults.Point(found[2], numbers[found.groups()]))
    assert {"write", "fsync"} <= {point.call for point in points}, lines
    failed = killed = 0
    # The file is opened, filled, synced, renamed, and its folder synced.
    for point in sorted(points, key=str):
        for fault in ("error=ENOSPC", "signal=KILL"):
            if point.call == "openat" and fault.startswith("signal"):
                continue  # Nothing is there yet.
            page.write_text("the old one")
            outcome, fired = faults.inject(benchkeep, store, args, point, fault)
            text = page.read_text(encoding="utf-8")
            assert text == "the old one" or text.endswith("</html>\n"), (point, fault)
            if not fired:
                continue
            killed += fault.startswith("signal")
            if fault.startswith("error") and outcome.code not in FINE:
                failed += 1
                left = [name for name in os.listdir(page.parent) if name != page.name]
                assert left == [], (point, left)
            elif outcome.code in FINE:
                assert text.endswith("</html>\n"), point
            for name in os.listdir(page.parent):
                if name != page.name:
                    (page.parent / name).unlink()
    assert failed >= 3 and killed >= 3
    benchkeep.must(store, *args)
    assert page.read_text(encoding="utf-8").endswith("</html>\n")
