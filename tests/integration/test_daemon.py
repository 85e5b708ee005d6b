"""Proves the manners of the daemon: one per store, runs jobs, stops soon."""

from __future__ import annotations

import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

import oracle
import storegen
from cli import FAILED, FINE, LOCKED, OK, Benchkeep
from keeping import PATIENCE, Daemon, processes, wait_for
from postbox import free_port
from storegen import PILOT, StoreBuilder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "store"
    storegen.records_store(root, 5)
    return root


@pytest.fixture
def start(benchkeep: Benchkeep, root: Path):
    running: list[Daemon] = []

    def begin(*args: str, **env: str) -> Daemon:
        running.append(Daemon(benchkeep, root, *args, **env))
        return running[-1]

    yield begin
    for daemon in running:
        if daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.communicate()


def settings(root: Path, text: str) -> None:
    (root / "benchkeep.toml").write_text(text)


def runs(benchkeep: Benchkeep, root: Path, *args: object) -> list[dict]:
    return benchkeep.must(root, "schedule", "history", *args).data["runs"]


# Due when the machine started, so at once, and nothing else meanwhile.
AT_ONCE = """
[jobs]
alerts.enabled = false
backup.enabled = false
health.enabled = false
logs.enabled = false
report.enabled = false

[jobs.consolidate]
schedule = "@reboot"
"""


@contextmanager
def held(lock: Path):
    """Holds a lock of the writers, so that consolidate waits for it."""
    with open(lock, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_runs_what_is_due_and_stops(benchkeep: Benchkeep, root: Path, start):
    settings(root, AT_ONCE)
    daemon = start()
    daemon.wait_until_said("consolidate ended")
    listed = benchkeep.must(root, "schedule", "list").data
    assert listed["daemon"]["running"] is True
    assert listed["daemon"]["pid"] == daemon.process.pid
    state = {job["name"]: job["state"] for job in listed["jobs"]}
    assert state["consolidate"] == "waiting"
    done = runs(benchkeep, root, "consolidate")
    assert [run["trigger"] for run in done] == ["reboot"]
    assert done[0]["status"] in ("ok", "findings")
    one = benchkeep.must(root, "schedule", "history", "--run", done[0]["id"])
    (report,) = one.data["run"]["reports"]
    assert report["command"] == "consolidate" and report["data"]["files_merged"] > 0
    out = daemon.stop()
    assert daemon.process.returncode == OK
    assert "stopped after 1 runs" in out
    assert benchkeep.must(root, "schedule", "list").data["daemon"]["running"] is False
    assert not list((root / PILOT.increments).glob("*.parquet"))
    # It was this start of the machine: not again.
    again = start()
    again.stop(signal.SIGINT)
    assert len(runs(benchkeep, root, "consolidate")) == 1


def test_one_per_store(benchkeep: Benchkeep, root: Path, start):
    daemon = start()
    second = benchkeep.run(root, "daemon")
    assert second.code == LOCKED, second
    assert str(daemon.process.pid) in second.findings[0]["message"]
    daemon.process.kill()
    daemon.process.communicate()
    third = start()
    third.stop()
    assert third.process.returncode == OK


def test_rereads_its_settings(benchkeep: Benchkeep, root: Path, start):
    daemon = start()
    settings(root, "[jobs.consolidate]\nschedule = 'nonsense'\n")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_until_said("the old settings stay")
    settings(root, AT_ONCE.replace("consolidate", "mine") + 'command = ["dedupe"]\n')
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_until_said("mine ended")
    daemon.stop()
    assert runs(benchkeep, root, "mine")[0]["status"] == "ok"


def test_ends_a_run_that_takes_too_long_and_tries_again(
    benchkeep: Benchkeep, root: Path, start
):
    settings(root, AT_ONCE + "timeout_seconds = 1\nretries = 1\nretry_seconds = 1\n")
    with held(root / (PILOT.results + ".lock")):
        daemon = start()
        daemon.wait_until_said("(run 2): timeout")
    daemon.stop()
    second, first = runs(benchkeep, root, "consolidate")
    assert (first["status"], second["status"]) == ("timeout", "timeout")
    assert (first["attempt"], second["attempt"]) == (1, 2)
    assert second["trigger"] == "retry" and second["planned"] == first["planned"]


def test_stops_while_a_job_runs_without_leaving_work_half_done(
    benchkeep: Benchkeep, root: Path, start
):
    settings(root, AT_ONCE)
    before = oracle.read(root / PILOT.results).num_rows
    waiting = len(list((root / PILOT.increments).glob("*.parquet")))
    with held(root / (PILOT.results + ".lock")):
        daemon = start()
        daemon.wait_until_said("consolidate started")
        daemon.stop()
        assert daemon.process.returncode == OK
    (run,) = runs(benchkeep, root, "consolidate")
    assert run["status"] == "interrupted" and run["ended"] is not None
    assert oracle.read(root / PILOT.results).num_rows == before
    assert len(list((root / PILOT.increments).glob("*.parquet"))) == waiting
    # And it is made good at the next start.
    settings(root, AT_ONCE + "retry_seconds = 1\n")
    again = start()
    again.wait_until_said("consolidate ended (run 2)")
    again.stop()
    second = runs(benchkeep, root, "consolidate")[0]
    assert second["trigger"] == "retry" and second["status"] in ("ok", "findings")
    assert not list((root / PILOT.increments).glob("*.parquet"))


def test_speaks_to_the_service_manager(root: Path, tmp_path: Path, start):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(PATIENCE)
        daemon = start(NOTIFY_SOCKET=str(path), WATCHDOG_USEC="400000")
        assert manager.recv(100) == b"READY=1"
        # The watchdog is fed without any job being due.
        for _ in range(4):
            assert manager.recv(100) == b"WATCHDOG=1"
        daemon.process.send_signal(signal.SIGHUP)
        heard = [manager.recv(100)]
        while heard[-1] != b"READY=1":
            heard.append(manager.recv(100))
        assert b"RELOADING=1" in heard[-2] or b"RELOADING=1" in b"".join(heard)
        daemon.stop()
        while heard[-1] != b"STOPPING=1":
            heard.append(manager.recv(100))


def answer(port: int) -> bytes:
    try:
        url = f"http://127.0.0.1:{port}/healthz"
        return urllib.request.urlopen(url, timeout=5).read()
    except OSError:
        return b""


def servers(root: Path) -> list[int]:
    return [pid for pid, words in processes(root).items() if "serve" in words]


def test_serves_beside_the_jobs(root: Path, start):
    port = free_port()
    settings(root, AT_ONCE + f'[serve]\nlisten = "127.0.0.1:{port}"\n')
    daemon = start("--serve")
    wait_for(lambda: answer(port), "an answer")
    daemon.wait_until_said("consolidate ended")
    daemon.stop()
    assert daemon.process.returncode == OK
    assert answer(port) == b""


def test_its_server_does_not_outlive_it(root: Path, start):
    port = free_port()
    settings(root, f'[serve]\nlisten = "127.0.0.1:{port}"\n')
    first = start("--serve")
    wait_for(lambda: answer(port), "an answer")
    (server,) = servers(root)
    first.process.kill()
    first.process.communicate()
    wait_for(lambda: server not in servers(root), "the end of the server")
    second = start("--serve")
    wait_for(lambda: answer(port), "an answer of the next one")
    second.stop()
    assert servers(root) == []


def test_says_why_its_server_does_not_start(root: Path, start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings(root, f'[serve]\nlisten = "127.0.0.1:{port}"\n')
        daemon = start("--serve")
        daemon.wait_until_said(f"127.0.0.1:{port} is taken by another program")
    # And tries again.
    wait_for(lambda: answer(port), "an answer")
    assert daemon.said().count("the web server has ended") == 1
    os.kill(servers(root)[0], signal.SIGKILL)
    daemon.wait_until_said("the web server has ended: signal 9")
    wait_for(lambda: answer(port), "an answer again")
    daemon.stop()


def test_pause_resume_and_run_by_hand(benchkeep: Benchkeep, root: Path):
    benchkeep.must(root, "schedule", "pause", "consolidate")
    (job,) = [
        job
        for job in benchkeep.must(root, "schedule", "list").data["jobs"]
        if job["name"] == "consolidate"
    ]
    assert job["state"] == "paused" and job["next"] is None
    # By hand it runs all the same.
    done = benchkeep.must(root, "schedule", "run", "consolidate").data["run"]
    assert done["trigger"] == "manual" and done["planned"] is None
    benchkeep.must(root, "schedule", "resume", "consolidate")
    again = benchkeep.must(root, "schedule", "list").data["jobs"][0]
    assert again["state"] == "waiting" and again["next"] is not None
    assert again["last_run"] == done["id"]


def test_a_run_by_hand_that_was_killed_is_over(benchkeep: Benchkeep, root: Path):
    settings(root, "")
    words = benchkeep.argv(root, "schedule", "run", "consolidate")

    def state() -> str:
        jobs = benchkeep.must(root, "schedule", "list").data["jobs"]
        return {job["name"]: job["state"] for job in jobs}["consolidate"]

    with held(root / (PILOT.results + ".lock")):
        by_hand = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        try:
            wait_for(lambda: state() == "running", "the run")
            (run,) = runs(benchkeep, root, "consolidate")
            assert run["status"] == "running"
        finally:
            by_hand.kill()
            by_hand.wait()
        (run,) = runs(benchkeep, root, "consolidate")
        assert (run["status"], run["ended"]) == ("interrupted", None)
        one = benchkeep.must(root, "schedule", "history", "--run", run["id"])
        assert one.data["run"]["status"] == "interrupted"
        listed = benchkeep.run(root, "schedule", "list")
        (job,) = [job for job in listed.data["jobs"] if job["name"] == "consolidate"]
        assert (job["state"], job["failures"]) == ("failing", 1)
        assert job["last_status"] == "interrupted"
        assert "job_failed" in [finding["code"] for finding in listed.findings]
        check = benchkeep.run(root, "check", "--only", "jobs").data["checks"][0]
        (job,) = check["details"]["jobs"]
        assert (job["status"], job["failures"]) == ("interrupted", 1)


def test_jobs_are_run_by_the_program_itself(benchkeep: Benchkeep, root: Path):
    """Whatever its file is called, and not by another one beside it."""
    folder = root.parent / "bin"
    folder.mkdir()
    shutil.copy2(benchkeep.binary, folder / "benchkeep-new")
    (folder / "benchkeep").symlink_to("/bin/false")
    renamed = Benchkeep(folder / "benchkeep-new")
    run = renamed.must(root, "schedule", "run", "consolidate").data["run"]
    assert run["status"] in ("ok", "findings"), run
    assert [report["command"] for report in run["reports"]] == ["consolidate"]


def test_a_job_that_fails(benchkeep: Benchkeep, root: Path):
    settings(
        root,
        '[jobs.bad]\nschedule = "@yearly"\n'
        'command = [["query", "SELEKT"], ["dedupe"]]\n'
        '[jobs.unknown]\nschedule = "@yearly"\ncommand = ["frobnicate"]\n',
    )
    outcome = benchkeep.run(root, "schedule", "run", "bad")
    assert outcome.code == FAILED, outcome
    run = outcome.data["run"]
    assert run["status"] == "failed" and run["exit_code"] == 2
    # The second command was not run.
    assert [report["command"] for report in run["reports"]] == ["query"]
    assert "SELEKT" in run["output"]
    listed = benchkeep.must(root, "schedule", "list")
    assert "job_failed" in [finding["code"] for finding in listed.findings]
    jobs = {job["name"]: job for job in listed.data["jobs"]}
    assert jobs["bad"]["state"] == "failing" and jobs["bad"]["failures"] == 1
    assert jobs["unknown"]["state"] == "unavailable"
    assert benchkeep.run(root, "schedule", "run", "unknown").code != OK


def test_looking_leaves_no_trace(benchkeep: Benchkeep, root: Path):
    for words in (
        ["schedule", "list"],
        ["schedule", "history"],
        ["schedule", "run", "consolidate", "--dry-run"],
        ["schedule", "pause", "backup", "--dry-run"],
        ["daemon", "--dry-run"],
    ):
        outcome = benchkeep.run(root, *words)
        assert outcome.code in FINE, outcome
    assert not (root / ".benchkeep").exists()
