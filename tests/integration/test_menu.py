"""Proves that the menu works over a pipe, on a dumb terminal and with Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import random
import re
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

import storegen
from cli import NO_STORE, OK, Benchkeep
from tree import snapshot

PATIENCE = 60
PROMPT = "Please choose [0-7]:"
NAMES = ["check", "backup", "cleanup", "tune", "recover", "report", "monitor"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "a store"
    builder = storegen.records_store(root, 5)
    builder.master(storegen.master_document(random.Random(5)))
    builder.settings("[api]\nendpoints = []\n")
    return root


def words(benchkeep: Benchkeep, root: Path, *args: str) -> list[str]:
    return [str(benchkeep.binary), "-C", str(root), "menu", *args]


def piped(
    benchkeep: Benchkeep, root: Path, text: str, *args: str, **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words(benchkeep, root, *args),
        input=text,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=benchkeep.environment(env),
    )


def test_once_as_json(benchkeep: Benchkeep, root: Path):
    before = snapshot(root)
    items = benchkeep.must(root, "menu", "--once").data["items"]
    assert [one["number"] for one in items] == list(range(1, 8))
    assert [one["name"] for one in items] == NAMES
    by_name = {one["name"]: one for one in items}
    assert by_name["backup"]["state"] == "critical"
    assert by_name["check"]["badge"] == "never done"
    assert re.match(r"\d+ increments wait", by_name["cleanup"]["badge"])
    assert by_name["backup"]["commands"] == [f"benchkeep -C '{root}' backup create"]
    assert snapshot(root) == before
    benchkeep.must(root, "backup", "create")
    benchkeep.run(root, "check", "--level", "quick")
    items = benchkeep.must(root, "menu", "--once").data["items"]
    by_name = {one["name"]: one for one in items}
    assert by_name["backup"]["state"] == "ok" and by_name["backup"]["age_seconds"] < 600
    assert by_name["recover"]["badge"].startswith("can go back to 2")
    assert re.fullmatch(r"last: .*, \d checks were not ok", by_name["check"]["badge"])


def test_a_store_that_hangs_costs_a_moment(benchkeep: Benchkeep, root: Path):
    benchkeep.must(root, "backup", "create")
    # Opening the folder of the backups takes minutes.
    argv = [
        "strace", "-D", "-f", "-qq", "-o", "/dev/null", "-P", str(root / "backups"),
        "-e", "inject=openat:delay_enter=120000000",
        *benchkeep.argv(root, "menu", "--once"),
    ]
    answer = root / "answer.json"
    begin = time.monotonic()
    with open(answer, "w") as out:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL,
            env=benchkeep.environment(), timeout=600,
        )
    assert done.returncode == OK and time.monotonic() - begin < 100
    items = json.loads(answer.read_text())["data"]["items"]
    states = {one["name"]: one["state"] for one in items}
    assert states["backup"] == states["recover"] == "unknown"
    assert items[1]["badge"] == "unknown"


def test_numbers_over_a_pipe(benchkeep: Benchkeep, root: Path):
    done = piped(benchkeep, root, "2\n\n9\nnonsense\n 0 \n")
    assert done.returncode == OK, done
    assert done.stdout.count(PROMPT) == 5  # One for every line.
    assert f"$ benchkeep -C '{root}' backup create" in done.stdout
    assert done.stdout.count("Invalid choice") == 2
    assert done.stdout.endswith("Leaving the maintenance menu\n")
    assert len(list(root.glob("backups/2*"))) == 1
    # What ran stands between its prompt and the next one.
    ran = done.stdout.split(PROMPT)[1]
    assert "backup create" in ran and "good" in ran


def test_the_end_of_the_input_leaves(benchkeep: Benchkeep, root: Path):
    done = piped(benchkeep, root, "")
    assert done.returncode == OK and done.stdout.count(PROMPT) == 1
    # The last line lacks its newline.
    done = piped(benchkeep, root, "4")
    assert done.returncode == OK and "benchkeep -C" in done.stdout
    assert "tests per batch" in done.stdout
    done = piped(benchkeep, root, "0")
    assert done.stdout.endswith("Leaving the maintenance menu\n")


def test_enter_changes_nothing(benchkeep: Benchkeep, root: Path):
    benchkeep.must(root, "backup", "create")
    before = snapshot(root)
    for choice in ("3", "5"):
        done = piped(benchkeep, root, f"{choice}\n\n0\n")
        assert done.returncode == OK, done
        assert "--dry-run" in done.stdout and "[y/N]" in done.stdout
        assert "--yes" not in done.stdout and "nothing was changed" in done.stdout
        assert snapshot(root) == before
    # A number is the next choice, and no.
    done = piped(benchkeep, root, "3\n0\n")
    assert done.stdout.endswith("Leaving the maintenance menu\n")
    assert snapshot(root) == before


def test_yes_cleans_up(benchkeep: Benchkeep, root: Path):
    done = piped(benchkeep, root, "3\ny\n0\n")
    assert done.returncode == OK, done
    for command in ("consolidate", "dedupe", "logs compress", "clean"):
        assert f"$ benchkeep -C '{root}' {command} --yes" in done.stdout
    status = benchkeep.must(root, "status").data
    assert status["increments"]["files"] == 0 and status["results"]["rows"] > 0


def test_recovery_by_number(benchkeep: Benchkeep, root: Path):
    benchkeep.must(root, "backup", "create")
    master = root / "pilot_bench_cumulative_results" / "master_database.json"
    before = json.loads(master.read_text())
    master.write_text("{")
    done = piped(benchkeep, root, "5\ny\n0\n")
    assert done.returncode == OK, done
    assert json.loads(master.read_text())["models"] == before["models"]


def test_chinese_with_the_words_of_the_guide(benchkeep: Benchkeep, root: Path):
    done = piped(benchkeep, root, "\uff11\nx\n0\n", "--lang", "zh")
    assert done.returncode == OK, done
    for text in ("系统维护菜单", "1. 日常检查", "2. 数据备份", "3. 数据清理", "4. 性能优化"):
        assert text in done.stdout
    for text in ("5. 故障恢复", "6. 生成报告", "7. 查看监控", "0. 退出", "无效选择"):
        assert text in done.stdout
    assert done.stdout.count("请选择操作 [0-7]:") == 3
    assert done.stdout.endswith("退出维护系统\n")
    assert f"$ benchkeep -C '{root}' --lang zh check" in done.stdout
    assert "主数据库" in done.stdout  # What ran speaks Chinese, too.


def test_no_store(benchkeep: Benchkeep, tmp_path: Path):
    done = piped(benchkeep, tmp_path, "1\n")
    assert done.returncode == NO_STORE and done.stdout == ""


class Terminal:
    """The menu on a pseudo terminal."""

    def __init__(self, benchkeep: Benchkeep, root: Path, **env: str):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            argv = words(benchkeep, root)
            os.execve(argv[0], argv, {**benchkeep.environment(), **env})
        self.seen = ""

    def wait_for(self, text: str) -> str:
        """Reads until `text` has come; returns what stood before it."""
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            assert time.monotonic() < end, f"no {text!r} in {self.seen!r}"
            ready, _, _ = select.select([self.fd], [], [], 0.2)
            if not ready:
                continue
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            assert data, f"it has ended: {self.seen!r}"
            self.seen += data.decode(errors="replace")
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, keys: str) -> None:
        os.write(self.fd, keys.encode())

    def ends_with(self) -> int:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
            ready, _, _ = select.select([self.fd], [], [], 0.05)
            if ready:
                try:
                    self.seen += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    pass
        pytest.fail(f"it goes on: {self.seen!r}")


def test_on_a_dumb_terminal(benchkeep: Benchkeep, root: Path):
    terminal = Terminal(benchkeep, root, TERM="dumb")
    screen = terminal.wait_for(PROMPT)
    assert "\x1b" not in screen and "1. Daily check" in screen
    terminal.type("2\n")
    ran = terminal.wait_for("Press Enter to go on")
    assert "backup create" in ran and "\x1b" not in ran
    terminal.type("\n")
    assert "no backup" not in terminal.wait_for(PROMPT)
    terminal.type("4\n")
    terminal.wait_for("Give memory back now? [y/N]")
    terminal.type("\n")
    terminal.wait_for("Press Enter to go on")
    terminal.type("0\n")  # A number there is the next choice.
    terminal.wait_for("Leaving the maintenance menu")
    assert terminal.ends_with() == OK


def test_ctrl_c_comes_back_to_the_menu(benchkeep: Benchkeep, root: Path):
    # A check that waits for a service that never answers.
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        (root / "benchkeep.toml").write_text(
            f'[api]\nendpoints = ["http://127.0.0.1:{port}"]\ntimeout_seconds = 50\n'
            "[check]\ntimeout_seconds = 55\n"
        )
        terminal = Terminal(benchkeep, root, TERM="xterm", http_proxy="")
        assert "\x1b[" in terminal.wait_for(PROMPT)
        terminal.type("1\n")
        terminal.wait_for("check")
        silent.settimeout(PATIENCE)
        connection, _ = silent.accept()  # It is asking.
        terminal.type("\x03")
        terminal.wait_for("Press Enter to go on")
        terminal.type("\x03")  # Here as well.
        terminal.wait_for(PROMPT)
        terminal.type("\x03")
        terminal.wait_for("again leaves the menu")
        terminal.wait_for(PROMPT)
        terminal.type("\x03")
        assert terminal.ends_with() == 130
        connection.close()


def test_end_of_input_and_term_on_a_terminal(benchkeep: Benchkeep, root: Path):
    terminal = Terminal(benchkeep, root, TERM="dumb")
    terminal.wait_for(PROMPT)
    terminal.type("\x04")
    assert terminal.ends_with() == OK
    terminal = Terminal(benchkeep, root, TERM="dumb")
    terminal.wait_for(PROMPT)
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.ends_with() == 130
