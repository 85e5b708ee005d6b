"""A terminal that a test can look at: tmux with a server of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from pathlib import Path
from typing import Callable, Mapping, Sequence

PATIENCE = 60  # Seconds; a hang is a failure.


class Screen:
    """Runs a program in a window of `columns` x `rows`.

    The program runs below a shell that writes the modes of the terminal before
    and after it, and its exit code.
    """

    def __init__(
        self,
        folder: Path,
        argv: Sequence[str],
        env: Mapping[str, str],
        columns: int = 80,
        rows: int = 24,
    ):
        self.folder = folder
        self.socket = folder / "tmux"
        inner = "echo $$ > pid; exec " + " ".join(shlex.quote(word) for word in argv)
        script = (
            f"cd {shlex.quote(str(folder))}; stty -g > before; printf 'shell\\n'; "
            f"sh -c {shlex.quote(inner)}; echo $? > code.new; stty -g > after; "
            "mv code.new code; exec sleep 1000"
        )
        self.tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
            f"env -i {' '.join(f'{k}={shlex.quote(v)}' for k, v in env.items())} "
            f"TERM=tmux-256color sh -c {shlex.quote(script)}",
        )

    def tmux(self, *args: str) -> str:
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        environment.pop("TMUX", None)
        done = subprocess.run(
            ["tmux", "-u", "-S", str(self.socket), *args],
            capture_output=True, text=True, env=environment, timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def close(self) -> None:
        if self.pid_alive():
            os.kill(self.pid, 9)
        subprocess.run(
            ["tmux", "-S", str(self.socket), "kill-server"], capture_output=True, timeout=PATIENCE
        )

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def text(self) -> str:
        return self.tmux("capture-pane", "-p")

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def shown(self, flag: str) -> str:
        """A flag of the window, such as alternate_on or cursor_flag."""
        return self.tmux("display-message", "-p", f"#{{{flag}}}").strip()

    def keys(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def print(self, text: str) -> None:
        """Somebody else writes on the terminal."""
        Path(self.shown("pane_tty")).write_text(text)

    def wait(self, good: Callable[[str], object]) -> str:
        deadline = time.monotonic() + PATIENCE
        while True:
            text = self.text
            if good(text):
                return text
            assert time.monotonic() < deadline, text
            time.sleep(0.05)

    def wait_for(self, word: str) -> str:
        return self.wait(lambda text: word in text)

    @property
    def pid(self) -> int:
        return int((self.folder / "pid").read_text())

    def pid_alive(self) -> bool:
        try:
            return Path(f"/proc/{self.pid}").exists()
        except (FileNotFoundError, ValueError):
            return False

    def ended(self) -> int:
        """Waits for the end of the program; returns its exit code."""
        deadline = time.monotonic() + PATIENCE
        while not (self.folder / "code").exists():
            assert time.monotonic() < deadline, self.text
            time.sleep(0.05)
        return int((self.folder / "code").read_text())

    def assert_given_back(self) -> None:
        """The terminal is as it was before the program."""
        before = (self.folder / "before").read_text()
        assert (self.folder / "after").read_text() == before
        assert self.shown("alternate_on") == "0"
        assert self.shown("cursor_flag") == "1"
        assert self.shown("wrap_flag") == "1"
        assert self.lines[0] == "shell"
