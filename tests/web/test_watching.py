"""Proves /metrics, the API's description and `observe init` with the real tools:
promtool checks, and a Prometheus of our own scrapes us and answers every panel.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from datetime import datetime
from pathlib import Path

import jsonschema
import pytest

import storegen
from cli import Benchkeep
from serving import PATIENCE, Site, serving

GUIDE = [
    "pilot_bench_total_tests",
    "pilot_bench_success_rate",
    "pilot_bench_incremental_files",
    "pilot_bench_api_errors_total",
]


@pytest.fixture(scope="module")
def root(benchkeep: Benchkeep, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("store")
    builder = storegen.records_store(path, 5)
    builder.master(storegen.master_document(random.Random(5)))
    logs = path / "logs"
    logs.mkdir()
    (logs / "a.log").write_text(
        "2025-08-20 10:00:00,000 - ERROR - Error code: 429 - rate limit exceeded\n"
    )
    benchkeep.must(path, "backup", "create")
    return path


@pytest.fixture(scope="module")
def site(benchkeep: Benchkeep, root: Path):
    with serving(benchkeep, root) as one:
        one.ready()
        one.wait_for("/metrics", lambda a: b"pilot_bench_api_errors_total" in a.body)
        one.wait_for("/metrics", lambda a: b"benchkeep_job_failures" in a.body)
        one.wait_for("/metrics", lambda a: b"benchkeep_backups" in a.body)
        yield one


def samples(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


def promtool(*words: object, stdin: str | None = None) -> str:
    done = subprocess.run(
        ["promtool", *map(str, words)], input=stdin, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_metrics_are_well_formed_and_right(benchkeep: Benchkeep, root: Path, site: Site):
    answer = site.ask("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = answer.body.decode()
    assert promtool("check", "metrics", stdin=text) == ""
    values = samples(text)
    status = benchkeep.must(root, "status").data
    assert values["pilot_bench_total_tests"] == status["results"]["total_tests"]
    assert values["pilot_bench_success_rate"] == status["results"]["success_rate"]
    assert values["pilot_bench_incremental_files"] == status["increments"]["files"]
    assert values["pilot_bench_api_errors_total"] == 1
    assert values["benchkeep_waiting_rows"] == status["increments"]["rows"]
    for model in status["results"]["models"]:
        assert values['benchkeep_model_tests{model="%s"}' % (model["name"] or "")] == model["total_tests"]
    made = benchkeep.must(root, "backup", "list").data["backups"]
    assert values['benchkeep_backups{state="good"}'] == len(made) == 1
    stamp = datetime.fromisoformat(made[0]["created_at"]).timestamp()
    assert abs(values["benchkeep_backup_last_success_timestamp_seconds"] - stamp) <= 1
    for name in ("status", "breakdown", "errors", "jobs", "backups"):
        assert values['benchkeep_collector_up{collector="%s"}' % name] == 1


def test_a_textfile(benchkeep: Benchkeep, root: Path, tmp_path: Path):
    file = tmp_path / "benchkeep.prom"
    data = benchkeep.must(root, "metrics", "--textfile", file).data
    text = file.read_text()
    assert promtool("check", "metrics", stdin=text) == ""
    assert data["samples"] == len(samples(text))
    assert set(GUIDE) <= set(samples(text))
    plain = benchkeep.run(root, "metrics", json_output=False)
    assert set(samples(plain.stdout)) == set(samples(text))


def test_documents_are_those_of_the_commands(benchkeep: Benchkeep, root: Path, site: Site):
    def steady(document):
        document["data"].get("increments", {}).pop("oldest_age_seconds", None)
        return document

    for name in ("status", "breakdown"):
        for lang in ("en", "zh"):
            answer = site.wait_for(f"/api/v1/{name}?lang={lang}", lambda a: a.status == 200)
            own = benchkeep.must(root, name, "--lang", lang).document
            assert steady(answer.document) == steady(own)
            assert "x-stale" not in answer.headers


def test_the_description_is_true(site: Site):
    """Every path that is described answers as described, and none is missing."""
    api = site.ask("/openapi.json").document
    assert api["openapi"].startswith("3.1")
    for path, methods in api["paths"].items():
        if "get" not in methods or path == "/api/v1/events":
            continue
        answer = site.ask(path)
        described = methods["get"]["responses"]
        assert str(answer.status) in described, (path, answer.status)
        content = described[str(answer.status)].get("content", {})
        if "application/json" in content:
            schema = {**content["application/json"]["schema"], "components": api["components"]}
            jsonschema.validate(answer.document, schema)
    known = {one["name"] for one in site.ask("/api/v1/collectors").document["data"]["collectors"]}
    assert {f"/api/v1/{name}" for name in known} <= set(api["paths"])
    assert site.act("no-such-thing").status == 404


def test_events(site: Site):
    with socket.create_connection((site.host, site.port), timeout=PATIENCE) as s:
        s.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
        text = b""
        while b"event: change" not in text or b'"name":"status"' not in text:
            piece = s.recv(4096)
            assert piece
            text += piece
        assert b"text/event-stream" in text and b"event: hello" in text


def test_a_store_that_hangs(benchkeep: Benchkeep, tmp_path: Path):
    """A pipe nobody writes to: status waits forever, the server does not."""
    storegen.records_store(tmp_path, 5)
    with serving(benchkeep, tmp_path) as site:
        site.ready()
        # Stop every look at the store from here on, as a dead disk would.
        state = tmp_path / "benchkeep.toml"
        text = state.read_text()
        state.unlink()
        os.mkfifo(state)
        answer = site.wait_for("/metrics", lambda a: b'up{collector="status"} 0' in a.body)
        assert b"pilot_bench_total_tests" not in answer.body
        stale = site.ask("/api/v1/status")
        assert stale.status == 200 and stale.headers["x-stale"] == "true"
        assert site.ask("/healthz").status == 200
        findings = site.ask("/api/v1/collectors").document["findings"]
        assert {one["code"] for one in findings} == {"collector_down"}
        state.unlink()
        state.write_text(text)
        site.wait_for("/metrics", lambda a: b'up{collector="status"} 1' in a.body)


def test_observe_init(benchkeep: Benchkeep, root: Path, tmp_path: Path):
    folder = tmp_path / "watch"
    rehearsed = benchkeep.must(root, "observe", "init", folder, "--dry-run").data
    assert not folder.exists()
    written = benchkeep.must(root, "observe", "init", folder).data["written"]
    assert written == rehearsed["written"] and len(written) == 7
    assert sorted(written) == sorted(path.name for path in folder.iterdir())
    assert benchkeep.must(root, "observe", "init", folder).data["written"] == []
    (folder / "rules.yml").write_text("mine")
    outcome = benchkeep.run(root, "observe", "init", folder)
    assert outcome.code == 1 and outcome.findings[0]["code"] == "already_exists"
    assert (folder / "rules.yml").read_text() == "mine"
    assert benchkeep.must(root, "observe", "init", folder, "--force").data["written"] == ["rules.yml"]
    promtool("check", "config", folder / "prometheus.yml")
    promtool("check", "rules", folder / "rules.yml")
    promtool("test", "rules", folder / "rules_test.yml")
    rules = (folder / "rules.yml").read_text()
    assert rules.count("alert:") == rules.count("cure:") == rules.count("summary:")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_prometheus_scrapes_us_and_answers_every_panel(
    benchkeep: Benchkeep, root: Path, site: Site, tmp_path: Path
):
    if shutil.which("prometheus") is None:
        pytest.fail("prometheus is missing: run tools/setup check")
    folder = tmp_path / "watch"
    benchkeep.must(root, "observe", "init", folder, "--target", f"127.0.0.1:{site.port}")
    config = folder / "prometheus.yml"
    config.write_text(config.read_text().replace("15s", "1s"))
    port = free_port()
    log = open(tmp_path / "log", "w")
    process = subprocess.Popen(
        ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path}/data",
         f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"],
        stdout=log, stderr=log,
    )

    def query(text: str) -> list:
        url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": text})
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]["result"]
        except OSError:
            return []

    def wait(text: str) -> list:
        deadline = time.monotonic() + PATIENCE
        while not (result := query(text)):
            assert time.monotonic() < deadline, text
            time.sleep(0.2)
        return result

    try:
        total = wait("pilot_bench_total_tests")[0]["value"][1]
        assert int(total) == benchkeep.must(root, "status").data["results"]["total_tests"]
        for name in GUIDE:
            assert wait(name), name
        dashboard = json.loads((folder / "dashboard.json").read_text())
        queries = [
            target["expr"] for panel in dashboard["panels"] for target in panel["targets"]
        ]
        assert len(queries) >= 12
        for expression in queries:
            assert wait(expression.replace("$instance", ".*")), expression
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/rules", timeout=10) as answer:
            groups = json.load(answer)["data"]["groups"]
        assert sum(len(group["rules"]) for group in groups) >= 12
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE)
        log.close()
