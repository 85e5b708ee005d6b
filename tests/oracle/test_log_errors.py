"""The errors of logs, counted once more in Python with regular expressions.

The oracle knows nothing of the program's parser: it counts lines with ERROR as
grep does, and real errors by the whole lines that tell of them.
"""

from __future__ import annotations

import datetime
import gzip
import os
import random
import re
import resource
import shutil
from pathlib import Path

import pytest

from cli import OK, Benchkeep

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")

# Whole lines that tell of a real error in the real logs, without colours.
REAL = [
    ("rate_limit", re.compile(r"\[LLM_ERROR\] .*(\u9650\u6d41|rate limit)")),
    ("timeout", re.compile(r" - ERROR - Test timeout after")),
    ("network", re.compile(r" - ERROR - .*Broken pipe")),
    ("crash", re.compile(r"^\[ERROR\] \u274c .*\u9000\u51fa\u7801: 137")),
]


def lines_of(folder: Path) -> list[str]:
    lines = []
    for path in sorted(folder.rglob("*.log*")):
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        text = data.decode("utf-8", "replace")
        lines += text.split("\n")[: -1 if text.endswith("\n") else None]
    return lines


def error_lines(folder: Path) -> int:
    return sum("ERROR" in line for line in lines_of(folder))


def causes_by_class(data: dict) -> dict[str, int]:
    counts: dict[str, int] = {}
    for cause in data["causes"]:
        counts[cause["class"]] = counts.get(cause["class"], 0) + cause["count"]
    return counts


def errors(benchkeep: Benchkeep, root: Path, *args: str) -> dict:
    return benchkeep.must(root, "logs", "errors", *args).data


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "benchkeep.toml").write_text("")
    (tmp_path / "logs").mkdir()
    return tmp_path


def test_the_real_logs(benchkeep: Benchkeep, shared: Path, root: Path):
    for path in (shared / "real-store" / "logs").glob("*.log"):
        shutil.copy(path, root / "logs")
    data = errors(benchkeep, root)
    assert data["error_lines"] == error_lines(root / "logs") == 6861
    expected = {name: 0 for name, _ in REAL}
    for line in lines_of(root / "logs"):
        plain = ESCAPE.sub("", line)
        for name, pattern in REAL:
            expected[name] += bool(pattern.search(plain))
    found = causes_by_class(data)
    assert expected["rate_limit"] == 586 and expected["timeout"] == 49
    assert found["rate_limit"] == expected["rate_limit"]
    assert found["network"] == expected["network"]
    assert found["crash"] == expected["crash"]
    # Rate limits and timeouts first.
    assert [cause["class"] for cause in data["causes"][:2]] == ["rate_limit", "timeout"]
    first, second = data["causes"][:2]
    assert first["count"] == 585 and second["count"] == expected["timeout"]
    assert first["model"] == "qwen2.5-72b-instruct"
    assert second["first"] == "2025-08-27T00:43:09"
    assert second["last"] == "2025-08-27T00:56:23"
    # Most lines with ERROR tell of none.
    assert data["errors"] < data["error_lines"] / 5


NOISE = [
    "2025-08-27 00:32:57,880 - runner - INFO - all is well",
    "\x1b[0;31m[ERROR]\x1b[0m   2025-08-29 01:05:13,129 - httpx - INFO - ok",
    "\x1b[0;31m[ERROR]\x1b[0m   [RETRY] 400 error detected, waiting 1.3s",
    "    Result: FAILED - NETWORK_ERROR: simulated",
    "plain text with ERRO and RROR in it",
    "\x00\x00 binary \xff junk",
    "",
]
ERRORS = {
    "rate_limit": "2025-08-27 00:43:09,1 - a - ERROR - Error code: 429 - no {n}",
    "auth": "ERROR:api:Error code: 401 - key {n}",
    "timeout": "[2025-08-27 00:43:09] ERROR request timed out after {n} s",
    "network": "\x1b[0;31m[ERROR]\x1b[0m \u7f51\u7edc\u8fde\u63a5\u5931\u8d25 {n}",
    "disk": "CRITICAL: [Errno 28] No space left on device, {n}",
    "other": "2025-08-27 01:43:09 - a - ERROR - strange thing {n}",
}


def synthetic(rng: random.Random, lines: int) -> tuple[bytes, dict[str, int], int]:
    """Text, errors by class, lines with ERROR."""
    counts: dict[str, int] = {}
    text = []
    with_error = 0
    for number in range(lines):
        if rng.random() < 0.2:
            name = rng.choice(list(ERRORS))
            counts[name] = counts.get(name, 0) + 1
            line = ERRORS[name].format(n=number)
        else:
            line = rng.choice(NOISE)
        with_error += "ERROR" in line
        text.append(line)
    return ("\n".join(text) + "\n").encode("utf-8", "surrogateescape"), counts, with_error


def add(into: dict[str, int], more: dict[str, int]) -> None:
    for name, count in more.items():
        into[name] = into.get(name, 0) + count


@pytest.mark.parametrize("seed", range(6))
def test_growing_rotating_and_compressed_logs(benchkeep: Benchkeep, root: Path, seed: int):
    """After every change the remembered counts are those of a fresh reading."""
    rng = random.Random(seed)
    logs = root / "logs"
    counts: dict[str, int] = {}
    total = 0
    for step in range(8):
        text, more, with_error = synthetic(rng, rng.randrange(1, 400))
        path = logs / "run.log"
        action = rng.choice(["append", "append", "rotate", "compress", "new"])
        # A head of its own, as logs have.
        head = f"2025-08-27 00:00:00 - seed {seed} step {step} {rng.random()}\n".encode() * 30
        if action == "rotate" and path.exists():
            path.rename(logs / f"run.log.{step}")
        if action == "compress" and path.exists():
            target = logs / f"old_{step}.log.gz"
            target.write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
        if action == "new":
            path = logs / "sub" / f"other_{step}.log"
            path.parent.mkdir(exist_ok=True)
        with open(path, "ab") as file:
            if file.tell() == 0:
                file.write(head)
            file.write(text)
        add(counts, more)
        total += with_error
        data = errors(benchkeep, root)
        assert data["error_lines"] == total == error_lines(logs)
        assert causes_by_class(data) == counts
        assert data["total"]["error_lines"] == total
    again = errors(benchkeep, root)
    assert again["bytes_read"] == 0
    fresh = errors(benchkeep, root, "--rescan")
    assert fresh["bytes_read"] > 0
    assert causes_by_class(again) == causes_by_class(fresh) == counts


def test_a_truncated_log_is_read_anew(benchkeep: Benchkeep, root: Path):
    path = root / "logs" / "a.log"
    path.write_text("2025-08-27 00:00:01 - a - ERROR - first thing\n" * 50)
    assert errors(benchkeep, root)["errors"] == 50
    path.write_text("2025-08-28 00:00:01 - a - ERROR - second thing\n" * 3)
    data = errors(benchkeep, root)
    assert data["errors"] == data["error_lines"] == 3
    # What never shrinks is for counters.
    assert data["total"]["error_lines"] == 53


def test_copytruncate(benchkeep: Benchkeep, root: Path):
    path = root / "logs" / "a.log"
    path.write_text("2025-08-27 00:00:01 - a - ERROR - some thing\n" * 50)
    errors(benchkeep, root)
    shutil.copy(path, root / "logs" / "a.log.1")
    path.write_text("2025-08-28 00:00:01 - a - ERROR - next thing\n" * 2)
    data = errors(benchkeep, root)
    assert data["errors"] == 52
    assert data["total"]["error_lines"] == 52


def test_an_unfinished_line_counts_once(benchkeep: Benchkeep, root: Path):
    path = root / "logs" / "a.log"
    path.write_text("2025-08-27 00:00:01 - a - ERROR - thing 1\n2025-08-27 00:00:02 - a - ERROR - th")
    assert errors(benchkeep, root)["errors"] == 2
    assert errors(benchkeep, root)["errors"] == 2
    with open(path, "a") as file:
        file.write("ing 2\n")
    data = errors(benchkeep, root)
    assert data["errors"] == data["error_lines"] == 2
    assert [cause["count"] for cause in data["causes"]] == [2]


TRACE = (
    "Traceback (most recent call last):\n"
    '  File "x.py", line 1, in <module>\n'
    "    main()\n"
    "ValueError: bad value 17\n"
)


def test_a_traceback_is_one_error(benchkeep: Benchkeep, root: Path):
    path = root / "logs" / "a.log"
    chained = TRACE + "\nDuring handling of the above exception, another exception occurred:\n\n" + TRACE.replace("ValueError", "OSError")
    path.write_text(
        TRACE
        + "2025-08-27 00:00:01 - a - INFO - on we go\n"
        + chained
        + "2025-08-27 00:00:02 - a - ERROR - test failed\n"
        + TRACE
        + "".join(f"\x1b[0;31m[ERROR]\x1b[0m   {line}\n" for line in TRACE.splitlines())
        + "Traceback (most recent call last):\n  File x\nKeyboardInterrupt\n"
        + "2025-08-27 00:00:03 - a - INFO - end\n"
    )
    data = errors(benchkeep, root)
    found = {cause["pattern"]: cause["count"] for cause in data["causes"]}
    assert found == {
        "ValueError: bad value #": 2,
        "OSError: bad value #": 1,
        "test failed | ValueError: bad value #": 1,
    }
    assert causes_by_class(data)["crash"] == 3


def test_a_traceback_that_is_still_being_written(benchkeep: Benchkeep, root: Path):
    path = root / "logs" / "a.log"
    for cut in range(len("x\n"), len(TRACE)):
        path.unlink(missing_ok=True)
        shutil.rmtree(root / ".benchkeep", ignore_errors=True)
        path.write_text("ok\n" + TRACE[:cut])
        errors(benchkeep, root)
        with open(path, "a") as file:
            file.write(TRACE[cut:] + "2025-08-27 00:00:03 - a - INFO - end\n")
        data = errors(benchkeep, root)
        assert [c["pattern"] for c in data["causes"]] == ["ValueError: bad value #"], cut
        assert data["errors"] == 1
    assert cut > 80


def test_long_lines_in_little_memory(benchkeep: Benchkeep, root: Path):
    start = b"2025-08-27 00:00:01 - a - ERROR - long thing "
    with open(root / "logs" / "a.log", "wb") as file:
        file.write(b"short\n" + start + b"x" * 100_000_000 + b"\n")
        file.write(b"y" * 3_000_000 + b" ERROR at the end\n" + start + b"\n")
        file.write(start + b"z" * 5_000_000)  # Without its newline.

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (64 << 20, 64 << 20))

    outcome = benchkeep.run(root, "logs", "errors", preexec=limit)
    assert outcome.code == OK, outcome
    data = outcome.data
    assert data["error_lines"] == 4
    assert data["errors"] == 3


def test_damaged_and_hidden_files(benchkeep: Benchkeep, root: Path):
    line = "2025-08-27 00:00:01 - a - ERROR - thing\n"
    packed = gzip.compress((line * 5000).encode())
    (root / "logs" / "cut.log.gz").write_bytes(packed[: len(packed) // 2])
    (root / "logs" / "no.log.gz").write_bytes(b"this is not gzip")
    (root / "logs" / ".hidden.log").write_text(line)
    (root / "logs" / "notes.txt").write_text(line)
    os.mkfifo(root / "logs" / "fifo.log")
    (root / "logs" / "two.log.gz").write_bytes(
        gzip.compress(line.encode()) + gzip.compress(line.encode())
    )
    outcome = benchkeep.must(root, "logs", "errors")
    damaged = {f["path"] for f in outcome.findings if f["code"] == "log_unreadable"}
    assert damaged == {"logs/cut.log.gz", "logs/no.log.gz"}
    count = outcome.data["errors"]
    assert 2 < count < 5000


def test_new_causes_and_spikes(benchkeep: Benchkeep, root: Path):
    now = datetime.datetime.now()
    def at(hours: float) -> str:
        return (now - datetime.timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S")

    lines = [f"{at(24 * 30)} - a - ERROR - old thing"]
    lines += [f"{at(2)} - a - ERROR - new thing"]
    for hour in range(30, 60):
        lines += [f"{at(hour)} - a - ERROR - Error code: 429 - slow"] * 2
    lines += [f"{at(1.01)} - a - ERROR - Error code: 429 - slow"] * 40
    (root / "logs" / "a.log").write_text("\n".join(lines) + "\n")
    outcome = benchkeep.must(root, "logs", "errors", "--new")
    found = {cause["pattern"]: cause for cause in outcome.data["causes"]}
    assert set(found) == {"new thing", "Error code: 429 - slow"}
    assert found["new thing"]["new"] and found["new thing"]["spike"] is None
    spike = found["Error code: 429 - slow"]["spike"]
    assert spike["count"] == 40 and spike["usual"] == 2.0
    assert {f["code"] for f in outcome.findings} == {"log_errors_new", "log_errors_spike"}


def test_dry_run_remembers_nothing(benchkeep: Benchkeep, root: Path):
    (root / "logs" / "a.log").write_text("ERROR: x\n")
    data = errors(benchkeep, root, "--dry-run")
    assert data["errors"] == 1 and data["remembered"] is False
    assert not (root / ".benchkeep").exists()
    assert errors(benchkeep, root)["remembered"] is True
    (root / "logs" / "a.log").write_text("ERROR: x\nERROR: x\n")
    assert errors(benchkeep, root, "--dry-run")["errors"] == 2
    assert errors(benchkeep, root)["bytes_read"] > 0


def test_a_damaged_memory_stops_nothing(benchkeep: Benchkeep, root: Path):
    (root / "logs" / "a.log").write_text("ERROR: x\n")
    errors(benchkeep, root)
    (root / ".benchkeep" / "state.db").write_bytes(b"x" * 5000)
    outcome = benchkeep.must(root, "logs", "errors")
    assert outcome.data["errors"] == 1
    assert "log_memory_unusable" in {f["code"] for f in outcome.findings}


def test_no_secret_is_shown_or_kept(benchkeep: Benchkeep, root: Path):
    secret = "sk-proj-abcdefGHIJ0123456789klmn"
    (root / "logs" / "a.log").write_text(
        f"2025-08-27 00:00:01 - a - ERROR - Invalid API key provided: {secret}\n"
        "ERROR:a:login with password=hunter2hunter2 failed\n"
    )
    for args in ([], ["--examples"]):
        text = benchkeep.run(root, "logs", "errors", *args, json_output=False).stdout
        assert "hunter2" not in text and "abcdefGHIJ" not in text
    kept = (root / ".benchkeep" / "state.db").read_bytes()
    assert b"hunter2" not in kept and b"abcdefGHIJ" not in kept
