"""Proves that tune tells the truth: real limits, real runners, real memory."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

import pyarrow as pa
import pytest

import storegen
from cli import FINDINGS, FINE, OK, USAGE, Benchkeep, Outcome

MIB = 1 << 20

# Grows when it gets a line.
RUNNER = """
import sys
held = [bytearray(24 << 20)]
print("ready", flush=True)
for line in sys.stdin:
    held.append(bytearray(16 << 20))
    print("grown", flush=True)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    storegen.records_store(tmp_path, 3)
    return tmp_path


@contextlib.contextmanager
def runner(root: Path) -> Iterator[subprocess.Popen]:
    """A program with the name of one of the campaign's, in the store."""
    script = root / "batch_test_it.py"
    script.write_text(RUNNER)
    process = subprocess.Popen(
        [sys.executable, script.name],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.stdin.close()
        process.wait()


def grow(process: subprocess.Popen) -> None:
    process.stdin.write("more\n")
    process.stdin.flush()
    assert process.stdout.readline() == "grown\n"


def limits(outcome: Outcome) -> dict[str, int | None]:
    return {one["name"]: one["value"] for one in outcome.data["limits"]}


def test_affinity_binds(benchkeep: Benchkeep, root: Path):
    cpus = sorted(os.sched_getaffinity(0))
    plain = benchkeep.must(root, "tune")
    assert limits(plain)["affinity"] == min(2 * len(cpus), 50)
    one = benchkeep.run(root, "tune", preexec=lambda: os.sched_setaffinity(0, cpus[:1]))
    assert one.code == OK and limits(one)["affinity"] == 2 and one.data["workers"] == 2
    json = benchkeep.run(
        root,
        "tune",
        "--storage",
        "json",
        preexec=lambda: os.sched_setaffinity(0, cpus[:1]),
    )
    assert json.data["workers"] == 1 and json.data["storage"] == "json"
    if os.cpu_count() == 1:
        pytest.skip("one processor: the guide's rule says the same")
    assert one.data["binding"] == "affinity"
    assert limits(one)["guide"] == min(2 * os.cpu_count(), 50)


def test_lines_for_eval(benchkeep: Benchkeep, root: Path):
    script = (
        'set -eu; eval "$("$@")"; '
        'sh -c \'echo "$workers $batch_size $STORAGE_FORMAT"\''
    )
    for storage, env in (("parquet", {}), ("json", {"STORAGE_FORMAT": "json"})):
        words = benchkeep.argv(root, "tune", "--env", json_output=False)
        done = subprocess.run(
            ["sh", "-c", script, "sh", *words],
            capture_output=True,
            text=True,
            env=benchkeep.environment(env),
        )
        assert done.returncode == 0, done
        data = benchkeep.run(root, "tune", env=env).data
        expected = f"{data['workers']} {data['batch_size']} {storage}\n"
        assert done.stdout == expected and data["storage"] == storage
    assert benchkeep.run(root, "tune", "--env", "--release").code == USAGE


def test_runners_are_measured(benchkeep: Benchkeep, root: Path):
    with runner(root) as process:
        outcome = benchkeep.must(root, "tune")
        (seen,) = outcome.data["memory"]["runners"]
        assert seen["pid"] == process.pid and seen["script"] == "batch_test_it.py"
        assert 24 * MIB < seen["pss_bytes"] < 200 * MIB
        assert outcome.data["memory"]["per_runner_bytes"] == seen["pss_bytes"]
        assert limits(outcome)["memory"] >= 1
        watching = subprocess.Popen(
            benchkeep.argv(root, "tune", "--interval", "3"),
            stdout=subprocess.PIPE,
            text=True,
            env=benchkeep.environment(),
        )
        time.sleep(1)
        grow(process)
        out, _ = watching.communicate(timeout=60)
        grown = Outcome(watching.args, watching.returncode, out, "")
        assert grown.code in FINE, grown
        assert grown.data["memory"]["growth_bytes_per_hour"] > 1000 * MIB
        assert grown.data["memory"]["hours_to_oom"] > 0
    gone = benchkeep.must(root, "tune").data["memory"]
    assert gone["runners"] == [] and gone["per_runner_remembered"] is True
    assert gone["per_runner_bytes"] > 40 * MIB


@contextlib.contextmanager
def control_group(controller: str, **settings: str) -> Iterator[Path]:
    """A control group of version 1 with these settings; skips without one."""
    top = Path("/sys/fs/cgroup") / controller
    group = top / f"benchkeep_test_{os.getpid()}"
    if not (top / "tasks").exists():
        pytest.skip("no control groups of version 1 here")
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made: {error}")
    try:
        for name, value in settings.items():
            (group / f"{controller}.{name}").write_text(value)
        yield group
    finally:
        end = time.monotonic() + 10
        while True:
            try:
                group.rmdir()
                break
            except OSError:  # Its processes are just ending.
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)


def test_a_real_quota_of_processors_binds(benchkeep: Benchkeep, root: Path):
    with control_group("cpu", cfs_period_us="100000", cfs_quota_us="50000") as group:

        def enter():
            (group / "cgroup.procs").write_text(str(os.getpid()))

        outcome = benchkeep.run(root, "tune", preexec=enter)
    assert outcome.code == OK and outcome.data["workers"] == 1
    assert outcome.data["binding"] == "cpu_quota" and limits(outcome)["cpu_quota"] == 1


def test_a_real_limit_of_memory_binds(benchkeep: Benchkeep, root: Path):
    with control_group("memory", limit_in_bytes=str(56 * MIB)) as group:

        def enter():
            (group / "cgroup.procs").write_text(str(os.getpid()))

        with runner(root):
            outcome = benchkeep.run(root, "tune", preexec=enter)
    (seen,) = outcome.data["memory"]["groups"]
    assert seen["limit_bytes"] == 56 * MIB
    # 50 MiB less what benchkeep itself uses, for runners of 24 MiB and more.
    assert limits(outcome)["memory"] in (0, 1) and outcome.data["workers"] == 1
    assert outcome.data["binding"] == "memory"


def test_services_that_refuse_bind(benchkeep: Benchkeep, root: Path):
    now = int(time.time())
    builder = storegen.StoreBuilder(root)
    for pid in (70_001, 70_002):
        path = builder.increments / f"increment_{pid}_{now - 1000}.parquet"
        table = pa.table({"test_id": [f"{pid}_{i}" for i in range(50)]})
        pa.parquet.write_table(table, path)
        os.utime(path, (now - 10, now - 10))
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now - 60))
    line = f"{stamp},123 - llm - ERROR - Error code: 429 - rate limit exceeded\n"
    (root / "logs").mkdir()
    (root / "logs" / "run.log").write_text(line * 100)
    outcome = benchkeep.must(root, "tune")
    rate = outcome.data["rate_limits"]
    assert rate["refused_24h"] == 100 and rate["refused_share"] == 0.5
    # Two runners, every second request refused.
    assert limits(outcome)["api_rate"] == 1
    assert outcome.data["binding"] == "api_rate" and outcome.data["workers"] == 1
    pace = outcome.data["pace"]
    assert pace["tests_24h"] == 100 and pace["most_runners_24h"] == 2
    # 990 s for 50 tests: 20 of them would wait for 396 s.
    assert pace["seconds_per_test"] == pytest.approx(19.8)
    assert outcome.data["batch_size"] == 15 and outcome.data["batch_size_guide"] == 20


def test_release_measures_what_it_does(benchkeep: Benchkeep, root: Path):
    large = root / "logs" / "old.log"
    large.parent.mkdir()
    large.write_bytes(b"nothing to see\n" * 600_000)
    with open(large, "rb") as file:
        os.fsync(file.fileno())
    old = time.time() - 600
    os.utime(large, (old, old))
    size = large.stat().st_size

    def step(outcome: Outcome, name: str) -> dict:
        (found,) = [
            one for one in outcome.data["release"]["steps"] if one["name"] == name
        ]
        return found

    def logs(outcome: Outcome) -> int:
        parts = outcome.data["memory"]["page_cache"]["parts"]
        return next(one["bytes"] for one in parts if one["name"] == "logs")

    planned = benchkeep.must(root, "tune", "--release", "--dry-run")
    cache = step(planned, "page_cache")
    if cache["state"] == "not_here":
        pytest.skip("the kernel does not tell what is cached")
    assert cache["state"] == "planned" and logs(planned) >= size
    done = benchkeep.must(root, "tune", "--release")
    assert logs(done) >= size  # The rehearsal left it where it was.
    cache = step(done, "page_cache")
    assert cache["state"] == "done"
    assert cache["freed_bytes"] == cache["before_bytes"] - cache["after_bytes"]
    total = sum(one["freed_bytes"] for one in done.data["release"]["steps"])
    assert done.data["release"]["freed_bytes"] == total
    if cache["freed_bytes"] == 0:
        pytest.skip("this file system keeps everything in memory")
    assert cache["freed_bytes"] >= size
    assert large.read_bytes() == b"nothing to see\n" * 600_000


def test_release_only_when_it_helps(benchkeep: Benchkeep, root: Path):
    outcome = benchkeep.must(root, "tune", "--release", "--if-short")
    memory, release = outcome.data["memory"], outcome.data["release"]
    if memory["short"]:
        pytest.skip("this machine is short of memory")
    assert release["needed"] is False and release["steps"] == []
    text = benchkeep.run(
        root, "tune", "--release", "--if-short", json_output=False
    ).stdout
    assert "memory is not short: nothing was given back" in text


def test_too_many_runners_are_a_finding(benchkeep: Benchkeep, root: Path):
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(runner(root))
        outcome = benchkeep.run(
            root,
            "tune",
            "--storage",
            "json",
            preexec=lambda: os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]),
        )
    assert outcome.code == FINDINGS
    assert "tune_too_many_runners" in [one["code"] for one in outcome.findings]
