"""Runs `benchkeep daemon` and listens to what it says."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from cli import Benchkeep

PATIENCE = 60  # Seconds; a loaded machine is slow, a hang is a failure.


def wait_for(condition, what: str, patience: float = PATIENCE):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    pytest.fail(f"waited in vain for {what}")


def processes(root: Path) -> dict[int, list[str]]:
    """Words of every benchkeep that works on the store, by process id."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")[:-1]
        except OSError:
            continue
        if words[1:3] == ["-C", str(root)]:
            found[int(path.parent.name)] = words[3:]
    return found


class Daemon:
    """A running daemon and what it says."""

    def __init__(self, benchkeep: Benchkeep, root: Path, *args: str, **env: str):
        self.log = root.parent / "daemon.log"
        words = [benchkeep.binary, "-C", root, "daemon", *args]
        with open(self.log, "a") as log:
            self.begin = log.tell()  # Others may have written before it.
            self.process = subprocess.Popen(
                [str(word) for word in words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=benchkeep.environment(env),
            )
        try:
            self.wait_until_said("looking after")
        except BaseException:
            self.process.kill()
            self.process.communicate()
            raise

    def said(self) -> str:
        with open(self.log) as log:
            log.seek(self.begin)
            return log.read()

    def wait_until_said(self, words: str, patience: float = PATIENCE):
        def is_over() -> bool:
            return words in self.said() or self.process.poll() is not None

        wait_for(is_over, words, patience)
        assert words in self.said(), self.said()

    def stop(self, how: int = signal.SIGTERM) -> str:
        self.process.send_signal(how)
        out, _ = self.process.communicate(timeout=PATIENCE)
        return out
