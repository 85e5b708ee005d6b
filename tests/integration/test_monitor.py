"""The full screen in a real terminal (tmux): sizes, keys, signals, a disk that
hangs; and the figures it prints without one.
"""

from __future__ import annotations

import os
import pty
import random
import signal
import sqlite3
import subprocess
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import storegen
from cli import Benchkeep
from screen import Screen

# Long enough to be seen in a list, and as wide as it is: Chinese takes two
# columns a character.
CHINESE = "通义千问-72B-Instruct"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "campaign"
    root.mkdir()
    builder = storegen.StoreBuilder(root)
    now = datetime.now(timezone.utc).replace(tzinfo=None)

    def rows(first: int, count: int, model: str) -> pa.Table:
        times = [now - timedelta(minutes=2 + i % 50) for i in range(count)]
        return pa.table(
            {
                "test_id": [f"{model}-{first + i}" for i in range(count)],
                "model": [model] * count,
                "prompt_type": ["optimal"] * count,
                "success": [i % 4 == 0 for i in range(count)],
                "timestamp": [time.isoformat() for time in times],
            }
        )

    builder.results(pa.concat_tables([rows(0, 400, CHINESE), rows(0, 200, "gpt-4o-mini")]))
    pq.write_table(rows(1000, 60, "gpt-4o-mini"), builder.increments / "increment_1_1.parquet")
    (root / "benchkeep.toml").write_text("[api]\nendpoints = []\n")
    return root


def start(benchkeep: Benchkeep, root: Path, *args: str, prefix: Sequence[str] = ()) -> Screen:
    argv = [str(benchkeep.binary), "-C", str(root), "monitor", "--interval", "1", *args]
    folder = root.parent / "terminal"
    folder.mkdir(exist_ok=True)
    return Screen(folder, [*prefix, *argv], benchkeep.environment())


def hanging(root: Path) -> list[str]:
    """Whoever opens the settings of the store waits for two minutes."""
    return [
        "strace", "-f", "-qq", "-o", "/dev/null", "-P", str(root / "benchkeep.toml"),
        "-e", "inject=openat:delay_enter=120000000",
    ]


@pytest.fixture
def screen(benchkeep: Benchkeep, root: Path) -> Iterator[Screen]:
    with start(benchkeep, root) as screen:
        screen.wait(lambda text: "600" in text and "60 rows, 1 files" in text)
        yield screen


def test_sizes_and_keys(screen: Screen):
    text = screen.wait_for(CHINESE[:4])
    lines = text.splitlines()
    assert "benchkeep" in lines[0] and "campaign" in lines[0]
    assert "results per minute" in text and "25.0%" in text
    # The right edge is straight, Chinese or not.
    frame = [line for line in lines[1:-1]]
    assert len(frame) == 22
    assert {line[-1] for line in frame} <= set("│╮╯┤"), text

    screen.resize(120, 40)
    text = screen.wait(lambda text: text.count("\n") == 40 and "checks" in text.splitlines()[20])
    assert {line[-1] for line in text.splitlines()[1:-1]} <= set("│╮╯┤"), text
    screen.resize(40, 12)
    text = screen.wait(lambda text: text.count("\n") == 12 and "│" not in text)
    assert "600" in text and "60 rows" in text
    screen.resize(80, 24)
    screen.wait_for("results per minute")

    screen.keys("?")
    screen.wait_for("freeze the picture")
    screen.keys("Escape")
    screen.wait(lambda text: "freeze the picture" not in text)
    screen.keys("3")
    assert "optimal 25.0%" in screen.wait_for("prompt types")
    screen.keys("Down")
    screen.wait_for("gpt-4o-mini" if CHINESE in screen.text else CHINESE)
    screen.keys("Escape", "Left")
    screen.wait_for("5 min ago")
    screen.keys("End")
    screen.wait(lambda text: "5 min ago" not in text)
    screen.keys("q")
    assert screen.ended() == 0
    screen.assert_given_back()


def test_new_results_appear_unless_frozen(screen: Screen, root: Path):
    increments = root / "pilot_bench_parquet_data" / "incremental"
    screen.keys("Space")
    frozen = screen.wait_for("FROZEN")
    table = pq.read_table(increments / "increment_1_1.parquet")
    pq.write_table(table.slice(0, 7), increments / "increment_2_1.parquet")
    time.sleep(2)  # Two looks.
    clocks = [line for line in frozen.splitlines() if "FROZEN" in line]
    assert clocks == [line for line in screen.lines if "FROZEN" in line]
    assert "60 rows, 1 files" in screen.text
    screen.keys("Space")
    screen.wait_for("67 rows, 2 files")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_give_the_terminal_back(screen: Screen, number: int):
    assert screen.shown("alternate_on") == "1"
    assert screen.shown("cursor_flag") == "0"
    os.kill(screen.pid, number)
    assert screen.ended() == 0
    screen.assert_given_back()


def test_a_crash_gives_the_terminal_back(screen: Screen):
    os.kill(screen.pid, signal.SIGABRT)
    assert screen.ended() == 128 + signal.SIGABRT
    screen.assert_given_back()


def test_killed(benchkeep: Benchkeep, screen: Screen, root: Path):
    """Nothing can be given back; nothing else is left behind."""
    os.kill(screen.pid, signal.SIGKILL)
    assert screen.ended() == 128 + signal.SIGKILL
    assert benchkeep.must(root, "monitor", "--once").data["total_tests"] == 600
    assert benchkeep.must(root, "consolidate").data["rows_after"] == 660


def test_a_terminal_that_can_only_print(benchkeep: Benchkeep, root: Path):
    ours, theirs = pty.openpty()
    argv = [benchkeep.binary, "-C", root, "monitor"]
    env = benchkeep.environment({"TERM": "dumb"})
    with subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        text = b""
        try:
            while piece := os.read(ours, 4096):
                text += piece
        except OSError:  # The other end has been closed.
            pass
        assert process.wait() == 0, text
    os.close(ours)
    assert b"25.0%" in text and CHINESE.encode() in text
    assert b"\x1b" not in text


def test_stopped_and_continued(screen: Screen):
    # Ctrl-Z: the shell gets its terminal back for as long as we are stopped.
    os.kill(screen.pid, signal.SIGTSTP)
    screen.wait(lambda text: screen.shown("alternate_on") == "0")
    os.kill(screen.pid, signal.SIGCONT)
    screen.wait_for("results per minute")
    assert screen.shown("alternate_on") == "1"
    # Nobody can do anything about SIGSTOP; what was written meanwhile goes.
    os.kill(screen.pid, signal.SIGSTOP)
    screen.print("\x1b[5;5Hrubbish")
    screen.wait_for("rubbish")
    os.kill(screen.pid, signal.SIGCONT)
    screen.wait(lambda text: "rubbish" not in text)
    screen.keys("q")
    assert screen.ended() == 0
    screen.assert_given_back()


def test_a_disk_that_hangs(screen: Screen, root: Path):
    """Every look at the store waits for minutes, the screen does not."""
    with subprocess.Popen([*hanging(root), "-p", str(screen.pid)]) as tracer:
        screen.wait_for("not up to date")
        assert "60 rows, 1 files" in screen.text  # The last that is known.
        screen.keys("?")
        screen.wait_for("freeze the picture")
        screen.keys("?")
        screen.keys("q")
        assert screen.ended() == 0
        screen.assert_given_back()
        tracer.terminate()


def test_a_disk_that_hangs_from_the_start(benchkeep: Benchkeep, root: Path):
    with start(benchkeep, root, prefix=[*hanging(root), "-D"]) as screen:
        screen.wait_for("not looked at yet")
        screen.wait(lambda text: "free" in text)  # Memory needs no disk.
        screen.keys("q")
        assert screen.ended() == 0
        screen.assert_given_back()


def test_chinese_and_no_color(benchkeep: Benchkeep, root: Path):
    with start(benchkeep, root, "--lang", "zh", "--color", "never") as screen:
        text = screen.wait_for(CHINESE[:4])
        assert "每分钟结果数" in text
        assert {line[-1] for line in text.splitlines()[1:-1]} <= set("│╮╯┤"), text
        colored = screen.tmux("capture-pane", "-p", "-e")
        codes = {part.split("m")[0] for part in colored.split("\x1b[")[1:]}
        assert not any(code[:1] == "3" and code != "39" for all in codes for code in all.split(";"))


def test_once(benchkeep: Benchkeep, root: Path):
    outcome = benchkeep.run(root, "monitor", "--once")
    assert outcome.code == 0, outcome
    data = outcome.data
    assert data["total_tests"] == 600 and data["success_rate"] == 0.25
    assert data["increments"]["rows"] == 60
    assert data["pace"]["timed"] and data["pace"]["per_minute_60"] > 0
    assert {one["name"]: one["total_tests"] for one in data["models"]} == {
        CHINESE: 400,
        "gpt-4o-mini": 200,
    }
    assert all(part["up"] for part in data["parts"])

    text = benchkeep.run(root, "monitor", json_output=False)
    assert text.code == 0 and "25.0%" in text.stdout and CHINESE in text.stdout
    assert "\x1b" not in text.stdout
    plain = benchkeep.run(root, "monitor", "--once", "--ascii", json_output=False)
    assert all(ord(c) < 128 for c in plain.stdout.replace(CHINESE, ""))


def test_pace_counts_keys_once_and_in_their_zone(benchkeep: Benchkeep, tmp_path: Path):
    builder = storegen.StoreBuilder(tmp_path)
    now = datetime.now(timezone.utc).replace(microsecond=0)

    def table(rows: list[tuple[str, str, datetime | None, str]]) -> pa.Table:
        return pa.table(
            {
                "test_id": [row[0] for row in rows],
                "model": [row[1] for row in rows],
                "success": [True] * len(rows),
                "timestamp": [row[3].format(row[2]) for row in rows],
            }
        )

    ago = lambda minutes: now - timedelta(minutes=minutes)  # noqa: E731
    local = timezone(timedelta(hours=8))
    builder.results(
        table(
            [
                ("a", "m", ago(5).replace(tzinfo=None), "{:%Y-%m-%dT%H:%M:%S}"),
                ("b", "m", ago(5), "{:%Y-%m-%dT%H:%M:%SZ}"),
                ("c", "m", ago(5).astimezone(local), "{:%Y-%m-%dT%H:%M:%S}+08:00"),
                ("d", "n", ago(30 * 60), "{:%Y-%m-%d %H:%M:%S}"),
                ("e", "n", None, "no time"),
            ]
        )
    )
    pq.write_table(
        table(
            [
                ("a", "m", ago(4), "{:%Y-%m-%dT%H:%M:%S}"),
                ("f", "o", ago(50), "{:%Y-%m-%dT%H:%M:%S}"),
            ]
        ),
        builder.increments / "increment_1_1.parquet",
    )
    data = benchkeep.must(tmp_path, "pace").data
    counts = {model["name"]: model["tests"] for model in data["models"]}
    assert counts == {"m": 3, "o": 1}
    (m,) = [model for model in data["models"] if model["name"] == "m"]
    assert len(m["minutes"]) == data["minutes"] == 1440
    assert sum(m["minutes"][-10:]) == 3
    assert data["per_minute_10"] == pytest.approx(0.3)
    # The same clock elsewhere: only times without a zone move.
    shifted = benchkeep.run(tmp_path, "pace", env={"TZ": "UTC-8"}).data
    assert {model["name"]: model["tests"] for model in shifted["models"]}["m"] == 3
    assert shifted["per_minute_10"] == pytest.approx(0.2)


def test_pace_of_a_master_database(benchkeep: Benchkeep, tmp_path: Path):
    """Rows that tell no time: what `check` has seen of the total."""
    builder = storegen.StoreBuilder(tmp_path)
    builder.master(storegen.master_document(random.Random(5)))
    (tmp_path / "benchkeep.toml").write_text("[api]\nendpoints = []\n")
    assert benchkeep.must(tmp_path, "pace").data["source"] is None
    benchkeep.run(tmp_path, "check", "--level", "quick")
    with sqlite3.connect(tmp_path / ".benchkeep" / "state.db") as db:
        ((total,),) = db.execute("SELECT value FROM sample WHERE name = 'master_tests'")
        now = int(time.time())
        db.execute("DELETE FROM sample WHERE name = 'master_tests'")
        db.executemany(
            "INSERT INTO sample VALUES (?, 'master_tests', ?)",
            [(now - 3600, total - 900), (now - 1800, total - 900), (now, total)],
        )
    data = benchkeep.must(tmp_path, "pace").data
    assert data["source"] == "samples" and data["models"] == []
    assert data["per_minute_10"] == pytest.approx(30, rel=0.01)
    assert data["tests"] == pytest.approx(900, rel=0.05)
    once = benchkeep.must(tmp_path, "monitor", "--once").data
    assert once["pace"]["per_minute_10"] == pytest.approx(30, rel=0.1)
    assert once["total_tests"] == total and once["source"] == "master"
