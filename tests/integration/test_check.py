"""The nine checks: each state of each, hanging disks, services that fail in
every way.  Only servers on loopback are asked.
"""

from __future__ import annotations

import http.server
import json
import os
import random
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import storegen
from cli import Benchkeep, Outcome

NAMES = [
    "processes",
    "master_database",
    "results",
    "increments",
    "disk",
    "log_errors",
    "api",
    "backup",
    "jobs",
]
CODES = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
GRAVITY = ["ok", "warning", "unknown", "critical"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    builder = storegen.records_store(tmp_path, 5)
    builder.master(storegen.master_document(random.Random(5)))
    settings(tmp_path)
    return tmp_path


def settings(root: Path, check: str = "", api: str = "endpoints = []") -> None:
    """No test may ask the default service."""
    text = f"[check]\n{textwrap.dedent(check)}\n[api]\n{textwrap.dedent(api)}\n"
    (root / "benchkeep.toml").write_text(text)


def run(benchkeep: Benchkeep, root: Path, *args: object, **options: object) -> Outcome:
    outcome = benchkeep.run(root, "check", *args, **options)
    assert outcome.code in CODES.values(), outcome
    assert outcome.code == CODES[outcome.document["status"]], outcome
    return outcome


def checks(outcome: Outcome) -> dict[str, dict]:
    return {check["name"]: check for check in outcome.data["checks"]}


def one(benchkeep: Benchkeep, root: Path, name: str, *args: object) -> dict:
    outcome = run(benchkeep, root, "--only", name, *args)
    assert [check["name"] for check in outcome.data["checks"]] == [name]
    return checks(outcome)[name]


def test_all_nine(benchkeep: Benchkeep, root: Path):
    outcome = run(benchkeep, root)
    assert [check["name"] for check in outcome.data["checks"]] == NAMES
    states = [check["status"] for check in outcome.data["checks"]]
    assert outcome.document["status"] == max(states, key=GRAVITY.index)
    for check in outcome.data["checks"]:
        assert check["message"]
        assert (check["fix"] is None) == (check["status"] == "ok"), check
    codes = {finding["code"] for finding in outcome.findings}
    bad = [check["name"] for check in outcome.data["checks"] if check["status"] != "ok"]
    assert codes == {f"check_{name}" for name in bad}


def test_last_good_is_remembered(benchkeep: Benchkeep, root: Path):
    first = one(benchkeep, root, "results")
    assert first["status"] == "ok" and first["last_good"]
    (root / "pilot_bench_parquet_data" / "test_results.parquet").write_bytes(b"PAR1 torn")
    second = one(benchkeep, root, "results")
    assert second["status"] == "critical"
    assert second["last_good"] == first["last_good"]


def test_dry_run_leaves_no_trace(benchkeep: Benchkeep, root: Path):
    outcome = run(benchkeep, root, "--dry-run")
    assert outcome.data["remembered"] is False
    assert not (root / ".benchkeep").exists()


# Data.


def test_results_and_master(benchkeep: Benchkeep, root: Path):
    master = root / "pilot_bench_cumulative_results" / "master_database.json"
    results = root / "pilot_bench_parquet_data" / "test_results.parquet"
    rows = pq.read_metadata(results).num_rows
    assert one(benchkeep, root, "results")["value"] == rows
    assert one(benchkeep, root, "results", "--level", "quick")["value"] == rows
    document = json.loads(master.read_text())
    document["summary"]["total_tests"] = 123456
    master.write_text(json.dumps(document))
    stale = one(benchkeep, root, "master_database")
    assert stale["status"] == "warning" and "123456" in stale["message"]
    master.write_text('{"version": "3.0", "models": {')
    assert one(benchkeep, root, "master_database")["status"] == "critical"
    master.unlink()
    assert one(benchkeep, root, "master_database")["status"] == "warning"
    results.unlink()
    assert one(benchkeep, root, "results")["status"] == "warning"


def test_waiting_increments(benchkeep: Benchkeep, root: Path):
    folder = root / "pilot_bench_parquet_data" / "incremental"
    files = sorted(folder.glob("*.parquet"))
    assert files
    for path in files:
        os.utime(path)
    assert one(benchkeep, root, "increments")["status"] == "ok"
    old = time.time() - 25 * 3600
    os.utime(files[0], (old, old))
    late = one(benchkeep, root, "increments")
    assert late["status"] == "warning" and late["value"] >= 25
    assert late["threshold"] == {"warning": 24, "critical": None, "unit": "h"}
    os.utime(files[0])
    torn = folder / "increment_1_2.parquet"
    torn.write_bytes(b"PAR1 half")
    assert one(benchkeep, root, "increments")["status"] == "ok"  # Still being written.
    hour = time.time() - 3600
    os.utime(torn, (hour, hour))
    check = one(benchkeep, root, "increments")
    assert check["status"] == "warning" and check["details"]["unreadable"] == 1


def test_the_deep_look_proves_the_books(benchkeep: Benchkeep, root: Path):
    benchkeep.must(root, "consolidate")
    deep = one(benchkeep, root, "results", "--level", "deep")
    assert deep["status"] == "ok", deep
    assert deep["details"]["ledger_balanced"] is True
    results = root / "pilot_bench_parquet_data" / "test_results.parquet"
    whole = results.read_bytes()
    table = pq.read_table(results)
    assert deep["details"]["rows_read"] == table.num_rows

    pq.write_table(table.slice(3), results)
    short = one(benchkeep, root, "results", "--level", "deep")
    assert short["status"] == "critical" and "3 rows are missing" in short["message"]

    at = table.schema.get_field_index("test_id")
    ids = table.column("test_id").to_pylist()
    renamed = table.set_column(at, "test_id", pa.array(["another"] + ids[1:]))
    pq.write_table(renamed, results)
    other = one(benchkeep, root, "results", "--level", "deep")
    assert other["status"] == "critical"
    assert other["details"]["ledger_keys_equal"] is False

    more = table.slice(0, 1).set_column(at, "test_id", pa.array(["one more"]))
    pq.write_table(pa.concat_tables([table, more.cast(table.schema)]), results)
    assert one(benchkeep, root, "results", "--level", "deep")["status"] == "warning"

    results.write_bytes(whole)
    assert one(benchkeep, root, "results", "--level", "deep")["status"] == "ok"
    with sqlite3.connect(root / ".benchkeep" / "state.db") as db:
        changed = db.execute("UPDATE ledger SET rows = rows + 1 WHERE kind = 'seen'").rowcount
    assert changed > 0
    books = one(benchkeep, root, "results", "--level", "deep")
    assert books["status"] == "critical"
    assert books["details"]["ledger_balanced"] is False

    # A page in the middle: only reading shows it.
    torn = bytearray(whole)
    middle = len(torn) // 3
    torn[middle : middle + 64] = bytes(64)
    results.write_bytes(torn)
    assert one(benchkeep, root, "results", "--level", "quick")["status"] == "ok"
    assert one(benchkeep, root, "results", "--level", "deep")["status"] == "critical"


# The machine.


@contextmanager
def runner(root: Path, code: str = "time.sleep(600)") -> Iterator[subprocess.Popen]:
    """A Python process with a runner's name that has a results file open."""
    script = root / "batch_test_runner.py"
    script.write_text(
        "import sys, time\n"
        "log = open('pilot_bench_parquet_data/incremental/increment_9_9.tmp', 'a')\n"
        f"print('up', flush=True)\n{code}\n"
    )
    process = subprocess.Popen(
        [sys.executable, script], cwd=root, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        yield process
    finally:
        process.kill()
        process.wait()


def certain(check: dict) -> list[dict]:
    """Writers of this store; others on the machine may be named like runners."""
    return [one for one in check["details"]["writers"] if one["certain"]]


def test_processes(benchkeep: Benchkeep, root: Path):
    settings(root)
    none = one(benchkeep, root, "processes")
    assert none["status"] == "warning" and none["value"] == 0
    settings(root, check="runners = 0")
    assert one(benchkeep, root, "processes")["status"] == "ok"
    settings(root)
    with runner(root) as process:
        alive = one(benchkeep, root, "processes")
        assert alive["status"] == "ok" and alive["value"] == 1
        (writer,) = certain(alive)
        assert writer["pid"] == process.pid and writer["state"] == "alive"
        # Neither a write nor work for longer than allowed.
        settings(root, check="quiet_minutes = 0")
        time.sleep(2.1)
        stuck = one(benchkeep, root, "processes")
        assert stuck["status"] == "critical"
        assert certain(stuck)[0]["state"] == "stuck"
    with runner(root, "while True: pass"):
        time.sleep(2.1)
        assert one(benchkeep, root, "processes")["status"] == "ok"  # It works.


def test_its_own_pace(benchkeep: Benchkeep, root: Path):
    """A writer that is known to write every 40 minutes may be quiet for longer."""
    with runner(root) as process:
        one(benchkeep, root, "processes")
        settings(root, check="quiet_minutes = 0")
        time.sleep(2.1)
        for gap, state in ((2400, "ok"), (0, "critical")):
            with sqlite3.connect(root / ".benchkeep" / "state.db") as db:
                known = db.execute(
                    "UPDATE seen_writer SET usual_gap = ? WHERE pid = ?", (gap, process.pid)
                ).rowcount
            assert known == 1
            check = one(benchkeep, root, "processes")
            assert check["status"] == state, check


def percent_used(folder: Path) -> float:
    stat = os.statvfs(folder)
    used = stat.f_blocks - stat.f_bfree
    return 100 * used / (used + stat.f_bavail)


def test_disk(benchkeep: Benchkeep, root: Path):
    stat = os.statvfs(root)
    if percent_used(root) < 2:  # An empty disk would always be fine.
        with open(root / "ballast", "wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, stat.f_blocks * stat.f_frsize // 50)
    settings(root, check="disk_warning_percent = 100\ndisk_critical_percent = 100")
    assert one(benchkeep, root, "disk")["status"] == "ok"
    settings(root, check="disk_warning_percent = 1\ndisk_critical_percent = 100")
    full = one(benchkeep, root, "disk")
    assert full["status"] == "warning"
    assert abs(full["value"] - percent_used(root)) < 1
    settings(root, check="disk_warning_percent = 1\ndisk_critical_percent = 1")
    assert one(benchkeep, root, "disk")["status"] == "critical"
    # Half of it went within two hours: it is full in two more.
    settings(root, check="disk_warning_percent = 100\ndisk_critical_percent = 100")
    free = stat.f_bavail * stat.f_frsize
    with sqlite3.connect(root / ".benchkeep" / "state.db") as db:
        db.execute("DELETE FROM sample")
        db.execute(
            "INSERT INTO sample VALUES (?, 'disk_free_bytes', ?)",
            (int(time.time()) - 7200, 2.0 * free),
        )
    soon = one(benchkeep, root, "disk")
    assert soon["status"] == "warning"
    assert 1.5 < soon["details"]["hours_to_full"] < 2.5


def test_log_errors(benchkeep: Benchkeep, root: Path):
    logs = root / "logs"
    logs.mkdir(exist_ok=True)
    now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - 60))
    old = "2025-08-27 00:43:09"
    log = logs / "a.log"
    log.write_text(f"{old} - a - ERROR - Test timeout after 600 seconds\n" * 200)
    assert one(benchkeep, root, "log_errors")["status"] == "ok"
    with open(log, "a") as file:
        file.write(f"{now} - a - ERROR - Test timeout after 600 seconds\n" * 99)
    check = one(benchkeep, root, "log_errors")
    assert check["status"] == "ok" and check["value"] == 99
    with open(log, "a") as file:
        file.write(f"{now} - a - ERROR - Test timeout after 600 seconds\n")
    assert one(benchkeep, root, "log_errors")["status"] == "warning"
    settings(root, check="errors_critical = 100")
    assert one(benchkeep, root, "log_errors")["status"] == "critical"


# Services.


class Handler(http.server.BaseHTTPRequestHandler):
    status = 200
    seen: list[str] = []

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization", ""))
        self.send_response(self.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def service(status: int = 200, certificate: Path | None = None) -> Iterator[str]:
    handler = type("One", (Handler,), {"status": status})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def raw_service(answer: bytes | None) -> Iterator[str]:
    """Sends `answer` to whoever connects, or nothing at all."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            held = []
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                held.append(client)
                if answer is not None:
                    client.recv(4096)
                    client.sendall(answer)
                    client.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)


def probe(benchkeep: Benchkeep, root: Path, url: str, more: str = "") -> dict:
    settings(root, api=f'endpoints = ["{url}"]\ntimeout_seconds = 1\n{more}')
    check = one(benchkeep, root, "api")
    (endpoint,) = check["details"]["endpoints"]
    return {**check, "endpoint": endpoint}


@pytest.mark.parametrize(
    ("status", "outcome", "state"),
    [
        (200, "ok", "ok"),
        (404, "ok", "ok"),  # It answers: that is what was asked.
        (401, "key", "warning"),
        (403, "key", "warning"),
        (429, "quota", "warning"),
        (500, "server", "warning"),
        (503, "server", "warning"),
    ],
)
def test_answers(benchkeep: Benchkeep, root: Path, status: int, outcome: str, state: str):
    with service(status) as url:
        check = probe(benchkeep, root, url)
    assert check["endpoint"]["outcome"] == outcome
    assert check["endpoint"]["http_status"] == status
    assert check["status"] == state
    for step in ("dns_ms", "connect_ms", "answer_ms", "total_ms"):
        assert check["endpoint"][step] >= 0, step
    assert check["endpoint"]["tls_ms"] is None


def test_services_that_do_not_answer(benchkeep: Benchkeep, root: Path, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = f"http://127.0.0.1:{server.getsockname()[1]}/"
    assert probe(benchkeep, root, closed)["endpoint"]["outcome"] == "connect"
    # Too long for a name: refused before anybody is asked.
    nameless = "http://" + "x" * 70 + ".example/"
    assert probe(benchkeep, root, nameless)["endpoint"]["outcome"] == "dns"
    with raw_service(None) as url:
        slow = probe(benchkeep, root, url)
        assert slow["endpoint"]["outcome"] == "timeout" and slow["status"] == "warning"
    with raw_service(b"\x00\x01\x02 this is no HTTP") as url:
        assert probe(benchkeep, root, url)["endpoint"]["outcome"] == "broken"
    certificate = tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
         "-subj", "/CN=127.0.0.1", "-keyout", certificate, "-out", tmp_path / "c.pem"],
        check=True, capture_output=True,
    )
    with open(certificate, "a") as file:
        file.write((tmp_path / "c.pem").read_text())
    with service(certificate=certificate) as url:
        assert probe(benchkeep, root, url)["endpoint"]["outcome"] == "tls"
    bad = probe(benchkeep, root, "ftp://127.0.0.1/")
    assert bad["endpoint"]["outcome"] == "bad_url" and bad["status"] == "unknown"


def test_critical_after_some_failures(benchkeep: Benchkeep, root: Path):
    with service(500) as url:
        states = [probe(benchkeep, root, url, "failures = 3")["status"] for _ in range(4)]
    assert states == ["warning", "warning", "critical", "critical"]
    port = int(re.search(r":(\d+)", url.split("//")[1]).group(1))
    with socket.create_server(("127.0.0.1", port)):
        pass  # Free again.
    handler = type("Good", (Handler,), {"status": 200})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert probe(benchkeep, root, url, "failures = 3")["status"] == "ok"
    finally:
        server.shutdown()
        server.server_close()
    assert probe(benchkeep, root, url, "failures = 3")["status"] == "warning"


def test_several_services(benchkeep: Benchkeep, root: Path):
    with service(200) as good, service(429) as bad:
        settings(root, api=f'endpoints = ["{good}", "{bad}"]')
        check = one(benchkeep, root, "api")
    assert check["status"] == "warning" and check["value"] == 1
    assert [e["outcome"] for e in check["details"]["endpoints"]] == ["ok", "quota"]


def test_the_key_is_sent_and_never_shown(benchkeep: Benchkeep, root: Path):
    key = "sk-very-secret-0123456789"
    Handler.seen = []
    with service(401) as url:
        spoken = url.replace("//", "//user:pa55w0rd@") + "?token=hidden1"
        settings(root, api=f'endpoints = ["{spoken}"]\nkey_variable = "MY_KEY"')
        for form in ("text", "json", "nagios", "md"):
            outcome = benchkeep.run(
                root, "check", "--only", "api", "--format", form,
                json_output=False, env={"MY_KEY": key},
            )
            assert outcome.code in (1, 2)
            for secret in (key, "pa55w0rd", "hidden1"):
                assert secret not in outcome.stdout + outcome.stderr
    assert f"Bearer {key}" in Handler.seen
    kept = (root / ".benchkeep" / "state.db").read_bytes()
    assert key.encode() not in kept and b"pa55w0rd" not in kept


# Jobs.


def test_the_deleting_call_is_flagged(benchkeep: Benchkeep, root: Path):
    code = "import time; print('up', flush=True); consolidate_incremental_data = time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None and process.stdout.readline() == b"up\n"
        check = one(benchkeep, root, "jobs")
    finally:
        process.kill()
        process.wait()
    assert check["status"] == "critical"
    assert check["details"]["deleting_calls"] == [f"process {process.pid}"]


def test_jobs(benchkeep: Benchkeep, root: Path):
    none = one(benchkeep, root, "jobs")
    assert none["status"] == "warning" and none["details"]["jobs"] == []
    benchkeep.must(root, "schedule", "run", "consolidate")
    ran = one(benchkeep, root, "jobs")
    assert ran["status"] == "ok" and ran["value"] == 0
    assert [job["job"] for job in ran["details"]["jobs"]] == ["consolidate"]
    with sqlite3.connect(root / ".benchkeep" / "state.db") as db:
        changed = db.execute("UPDATE job_runs SET status = 'failed'").rowcount
    assert changed == 1
    failed = one(benchkeep, root, "jobs")
    assert failed["status"] == "warning" and failed["value"] == 1
    settings(root, check="job_failures = 1")
    assert one(benchkeep, root, "jobs")["status"] == "critical"


def test_backup(benchkeep: Benchkeep, root: Path):
    none = one(benchkeep, root, "backup")
    assert none["status"] == "critical" and none["value"] is None
    benchkeep.must(root, "backup", "create")
    good = one(benchkeep, root, "backup")
    assert good["status"] == "ok" and good["value"] == 0, good
    (archive,) = (root / "backups").glob("*/parquet_data.tar.gz")
    archive.write_bytes(archive.read_bytes()[:-1])
    bad = one(benchkeep, root, "backup")
    assert bad["status"] == "critical" and bad["details"]["bad"] == 1


# A disk that hangs.


def test_a_file_that_hangs_costs_one_check(benchkeep: Benchkeep, root: Path):
    """Opening the master database takes minutes: that check alone is unknown."""
    settings(root, check="timeout_seconds = 10")
    master = root / "pilot_bench_cumulative_results" / "master_database.json"
    # The tracer stays with the process that it holds up; -D lets it be left.
    argv = [
        "strace", "-D", "-f", "-qq", "-o", "/dev/null", "-P", str(master),
        "-e", "inject=openat:delay_enter=120000000",
        *benchkeep.argv(root, "check", "--level", "quick"),
    ]
    answer = root / "answer.json"
    with open(answer, "w") as out:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL,
            env=benchkeep.environment(), timeout=600,
        )
    document = json.loads(answer.read_text())
    assert done.returncode == CODES[document["status"]]
    found = {check["name"]: check for check in document["data"]["checks"]}
    assert found["master_database"]["status"] == "unknown"
    assert "10" in found["master_database"]["message"]
    assert found["results"]["status"] == "ok"
    assert found["increments"]["status"] in ("ok", "warning")


def test_pipes_in_place_of_files(benchkeep: Benchkeep, root: Path):
    master = root / "pilot_bench_cumulative_results" / "master_database.json"
    results = root / "pilot_bench_parquet_data" / "test_results.parquet"
    for path in (master, results):
        path.unlink()
        os.mkfifo(path)
    (root / ".benchkeep").mkdir(exist_ok=True)
    os.mkfifo(root / ".benchkeep" / "state.db")
    found = checks(run(benchkeep, root))
    assert found["master_database"]["status"] in ("critical", "unknown")
    assert found["results"]["status"] in ("critical", "unknown")


# Forms.


def test_forms(benchkeep: Benchkeep, root: Path):
    def text(*args: str) -> str:
        return benchkeep.run(root, "check", *args, json_output=False).stdout

    line = text("--format", "nagios")
    assert line.count("\n") == 1 and line.count("|") == 1
    assert re.match(r"BENCHKEEP (OK|WARNING|CRITICAL|UNKNOWN) - .+ \|( [a-z_]+=[-0-9.e%]+;[0-9.:]*;[0-9.]*)+\n$", line)
    table = text("--format", "md").splitlines()
    assert len(table) == 2 + len(NAMES) and all(row.count("|") == 6 for row in table)
    assert json.loads(text("--format", "json"))["command"] == "check"
    screen = text()
    assert "cure:" in screen and "benchkeep backup create" in screen
    chinese = text("--lang", "zh")
    assert "\u89e3\u51b3\u529e\u6cd5" in chinese and "\u78c1\u76d8" in chinese
    assert "cure" not in chinese
    assert benchkeep.run(root, "check", "--only", "nonsense").code == 2
